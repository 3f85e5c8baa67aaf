"""The home under attack: a month end of two accounts; one is invoiced in the night that is spoiled."""

import os
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path

import duckdb

from orchestration.billing.issued import ISSUED
from orchestration.counting.audits import unbalanced_files
from orchestration.generator import Shape, generate
from orchestration.generator.demo_accounts import DEMO_ACCOUNTS
from orchestration.generator.demo_book import demo_events
from orchestration.home import WAREHOUSE
from orchestration.lake import Lake
from orchestration.ledger import Ledger
from orchestration.runs.one_run import LOCK
from tests.orchestration.runs import bytes_of

COMMAND = Path(sys.executable).parent / "quarterhour"
FIRST, EARLIER, BEFORE, NIGHT = (date(2026, *day) for day in ((9, 28), (10, 2), (10, 3), (10, 4)))
"""Logs begin; the night before the last one that went well; that one, which has issued Berlin's invoice; the
night that is spoiled, which issues New York's."""
ACCOUNTS = ("aurora", "helios")
ROWS_A_DAY = 150
MOST_SECONDS = 900
START = 3.0
"""Seconds of a processor until a run has the home: imports, and Dagster's definitions."""
STAGES: dict[str, str] = {
    "start": LOCK,
    "ingest": f"lake/files/interactions/{NIGHT}.parquet",
    "fragments": f"lake/identities/{NIGHT}.parquet",
    "sessionize": f"lake/billing_sessions/{NIGHT}.parquet",
    "marts": f".building/{WAREHOUSE}",
    "issue": "ledger/00000004.json",
    "outbox": "outbox/2026-10/documents/INV-quarterhour-2026-000002.json",
    "pages": "reports/aurora-*/*/*/INV-quarterhour-2026-000002*",
}
"""What is there as soon as a stage of the spoiled night has begun, or has done its first bit."""


@dataclass(frozen=True)
class Ran:
    """A run of `quarterhour` that has ended."""

    code: int
    said: str


class Home:
    """A copy of the home as it was before the night; `whole` is what the night makes of it undisturbed."""

    def __init__(self, path: Path, before: Path, whole: Path, work: float):
        self.path, self.before, self.whole = path, before, whole
        self.work = work
        """Seconds of a processor that the night takes from when it has the home."""
        self.issued_before = entries(before)
        self.reset()

    def reset(self) -> None:
        """As it was before the night."""
        shutil.rmtree(self.path, ignore_errors=True)
        shutil.copytree(self.before, self.path)

    def run(self, *arguments: str) -> Ran:
        """The night, or what is asked for, to its end."""
        return ended(started(self.path, *arguments))

    def is_in(self, stage: str) -> bool:
        """Whether the night under way has come to a stage."""
        found = list(self.path.glob(STAGES[stage]))
        return bool(found) and (stage != "start" or found[0].stat().st_size > 0)

    def wait_for(self, stage: str, process: subprocess.Popen[str]) -> None:
        """Returns as soon as the night is in a stage, or is over."""
        while process.poll() is None and not self.is_in(stage):
            time.sleep(0.002)

    def stage(self) -> str:
        """How far the night has come: the last stage that left something."""
        return next(name for name in reversed(STAGES) if name == "start" or self.is_in(name))

    @cached_property
    def lake(self) -> Path:
        return self.path / "lake"

    def faults(self, due: Path | None = None) -> list[str]:
        """What is otherwise than after an undisturbed night; of what documents bring, than in `due`."""
        return [
            *changed_invoices(self.issued_before, self.path),
            *Ledger(self.path).verify(),
            *unbalanced(self.path),
            *(
                each
                for each in differing_files(self.whole, self.path, "lake")
                if not due or not _follows(each)
            ),
            *differing_files(due or self.whole, self.path, "ledger", "outbox", "reports"),
            *(differing_files(due, self.path, "lake") if due else ()),
            *differing_tables(due or self.whole, self.path),
        ]


def started(
    home: Path, *arguments: str, environ: dict[str, str] | None = None, before: tuple[str, ...] = ()
) -> subprocess.Popen[str]:
    """`quarterhour run` of the night, or what is asked for, as a process of its own; `before` starts it."""
    return subprocess.Popen(
        [*before, str(COMMAND), *(arguments or ("run", "--date", str(NIGHT)))],
        env=os.environ | {"QUARTERHOUR_HOME": str(home), "COLUMNS": "400"} | (environ or {}),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def ended(process: subprocess.Popen[str]) -> Ran:
    """What became of it."""
    said, _ = process.communicate(timeout=MOST_SECONDS)
    return Ran(process.returncode, said)


def prepare(folder: Path) -> Callable[[str], Home]:
    """Makes both homes where they are not there yet; gives what makes copies by name."""
    before, whole = folder / "before", folder / "whole"
    if not (folder / "ready").exists():
        shutil.rmtree(folder, ignore_errors=True)
        land(before)
        succeed(before, "run", "--from", str(FIRST), "--to", str(BEFORE))
        shutil.copytree(before, whole)
        began = _worked_for()
        succeed(whole, "run", "--date", str(NIGHT))
        (folder / "ready").write_text(str(_worked_for() - began - START))
    work = float((folder / "ready").read_text())
    return lambda name: Home(folder / name, before, whole, work)


def _worked_for() -> float:
    """Seconds that processors have worked for processes that this one has waited for."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def land(home: Path) -> None:
    """What arrives up to the night; rows come late, and twice."""
    accounts = tuple(each for each in DEMO_ACCOUNTS if each.account_id in ACCOUNTS)
    book = demo_events(FIRST)
    events = tuple(e for e in book if e.account_id in ACCOUNTS and e.occurred_at.date() <= NIGHT)
    days = (NIGHT - FIRST).days + 1
    shape = Shape(heavy_rows_most=100, late_share=0.03, duplicate_share=0.02)
    generate(
        ROWS_A_DAY * days, days, 7, home / "landing", FIRST,
        accounts=accounts, account_events=events, shape=shape,
    )  # fmt: skip
    (home / "quarterhour.toml").write_text(f"first_day = {FIRST}\nlast_day = {NIGHT}\npdf = false\n")


def succeed(home: Path, *arguments: str) -> str:
    """A run that must go well."""
    ran = ended(started(home, *arguments))
    if ran.code:
        raise AssertionError(f"quarterhour {' '.join(arguments)} in {home}:\n{ran.said}")
    return ran.said


def entries(home: Path) -> dict[str, bytes]:
    """The entries of a home's ledger, by the names of their files."""
    return {path.name: path.read_bytes() for path in sorted((home / "ledger").glob("0*.json"))}


def changed_invoices(before: dict[str, bytes], after: Path) -> Iterator[str]:
    """Entries of the ledger that are not what they were, byte for byte (I2)."""
    now = entries(after)
    yield from (f"ledger/{name} was changed" for name, content in before.items() if now.get(name) != content)


def unbalanced(home: Path) -> Iterator[str]:
    """Files of which a row vanished or counts twice (R20)."""
    for row in unbalanced_files(Lake(home)).to_dicts():
        yield f"does not balance: {row}"


def differing_files(whole: Path, home: Path, *folders: str) -> Iterator[str]:
    """Files of some folders that are not the same bytes in both."""
    for folder in folders:
        expected, found = bytes_of(whole / folder), bytes_of(home / folder)
        for name in sorted(expected.keys() | found.keys()):
            if expected.get(name) != found.get(name):
                yield f"{folder}/{name} differs"


def _follows(difference: str) -> bool:
    """Whether it is one of the lake's tables that follow from what was issued, and when."""
    return difference.split("/")[1] in ISSUED


def differing_tables(whole: Path, home: Path) -> Iterator[str]:
    """Marts that do not say the same."""
    with duckdb.connect() as connection:
        for name, of in (("whole", whole), ("home", home)):
            connection.execute(f"attach '{of / WAREHOUSE}' as \"{name}\" (read_only)")
        query = "select distinct table_name from duckdb_tables() where database_name in ('whole', 'home')"
        for (table,) in sorted(connection.execute(query).fetchall()):
            for one, two in (("whole", "home"), ("home", "whole")):
                only = f'select count(*) from (from "{one}"."{table}" except all from "{two}"."{table}")'
                rows = connection.execute(only).fetchone()
                if rows and rows[0]:
                    yield f"{table}: {rows[0]} rows only in {one}"
