"""Files are found by their place and read as far as they can be."""

import gzip
import random
from datetime import date
from pathlib import Path

import pytest
import zstandard

from orchestration.landing.contents import read_landed
from orchestration.landing.decompressing import decompressed
from orchestration.landing.files import (
    all_arrival_days,
    arrival_day_of,
    arrival_days,
    expand,
    files_of,
    format_of,
    name_of,
)

TEXT = bytes(random.Random(1).choices(b"abcdefgh\n", k=400_000))
GZIP = gzip.compress(TEXT, mtime=0)
ZSTD = zstandard.compress(TEXT)


def landed(folder: Path, *names: str) -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"{}\n")


@pytest.mark.parametrize("packed", [GZIP, ZSTD, GZIP[:0] + TEXT])
def test_whole_files_are_decompressed_without_a_problem(packed: bytes) -> None:
    assert decompressed(packed) == (TEXT, None)


@pytest.mark.parametrize("packed", [GZIP, ZSTD])
def test_files_of_several_members_are_read_whole(packed: bytes) -> None:
    assert decompressed(packed * 3) == (TEXT * 3, None)


def test_zeros_behind_gzip_are_padding() -> None:
    assert decompressed(GZIP + bytes(512)) == (TEXT, None)


@pytest.mark.parametrize(("packed", "kind"), [(GZIP, "gzip"), (ZSTD, "zstd")])
@pytest.mark.parametrize("share", [0.02, 0.5, 0.9, 0.9999])
def test_a_truncated_file_gives_what_comes_before_its_end(packed: bytes, kind: str, share: float) -> None:
    data, problem = decompressed(packed[: int(len(packed) * share)])
    assert TEXT.startswith(data)
    assert problem == f"{kind} ends early"
    if kind == "gzip" and share > 0.1:
        assert len(data) > len(TEXT) * share * 0.9


def test_a_wrong_checksum_is_told_and_loses_nothing() -> None:
    assert decompressed(GZIP[:-8] + bytes(8)) == (TEXT, "gzip is damaged")


@pytest.mark.parametrize(("packed", "kind"), [(GZIP, "gzip"), (ZSTD, "zstd")])
def test_something_else_behind_the_last_member_is_told(packed: bytes, kind: str) -> None:
    assert decompressed(packed + b"garbage") == (TEXT, f"{kind} is damaged")


@pytest.mark.parametrize("data", [b"\x1f\x8b", b"\x1f\x8b" + bytes(40), b"\x28\xb5\x2f\xfd" + b"\xff" * 40])
def test_garbage_never_raises(data: bytes) -> None:
    assert decompressed(data)[1] is not None


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("part-0.jsonl.gz", "jsonl"),
        ("part.NDJSON.zst", "jsonl"),
        ("a.b.csv", "csv"),
        ("a.csv.gz", "csv"),
        ("a.parquet", "parquet"),
        ("README", "jsonl"),
        ("a.txt", "jsonl"),
    ],
)
def test_the_format_is_told_by_the_name(name: str, expected: str) -> None:
    assert format_of(Path(name)) == expected


def test_a_packed_file_is_read_by_its_content(tmp_path: Path) -> None:
    (tmp_path / "a.csv.gz").write_bytes(GZIP)
    (tmp_path / "b.csv.gz").write_bytes(TEXT)
    contents = [read_landed(tmp_path / name) for name in ("a.csv.gz", "b.csv.gz")]
    assert [(content.data, content.format, content.problem) for content in contents] == [
        (TEXT, "csv", None)
    ] * 2


def test_the_files_of_a_day_are_listed_by_name_without_unfinished_ones(tmp_path: Path) -> None:
    names = ["b.csv", "a.jsonl", ".hidden", "_SUCCESS", "c.jsonl.tmp", "sub/d.jsonl"]
    landed(tmp_path, *(f"alerts/2024-03-01/{name}" for name in names), "alerts/notes/x.jsonl")
    files = files_of(tmp_path, "alerts", date(2024, 3, 1))
    assert [name_of(path, tmp_path) for path in files] == [
        f"alerts/2024-03-01/{name}" for name in ("a.jsonl", "b.csv", "sub/d.jsonl")
    ]
    assert arrival_days(tmp_path, "alerts") == [date(2024, 3, 1)]


def test_a_day_without_files_has_none(tmp_path: Path) -> None:
    assert files_of(tmp_path, "alerts", date(2024, 3, 1)) == []
    assert arrival_days(tmp_path, "alerts") == []


@pytest.mark.parametrize(
    ("path", "day"),
    [
        ("x/landing/alerts/2024-03-01/a.jsonl", date(2024, 3, 1)),
        ("alerts/2024-03-01/a.jsonl", date(2024, 3, 1)),
        ("alerts/2024-02-30/a.jsonl", None),
        ("x/other/2024-03-01/a.jsonl", None),
        ("a.jsonl", None),
    ],
)
def test_the_arrival_day_stands_in_the_path_or_is_not_known(path: str, day: date | None) -> None:
    assert arrival_day_of(Path(path)) == day


def test_paths_globs_and_folders_are_expanded_each_file_once(tmp_path: Path) -> None:
    landed(tmp_path, "d/1.jsonl", "d/2.csv", "e/3.jsonl", ".f/4.jsonl")
    found = expand([str(tmp_path / "d"), str(tmp_path / "*" / "*.jsonl"), str(tmp_path / "d/2.csv")])
    assert [path.name for path in found] == ["1.jsonl", "2.csv", "3.jsonl"]


def test_a_path_to_nothing_is_an_error_of_the_caller(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        expand([str(tmp_path / "nothing*")])


def test_an_error_about_a_path_to_nothing_names_it(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"missing\.jsonl"):
        expand([str(tmp_path / "missing.jsonl")])


def test_a_name_with_brackets_is_a_file_before_it_is_a_glob(tmp_path: Path) -> None:
    landed(tmp_path, "a[1].jsonl", "a1.jsonl")
    assert expand([str(tmp_path / "a[1].jsonl")]) == [tmp_path / "a[1].jsonl"]


@pytest.mark.parametrize(("packed", "kind"), [(GZIP, "gzip"), (ZSTD, "zstd")])
def test_a_second_member_that_ends_early_keeps_the_first(packed: bytes, kind: str) -> None:
    data, problem = decompressed(packed + packed[: len(packed) // 2])
    assert data.startswith(TEXT)
    assert (TEXT * 2).startswith(data)
    assert problem == f"{kind} ends early"


def test_a_gzip_file_cut_in_its_head_gives_nothing_and_says_so() -> None:
    assert decompressed(GZIP[:5]) == (b"", "gzip ends early")


def test_an_empty_file_holds_nothing_and_is_not_damaged() -> None:
    assert decompressed(b"") == (b"", None)


def test_all_arrival_days_are_those_of_the_folders_of_known_streams(tmp_path: Path) -> None:
    landed(tmp_path, "alerts/2024-03-02/a.jsonl", "handoffs/2024-03-01/a.jsonl", "other/2024-03-05/a.jsonl")
    landed(tmp_path, "alerts/2024-03-01/b.jsonl")
    assert all_arrival_days(tmp_path) == [date(2024, 3, 1), date(2024, 3, 2)]
