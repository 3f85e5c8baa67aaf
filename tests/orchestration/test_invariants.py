"""What holds of a lake whatever was delivered, in whatever files, on whatever days (R18, R19, R20)."""

import random
import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from orchestration.counting import audits, fragmenting, sessionizing
from orchestration.counting.fragmenting import build_fragments
from orchestration.counting.sessionizing import dirty_days, rebuild
from orchestration.lake.tables import TABLES
from tests.orchestration.lakes import (
    Delivery,
    Home,
    Row,
    day_of,
    home_of,
    in_time,
    scattered,
    some_order,
    streams_of,
)
from tests.strategies import nights
from transforms.contracts import contract_of

A_FEW = settings(
    max_examples=max(4, settings().max_examples // 60), phases=[Phase.explicit, Phase.reuse, Phase.generate]
)
"""Each example is a lake of some days, which takes seconds; numbers of logs have no smaller log in them."""

Opened = Callable[[str, int], Home]
seeds = st.integers(0, 2**32)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("homes")


@pytest.fixture(scope="module")
def opened(folder: Path) -> Opened:
    """Opens an empty home for a log."""

    def open_home(name: str, seed: int) -> Home:
        shutil.rmtree(folder / name, ignore_errors=True)
        return home_of(folder / name, nights(seed))

    return open_home


def brought_up(home: Home, delivery: Delivery) -> Home:
    home.ingest(home.receive(delivery))
    home.catch_up()
    return home


@A_FEW
@given(seed=seeds, dice=st.randoms(use_true_random=False))
def test_any_files_arrival_days_and_order_of_building_give_what_one_call_gives(
    opened: Opened, seed: int, dice: random.Random
) -> None:
    home = opened("home", seed)
    landed = home.receive(scattered(streams_of(home.log), dice))
    home.ingest(dice.sample(landed, len(landed)))
    build_in_any_order(home, dice)
    assert home.sessions() == home.in_one_call()
    assert dirty_days(home.lake, home.terms) == []


@A_FEW
@given(seed=seeds, dice=st.randoms(use_true_random=False))
def test_a_second_run_and_another_home_have_identical_bytes(
    opened: Opened, seed: int, dice: random.Random
) -> None:
    home, other = opened("home", seed), opened("other", seed)
    delivery = scattered(streams_of(home.log), dice)
    first = brought_up(home, delivery).files()
    for each in (home, other):
        each.ingest(reversed(each.receive(delivery)))
        build_in_any_order(each, dice)
        each.catch_up()
        assert differing(each.files(), first) == []


@A_FEW
@given(seed=seeds, dice=st.randoms(use_true_random=False))
def test_copies_of_rows_in_other_files_and_days_change_nothing_but_their_count(
    opened: Opened, seed: int, dice: random.Random
) -> None:
    home = opened("home", seed)
    streams = streams_of(home.log)
    expected = brought_up(home, in_time(streams)).sessions()
    counted = counts(home)
    again = Delivery()
    copies = 0
    for stream, rows in streams.items():
        for row in rows:
            for _ in range(dice.choice([0, 0, 0, 1, 2])):
                again.put(stream, row, dice.choice([0, 1, 2]), "copies")
                copies += 1
    assert brought_up(home, again).sessions() == expected
    assert counts(home) == (counted[0], counted[1] + copies, counted[2])
    assert audits.unbalanced_files(home.lake).is_empty()


@A_FEW
@given(seed=seeds, dice=st.randoms(use_true_random=False))
def test_late_rows_and_a_run_of_what_they_made_stale_equal_a_run_that_had_them_in_time(
    opened: Opened, seed: int, dice: random.Random
) -> None:
    home = opened("home", seed)
    timely, late = in_two(home, dice)
    brought_up(home, timely)
    assert brought_up(home, late).sessions() == home.in_one_call()
    assert dirty_days(home.lake, home.terms) == []


@A_FEW
@given(seed=seeds, dice=st.randoms(use_true_random=False))
def test_a_file_taken_away_takes_exactly_its_effect_along(
    opened: Opened, seed: int, dice: random.Random
) -> None:
    home = opened("home", seed)
    stays, goes = in_two(home, dice)
    before = tables(brought_up(home, stays))
    landed = goes.land(home.folder)
    home.ingest(landed)
    home.catch_up()
    for path in landed:
        path.unlink()
    home.ingest(landed)
    home.catch_up()
    assert tables(home) == before


def differing(files: dict[str, bytes], others: dict[str, bytes]) -> list[str]:
    """The files that are not in both with the same bytes."""
    return sorted(name for name in files.keys() | others.keys() if files.get(name) != others.get(name))


def in_two(home: Home, dice: random.Random) -> tuple[Delivery, Delivery]:
    """A part of the rows, of any days or of one alone, in files of its own; the other rows come first."""
    some_day = day_of(dice.choice(home.log.rows)["occurred_at"])
    is_of_one_day = dice.random() < 0.7
    most, few = Delivery(), Delivery()
    for stream, rows in streams_of(home.log).items():
        for row in rows:
            may_go = not is_of_one_day or day_of(row[contract_of(stream).time_column]) == some_day
            if may_go and dice.random() < (0.6 if is_of_one_day else 0.2):
                few.put(stream, row, name="few")
            else:
                most.put(stream, row, dice.choice([0, 2]))
    return most, few


def build_in_any_order(home: Home, dice: random.Random) -> None:
    """Builds all days in any order and grouping, the keys shared out among any number of workers."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fragmenting, "ROWS_AT_ONCE", dice.choice([3, 10**6]))
        patch.setattr(sessionizing, "CHUNK_BYTES", dice.choice([1, 10**9]))
        patch.setattr(sessionizing, "SHARE_ROWS", dice.choice([3, 10**6]))
        patch.setattr(sessionizing, "ROWS_AT_ONCE", dice.choice([5, 10**6]))
        patch.setattr(sessionizing, "WORKERS", dice.choice([2, 5]))
        for group in some_order(every_day(home), dice):
            for day in group:
                build_fragments(home.lake, day)
            rebuild(home.lake, group, home.terms)


def every_day(home: Home) -> list[date]:
    return sorted({*home.lake.days("stretches"), *fragmenting.dirty_days(home.lake)})


def counts(home: Home) -> tuple[int, int, int]:
    """How many rows count, are duplicates, are superseded."""
    copies = home.lake.scan("copies").select(pl.col("accepted", "duplicate", "superseded").sum())
    accepted, duplicate, superseded = copies.collect().row(0)
    return accepted, duplicate, superseded


def tables(home: Home) -> dict[str, list[Row]]:
    """All rows of the lake; partitions without rows are as good as none."""
    return {table: home.lake.scan(table).collect().sort(pl.all()).to_dicts() for table in TABLES}
