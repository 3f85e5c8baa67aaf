"""Files that land after their night: each once, a burst in one run, and just the days that they touch."""

import json
import os
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from orchestration.lake import Lake
from orchestration.lake.tables import SESSIONS as SESSION_TABLES
from orchestration.lake.tables import TABLES
from orchestration.landing.ingest import ingest
from orchestration.landing.late_files import (
    PATIENCE,
    SETTLE,
    Cursor,
    Late,
    cursor_of,
    last_late_day,
    late_days,
    look,
)
from tests.orchestration.runs import (
    INGEST,
    SESSIONS,
    dagster_process,
    ended,
    lake_runs,
    late_run,
    night,
    stale_by_part,
    stale_days,
    tick,
    under_way,
)

DAY = timedelta(days=1)
FIRST, LAST = date(2026, 3, 1), date(2026, 3, 6)
NOON = datetime(2026, 3, 7, 12, tzinfo=UTC)
ASKED = "quarterhour/arrival_days"


def late(*days: str) -> dict[date, Late]:
    """Days with files; what stands behind a colon is what they are like."""
    split = [day.partition(":") for day in days]
    return {date.fromisoformat(f"2026-03-{day:0>2}"): Late(what, ("alerts",)) for day, _, what in split}


def looks(*steps: tuple[timedelta, dict[date, Late]], busy: frozenset[int] = frozenset()) -> list[list[int]]:
    """The days asked for at each of some looks, so long after the first; the cursor goes through its text."""
    cursor, found = Cursor(), []
    for number, (after, waits) in enumerate(steps):
        cursor, days = look(cursor_of(cursor.text()), waits, NOON + after, number in busy)
        found.append([day.day for day in days])
    return found


NOW, SOON, LATER = timedelta(), SETTLE - timedelta(seconds=1), SETTLE


def test_files_are_asked_for_once_when_they_have_been_the_same_for_a_while() -> None:
    waits = late("3:a")
    assert looks((NOW, waits), (SOON, waits), (LATER, waits), (2 * LATER, waits)) == [[], [], [3], []]


def test_a_file_that_grows_is_waited_for() -> None:
    steps = ((NOW, late("3:a")), (LATER, late("3:b")), (2 * LATER, late("3:c")), (3 * LATER, late("3:c")))
    assert looks(*steps) == [[], [], [], [3]]


def test_a_burst_over_several_days_is_one_run_when_its_last_file_has_come() -> None:
    steps = ((NOW, late("3:a")), (LATER, late("3:a", "5:a")), (2 * LATER, late("3:a", "5:a")))
    assert looks(*steps) == [[], [], [3, 5]]


def test_files_that_never_end_do_not_hold_up_the_others_for_ever() -> None:
    grows = [(SETTLE * n, late("3:a", f"5:{n}")) for n in range(PATIENCE // SETTLE + 1)]
    assert looks(*grows) == [[] for _ in grows[:-1]] + [[3]]


def test_while_a_night_is_under_way_late_files_wait_for_its_end() -> None:
    waits = late("3:a")
    steps = ((NOW, waits), (LATER, waits), (2 * LATER, waits))
    assert looks(*steps, busy=frozenset([1])) == [[], [], [3]]


def test_more_files_of_a_day_that_was_asked_for_are_asked_for_too() -> None:
    steps = ((NOW, late("3:a")), (LATER, late("3:a")), (2 * LATER, late("3:ab")), (3 * LATER, late("3:ab")))
    assert looks(*steps) == [[], [3], [], [3]]


def test_a_day_whose_files_were_ingested_is_forgotten_and_may_have_others() -> None:
    cursor, _ = look(Cursor(), late("3:a"), NOON, False)
    cursor, days = look(cursor, late("3:a"), NOON + LATER, False)
    assert len(days) == 1
    cursor, _ = look(cursor, {}, NOON + 2 * LATER, False)
    assert cursor == Cursor()
    assert cursor_of(cursor.text()) == cursor


def test_a_clock_that_was_set_back_only_begins_the_wait_anew() -> None:
    waits = late("3:a")
    assert looks((DAY, waits), (NOW, waits), (SOON, waits), (LATER, waits)) == [[], [], [], [3]]


@pytest.mark.parametrize("text", [None, "", "{", "[]", '{"waiting": {"x": []}}', '{"asked": 1}'])
def test_a_cursor_that_cannot_be_read_remembers_nothing(text: str | None) -> None:
    assert cursor_of(text) == Cursor()


def test_the_cursor_is_as_long_as_the_list_of_days_that_wait() -> None:
    cursor, _ = look(
        Cursor(), {FIRST + DAY * n: Late("0123456789abcdef", ()) for n in range(365)}, NOON, False
    )
    assert len(cursor.text()) < 365 * 80


@pytest.mark.parametrize(
    ("now", "last"),
    [("2026-03-07T02:59:59", 5), ("2026-03-07T03:00:00", 6), ("2026-03-07T23:59:59", 6)],
)
def test_a_day_is_left_to_its_night_until_an_hour_after_that_has_begun(now: str, last: int) -> None:
    assert last_late_day(datetime.fromisoformat(now).replace(tzinfo=UTC)).day == last


def land(home: Path, day: date, name: str, *event_days: date, stream: str = "alerts") -> Path:
    """A file with an alert, or a message, at noon of each day."""
    rows = [
        {"account_id": "acme", "app_id": "shop", "user_id": "ann", "delivery_id": f"{name}-{event_day}"}
        | {"delivered_at": f"{event_day}T12:00:00Z", "status": "delivered", "kind": "alert"}
        for event_day in event_days
    ]
    path = home / "landing" / stream / str(day) / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def test_a_file_is_late_until_an_ingest_has_seen_it_whatever_is_in_it(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    lake.ensure(TABLES)
    land(tmp_path, LAST, "a.jsonl", LAST)
    land(tmp_path, FIRST, "empty.jsonl")
    land(tmp_path, FIRST, "growing.jsonl.tmp", LAST)
    land(tmp_path, FIRST, ".hidden.jsonl", LAST)
    land(tmp_path, NOON.date(), "of-tonight.jsonl", LAST)
    (tmp_path / "landing" / "alerts" / str(FIRST) / "broken.jsonl.gz").write_bytes(b"\x1f\x8bnothing")
    assert list(late_days(tmp_path, NOON)) == [FIRST, LAST]
    for day in (FIRST, LAST):
        ingest(lake, tmp_path / "landing", "alerts", day)
    assert late_days(tmp_path, NOON) == {}
    land(tmp_path, FIRST, "b.jsonl", LAST, stream="handoffs")
    assert late_days(tmp_path, NOON)[FIRST].streams == ("handoffs",)


def test_what_a_file_is_like_is_its_size_and_its_time(tmp_path: Path) -> None:
    path = land(tmp_path, FIRST, "a.jsonl", FIRST)
    before = late_days(tmp_path, NOON)
    assert late_days(tmp_path, NOON) == before
    os.utime(path, ns=(1, 1))
    touched = late_days(tmp_path, NOON)
    assert touched != before
    path.write_text(path.read_text() + "\n")
    os.utime(path, ns=(1, 1))
    assert late_days(tmp_path, NOON) not in (before, touched)


@pytest.fixture(scope="module")
def dagster() -> Iterator[ProcessPoolExecutor]:
    with dagster_process(FIRST, NOON.date()) as pool:
        yield pool


def settled_tick(dagster: ProcessPoolExecutor, home: Path, now: datetime, cursor: str) -> Any:
    """Two ticks, the second after the files have been the same for a while."""
    requests, cursor, _ = dagster.submit(tick, home, now, cursor).result()
    assert requests == []
    return dagster.submit(tick, home, now + SETTLE, cursor).result()


def test_a_late_file_makes_stale_what_follows_from_it_part_by_part(
    dagster: ProcessPoolExecutor, tmp_path: Path
) -> None:
    for day in (FIRST, FIRST + DAY):
        land(tmp_path, day, "on-time.jsonl", day)
    dagster.submit(night, tmp_path, FIRST, FIRST + DAY).result()
    land(tmp_path, FIRST + DAY, "late.jsonl", FIRST)
    before, lake, behind = dagster.submit(stale_by_part, tmp_path, FIRST + DAY).result()
    assert before == []  # the sensor has not looked yet
    assert {"usage_daily", "invoices", "accounts"} <= set(lake)
    assert not any(":" in each for each in lake)
    assert behind == []


def test_late_files_of_several_days_reach_their_days_in_one_run_and_the_ui_shows_it(
    dagster: ProcessPoolExecutor, tmp_path: Path
) -> None:
    home, timely = tmp_path / "late", tmp_path / "timely"
    days = [FIRST + DAY * n for n in range(6)]
    bursts = {days[1]: days[0], days[4]: days[2]}  # by arrival day the day of their rows
    for day in days:
        land(home, day, "on-time.jsonl", day)
        land(timely, day, "on-time.jsonl", day)
    for day, event_day in bursts.items():
        land(timely, day, "late.jsonl", event_day)
    keys = [*INGEST, *SESSIONS]
    for folder in (home, timely):
        (run,) = dagster.submit(lake_runs, folder, [(FIRST, LAST)], keys, checks=False).result()
        assert run.success

    requests, cursor, why = dagster.submit(tick, home, NOON, "").result()
    assert (requests, why) == ([], "no late files")
    for day, event_day in bursts.items():
        land(home, day, "late.jsonl", event_day)
    busy = dagster.submit(under_way, home).result()
    requests, cursor, why = settled_tick(dagster, home, NOON, cursor)
    assert requests == []
    assert why == f"files of 2026-03-02, 2026-03-05 wait until run {busy[:8]} has ended"
    dagster.submit(ended, home, busy).result()
    [(key, partition, tags)], cursor, _ = dagster.submit(tick, home, NOON + 2 * SETTLE, cursor).result()
    assert partition == "2026-03-05"
    assert tags[ASKED] == "2026-03-02,2026-03-05"
    assert dagster.submit(stale_days, home, "ingest/alerts").result() == ["2026-03-02", "2026-03-05"]
    assert dagster.submit(stale_days, home, "ingest/handoffs").result() == []
    requests, cursor, why = settled_tick(dagster, home, NOON + 3 * SETTLE, cursor)
    assert requests == []
    assert why == "a run for 2026-03-02, 2026-03-05 was asked for; if it failed, run it again"

    run = dagster.submit(late_run, home, partition, tags, INGEST).result()
    assert run.success
    assert run.days["ingest/alerts"] == ["2026-03-02", "2026-03-05"]
    assert run.days["lake/alerts"] == ["2026-03-01", "2026-03-03"]
    assert dagster.submit(stale_days, home, "ingest/alerts").result() == []
    assert dagster.submit(stale_days, home, "lake/fragments").result() == ["2026-03-01", "2026-03-03"]
    run = dagster.submit(late_run, home, partition, tags, SESSIONS).result()
    assert run.success
    assert run.days["lake/billing_sessions"] == ["2026-03-01", "2026-03-03", "2026-03-05"]
    for name in keys:
        assert dagster.submit(stale_days, home, name).result() == [], name
    for table in SESSION_TABLES:
        rows = [Lake(folder).scan(table).collect() for folder in (home, timely)]
        assert rows[0].equals(rows[1], null_equal=True), table

    requests, cursor, why = settled_tick(dagster, home, NOON + 9 * SETTLE, cursor)
    assert (requests, why) == ([], "no late files")
    land(home, days[1], "late.jsonl.1", days[0])
    [(other_key, _, tags)], *_ = settled_tick(dagster, home, NOON + 12 * SETTLE, cursor)
    assert tags[ASKED] == "2026-03-02"
    assert other_key != key
