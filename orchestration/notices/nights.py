"""What is told at the end of a headless night: its runs and checks that failed; and of a command that did."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import dagster as dg

from orchestration.notices.deciding import (
    Notice,
    RunTold,
    notice_of,
    notice_of_command,
    repeat_of,
    run_told,
)
from orchestration.notices.notifying import channels_of, notify
from orchestration.settings.loading import load_settings_of
from orchestration.watching.settings import NotifySettings


def tell_of_night(
    home: Path,
    first: date | None,
    last: date | None,
    run_ids: Sequence[str],
    error: BaseException | None = None,
) -> list[str]:
    """Tells the operator if there is anything to tell; gives the channels that did not take it.

    Raises nothing: a night is as good or bad as it was before.
    """
    try:
        settings = load_settings_of(home).notify
        if not channels_of(settings):
            return []
        repeat = repeat_of(home, first, last) if error else ""
        runs, unread = _runs(run_ids, warnings=settings.warnings)
        is_known = any(run.has_failed for run in runs)
        notice = notice_of(home, runs, repeat=repeat, error=None if is_known else error or unread)
        return _untold(settings, notice)
    except Exception as problem:  # it must not hide what the night has to say
        return [f"nobody was told: {problem}"]


def tell_of_command(home: Path, words: Sequence[str], error: BaseException) -> list[str]:
    """Tells the operator of a command that failed; gives the channels that did not take it.

    Raises nothing: the command ends as it would.
    """
    try:
        return _untold(load_settings_of(home).notify, notice_of_command(home, words, error))
    except Exception as problem:  # as of a night
        return [f"nobody was told: {problem}"]


def _untold(settings: NotifySettings, notice: Notice | None) -> list[str]:
    """The channels that did not take it."""
    return [str(outcome) for outcome in notify(settings, notice) if outcome.problem] if notice else []


def _runs(run_ids: Sequence[str], *, warnings: bool) -> tuple[list[RunTold], Exception | None]:
    """What Dagster says of the runs, or why it says nothing."""
    if not run_ids:
        return [], None
    try:
        with dg.DagsterInstance.get() as instance:
            found = (instance.get_run_by_id(run_id) for run_id in run_ids)
            return [run_told(instance, run, warnings=warnings) for run in found if run], None
    except Exception as error:  # its storage may be what has failed
        return [], error


def tell_of_killed(home: Path, instance: dg.DagsterInstance, run_ids: Sequence[str]) -> list[str]:
    """Tells of runs whose process was killed; gives the channels that did not take it, and raises nothing.

    Those that the daemon started are told by its sensor on failures, which sees no others.
    """
    try:
        settings = load_settings_of(home).notify
        if not channels_of(settings):
            return []
        found = filter(None, map(instance.get_run_by_id, run_ids))
        runs = [run_told(instance, run, warnings=False) for run in found if run.remote_job_origin is None]
        notice = notice_of(home, runs, repeat="" if any(run.days for run in runs) else repeat_of(home))
        return _untold(settings, notice)
    except Exception as problem:  # whoever found them has work of its own
        return [f"nobody was told of a run that was killed: {problem}"]


def tell_of_run(home: Path, instance: dg.DagsterInstance, run: dg.DagsterRun) -> list[str]:
    """The same for a run of the daemon; gives what became of it in each channel."""
    settings = load_settings_of(home).notify
    if not channels_of(settings):
        return []
    notice: Notice | None = notice_of(home, [run_told(instance, run, warnings=settings.warnings)])
    return [str(outcome) for outcome in notify(settings, notice)] if notice else []
