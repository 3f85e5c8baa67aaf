"""Packs: the past months of a table read from one file each, and never other rows than its files have."""

import shutil
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestration.lake import Lake, packs
from orchestration.lake.seals import DamagedError

TABLE = "rows"
FIRST = date(2026, 1, 30)
DAYS = [FIRST + timedelta(days=number) for number in range(0, 70, 7)]
"""Ten days of four months."""
SCHEMA = pl.Schema({"day": pl.Date(), "n": pl.Int64()})


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    lake = Lake(tmp_path)
    lake.publish(lake.file(TABLE, "schema"), rows(DAYS[0]).clear())
    for day in DAYS:
        lake.publish(lake.file(TABLE, day), rows(day))
    return lake


def rows(day: date, count: int = 2) -> pl.DataFrame:
    return pl.DataFrame({"day": [day] * count, "n": list(range(count))}, SCHEMA)


def of_files(lake: Lake) -> pl.DataFrame:
    """The rows as the files of the lake have them."""
    return pl.concat([pl.read_parquet(path) for path in sorted((lake.root / TABLE).glob("*.parquet"))])


def told(lake: Lake) -> pl.DataFrame:
    return lake.scan(TABLE).collect().sort(pl.all())


def files_read(lake: Lake) -> list[str]:
    return [path.relative_to(lake.home).as_posix() for path in packs.fewest_files(lake, TABLE)]


def flipped(content: bytes) -> bytes:
    """With one bit of the rows changed, as only the seal tells."""
    return content[:9] + bytes([content[9] ^ 1]) + content[10:]


def test_past_months_are_one_file_each(lake: Lake) -> None:
    packs.packed(lake, TABLE)
    assert files_read(lake) == [
        ".packs/rows/2026-01.parquet",
        ".packs/rows/2026-02.parquet",
        ".packs/rows/2026-03.parquet",
        "lake/rows/2026-04-03.parquet",
        "lake/rows/schema.parquet",
    ]
    assert told(lake).equals(of_files(lake).sort(pl.all()))


def test_without_packs_the_files_are_read(lake: Lake) -> None:
    packs.packed(lake, TABLE)
    shutil.rmtree(lake.home / packs.FOLDER)
    assert len(files_read(lake)) == len(DAYS) + 1
    assert told(lake).equals(of_files(lake).sort(pl.all()))


def test_files_below_folders_belong_to_the_month_of_their_own_name(lake: Lake) -> None:
    for day in DAYS:
        lake.publish(lake.file("parted", "2025-12-31", day), rows(day))
    packs.packed(lake, "parted")
    assert len(packs.fewest_files(lake, "parted")) == 4
    assert lake.scan("parted").collect().sort(pl.all()).equals(of_files(lake).sort(pl.all()))


def test_a_large_file_is_read_as_it_is(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    lake.publish(lake.file(TABLE, DAYS[0]), rows(DAYS[0], 5000))
    monkeypatch.setattr(packs, "MOST_BYTES", lake.file(TABLE, DAYS[0]).stat().st_size - 1)
    packs.packed(lake, TABLE)
    assert f"lake/rows/{DAYS[0]}.parquet" in files_read(lake)
    assert told(lake).equals(of_files(lake).sort(pl.all()))


def test_files_with_other_columns_stay_as_they_are(lake: Lake) -> None:
    packs.packed(lake, TABLE)
    lake.publish(lake.file(TABLE, DAYS[1]), rows(DAYS[1]).drop("n"))
    packs.packed(lake, TABLE)
    february = [name for name in files_read(lake) if "2026-02" in name]
    assert february == [f"lake/rows/{day}.parquet" for day in DAYS if day.month == 2]
    assert not (lake.home / packs.FOLDER / TABLE / "2026-02.parquet").exists()


def test_a_damaged_file_is_named_and_not_packed(lake: Lake) -> None:
    path = lake.file(TABLE, DAYS[2])
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(DamagedError, match=rf"{DAYS[2]}\.parquet is damaged.*: quarterhour run$"):
        packs.packed(lake, TABLE)


@pytest.mark.parametrize(
    "damaged", [lambda content: content[:-9], flipped], ids=["cut short", "a bit flipped"]
)
def test_a_damaged_pack_is_made_again(lake: Lake, damaged: Callable[[bytes], bytes]) -> None:
    packs.packed(lake, TABLE)
    pack = packs.fewest_files(lake, TABLE)[0]
    content = pack.read_bytes()
    pack.write_bytes(damaged(content))
    assert told(lake).equals(of_files(lake).sort(pl.all()))
    packs.packed(lake, TABLE)
    assert pack.read_bytes() == content
    assert pack in packs.fewest_files(lake, TABLE)


def test_a_small_file_is_looked_at_before_it_is_read(lake: Lake) -> None:
    path = lake.file(TABLE, DAYS[-1])
    path.write_bytes(flipped(path.read_bytes()))
    with pytest.raises(DamagedError, match=rf"{DAYS[-1]}\.parquet is damaged"):
        lake.scan(TABLE)


def test_packs_of_files_that_are_gone_are_weeded_out(lake: Lake) -> None:
    packs.packed(lake, TABLE)
    lake.publish(lake.file(TABLE, DAYS[2]), rows(DAYS[2], 3))
    lake.file(TABLE, DAYS[0]).unlink()
    packs.weed(lake)
    assert [path.stem for path in (lake.home / packs.FOLDER / TABLE).iterdir()] == ["2026-03"]


def test_what_did_not_change_is_not_packed_again(lake: Lake) -> None:
    packs.packed(lake, TABLE)
    before = {path: path.stat().st_ino for path in (lake.home / packs.FOLDER / TABLE).iterdir()}
    lake.publish(lake.file(TABLE, DAYS[2]), rows(DAYS[2], 3))
    packs.packed(lake, TABLE)
    after = {path: path.stat().st_ino for path in (lake.home / packs.FOLDER / TABLE).iterdir()}
    assert [path.stem for path in before if before[path] != after[path]] == ["2026-02"]


CHANGES = st.lists(
    st.tuples(st.sampled_from(DAYS), st.integers(0, 3) | st.none(), st.booleans()), min_size=1, max_size=8
)


@settings(max_examples=60, deadline=None)
@given(changes=CHANGES)
def test_whatever_changes_the_rows_are_those_of_the_files(
    tmp_path_factory: pytest.TempPathFactory, changes: list[tuple[date, int | None, bool]]
) -> None:
    """A day replaced, also by as many bytes, or removed; packed after it or not."""
    lake = Lake(tmp_path_factory.mktemp("home"))
    lake.publish(lake.file(TABLE, "schema"), rows(DAYS[0]).clear())
    for day, count, is_packed in changes:
        if count is None:
            lake.file(TABLE, day).unlink(missing_ok=True)
        else:
            lake.publish(lake.file(TABLE, day), rows(day, count))
        if is_packed:
            packs.packed(lake, TABLE)
        assert told(lake).equals(of_files(lake).sort(pl.all()))
