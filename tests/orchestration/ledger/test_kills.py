"""The ledger: a kill at any instant, and failures (I2, I4)."""

import builtins
import fcntl
import os
import signal
import subprocess
import sys
import traceback
from collections.abc import Callable
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from orchestration.ledger import (
    NOTHING,
    Entry,
    Ledger,
    LedgerError,
)
from tests.orchestration.ledger.entries import SEVERAL, before, files, issue, new

THREE = SEVERAL[:3]
STEPS: list[tuple[Any, str]] = [
    (os, "mkdir"), (os, "open"), (os, "fsync"), (os, "link"), (os, "unlink"), (os, "replace"),
    (builtins, "open"), (fcntl, "flock"),
]  # fmt: skip


def die_at(moment: int) -> None:
    """Kills this process at one of the moments before and after each of its steps on the disk."""
    moments = count()

    def pass_by() -> None:
        if next(moments) == moment:
            os.kill(os.getpid(), signal.SIGKILL)

    def counted(call: Callable[..., Any]) -> Callable[..., Any]:
        def step(*given: Any, **named: Any) -> Any:
            pass_by()
            result = call(*given, **named)
            pass_by()
            return result

        return step

    os.fsync = lambda fd: None
    for module, name in STEPS:
        setattr(module, name, counted(getattr(module, name)))


def hear_in(home: Path) -> Callable[[Entry], object]:
    """Notes which entries the run was told of."""
    return lambda entry: os.write(os.open(home / "heard", os.O_CREAT | os.O_APPEND | os.O_WRONLY), b"+")


def killed_run(home: Path, moment: int) -> bool:
    """A run in a process of its own; whether the moment at which it should die came."""
    child = os.fork()
    if not child:
        try:
            die_at(moment)
            issue(home, THREE, hear_in(home))
            os._exit(0)
        except BaseException:
            traceback.print_exc()
            os._exit(1)
    ended = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert ended in (0, -signal.SIGKILL), ended
    return ended != 0


def kill_at_every_moment(folder: Path) -> None:
    """Homes whose first run died at each moment there is, and others whose second one did, too."""
    for moment in count():
        once, twice = folder / f"{moment:03}-once", folder / f"{moment:03}-twice"
        for home in (once, twice, twice):
            home.mkdir(parents=True, exist_ok=True)
            died = killed_run(home, moment)
            if home == once and not died:
                return


def test_a_kill_at_any_instant_leaves_no_entry_or_a_whole_one(tmp_path: Path) -> None:
    whole = issue(tmp_path / "whole", THREE)
    # Forked from a process that has no threads, as this one may have some of Polars or Dagster.
    driver = [sys.executable, "-m", __name__, str(tmp_path / "killed")]
    subprocess.run(driver, cwd=Path(__file__).parents[3], check=True)
    homes = sorted((tmp_path / "killed").iterdir())
    lengths = set()
    for home in homes:
        ledger = Ledger(home)
        entries = ledger.entries()
        assert ledger.verify() == []
        assert entries == whole.entries()[: len(entries)]
        assert ledger.version() == (entries[-1].hash if entries else NOTHING)
        heard = (home / "heard").stat().st_size if (home / "heard").exists() else 0
        assert heard <= len(entries) <= heard + 1 or home.name.endswith("twice")
        lengths.add(len(entries))
        issue(home, THREE)
        assert files(ledger) == files(whole)
        assert ledger.verify() == []
    assert lengths == {0, 1, 2, 3}
    assert len(homes) > 100


def test_each_step_is_on_disk_before_the_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    steps: list[str] = []
    with Ledger(tmp_path).writing() as writer, monkeypatch.context() as patched:
        for name in ("fsync", "link", "replace"):
            patched.setattr(os, name, before(getattr(os, name), partial(steps.append, name)))
        writer.append(SEVERAL[0])
    head, entry = ["fsync", "replace", "fsync"], ["fsync", "link", "fsync"]
    assert steps == [*head, *entry, *head]


@pytest.mark.parametrize("step", ["link", "unlink", "replace"])
@pytest.mark.parametrize("nth", [0, 1])
def test_after_a_failure_only_a_new_opening_goes_on(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch, step: str, nth: int
) -> None:
    """A second append would announce another entry where the first one may already lie."""
    times = count()

    def full() -> None:
        if next(times) == nth:
            raise OSError("No space left on device")

    with ledger.writing() as writer:
        with monkeypatch.context() as patched:
            patched.setattr(os, step, before(getattr(os, step), full))
            failed = [new(f"credit/{n}", "credit_note") for n in range(2)]
            with pytest.raises(OSError, match="No space left"):
                list(map(writer.append, failed))
        with pytest.raises(LedgerError, match="open the ledger again"):
            writer.append(new("void/2", "void"))
    assert ledger.verify() == []
    issue(ledger.root.parent, [*failed, new("void/2", "void")])
    assert ledger.verify() == []
    assert [entry.key for entry in ledger.entries()[-3:]] == ["credit/0", "credit/1", "void/2"]
    assert len(files(ledger)) == len(SEVERAL) + 3 + 2


def test_a_writer_is_of_no_use_outside_of_its_block(ledger: Ledger) -> None:
    with ledger.writing() as writer:
        pass
    with pytest.raises(LedgerError, match="open the ledger again"):
        writer.append(new("credit/1", "credit_note"))


def test_half_written_files_are_ignored_and_cleared_away(ledger: Ledger) -> None:
    good = files(ledger)
    (ledger.root / ".00000007.json.tmp").write_bytes(b'{"body":{"to')
    (ledger.root / ".HEAD.json.tmp").write_bytes(b"")
    assert ledger.verify() == []
    assert len(ledger.entries()) == len(SEVERAL)
    issue(ledger.root.parent, [])
    assert files(ledger) == good


if __name__ == "__main__":
    kill_at_every_moment(Path(sys.argv[1]))
