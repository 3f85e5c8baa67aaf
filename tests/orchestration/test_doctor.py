"""The doctor over homes that were broken on purpose: each fault is told with its place and its remedy."""

import fcntl
import json
import os
import shutil
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict
from datetime import UTC, date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest import mock

import polars as pl
import pytest

from orchestration.billing.issued import publish_issued
from orchestration.cli import main
from orchestration.doctor import Finding, examine, machine, waiting
from orchestration.errors import RunError
from orchestration.home import WAREHOUSE
from orchestration.lake import Lake
from orchestration.ledger import Ledger
from orchestration.made import making_outbox, making_pages
from orchestration.runs.instance import opened
from orchestration.runs.one_run import LOCK, Holder
from orchestration.runs.remedies import remedies
from tests.orchestration.nights import Landing, arrive, night

FIRST, LAST = date(2026, 9, 1), date(2026, 10, 8)
AGAIN = f"quarterhour run --date {LAST}"


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home after a night that issued."""
    home = tmp_path_factory.mktemp("whole")
    landing = Landing(home)
    landing.event(
        "2026-09-01", "account_opened", account_name="A", zone="UTC", currency="USD", kind="standard"
    )
    landing.event("2026-09-01", "plan_subscribed", "help", plan_id="essential_usd")
    for day in ("2026-09-02", "2026-10-08"):
        landing.alerts("help", day, 40)
    assert night(home, FIRST, LAST).entries
    with making_outbox(home), making_pages(home):
        (home / "reports").mkdir()
        (home / "reports" / "index.html").touch()
    return home


@pytest.fixture
def home(whole: Path, tmp_path: Path) -> Path:
    shutil.copytree(whole, tmp_path / "home")
    return tmp_path / "home"


def faults(home: Path, *, thorough: bool = False) -> list[Finding]:
    return [found for found in examine(home, thorough=thorough) if not found.is_note]


def notes(home: Path) -> list[Finding]:
    return [found for found in examine(home) if found.is_note]


def test_a_whole_home_has_nothing_to_do(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = {
        path: path.stat().st_mtime_ns for path in home.rglob("*") if path.is_file() and path.name != LOCK
    }
    assert faults(home, thorough=True) == []
    assert {path: path.stat().st_mtime_ns for path in before} == before
    monkeypatch.setenv("QUARTERHOUR_HOME", str(home))
    with pytest.raises(SystemExit) as end:
        main(["doctor"])
    assert not end.value.code


def test_what_has_not_come_onto_the_pages_wants_a_run(home: Path) -> None:
    os.utime(home / "lake/conversations/2026-09-02.parquet")
    (found,) = faults(home)
    assert "ahead of marts, outbox or pages" in found.what
    assert found.remedy == "quarterhour run"


def test_rows_that_are_gone_are_asked_for_by_the_day_on_which_they_arrived(home: Path) -> None:
    (home / "lake/alerts/2026-09-02/2026-09-02.parquet").unlink()
    told = {found.remedy for found in faults(home) if "are gone" in found.what}
    assert told == {"quarterhour run --date 2026-09-02"}


def cut(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def rewritten(path: Path) -> None:
    """Other rows under the old notes."""
    noted = {name: told for name, told in pl.read_parquet_metadata(path).items() if name != "ARROW:schema"}
    rows = pl.read_parquet(path)
    rows.head(rows.height - 1).write_parquet(path, metadata=noted)


BROKEN: list[tuple[str, Callable[[Path], object], str, str]] = [
    ("lake/alerts/2026-09-02/2026-09-02.parquet", cut, "cannot be read", "quarterhour run --date 2026-09-02"),
    (
        "lake/alerts/2026-09-02/2026-09-02.parquet",
        rewritten,
        "other rows",
        "quarterhour run --date 2026-09-02",
    ),
    (
        "lake/files/alerts/2026-09-02.parquet",
        cut,
        "cannot be read",
        "with: quarterhour run --date 2026-09-02",
    ),
    ("lake/alert_sessions/2026-09-02.parquet", cut, "cannot be read", "again with: quarterhour run"),
    ("lake/billing_sessions/2026-09-02.parquet", cut, "cannot be read", "again with: quarterhour run"),
    ("ledger/00000001.json", cut, "00000001.json is not", "newest backup"),
    ("ledger/00000001.json", Path.unlink, "00000001.json is missing", "newest backup"),
    (WAREHOUSE, Path.unlink, "there are no marts", AGAIN),
    (WAREHOUSE, lambda path: path.write_bytes(b"no database" * 999), "cannot be opened", AGAIN),
    ("landing/alerts/2026-09-02/acme-0003.jsonl", Path.unlink, "is in landing no more", "put it back"),
    ("lake/files/alerts/2026-09-02.parquet", Path.unlink, "no ingest has ended", "run --date 2026-09-02"),
    ("lake/stretches/2026-09-02.parquet", Path.unlink, "the first is 2026-09-02", AGAIN),
    ("lake/conversations/2026-09-02.parquet", Path.unlink, "the first is 2026-09-02", AGAIN),
]


@pytest.mark.parametrize(("name", "harm", "told", "remedy"), BROKEN)
def test_each_fault_has_its_place_and_remedy(
    home: Path, name: str, harm: Callable[[Path], object], told: str, remedy: str
) -> None:
    harm(home / name)
    found = [each for each in faults(home, thorough=True) if told in each.what]
    assert found
    assert remedy in found[0].remedy
    assert str(home) in found[0].what or "not counted" in found[0].what


@pytest.mark.parametrize(
    "name", ["lake/alert_sessions/2026-09-02.parquet", "lake/billing_sessions/2026-09-02.parquet"]
)
def test_a_remedy_helps(home: Path, name: str) -> None:
    """What the doctor says to remove is made again by the next night, as it was."""
    path = home / name
    before = pl.read_parquet(path)
    cut(path)
    assert faults(home)[0].remedy.startswith("Remove it, ")
    path.unlink()
    arrive(home, LAST, LAST)
    assert pl.read_parquet(path).equals(before)
    assert [each.remedy for each in faults(home, thorough=True)] == ["quarterhour run"]  # marts and pages


def test_sessions_of_a_day_without_rows_are_orphans(home: Path) -> None:
    for table in ("billing_sessions", "conversations"):
        shutil.copy(
            home / "lake" / table / "2026-09-02.parquet", home / "lake" / table / "2026-08-01.parquet"
        )
    found = faults(home)
    assert [f"{home}/lake/{table}/2026-08-01.parquet" in str(found) for table in ("billing_sessions",)] == [
        True
    ]
    assert all(each.remedy.startswith(f"rm {home}/lake/") for each in found if "neither rows" in each.what)


def test_marts_that_are_older_than_the_ledger(home: Path) -> None:
    shutil.rmtree(home / "ledger")
    publish_issued(Lake(home), Ledger(home))
    assert [each.remedy for each in faults(home) if "last entry of the ledger" in each.what] == [AGAIN]


def test_leftovers_are_told_and_removed_and_nothing_else(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    old = time.time() - 90_000
    left = [
        home / "lake" / "alerts" / "2026-09-02" / ".2026-09-02.parquet.4711",
        home / "reports" / ".index.html.4711.140",
        home / "outbox" / ".sent" / ".INV-1.json.tmp",
        home / "ledger" / ".HEAD.json.tmp",
        home / "landing" / "account_events" / "2026-09-01" / ".x.jsonl.4711",
    ]
    stay = [
        home / "landing" / "alerts" / "2026-09-02" / ".coming.jsonl",
        home / "outbox" / ".sent" / "INV-1.json",
        home / "reports" / ".sessions.json",
        home / "ledger" / ".lock",
        home / ".demo",
    ]
    for path in [*left, *stay, home / ".building" / "warehouse.duckdb", home / ".backing-up" / "0"]:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("half")
        os.utime(path, (old, old))
    told = " ".join(each.what for each in faults(home))
    assert all(
        f"{path} is half-written" in told for path in [*left, home / ".building", home / ".backing-up"]
    )
    assert not any(str(path) in told for path in stay)
    assert [each.what.split()[0] for each in notes(home) if "for a day" in each.what] == [str(stay[0])]
    monkeypatch.setenv("QUARTERHOUR_HOME", str(home))
    with pytest.raises(SystemExit):
        main(["doctor", "--fix"])
    assert capsys.readouterr().out.count("removed: ") == 7
    assert not any(path.exists() for path in [*left, home / ".building", home / ".backing-up"])
    assert all(path.exists() for path in stay)
    assert faults(home) == []


def test_what_a_run_has_under_way_is_not_judged(home: Path) -> None:
    (home / "lake" / "alerts" / ".x.parquet.1").write_text("half")
    (home / "lake" / "conversations" / "2026-09-02.parquet").unlink()
    (home / LOCK).write_text(json.dumps(asdict(Holder("the night", 4711, "2026-10-09 02:00:00 UTC"))))
    with open(home / LOCK, "a+") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        assert faults(home) == []
        assert "the night (process 4711, since 2026-10-09 02:00:00 UTC) works" in notes(home)[-1].what
    assert len(faults(home)) == 2
    killed = [each for each in notes(home) if "was killed" in each.what]
    assert [each.remedy for each in killed] == [AGAIN]


def test_a_damaged_database_of_dagster(home: Path) -> None:
    path = home / "dagster" / "history" / "runs.db"
    path.parent.mkdir(parents=True)
    with closing(sqlite3.connect(path)) as database:
        database.execute("create table runs as select hex(randomblob(9999)) as id")
        database.commit()
    assert faults(home) == []
    path.write_bytes(path.read_bytes()[:4096] + b"x" * 9000)
    (found,) = faults(home)
    assert str(path) in found.what
    assert f"mv {home}/dagster {home}/dagster.damaged && mkdir {home}/dagster" in found.remedy
    (said,) = remedies("file is not a database", home)
    assert said.endswith(f"is damaged: {found.remedy}; then run the same again")


def test_a_storage_of_dagster_that_cannot_be_opened(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DAGSTER_HOME", str(home / "dagster"))
    config = home / "dagster" / "dagster.yaml"
    config.parent.mkdir(exist_ok=True)
    config.write_text("storage: {custom: {module: no.such.storage, class: Storage, config: {}}}\n")
    (found,) = faults(home)
    assert f"Dagster's storage cannot be opened as {config} says" in found.what
    assert "no.such.storage" in found.what
    with pytest.raises(RunError, match="Dagster's storage cannot be opened"):
        opened(home)


def test_settings_that_cannot_be_used_are_all_told(home: Path) -> None:
    (home / "quarterhour.toml").write_text('first_day = "never"\nnonsense = 1\n')
    told = [each.what for each in faults(home)]
    assert [each.split()[1] for each in told] == ["first_day", "nonsense"]


def test_room_and_clock(home: Path) -> None:
    (found,) = machine.clock(home, datetime(2026, 10, 6, tzinfo=UTC))
    assert found.what == "the clock says 2026-10-06, but files lie in landing/*/2026-10-08"
    assert list(machine.clock(home, datetime(2026, 10, 7, tzinfo=UTC))) == []
    with mock.patch.object(machine.shutil, "disk_usage", return_value=mock.Mock(free=1000)):
        (found,) = machine.space(home)
    assert found.what == f"1,000 bytes are free for {home}; a night may need 1,073,741,824"


def test_arrival_days_that_no_night_has_read_are_told_once_their_night_is_over(home: Path) -> None:
    landing = Landing(home, count=50)
    for day in ("2026-10-08", "2026-10-09", "2026-10-10", "2026-10-11"):
        landing.alerts("help", day, 3)
    before = {*home.rglob("*"), home / LOCK}
    assert list(waiting.overdue(home, datetime(2026, 10, 9, 23, tzinfo=UTC))) == []
    (found,) = waiting.overdue(home, datetime(2026, 10, 10, tzinfo=UTC))
    assert found.what.startswith("arrival day 2026-10-08 waits since 2026-10-09 02:00 UTC")
    (found,) = waiting.overdue(home, datetime(2026, 10, 12, 1, tzinfo=UTC))
    assert found.what.startswith("arrival days 2026-10-08 to 2026-10-10 wait since 2026-10-09 02:00 UTC")
    assert found.what.endswith("the last arrival day that was read is 2026-10-08")
    assert found.remedy.startswith("quarterhour run;")
    assert [each.what.split(" wait ")[0] for each in faults(home)] == [
        "arrival days 2026-10-08 to 2026-10-11"
    ]
    assert {*home.rglob("*")} == before
    arrive(home, LAST, date(2026, 10, 11))
    assert list(waiting.overdue(home)) == []


def test_files_that_a_plain_run_would_leave_alone_do_not_wait(home: Path) -> None:
    (home / "quarterhour.toml").write_text("first_day = 2026-09-01\nlast_day = 2026-10-08\n")
    for day in ("2026-08-31", "2026-10-09"):
        Landing(home, count=50).alerts("help", day, 3)
    assert list(waiting.overdue(home)) == []
    (home / "quarterhour.toml").unlink()
    (found,) = waiting.overdue(home)
    assert found.what.startswith("arrival days 2026-08-31 to 2026-10-09 wait")


def test_packages_that_are_missing_or_others(home: Path) -> None:
    needed = ["polars>=2.1,<3", "duckdb>=2", "weasyprint>=70; extra == 'pdf'"]
    assert list(machine._wrong_packages({"polars": "1.9"}, needed)) == [
        "the package polars is 1.9, needed is <3,>=2.1",
        "the package duckdb is not installed",
    ]
    with mock.patch.object(machine, "version", return_value="0.0.1"):
        told = [each.what for each in machine.versions(home)]
    assert any("last document was issued by quarterhour" in each for each in told)


@contextmanager
def another_user() -> Iterator[None]:
    """Nobody for a while, where we are root; root may do everything."""
    is_root = os.geteuid() == 0
    if is_root:
        os.setresuid(65534, 65534, 0)
    try:
        yield
    finally:
        if is_root:
            os.setresuid(0, 0, 0)


def test_folders_of_another_user() -> None:
    with TemporaryDirectory() as name:
        home = Path(name)
        (home / "lake" / "alerts").mkdir(parents=True)
        for path in (home, home / "lake"):
            path.chmod(0o777)
        (home / "lake" / "alerts").chmod(0o555)
        with another_user():
            told = [each.what for each in machine.permissions(home)]
        assert told == [f"{home}/lake/alerts cannot be read, or written to, by this user"]
