"""Of a day with a late row only the keys that it changed are counted again, and never fewer."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from orchestration.counting import fragmenting, touched
from orchestration.counting.fragmenting import build_fragments
from orchestration.counting.sessionizing import dirty_days, rebuild
from orchestration.lake import INPUTS, Lake
from tests.orchestration.lakes import Delivery, Home, Row, home_of, in_time
from tests.orchestration.test_joined_days import FIRST, SECOND, said
from tests.strategies import MINUTE, Log
from transforms.rules import Rules

ROWS = [said("ann", -700), said("bob", -600), said("ann", 300), said("bob", 400)]
LATE = [said("ann", 310), said("ann", 330)]


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """Two days of two users, counted."""
    opened = home_of(tmp_path / "home", Log([*ROWS, *LATE], [], [], Rules(), None))
    opened.ingest(opened.receive(in_time({"interactions": ROWS})))
    opened.catch_up()
    return opened


def deliver(home: Home, rows: list[Row], days_late: int = 1) -> list[Path]:
    """Rows that arrive some days after their own; gives their files."""
    plan = Delivery()
    for row in rows:
        plan.put("interactions", row, days_late, name="late")
    landed = plan.land(home.folder)
    home.ingest(landed)
    return landed


def dies_after(monkeypatch: pytest.MonkeyPatch, table: str, day: date, count: Callable[[], object]) -> None:
    """Works until a partition has been published, and dies then."""
    publish = Lake.publish

    def dying(lake: Lake, path: Path, *rest: Any, **named: Any) -> str:
        version = publish(lake, path, *rest, **named)
        if path.parent.name == table and path.stem == str(day):
            raise KeyboardInterrupt
        return version

    with monkeypatch.context() as patched:
        patched.setattr(Lake, "publish", dying)
        with pytest.raises(KeyboardInterrupt):
            count()


def forge(lake: Lake, day: date, user_id: str) -> None:
    """Gives a user's conversations another length, as nothing but a new count would mend."""
    path = lake.file("conversations", day)
    inputs = lake.note(path, INPUTS) or ""
    its = pl.col("user_id") == user_id
    length = pl.when(its).then(pl.lit(-1, pl.Int64)).otherwise("billable_ms").alias("billable_ms")
    lake.publish(path, pl.read_parquet(path).with_columns(length), inputs)


def lengths(home: Home, day: date, user_id: str) -> list[int]:
    """The billable lengths of a user's conversations."""
    return home.lake.read("conversations", day).filter(user_id=user_id)["billable_ms"].to_list()


def assert_counted(home: Home, rows: list[Row]) -> None:
    """The home's sessions are those of the rows, alerts aside."""
    log = Log(rows, [], [], Rules(), None)
    found, expected = (
        {
            table: [row for row in of_table if row.get("session_type") != "alert"]
            for table, of_table in its.items()
        }
        for its in (home.sessions(), Home(home.folder, log).in_one_call())
    )
    assert found == expected


def test_only_changed_keys_are_counted_again(home: Home) -> None:
    forge(home.lake, SECOND, "bob")
    deliver(home, LATE)
    home.catch_up()
    assert lengths(home, SECOND, "ann") == [600_000, 0]
    assert lengths(home, SECOND, "bob") == [-1]
    assert not touched.is_waiting(home.lake, SECOND)


def test_a_day_asked_for_again_is_counted_whole(home: Home) -> None:
    forge(home.lake, SECOND, "bob")
    rebuild(home.lake, [SECOND], home.terms)
    assert lengths(home, SECOND, "bob") == [0]


def test_a_changed_day_whose_sessions_are_gone_is_counted_whole(home: Home) -> None:
    deliver(home, LATE)
    build_fragments(home.lake, SECOND)
    home.lake.file("billing_sessions", SECOND).unlink()
    home.catch_up()
    assert_counted(home, [*ROWS, *LATE])


def test_two_changes_before_a_count_are_both_counted(home: Home) -> None:
    for days_late, row in enumerate(LATE, start=1):
        deliver(home, [row], days_late)
        build_fragments(home.lake, SECOND)
    home.catch_up()
    assert_counted(home, [*ROWS, *LATE])


def test_a_change_that_is_taken_back_is_counted(home: Home) -> None:
    before = home.sessions()
    landed = deliver(home, LATE)
    build_fragments(home.lake, SECOND)
    for path in landed:
        path.unlink()
    home.ingest(landed)
    build_fragments(home.lake, SECOND)
    assert dirty_days(home.lake, home.terms) == [SECOND]
    home.catch_up()
    assert dirty_days(home.lake, home.terms) == []
    assert home.sessions() == before


def test_rows_that_no_fragment_shows_are_counted(tmp_path: Path) -> None:
    """A late system message carries an agent's leg on; a corrected row lies within a stretch."""
    agent = said("ann", -5, "agent")
    day = [said("ann", 5), said("ann", 31), said("ann", 40, "system")]
    home = home_of(tmp_path / "home", Log([agent, *day], [], [], Rules(), None))
    home.ingest(home.receive(in_time({"interactions": [agent, *day]})))
    home.catch_up()
    late = said("ann", 18, "system")
    deliver(home, [late])
    home.catch_up()
    assert_counted(home, [agent, *day, late])
    moved = {**late, "occurred_at": late["occurred_at"] + 60 * MINUTE, "modified_at": late["occurred_at"]}
    deliver(home, [moved], days_late=2)
    home.catch_up()
    assert_counted(home, [agent, *day, moved])


@pytest.mark.parametrize("table", ["left_out", "legs", "marked_rows"])
def test_a_build_that_died_loses_no_key(home: Home, monkeypatch: pytest.MonkeyPatch, table: str) -> None:
    landed = deliver(home, [*LATE, said("bob", 410, "agent")])
    dies_after(monkeypatch, table, SECOND, lambda: build_fragments(home.lake, SECOND))
    home.catch_up()
    assert_counted(home, [*ROWS, *LATE, said("bob", 410, "agent")])
    assert dirty_days(home.lake, home.terms) == []
    deliver(home, [said("bob", 420, "agent")], days_late=2)
    dies_after(monkeypatch, table, SECOND, lambda: build_fragments(home.lake, SECOND))
    for path in (home.folder / "landing").rglob("late.jsonl"):
        path.unlink()
        home.ingest([path])
    home.catch_up()
    assert landed
    assert_counted(home, ROWS)


def test_a_count_that_died_before_it_forgot_is_done_again(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    deliver(home, LATE[:1])
    build_fragments(home.lake, SECOND)
    dies_after(monkeypatch, "conversations", SECOND, lambda: rebuild(home.lake, [SECOND], home.terms))
    deliver(home, LATE[1:], days_late=2)
    forge(home.lake, SECOND, "bob")
    home.catch_up()
    assert lengths(home, SECOND, "bob") == [0]
    assert_counted(home, [*ROWS, *LATE])


def test_a_dirty_neighbour_counts_the_keys_that_a_change_joined_to_it(home: Home) -> None:
    after_midnight = [said("ann", 15 * n) for n in range(20)]
    before_midnight = [said("ann", 15 * n) for n in range(-46, 0)]
    deliver(home, after_midnight)
    home.catch_up()
    deliver(home, [said("bob", 405)], days_late=2)
    build_fragments(home.lake, SECOND)
    deliver(home, before_midnight, days_late=2)
    build_fragments(home.lake, FIRST)
    assert rebuild(home.lake, [FIRST], home.terms).days == [FIRST]
    assert dirty_days(home.lake, home.terms) == [SECOND]
    assert rebuild(home.lake, [SECOND], home.terms).days == [SECOND]
    assert lengths(home, SECOND, "ann") == []
    assert_counted(home, [*ROWS, said("bob", 405), *before_midnight, *after_midnight])


THIRD = date(2026, 3, 3)
OVER_TWO_MIDNIGHTS = [said("ann", -112 + 10 * n) for n in range(170)]
LATE_RESET = said("ann", 24 * 60 - 1, "system", "session_reset")


@pytest.mark.parametrize("died_on", [FIRST, SECOND, THIRD])
@pytest.mark.parametrize(
    "late",
    [[LATE_RESET], [said("ann", -120)], [said("ann", -120), said("bob", 30)]],
    ids=["a reset", "a row before", "two keys"],
)
def test_a_run_that_died_between_two_days_leaves_none_half_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, died_on: date, late: list[Row]
) -> None:
    home = home_of(tmp_path / "home", Log([*OVER_TWO_MIDNIGHTS, *late], [], [], Rules(), None))
    home.ingest(home.receive(in_time({"interactions": OVER_TWO_MIDNIGHTS})))
    home.catch_up()
    deliver(home, late)
    changed = fragmenting.dirty_days(home.lake)
    for day in changed:
        build_fragments(home.lake, day)
    try:
        dies_after(monkeypatch, "conversations", died_on, lambda: rebuild(home.lake, changed, home.terms))
    except pytest.fail.Exception:
        assert died_on not in changed  # a day that stays as it is has nothing to publish
    home.catch_up()
    assert_counted(home, [*OVER_TWO_MIDNIGHTS, *late])
    assert dirty_days(home.lake, home.terms) == []
