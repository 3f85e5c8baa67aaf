"""`quarterhour doctor`: is a home whole, and what is to be done where it is not.

It changes nothing, and reads beside a run: what a run has under way is then not judged.
"""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from orchestration.doctor import leftovers, machine, partitions, stores, waiting
from orchestration.doctor.finding import Finding
from orchestration.privacy.dropped import JOURNAL as RETAINING
from orchestration.privacy.forgetting import JOURNAL
from orchestration.runs.alive import killed_runs
from orchestration.runs.one_run import holder_of, if_free
from orchestration.settings.loading import SettingsError, load_settings_of

__all__ = ["Finding", "examine", "remove_leftovers"]

remove_leftovers = leftovers.remove


def examine(home: Path, *, thorough: bool = False) -> Iterator[Finding]:
    """Every finding; `thorough` reads each row of the lake too."""
    checks: list[Callable[[Path], Iterator[Finding]]] = [
        machine.versions, machine.extras, _settings, machine.permissions, machine.space, machine.clock,
        stores.ledger, partial(partitions.readable, thorough=thorough), stores.dagster, _turn,
    ]  # fmt: skip
    is_well = True
    for check in checks:
        for finding in check(home):
            is_well &= finding.is_note
            yield finding
    if is_well:  # or the remedies of what was found end with a run anyway
        yield from _unfinished(home)


def _settings(home: Path) -> Iterator[Finding]:
    try:
        load_settings_of(home)
    except SettingsError as error:
        for told in str(error).splitlines():
            yield Finding(told, "change it there; `quarterhour settings --describe` says what each takes")


def _turn(home: Path) -> Iterator[Finding]:
    """What can only be judged when no run works; and who does, or did and was killed."""
    for run_id in killed_runs(home):
        told = f"Dagster's run {run_id} broke off or was killed, and Dagster may take it for one that works"
        remedy = "the next `quarterhour run` tells Dagster, and whom it concerns"
        yield Finding(told, remedy, is_note=True)
    with if_free(home) as is_free:
        holder = holder_of(home)
        if not is_free:
            told = f"{holder or 'a run'} works in the home; what it has under way was not looked at"
            yield Finding(told, "look again when it has ended", is_note=True)
            return
        if holder:
            told = f"{holder} was killed; the next run makes whole what it left"
            yield Finding(told, partitions.run_command(home), is_note=True)
        if (home / JOURNAL).exists():
            told = "a person was to be forgotten, and the run that did it was killed"
            yield Finding(told, partitions.run_command(home))
        if (home / RETAINING).exists():
            told = "raw rows were to be dropped, and who did it was killed: the books do not tell yet"
            yield Finding(told, "the same `quarterhour retain` again")
        checks = (
            leftovers.found, stores.dropped, waiting.overdue, partitions.orphaned, partitions.lost,
            partitions.uncounted, stores.warehouse,
        )  # fmt: skip
        for check in checks:
            yield from check(home)


def _unfinished(home: Path) -> Iterator[Finding]:
    with if_free(home) as is_free:
        if is_free:
            yield from partitions.unfinished(home)
