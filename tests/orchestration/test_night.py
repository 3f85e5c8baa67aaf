"""A whole night over generated logs: what it makes, and that making it again changes nothing."""

import json
import shutil
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from datetime import date
from pathlib import Path

import duckdb
import polars as pl
import pytest

from orchestration.errors import RunError
from orchestration.generator import generate
from orchestration.lake import Lake, days_between
from orchestration.lake.tables import SESSIONS as SESSION_TABLES
from tests.orchestration.runs import (
    INGEST,
    SESSIONS,
    bytes_of,
    checks_of_another_build,
    dagster_process,
    day_by_day,
    each_day,
    lake_runs,
    night,
    stale_days,
)

FIRST, LAST = date(2026, 2, 26), date(2026, 3, 3)
LATE_DAYS = [date(2026, 2, 27), date(2026, 2, 28)]
LAKE = [*INGEST, *SESSIONS]


@pytest.fixture(scope="module")
def dagster() -> Iterator[ProcessPoolExecutor]:
    with dagster_process(FIRST, date(2026, 3, 4)) as pool:
        yield pool


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("logs")
    generate(3000, len(days_between(FIRST, LAST)), 7, folder, FIRST, fmt="jsonl")
    return folder


@pytest.fixture(scope="module")
def home(dagster: ProcessPoolExecutor, logs: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home after one night over all its days."""
    folder = tmp_path_factory.mktemp("home")
    shutil.copytree(logs, folder / "landing")
    warnings = dagster.submit(night, folder, FIRST, LAST).result()
    assert warnings == ["interactions/2026-03-01/part-0.jsonl: 1 row in quarantine"]
    return folder


def withhold(home: Path) -> None:
    """Takes some rows out of the files of two days and keeps them beside the landing folder."""
    files = [home / "landing" / "interactions" / str(day) / "part-0.jsonl" for day in LATE_DAYS]
    everything = "".join(path.read_text() for path in (home / "landing" / "interactions").rglob("*.jsonl"))
    copies = Counter(json.loads(line)["event_id"] for line in everything.splitlines())
    kept_back: list[str] = []
    for path in files:
        lines = path.read_text().splitlines(keepends=True)
        late = {n for n, line in enumerate(lines) if n % 5 == 0 and copies[json.loads(line)["event_id"]] == 1}
        kept_back += [line for n, line in enumerate(lines) if n in late]
        path.write_text("".join(line for n, line in enumerate(lines) if n not in late))
    (home / "late.jsonl").write_text("".join(kept_back))


def bring(home: Path) -> None:
    """Delivers what was kept back, on the last day."""
    shutil.move(home / "late.jsonl", home / "landing" / "interactions" / str(LAST) / "late.jsonl")


def rows(home: Path, query: str) -> list[tuple]:
    with duckdb.connect(str(home / "warehouse.duckdb"), read_only=True) as marts:
        return marts.sql(query).fetchall()


def sessions_of(home: Path, table: str) -> pl.DataFrame:
    """The rows of a table but for the file in which they came."""
    came_in = ("file", "line", "arrival_day")
    return Lake(home).scan(table).collect().drop(came_in, strict=False).sort(pl.all())


def test_a_range_of_days_can_be_launched_from_a_shell(dagster: ProcessPoolExecutor) -> None:
    assert dagster.submit(day_by_day).result() == []


def test_the_tests_of_the_marts_speak_of_the_build_that_they_are_of(
    dagster: ProcessPoolExecutor, home: Path
) -> None:
    assert dagster.submit(checks_of_another_build, home).result() == []


def test_usage_is_the_sum_of_the_blocks_by_local_day(home: Path) -> None:
    zones = pl.DataFrame(
        rows(home, "select account_id, zone from accounts"), ["account_id", "zone"], orient="row"
    )
    blocks = pl.concat(
        pl.read_parquet(home / "lake" / table / "**/*.parquet")
        for table in ("billing_sessions", "voice_sessions")
    ).join(zones, on="account_id")
    expected: Counter[tuple] = Counter()
    for (zone,), part in blocks.filter("is_complete").group_by("zone"):
        local = part.with_columns(pl.col("started_at").dt.convert_time_zone(str(zone)).dt.date())
        expected.update(local.select("account_id", "app_id", "started_at", "session_type").rows())
    assert expected
    found: Counter[tuple] = Counter()
    for kind in ("usage", "request", "alert", "voice"):
        told = rows(home, f"select account_id, app_id, usage_date, {kind}_sessions from usage_daily")
        found.update({(*key, kind): number for *key, number in told})
    assert +found == expected


def test_each_row_of_each_file_stands_once_in_the_ledger(home: Path) -> None:
    landing = home / "landing"
    delivered = {
        path.relative_to(landing).as_posix(): path.read_bytes().count(b"\n")
        for path in landing.rglob("*.jsonl")
    }
    ledger = rows(
        home,
        "select file, sum(rows), sum(accepted + duplicate + superseded + excluded + quarantined)"
        " from file_ledger group by file",
    )
    assert {file: told for file, told, _ in ledger} == delivered
    assert all(told == accounted for _, told, accounted in ledger)


def test_every_account_has_a_tree_of_pages_for_each_role(home: Path) -> None:
    reports = home / "reports"
    accounts = rows(home, "select account_id from accounts")
    trees = sorted(path.parent for path in reports.glob("*/*/usage.html"))
    assert (reports / "index.html").exists()
    assert len(trees) == 2 * len(accounts) == 10
    for tree in trees:
        assert (tree / "plan.html").exists() == (tree.name == "admin")
        assert {"2026-02.js", "2026-03.js"} <= {path.name for path in (tree / "data").iterdir()}


def test_late_rows_make_just_their_days_stale_and_give_what_timely_rows_give(
    dagster: ProcessPoolExecutor, home: Path, logs: Path, tmp_path: Path
) -> None:
    shutil.copytree(logs, tmp_path / "landing")
    withhold(tmp_path)
    (run,) = dagster.submit(lake_runs, tmp_path, [(FIRST, LAST)], LAKE).result()
    assert run.success
    assert dagster.submit(stale_days, tmp_path, "lake/fragments").result() == []

    bring(tmp_path)
    (run,) = dagster.submit(lake_runs, tmp_path, [(LAST, LAST)], ["ingest/interactions"]).result()
    late = [str(day) for day in LATE_DAYS]
    assert run.days["lake/interactions"] == late
    assert dagster.submit(stale_days, tmp_path, "lake/fragments").result() == late

    (run,) = dagster.submit(lake_runs, tmp_path, [(LAST, LAST)], SESSIONS).result()
    assert run.success
    assert run.days["lake/fragments"] == [*late, str(LAST)]
    for key in SESSIONS:
        assert dagster.submit(stale_days, tmp_path, key).result() == [], key
    for table in SESSION_TABLES:
        came_late, came_in_time = (sessions_of(folder, table) for folder in (tmp_path, home))
        assert came_late.equals(came_in_time), table


def test_running_again_changes_no_byte(dagster: ProcessPoolExecutor, home: Path) -> None:
    before = bytes_of(home / "lake")
    again = dagster.submit(lake_runs, home, [(FIRST, LAST), *each_day(FIRST, LAST)[2:4]], LAKE).result()
    assert all(run.success for run in again)
    assert bytes_of(home / "lake") == before


def test_a_ledger_that_does_not_balance_keeps_the_marts_as_they_are(
    dagster: ProcessPoolExecutor, home: Path, tmp_path: Path
) -> None:
    shutil.copytree(home, tmp_path, dirs_exist_ok=True)
    lake, marts = Lake(tmp_path), (tmp_path / "warehouse.duckdb").read_bytes()
    path = lake.file("copies", "interactions", LATE_DAYS[0])
    lake.publish(path, pl.read_parquet(path).with_columns(pl.col("accepted") + 1))
    with pytest.raises(RunError, match="ledger_balances"):
        dagster.submit(night, tmp_path, LAST, LAST).result()
    assert (tmp_path / "warehouse.duckdb").read_bytes() == marts

    (run,) = dagster.submit(lake_runs, tmp_path, [(LATE_DAYS[0], LATE_DAYS[0])], SESSIONS).result()
    assert run.success
    assert run.checks["ledger_balances"]
