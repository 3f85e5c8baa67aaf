"""A day joined to a changed one is put right in the keys that they share, and in no other."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from orchestration.counting.fragmenting import build_fragments
from orchestration.counting.sessionizing import dirty_days, rebuild
from tests.orchestration.lakes import Delivery, Home, Row, home_of, in_time, streams_of
from tests.strategies import MINUTE, Log
from transforms.rules import Rules

MIDNIGHT = int(datetime(2026, 3, 2, tzinfo=UTC).timestamp()) * 1000
FIRST, SECOND = date(2026, 3, 1), date(2026, 3, 2)


def said(user_id: str, minute: float, actor: str = "user", kind: str = "message") -> Row:
    """A row so many minutes after midnight."""
    who = {"account_id": "acme", "app_id": "bank", "channel": "web", "user_id": user_id, "session_id": None}
    at = MIDNIGHT + round(minute * MINUTE)
    return {**who, "event_id": f"{user_id}{minute}{kind}", "occurred_at": at, "actor": actor, "kind": kind}


EVENING = [said("ann", -5), said("ann", -600), said("bob", -5), said("cleo", -700)]
NEXT_DAY = [said("dora", 300)]
CHANGES = {
    "the conversation goes on": [said("ann", 5), said("ann", 15)],
    "a reset ends it": [said("ann", 1, "system", "session_reset")],
    "an agent takes over": [
        said("ann", -4, "system", "handoff_start"),
        said("ann", 8, "agent", "handoff_end"),
    ],
    "the agent's leg begins on the changed day": [said("ann", 2, "agent"), said("ann", 3)],
}


def home_with(folder: Path, rows: list[Row], late: list[Row]) -> Home:
    """A home that had some rows in time and some late, each followed by what it made dirty."""
    home = home_of(folder, Log([*rows, *late], [], [], Rules(), None))
    for name, part in (("in-time", rows), ("late", late)):
        plan = Delivery()
        for row in part:
            plan.put("interactions", row, name=name)
        home.ingest(home.receive(plan))
        home.catch_up()
    return home


@pytest.mark.parametrize("late", CHANGES.values(), ids=CHANGES.keys())
def test_late_rows_leave_the_bytes_of_a_run_that_had_them_in_time(tmp_path: Path, late: list[Row]) -> None:
    home = home_with(tmp_path / "late", [*EVENING, *NEXT_DAY], late)
    other = home_with(tmp_path / "timely", [*EVENING, *NEXT_DAY, *late], [])
    assert home.sessions() == other.sessions()
    for table in ("conversations", "billing_sessions", "voice_sessions"):
        for day in (FIRST, SECOND):
            assert home.lake.read(table, day).equals(other.lake.read(table, day)), (table, day)


@pytest.mark.parametrize("late", CHANGES.values(), ids=CHANGES.keys())
def test_what_was_joined_falls_apart_again(tmp_path: Path, late: list[Row]) -> None:
    home = home_with(tmp_path / "home", [*EVENING, *NEXT_DAY], late)
    for path in (home.folder / "landing").rglob("late.jsonl"):
        path.unlink()
        home.ingest([path])
    home.catch_up()
    expected = home_with(tmp_path / "never", [*EVENING, *NEXT_DAY], [])
    assert home.sessions() == expected.sessions()


def test_a_joined_day_that_says_the_same_is_not_written_again(tmp_path: Path) -> None:
    home = home_with(tmp_path / "home", [*EVENING, said("ann", 5), *NEXT_DAY], [])
    plan = Delivery()
    plan.put("interactions", said("dora", 305), name="late")
    before = home.lake.file("conversations", FIRST).stat().st_mtime_ns
    home.ingest(plan.land(home.folder))
    build_fragments(home.lake, SECOND)
    assert dirty_days(home.lake, home.terms) == [SECOND]
    assert rebuild(home.lake, [SECOND], home.terms).days == [SECOND]
    assert home.lake.file("conversations", FIRST).stat().st_mtime_ns == before


def test_other_keys_of_a_joined_day_keep_their_sessions(tmp_path: Path) -> None:
    home = home_with(tmp_path / "home", [*EVENING, *NEXT_DAY], [])
    plan = Delivery()
    plan.put("interactions", said("ann", 5), name="late")
    kept = home.lake.read("conversations", FIRST).filter(user_id="bob")
    home.ingest(plan.land(home.folder))
    build_fragments(home.lake, SECOND)
    assert rebuild(home.lake, [SECOND], home.terms).days == [FIRST, SECOND]
    now = home.lake.read("conversations", FIRST)
    assert now.filter(user_id="bob").equals(kept)
    assert now.filter(user_id="ann")["ended_at"].max() == datetime(2026, 3, 2, 0, 5, tzinfo=UTC)


def test_a_system_message_carries_a_leg_without_an_end_over_a_day_that_has_no_agent(tmp_path: Path) -> None:
    """The stretches of the day between show nothing at its end; the leg runs on along the system message."""
    day = 24 * 60
    rows = [
        said("ann", 0),
        said("ann", 5, "agent"),
        said("ann", day + 9 * 60),
        said("ann", day + 20 * 60, "system"),
        said("ann", 3 * day + 7 * 60),
        said("ann", 3 * day + 8 * 60, "app"),
    ]
    timeout = {
        "account_id": "acme",
        "app_id": "bank",
        "effective_at": None,
        "inactivity_minutes": 36 * 60,
    }
    home = home_of(tmp_path / "home", Log(rows, [], [timeout], Rules(), None))
    paths = home.receive(in_time(streams_of(home.log)))
    for path in sorted(paths, key=lambda path: path.parent.name):
        home.ingest([path])
        home.catch_up()
    assert home.sessions() == home.in_one_call()
    assert home.lake.read("conversations", date(2026, 3, 5)).is_empty()


def test_a_start_at_the_instant_of_an_end_waits_for_the_next_one(tmp_path: Path) -> None:
    """At one instant the end comes first (R7): the leg lasts until the end days later."""
    day = 24 * 60
    rows = [
        said("ann", 0),
        said("ann", 5, "agent", "handoff_end"),
        said("ann", 5, "system", "handoff_start"),
        said("bob", day),
        said("ann", 2 * day),
        said("bob", 3 * day),
        said("ann", 4 * day, "agent", "handoff_end"),
        said("ann", 4 * day + 5),
    ]
    home = home_of(tmp_path / "home", Log(rows, [], [], Rules(), None))
    home.ingest(home.receive(in_time(streams_of(home.log))))
    for day_of_rows in home.lake.days("interactions"):
        build_fragments(home.lake, day_of_rows)
    for day_of_rows in home.lake.days("stretches"):
        rebuild(home.lake, [day_of_rows], home.terms)
    assert home.sessions() == home.in_one_call()
    assert home.lake.read("conversations", SECOND).filter(user_id="ann").height == 1


def test_blocks_stand_on_a_day_on_which_nobody_spoke(tmp_path: Path) -> None:
    timeout = {
        "account_id": "acme",
        "app_id": "bank",
        "effective_at": None,
        "inactivity_minutes": 3 * 24 * 60,
    }
    rows = [said("ann", 600), said("ann", 600 + 2 * 24 * 60)]
    home = home_of(tmp_path / "home", Log(rows, [], [timeout], Rules(), None))
    for path in sorted(home.receive(in_time(streams_of(home.log))), key=lambda path: path.parent.name):
        home.ingest([path])
        home.catch_up()
    assert home.lake.read("billing_sessions", date(2026, 3, 3)).height == 24 * 4
    assert home.sessions() == home.in_one_call()
