"""Seals of the lake: whatever byte is another one, and whatever is missing, is told with what to do."""

import os
import random
from pathlib import Path

import polars as pl
import pytest

from orchestration import dbt
from orchestration.billing.issued import ISSUED
from orchestration.counting import fragmenting
from orchestration.counting.sessionizing import dirty_days, rebuild
from orchestration.counting.terms import terms_of
from orchestration.lake import INPUTS, Lake
from orchestration.lake.seals import INGESTED, KEY, DamagedError, damage_of, remedy_of, require_whole
from orchestration.lake.tables import SESSIONS, TABLES
from orchestration.landing.ingest import ingest
from orchestration.settings.loading import Settings
from tests.orchestration.nights import Landing
from tests.orchestration.runs import bytes_of
from tests.orchestration.test_arrived import DAY, messages

ROWS = pl.DataFrame({"app_id": ["a", "b"] * 500, "sessions": range(1000)})


def test_every_flipped_bit_of_a_file_is_told(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    path = lake.file("billing_sessions", DAY)
    lake.publish(path, ROWS, "made of this")
    written = path.read_bytes()
    assert damage_of(path) is None
    assert pl.read_parquet(path).equals(ROWS)
    assert lake.note(path, INPUTS) == "made of this"
    key = written.index(KEY.encode())
    name_of_key = range(key - 2, key + len(KEY) + 2)  # without it a file counts as older than the seals
    missed = []
    for place in set(range(len(written))) - set(name_of_key):
        content = bytearray(written)
        content[place] ^= 1 << place % 8
        path.write_bytes(content)
        missed += [place] if damage_of(path) is None else []
    assert missed == []


@pytest.mark.parametrize("share", [0, 0.001, 0.5, 0.999])
def test_a_file_that_ends_early_is_named_with_the_command_that_makes_it_again(
    tmp_path: Path, share: float
) -> None:
    lake = Lake(tmp_path)
    path = lake.file("stretches", DAY)
    lake.publish(path, ROWS)
    os.truncate(path, int(path.stat().st_size * share))
    for read in (lambda: lake.note(path, INPUTS), lambda: lake.read("stretches", DAY)):
        with pytest.raises(DamagedError) as told:
            read()
        assert str(path) in str(told.value)
        assert str(told.value).endswith("Remove it, then make it again with: quarterhour run")


def test_files_of_before_the_seals_are_taken_as_they_are_but_not_cut_short(tmp_path: Path) -> None:
    path = tmp_path / "old.parquet"
    ROWS.write_parquet(path)
    assert damage_of(path) is None
    os.truncate(path, path.stat().st_size - 1)
    assert damage_of(path) is not None


def test_every_damaged_file_is_named_at_once(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    paths = [lake.file("files", "alerts", day) for day in ("2026-03-01", "2026-03-02", "2026-03-03")]
    for path in paths:
        lake.publish(path, ROWS)
    for path in paths[1:]:
        os.truncate(path, 9)
    with pytest.raises(DamagedError) as told:
        require_whole(lake.root, paths)
    assert [str(path) in str(told.value) for path in paths] == [False, True, True]


@pytest.mark.parametrize(
    ("path", "remedy"),
    [
        ("interactions/2026-03-01/2026-03-02.parquet", "quarterhour run --date 2026-03-02"),
        ("quarantine/alerts/2026-03-02.parquet", "quarterhour run --date 2026-03-02"),
        ("files/alerts/2026-03-02.parquet", "quarterhour run --date 2026-03-02"),
        ("files/schema.parquet", "quarterhour run"),
        ("legs/2026-03-01.parquet", "quarterhour run"),
        ("copies/alerts/2026-03-01.parquet", "quarterhour run"),
        ("issued_lines/all.parquet", "quarterhour run"),
        ("legs/schema.parquet", "quarterhour run"),
        ("../.packs/legs/2026-03.parquet", "the next run makes it again"),
        ("settled/rows/alerts/2026-03-01/2026-03-02.parquet", "nothing else knows them"),
    ],
)
def test_the_remedy_fits_what_the_file_is_made_of(tmp_path: Path, path: str, remedy: str) -> None:
    root = tmp_path / "lake"
    assert remedy_of(root, (root / path).resolve()).endswith(remedy)


def test_ingest_writes_just_the_tables_whose_files_bear_arrival_days() -> None:
    made = {*fragmenting.MADE, *SESSIONS, *ISSUED, "copies", "touched"}
    assert set(INGESTED) == TABLES.keys() - made


@pytest.fixture(scope="module")
def counted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home of one day, up to its sessions."""
    home = tmp_path_factory.mktemp("counted")
    Landing(home).land("interactions", DAY, messages(9))
    ingest_day(home)
    count(home)
    return home


def ingest_day(home: Path) -> None:
    lake = Lake(home)
    lake.ensure(TABLES)
    ingest(lake, home / "landing", "interactions", DAY)


def count(home: Path) -> None:
    """What a night does of itself: whatever is dirty."""
    lake = Lake(home)
    for day in fragmenting.dirty_days(lake):
        fragmenting.build_fragments(lake, day)
    terms = terms_of(lake, Settings(home))
    rebuild(lake, dirty_days(lake, terms), terms)


def copied(home: Path, to: Path) -> Lake:
    """A copy to spoil."""
    for path in home.rglob("*"):
        if path.is_file():
            place = to / path.relative_to(home)
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(path.read_bytes())
    return Lake(to)


def test_files_that_are_gone_are_made_again_by_the_next_night(counted: Path, tmp_path: Path) -> None:
    whole = bytes_of(counted / "lake")
    made = [
        *fragmenting.MADE,
        "conversations",
        "billing_sessions",
        "voice_sessions",
        "unmatched_legs",
        "rejected_handoffs",
    ]
    for name in made:
        lake = copied(counted, tmp_path / name)
        lake.file(name, DAY).unlink()
        count(lake.home)
        assert bytes_of(lake.root) == whole, name
    lake = copied(counted, tmp_path / "copies")
    lake.file("copies", "interactions", DAY).unlink()
    count(lake.home)
    assert bytes_of(lake.root) == whole


def test_a_flipped_byte_of_rows_or_fragments_is_never_counted(counted: Path, tmp_path: Path) -> None:
    chance = random.Random(1)
    for path, also_gone in (
        (Path("interactions", str(DAY), f"{DAY}.parquet"), Path("stretches", f"{DAY}.parquet")),
        (Path("stretches", f"{DAY}.parquet"), Path("conversations", f"{DAY}.parquet")),
    ):
        lake = copied(counted, tmp_path / path.parts[0])
        before = bytes_of(lake.root)
        content = bytearray((lake.root / path).read_bytes())
        content[chance.randrange(4, len(content) // 2)] ^= 1
        (lake.root / path).write_bytes(content)
        (lake.root / also_gone).unlink()
        with pytest.raises(DamagedError, match=path.name):
            count(lake.home)
        (lake.root / path).unlink()
        ingest_day(lake.home)
        count(lake.home)
        assert bytes_of(lake.root) == before


def test_no_mart_is_made_of_a_damaged_file(counted: Path, tmp_path: Path) -> None:
    lake = copied(counted, tmp_path / "home")
    path = lake.file("billing_sessions", DAY)
    os.truncate(path, path.stat().st_size - 4)
    with pytest.raises(DamagedError, match="billing_sessions"):
        dbt.build(lake.home)
    assert not (lake.home / dbt.WAREHOUSE).exists()
