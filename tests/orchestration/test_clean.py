"""Days that were found clean are asked no more, as long as nothing changes that they were made of."""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestration.counting import clean, fragmenting, sessionizing
from orchestration.counting.fragmenting import build_fragments
from orchestration.lake import INPUTS, Lake
from orchestration.lake.parts import SETTLED
from orchestration.lake.tables import FRAGMENTS, SESSIONS, TABLES
from orchestration.privacy.dropped import Request
from orchestration.privacy.retention import retain
from tests.orchestration.lakes import Delivery, Home, Row, home_of, in_time
from tests.orchestration.test_joined_days import FIRST, said
from tests.strategies import Log
from transforms.rules import Rules

DAYS = [FIRST + timedelta(days=number) for number in range(3)]


def of_day(user: str, day: date, minute: int) -> Row:
    """A message so many minutes after a day's midnight."""
    return said(user, ((day - FIRST).days - 1) * 1440 + minute)


ROWS = [of_day(user, day, 600) for day in DAYS for user in ("ann", "bob")]


def counted(folder: Path) -> Home:
    """Three days of two users, counted; nothing is open."""
    home = home_of(folder, Log(ROWS, [], [], Rules(), None))
    home.ingest(home.receive(in_time({"interactions": ROWS})))
    home.catch_up()
    return home


def age(home: Home) -> None:
    """Makes new files look as if they had lain there for a while, as in the next night; the others stay."""
    now = time.time_ns()
    for path in home.lake.root.rglob("*.parquet"):
        before = path.stat().st_mtime_ns
        if before > now - 5 * clean.TOO_NEW_NS:
            os.utime(path, ns=(before, before - 10 * clean.TOO_NEW_NS))


def dirty(home: Home) -> tuple[list[date], list[date]]:
    """What a night would count: fragments, sessions."""
    lake, terms = home.lake, home.terms
    return fragmenting.dirty_days(lake, known=True), sessionizing.dirty_days(lake, terms, known=True)


def asked_anew(home: Home) -> tuple[list[date], list[date]]:
    """The same with nothing known."""
    (home.folder / clean.FILE).unlink(missing_ok=True)
    return dirty(home)


@contextmanager
def notes_read(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Path]]:
    """Of which files the metadata is asked for."""
    read: list[Path] = []
    note = Lake.note

    def counting(lake: Lake, path: Path, key: str) -> str | None:
        read.append(path)
        return note(lake, path, key)

    with monkeypatch.context() as patched:
        patched.setattr(Lake, "note", counting)
        yield read


def test_a_day_found_clean_is_not_opened_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = counted(tmp_path / "home")
    age(home)
    with notes_read(monkeypatch) as read:
        assert dirty(home) == ([], [])
        assert {path.stem for path in read} == {str(day) for day in DAYS}
        read.clear()
        assert dirty(home) == ([], [])
        assert read == []


def test_who_only_looks_writes_nothing(tmp_path: Path) -> None:
    home = counted(tmp_path / "home")
    age(home)
    assert fragmenting.dirty_days(home.lake) == []
    assert sessionizing.dirty_days(home.lake, home.terms) == []
    assert not list(home.folder.glob(f"{clean.FILE}*"))


def test_a_home_that_cannot_be_written_is_judged_all_the_same(tmp_path: Path) -> None:
    home = counted(tmp_path / "home")
    age(home)
    (home.folder / f"{clean.FILE}.new").mkdir()
    home.lake.file("stretches", DAYS[1]).unlink()
    assert dirty(home) == ([DAYS[1]], [])


def test_a_file_that_has_just_changed_is_not_trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = counted(tmp_path / "home")
    dirty(home)
    with notes_read(monkeypatch) as read:
        dirty(home)
        assert read


def test_a_day_on_which_something_was_open_is_asked_each_night(tmp_path: Path) -> None:
    first, second, last = DAYS
    rows = [of_day("ann", first, 600), of_day("bob", second, 1438)]
    home = home_of(tmp_path / "home", Log(rows, [], [], Rules(), None))
    home.ingest(in_time({"interactions": rows}).land(home.folder))
    home.catch_up()
    age(home)
    assert dirty(home) == ([], [])
    age(home)
    home.ingest(in_time({"interactions": [of_day("eve", last, 600)]}).land(home.folder))
    assert dirty(home) == ([last], [second]) == asked_anew(home)


def test_days_whose_rows_arrived_when_something_else_is_settled_are_asked_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = counted(tmp_path / "home")
    retain(home.folder, 1, Request.now("tests"))
    home.catch_up()
    age(home)
    assert dirty(home) == ([], [])
    settled = sorted((home.lake.root / SETTLED / "files").rglob("*.parquet"))
    with notes_read(monkeypatch) as read:
        dirty(home)
        assert read == []
        os.utime(settled[0], ns=(1, 1))
        dirty(home)
        assert {path.stem for path in read} == {settled[0].name[:10]}


def test_a_table_that_a_new_version_adds_is_made_for_all_days(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = counted(tmp_path / "home")
    age(home)
    dirty(home)
    monkeypatch.setattr(fragmenting, "MADE", (*fragmenting.MADE, "added"))
    monkeypatch.setattr(clean, "TABLES", (*clean.TABLES, "added"))
    assert "added" not in TABLES
    assert dirty(home)[0] == DAYS


def test_what_is_known_of_other_rules_does_not_count(tmp_path: Path) -> None:
    home = counted(tmp_path / "home")
    age(home)
    dirty(home)
    other = Home(home.folder, Log(ROWS, [], [], Rules(anchor="first_user_message"), None))
    assert dirty(other) == ([], DAYS)


def late(home: Home, day: date) -> None:
    """A late row of the day, ingested and not yet counted."""
    row = of_day("ann", day, 615)
    plan = Delivery({("interactions", day + timedelta(days=1), "late"): [row]})
    home.ingest(plan.land(home.folder))


def fragments_alone(home: Home, day: date) -> None:
    """A late row whose fragments were built, and a run that died then."""
    late(home, day)
    build_fragments(home.lake, day)


def gone(home: Home, day: date) -> None:
    """The rows of the day are in landing no more."""
    for path in (home.lake.root / "interactions" / str(day)).iterdir():
        path.unlink()


def removed(table: str) -> Callable[[Home, date], None]:
    """A file of the lake that somebody has removed."""
    return lambda home, day: home.lake.file(table, day).unlink(missing_ok=True)


def of_others(home: Home, day: date) -> None:
    """Sessions that say that they were made of something else."""
    path = home.lake.file("conversations", day)
    if path.exists():
        home.lake.publish(path, home.lake.read("conversations", day), "of others")


def timeout(home: Home, day: date) -> None:
    """A timeout set in the account's book."""
    event = {
        "event_id": f"timeout-{day}", "account_id": ROWS[0]["account_id"], "app_id": ROWS[0]["app_id"],
        "occurred_at": of_day("ann", day, 0)["occurred_at"],
        "type": "inactivity_minutes_set", "inactivity_minutes": 30,
    }  # fmt: skip
    plan = Delivery({("account_events", day, f"timeout-{day}"): [event]})
    home.ingest(plan.land(home.folder))


def night(home: Home, _: date) -> None:
    """All is counted."""
    home.catch_up()


def retained(home: Home, _: date) -> None:
    """Raw rows are dropped, and what is left of them counts."""
    retain(home.folder, 1, Request.now("tests"))


CHANGES = [late, fragments_alone, gone, of_others, timeout, night, retained,
           *(removed(table) for table in (*FRAGMENTS, *SESSIONS, "alert_sessions"))]  # fmt: skip


@settings(max_examples=40, deadline=None)
@given(changes=st.lists(st.tuples(st.sampled_from(CHANGES), st.sampled_from(DAYS)), min_size=1, max_size=4))
def test_whatever_changes_what_is_known_changes_no_answer(
    tmp_path_factory: pytest.TempPathFactory, changes: list[tuple[Callable[[Home, date], None], date]]
) -> None:
    home = counted(tmp_path_factory.mktemp("homes") / "home")
    for change, day in changes:
        age(home)
        dirty(home)
        change(home, day)
        age(home)
        found = dirty(home)
        assert found == asked_anew(home)
        assert home.lake.note(home.lake.file("stretches", day), INPUTS) or day in found[0]
