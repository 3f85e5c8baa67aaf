"""Of a day with a late row only the keys that it changed are counted again, and never fewer."""

from datetime import date
from pathlib import Path

import polars as pl
import pytest

from orchestration import touched
from orchestration.fragmenting import build_fragments
from orchestration.lake import INPUTS, Lake
from orchestration.sessionizing import dirty_days, rebuild
from tests.orchestration.lakes import Delivery, Home, Row, home_of, in_time
from tests.orchestration.test_joined_days import FIRST, SECOND, said
from tests.strategies import Log
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


def deliver(home: Home, rows: list[Row], name: str = "late") -> None:
    """Rows in a file of their own."""
    plan = Delivery()
    for row in rows:
        plan.put("interactions", row, name=name)
    home.ingest(plan.land(home.folder))


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


def test_two_changes_before_a_count_are_both_counted(home: Home) -> None:
    for row in LATE:
        deliver(home, [row], name=row["event_id"])
        build_fragments(home.lake, SECOND)
    home.catch_up()
    assert_counted(home, [*ROWS, *LATE])


def test_a_change_that_is_taken_back_leaves_the_day_to_be_counted(home: Home) -> None:
    before = home.sessions()
    deliver(home, LATE)
    build_fragments(home.lake, SECOND)
    next((home.folder / "landing").rglob("late.jsonl")).unlink()
    home.ingest([home.folder / "landing" / "interactions" / str(SECOND) / "late.jsonl"])
    build_fragments(home.lake, SECOND)
    assert dirty_days(home.lake, home.terms) == [SECOND]
    home.catch_up()
    assert dirty_days(home.lake, home.terms) == []
    assert home.sessions() == before


@pytest.mark.parametrize("table", ["left_out", "legs", "stretches"])
def test_a_build_that_died_loses_no_key(home: Home, monkeypatch: pytest.MonkeyPatch, table: str) -> None:
    deliver(home, LATE)
    publish = Lake.publish

    def dying(lake: Lake, path: Path, *rest: object, **named: object) -> str:
        if path.parent.name == table:
            raise KeyboardInterrupt
        return publish(lake, path, *rest, **named)  # type: ignore[arg-type]

    with monkeypatch.context() as patched:
        patched.setattr(Lake, "publish", dying)
        with pytest.raises(KeyboardInterrupt):
            build_fragments(home.lake, SECOND)
    home.catch_up()
    assert_counted(home, [*ROWS, *LATE])


def test_a_count_that_died_before_it_forgot_is_done_again(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    deliver(home, LATE[:1], name="one")
    build_fragments(home.lake, SECOND)

    def dying(lake: Lake, day: date) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(touched, "settle", dying)
        with pytest.raises(KeyboardInterrupt):
            rebuild(home.lake, [SECOND], home.terms)
    deliver(home, LATE[1:], name="two")
    forge(home.lake, SECOND, "bob")
    home.catch_up()
    assert lengths(home, SECOND, "bob") == [0]
    assert_counted(home, [*ROWS, *LATE])


def test_a_dirty_neighbour_counts_the_keys_that_a_change_joined_to_it(home: Home) -> None:
    after_midnight = [said("ann", 15 * n) for n in range(20)]
    before_midnight = [said("ann", 15 * n) for n in range(-46, 0)]
    deliver(home, after_midnight, name="begun")
    home.catch_up()
    deliver(home, [said("bob", 405)], name="second")
    build_fragments(home.lake, SECOND)
    deliver(home, before_midnight, name="first")
    build_fragments(home.lake, FIRST)
    assert rebuild(home.lake, [FIRST], home.terms).days == [FIRST]
    assert dirty_days(home.lake, home.terms) == [SECOND]
    assert rebuild(home.lake, [SECOND], home.terms).days == [SECOND]
    assert lengths(home, SECOND, "ann") == []
    assert_counted(home, [*ROWS, said("bob", 405), *before_midnight, *after_midnight])
