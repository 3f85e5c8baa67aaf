"""What a failed run says: what was wrong at first, and what an operator does about the machine's faults."""

import errno
import sqlite3
from pathlib import Path
from types import SimpleNamespace

import dagster as dg
import pytest

from orchestration.errors import RunError, UsageError
from orchestration.lake.seals import DamagedError
from orchestration.runs.failing import failure_of
from orchestration.runs.remedies import told

HOME = Path("/srv/home")


def test_a_failed_run_names_its_steps_and_their_first_causes() -> None:
    @dg.op
    def breaks() -> None:
        try:
            raise DamagedError("/srv/home/lake/legs/2026-03-01.parquet is damaged: remove it")
        except DamagedError as error:
            raise ValueError("no fragments") from error

    @dg.job
    def night() -> None:
        breaks()

    error = failure_of(night.execute_in_process(raise_on_error=False))
    first, *causes = str(error).splitlines()
    assert first.endswith("failed in breaks")
    assert causes == ["/srv/home/lake/legs/2026-03-01.parquet is damaged: remove it"]


def test_a_check_that_held_the_run_up_says_what_it_found() -> None:
    @dg.asset
    def sessions() -> int:
        return 1

    @dg.asset_check(asset=sessions, blocking=True)
    def balances() -> dg.AssetCheckResult:
        return dg.AssetCheckResult(passed=False, description="2 files do not balance. Ingest them again.")

    @dg.asset(deps=[sessions])
    def after() -> None:
        pytest.fail("it must not run")

    definitions = dg.Definitions(
        assets=[sessions, after],
        asset_checks=[balances],
        jobs=[dg.define_asset_job("night", selection="*")],
    )
    result = definitions.resolve_job_def("night").execute_in_process(raise_on_error=False)
    assert "sessions: balances: 2 files do not balance. Ingest them again." in str(failure_of(result))


@pytest.mark.parametrize(
    ("error", "remedy"),
    [
        (OSError(errno.ENOSPC, "No space left on device", "/srv/home/x"), "The disk of /srv/home is full"),
        (sqlite3.OperationalError("database or disk is full"), "The disk of /srv/home is full"),
        (RunError("seed x: IO Error: Could not write file: No space left on device"), "is full: make room"),
        (OSError(errno.EIO, "Input/output error", "/srv/home/x"), "does not read or write as it should"),
        (PermissionError(errno.EACCES, "Permission denied", "/srv/home/x"), "chown -R"),
        (sqlite3.OperationalError("attempt to write a readonly database"), "chown -R"),
        (sqlite3.DatabaseError("database disk image is malformed"), "/srv/home/dagster is damaged: stop"),
        (sqlite3.DatabaseError("file is not a database"), "nothing of rows, invoices or accounts"),
    ],
)
def test_a_fault_of_the_machine_says_what_to_do(error: Exception, remedy: str) -> None:
    wrapped = RuntimeError("a run went wrong")
    wrapped.__cause__ = error
    for each in (error, wrapped):
        assert isinstance(told(each, HOME), RunError)
        assert remedy in str(told(each, HOME))


def test_sqlite_may_call_a_full_disk_unreadable(monkeypatch: pytest.MonkeyPatch) -> None:
    error = sqlite3.OperationalError("disk I/O error")
    for free, remedy in ((1 << 20, "is full: make room"), (1 << 40, "does not read or write")):
        monkeypatch.setattr("shutil.disk_usage", lambda _, free=free: SimpleNamespace(free=free))
        assert remedy in str(told(error, HOME))


def test_other_errors_stay_as_they_are() -> None:
    for error in (
        ValueError("a fault of ours"),
        UsageError("permission denied"),
        DamagedError("damaged"),
    ):
        assert told(error, HOME) is error
