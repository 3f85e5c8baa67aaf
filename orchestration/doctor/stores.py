"""What is kept in one place: the ledger, the warehouse, and Dagster's databases."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import duckdb
import polars as pl

from orchestration.billing.issuing import is_up_to_date
from orchestration.doctor.finding import Finding
from orchestration.doctor.partitions import run_command
from orchestration.errors import RunError
from orchestration.home import WAREHOUSE, names_our_storage
from orchestration.lake import Lake
from orchestration.ledger import Ledger, LedgerError
from orchestration.privacy import kept
from orchestration.runs.remedies import new_record


def ledger(home: Path) -> Iterator[Finding]:
    """Whatever `quarterhour ledger verify` finds."""
    for told in Ledger(home).verify():
        yield Finding(
            f"{home / 'ledger'}: {told}",
            "take the files of ledger/ from the newest backup that has them whole "
            "(`quarterhour restore` it beside, then `quarterhour ledger verify` there); issue nothing before",
        )


def dropped(home: Path) -> Iterator[Finding]:
    """What retentions left of dropped rows: the only thing of the lake that no night makes again."""
    try:
        for told in kept.missing(home):
            yield Finding(told, kept.remedy(home))
    except (RunError, pl.exceptions.PolarsError, OSError):
        return  # told as a file that cannot be read


def warehouse(home: Path) -> Iterator[Finding]:
    """Whether the marts open, and know of the last issuing."""
    path = home / WAREHOUSE
    if not Lake(home).days("conversations") and not path.exists():
        return
    if not path.exists():
        yield Finding(f"{path} is missing: there are no marts", run_command(home))
        return
    try:
        duckdb.connect(str(path), read_only=True).close()  # an issuing takes a damaged one for none
        in_step = is_up_to_date(home, Ledger(home))
    except LedgerError:
        return  # told by its own check
    except (duckdb.Error, RunError, pl.exceptions.PolarsError) as error:
        told = f"{path} cannot be opened: {str(error).splitlines()[0]}"
        held = "Could not set lock" in str(error)
        remedy = "end the program that has it open for writing" if held else f"rm {path}; {run_command(home)}"
        yield Finding(told, remedy)
        return
    if not in_step:
        yield Finding(f"{path} does not know the last entry of the ledger", run_command(home))


def dagster(home: Path) -> Iterator[Finding]:
    """Dagster's storage, where it is damaged or cannot be opened; it holds history, no bill depends on it."""
    yield from _damaged(home)
    config = home / "dagster" / "dagster.yaml"
    if config.exists() and not names_our_storage(config):
        from orchestration.runs.instance import opened  # noqa: PLC0415  # seconds, for a storage elsewhere alone

        try:
            opened(home).dispose()
        except RunError as error:
            yield Finding(str(error), "see docs/deployment.md; a password stands in the environment alone")


def _damaged(home: Path) -> Iterator[Finding]:
    for path in sorted((home / "dagster").rglob("*.db")):
        try:
            with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True, timeout=30)) as connection:
                told = connection.execute("pragma quick_check(1)").fetchone()[0]
        except sqlite3.Error as error:
            told = str(error)
        if told != "ok" and path.exists():
            yield Finding(f"{path} is damaged: {told}", new_record(home))
