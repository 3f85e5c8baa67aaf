"""Ingest of an arrival day: what it replaces, what it reports, what it leaves alone."""

import json
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from orchestration.counting import audits
from orchestration.counting.fragmenting import build_fragments, dirty_days
from orchestration.lake import COPIES, Lake
from orchestration.lake.tables import TABLES
from orchestration.landing.ingest import ingest
from tests.orchestration.runs import dagster_process, lake_runs, told_days

ARRIVAL, LATER = date(2026, 3, 2), date(2026, 3, 5)
FIRST, SECOND = date(2026, 3, 1), date(2026, 3, 2)


def row(event_id: str, at: str, **more: object) -> dict[str, object]:
    who = {"account_id": "acme", "app_id": "bot", "user_id": "ann", "channel": "web"}
    return {"event_id": event_id, **who, "occurred_at": at, "actor": "user", "kind": "message", **more}


def land(home: Path, arrival: date, name: str, *rows: dict[str, object]) -> Path:
    path = home / "landing" / "interactions" / arrival.isoformat() / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(each) + "\n" for each in rows))
    return path


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    lake = Lake(tmp_path)
    lake.ensure(TABLES)
    return lake


@pytest.fixture(scope="module")
def dagster() -> Iterator[ProcessPoolExecutor]:
    with dagster_process(FIRST, LATER) as pool:
        yield pool


def ingest_day(lake: Lake, arrival: date) -> dict[date, str]:
    return ingest(lake, lake.home / "landing", "interactions", arrival).changed


def test_rows_lie_by_event_day_and_only_changed_days_are_reported(lake: Lake) -> None:
    land(
        lake.home, ARRIVAL, "a.jsonl", row("1", "2026-03-01T23:59:59.999Z"), row("2", "2026-03-02T00:00:00Z")
    )
    assert sorted(ingest_day(lake, ARRIVAL)) == [FIRST, SECOND]
    assert lake.read("interactions", FIRST.isoformat(), ARRIVAL)["event_id"].to_list() == ["1"]
    assert ingest_day(lake, ARRIVAL) == {}
    land(lake.home, ARRIVAL, "b.jsonl", row("3", "2026-03-02T01:00:00Z"))
    assert sorted(ingest_day(lake, ARRIVAL)) == [SECOND]


def test_a_file_taken_away_takes_its_rows_along(lake: Lake) -> None:
    land(lake.home, ARRIVAL, "a.jsonl", row("1", "2026-03-02T10:00:00Z"))
    gone = land(lake.home, ARRIVAL, "b.jsonl", row("2", "2026-03-01T10:00:00Z"))
    ingest_day(lake, ARRIVAL)
    gone.unlink()
    assert ingest_day(lake, ARRIVAL) == {FIRST: "removed"}
    assert lake.arrivals("interactions", FIRST) == []
    assert lake.scan("files").collect()["file"].to_list() == ["interactions/2026-03-02/a.jsonl"]


def test_late_rows_dirty_their_event_day_alone(lake: Lake) -> None:
    land(lake.home, ARRIVAL, "a.jsonl", row("1", "2026-03-01T10:00:00Z"), row("2", "2026-03-02T10:00:00Z"))
    ingest_day(lake, ARRIVAL)
    for day in dirty_days(lake):
        build_fragments(lake, day)
    assert dirty_days(lake) == []
    land(lake.home, LATER, "late.jsonl", row("3", "2026-03-01T11:00:00Z"))
    assert sorted(ingest_day(lake, LATER)) == [FIRST]
    assert dirty_days(lake) == [FIRST]


def test_every_row_of_every_file_is_told_for_across_arrival_days(lake: Lake) -> None:
    same, other = row("1", "2026-03-01T10:00:00Z"), row("1", "2026-03-01T10:00:01Z", modified_at=1)
    land(lake.home, ARRIVAL, "a.jsonl", same, same, row("t", "2026-03-01T10:00:00Z", is_test=True))
    land(lake.home, LATER, "b.jsonl", same, other, row("x", "2026-03-01T10:00:00"))
    for arrival in (ARRIVAL, LATER):
        ingest_day(lake, arrival)
    build_fragments(lake, FIRST)
    assert audits.unbalanced_files(lake).is_empty()
    told = lake.scan("copies").select(pl.col("accepted", "duplicate", "superseded").sum()).collect()
    assert told.row(0) == (1, 2, 1)
    assert lake.scan("quarantine").collect()["reason"].str.contains("zone").to_list() == [True]


def test_a_lost_partition_is_found(lake: Lake) -> None:
    land(lake.home, ARRIVAL, "a.jsonl", row("1", "2026-03-01T10:00:00Z"))
    ingest_day(lake, ARRIVAL)
    build_fragments(lake, FIRST)
    lake.file("copies", "interactions", FIRST).unlink()
    assert audits.unbalanced_files(lake)["file"].to_list() == ["interactions/2026-03-02/a.jsonl"]


def test_the_same_rows_give_the_same_bytes(lake: Lake, tmp_path: Path) -> None:
    land(lake.home, ARRIVAL, "a.jsonl", row("1", "2026-03-01T10:00:00Z"), row("2", "2026-03-01T11:00:00Z"))
    ingest_day(lake, ARRIVAL)
    build_fragments(lake, FIRST)
    before = {path: path.read_bytes() for path in lake.root.rglob("*.parquet")}
    ingest_day(lake, ARRIVAL)
    build_fragments(lake, FIRST)
    assert {path: path.read_bytes() for path in lake.root.rglob("*.parquet")} == before


@pytest.mark.parametrize(
    ("other", "copies"),
    [
        (row("1", "2026-03-01T10:00:00Z"), "some"),
        (row("1", "2026-03-01T11:00:00Z", user_id="bob"), "some"),
        (row("1", "2026-03-02T10:00:00Z"), "none"),
        (row("1", "2026-03-01T10:00:00Z", account_id="other"), "none"),
        (row("2", "2026-03-01T10:00:00Z"), "none"),
    ],
)
def test_a_file_tells_whether_an_id_stands_twice_in_it(
    lake: Lake, other: dict[str, object], copies: str
) -> None:
    land(lake.home, ARRIVAL, "a.jsonl", row("1", "2026-03-01T10:00:00Z"))
    land(lake.home, ARRIVAL, "b.jsonl", other)
    ingest_day(lake, ARRIVAL)
    assert lake.note(lake.file("interactions", FIRST, ARRIVAL), COPIES) == copies


def test_rows_lie_in_the_order_of_keys_then_time_then_files_by_name(lake: Lake) -> None:
    times = ["2026-03-01T11:00:00Z", "2026-03-01T10:00:00Z"]
    for name in ("b.jsonl", "a-1.jsonl", "a/z.jsonl"):
        rows = [row(f"{name} {at}", at, user_id=user) for at in times for user in ("ann", "bob")]
        land(lake.home, ARRIVAL, name, *rows)
    ingest_day(lake, ARRIVAL)
    found = lake.read("interactions", FIRST.isoformat(), ARRIVAL)
    assert found.equals(found.sort("key", "occurred_at", "file", "line"))
    assert found["is_first"].to_list() == [True, *[False] * 5] * 2


def test_a_run_over_several_arrival_days_tells_each_changed_day_once(
    dagster: ProcessPoolExecutor, lake: Lake
) -> None:
    land(lake.home, ARRIVAL, "a.jsonl", row("1", "2026-03-01T10:00:00Z"))
    land(lake.home, LATER, "b.jsonl", row("2", "2026-03-01T11:00:00Z"), row("3", "2026-03-02T11:00:00Z"))
    (run,) = dagster.submit(lake_runs, lake.home, [(ARRIVAL, LATER)], ["ingest/interactions"]).result()
    assert run.success
    assert run.days["lake/interactions"] == [str(FIRST), str(SECOND)]


def test_a_run_that_breaks_off_tells_what_it_changed_before(dagster: ProcessPoolExecutor, lake: Lake) -> None:
    land(lake.home, ARRIVAL, "a.jsonl", row("1", "2026-03-01T10:00:00Z"))
    land(lake.home, LATER, "b.jsonl", row("2", "2026-03-02T10:00:00Z"))
    lake.file("files", "interactions", LATER).mkdir(parents=True)
    (run,) = dagster.submit(lake_runs, lake.home, [(ARRIVAL, LATER)], ["ingest/interactions"]).result()
    assert not run.success
    assert dagster.submit(told_days, lake.home, "lake/interactions").result() == [str(FIRST)]
