"""Files and lines beyond the limits are refused by name, within bounded memory, beside good ones (R20)."""

import gzip
import io
import json
import subprocess
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path

import polars as pl
import pytest
import zstandard

from orchestration.counting import audits
from orchestration.counting.fragmenting import build_fragments
from orchestration.lake import Lake
from orchestration.lake.tables import TABLES
from orchestration.landing.contents import parse_landed
from orchestration.landing.ingest import ingest
from tests.transforms.deliveries import VALID, changed, jsonl
from transforms.limits import MIB, Limits, bytes_told, without_long_lines
from transforms.parsing import ParsedFile

DAY = date(2024, 3, 2)
SMALL = Limits(file_bytes=1 * MIB, lines=1_000, line_bytes=10_000)
GOOD = jsonl(VALID["interactions"])
BOMB = b" " * (2 * MIB)
CSV_HEADER = b"event_id,account_id,app_id,user_id,channel,occurred_at,actor,kind\n"
CSV_ROW = b"e1,acme,bot,u1,web,2024-03-01T10:00:00Z,user,message\n"


def parquet(frame: pl.DataFrame) -> bytes:
    buffer = io.BytesIO()
    frame.write_parquet(buffer)
    return buffer.getvalue()


def repeated(length: int, rows: int) -> bytes:
    """Equal texts stand once in the dictionary of a Parquet file."""
    return parquet(pl.DataFrame([VALID["interactions"]] * rows).with_columns(note=pl.lit("x" * length)))


def parsed(folder: Path, name: str, data: bytes, limits: Limits = SMALL) -> ParsedFile:
    (folder / name).write_bytes(data)
    result = parse_landed(folder / name, "interactions", DAY, name, limits)
    assert result.files["rows"].sum() == result.accepted.height + result.quarantine.height
    assert result.files["quarantined"].sum() == result.quarantine.height
    return result


BOMBS: dict[str, tuple[str, bytes, str]] = {
    "plain": ("a.jsonl", BOMB, "more than 1 MiB"),
    "gzip": ("a.jsonl.gz", gzip.compress(BOMB), "more than 1 MiB"),
    "gzip of many members": ("a.jsonl.gz", gzip.compress(BOMB[: MIB // 4]) * 5, "more than 1 MiB"),
    "gzip that ends early": ("a.jsonl.gz", gzip.compress(BOMB)[:-200], "more than 1 MiB"),
    "gzip that is damaged": ("a.jsonl.gz", gzip.compress(BOMB)[:-8] + bytes(8), "more than 1 MiB"),
    "zstd": ("a.csv.zst", zstandard.compress(BOMB), "more than 1 MiB"),
    "zstd of many frames": ("a.csv.zst", zstandard.compress(BOMB[: MIB // 4]) * 5, "more than 1 MiB"),
    "short lines": ("a.jsonl", b"{}\n" * 1_001, "1,001 lines"),
    "blank lines": ("a.csv", b"\n" * 1_001, "1,001 lines"),
    "rows of Parquet": ("a.parquet", repeated(1, 1_001), "1,001 values in a column"),
    "packed Parquet": ("a.parquet.gz", gzip.compress(repeated(1, 1_001)), "1,001 values in a column"),
    "lists in Parquet": (
        "a.parquet",
        parquet(pl.DataFrame({"event_id": ["1"], "list": [[1] * 5_000]})),
        "5,000 values in a column",
    ),
    "pages of Parquet": ("a.parquet", repeated(MIB + 9, 1), "the file holds 1"),
    "texts of Parquet that stand once in it": ("a.parquet", repeated(10_000, 900), "the file holds 8"),
}


@pytest.mark.parametrize("bomb", BOMBS)
def test_a_file_beyond_the_limits_is_one_refused_row(tmp_path: Path, bomb: str) -> None:
    name, data, told = BOMBS[bomb]
    result = parsed(tmp_path, name, data)
    assert result.accepted.is_empty()
    assert result.quarantine.select("line", "raw").rows() == [(1, f"<{len(data)} bytes>")]
    assert told in result.quarantine["reason"][0]
    assert told in result.files["problem"][0]
    assert any(name in result.files["problem"][0] for name in ("largest_file", "most_lines"))


@pytest.mark.parametrize("pack", [bytes, gzip.compress, zstandard.compress])
def test_a_file_of_exactly_the_limit_is_read(tmp_path: Path, pack: Callable[[bytes], bytes]) -> None:
    padding = b" " * 9_999 + b"\n"
    data = (GOOD + padding * (1 + SMALL.file_bytes // len(padding)))[: SMALL.file_bytes]
    result = parsed(tmp_path, "a.jsonl", pack(data))
    assert (result.accepted.height, result.quarantine.height) == (1, 0)
    one_more = parsed(tmp_path, "b.jsonl", pack(data + b"\n"))
    assert (one_more.accepted.height, one_more.quarantine.height) == (0, 1)


def test_a_parquet_file_within_the_limits_is_read(tmp_path: Path) -> None:
    assert parsed(tmp_path, "a.parquet", repeated(5, 1_000)).accepted.height == 1_000


@pytest.mark.parametrize("end", [b"\n", b""])
def test_a_long_line_is_refused_with_its_place_and_the_rows_beside_it_count(
    tmp_path: Path, end: bytes
) -> None:
    long = json.dumps(changed("interactions", text="x" * 10_000)).encode()
    result = parsed(tmp_path, "a.jsonl", GOOD + long + b"\n" + GOOD + b"\n" + long + end)
    assert result.accepted["line"].to_list() == [1, 3]
    assert result.quarantine["line"].to_list() == [2, 5]
    assert result.quarantine["raw"][0].startswith('{"event_id": "e1"')
    assert result.quarantine["raw"][0].endswith(f"… <{len(long)} bytes>")
    assert "longest_line" in result.quarantine["reason"][0]
    assert result.files["problem"][0] == "2 rows are longer than the setting longest_line takes"


def test_a_line_of_exactly_the_limit_is_a_row(tmp_path: Path) -> None:
    row = json.dumps(changed("interactions", text="")).encode()
    row = json.dumps(changed("interactions", text="x" * (10_000 - len(row)))).encode()
    assert len(row) == SMALL.line_bytes
    assert parsed(tmp_path, "a.jsonl", row + b"\n" + GOOD).accepted.height == 2


@pytest.mark.parametrize(
    ("long", "lines"),
    [
        (b"x" * 10_001, [3]),
        (b"," * 10_001, [3]),
        (b'"' + b"x" * 10_001 + b'"' + CSV_ROW[2:-1], [3]),
        (b'"e1\n' + b"x" * 10_001 + b'\n"' + CSV_ROW[2:-1], [3]),
        (b'"' + b"\n" * 999 + b"x" * 10_001, [3, 1002]),
    ],
)
def test_a_long_record_of_csv_is_refused_whole(tmp_path: Path, long: bytes, lines: list[int]) -> None:
    limits = Limits(MIB, 2_000, 10_000)
    result = parsed(tmp_path, "a.csv", CSV_HEADER + CSV_ROW + long + b"\n" + CSV_ROW, limits)
    assert result.accepted.height == 2
    assert result.accepted["line"][0] == 2
    assert result.quarantine["line"].to_list() == lines
    assert max(len(raw) for raw in result.quarantine["raw"]) < 2_000


@pytest.mark.parametrize("header", [b"x" * 10_001, b"," * 10_001, b'"' + b"x," * 10_001 + b'"'])
def test_a_long_header_of_csv_names_nothing(tmp_path: Path, header: bytes) -> None:
    result = parsed(tmp_path, "a.csv", header + b"\n" + CSV_ROW * 3)
    assert result.accepted.is_empty()
    assert sorted(result.quarantine["line"]) == [1, 2, 3, 4]


def test_a_long_field_of_csv_within_the_limit_is_a_value(tmp_path: Path) -> None:
    note = b'"' + b"n" * 200_000 + b'"\n'
    data = CSV_HEADER[:-1] + b",note\n" + CSV_ROW[:-1] + b"," + note
    result = parsed(tmp_path, "a.csv", data, Limits())
    assert len(json.loads(result.accepted["extra"][0])["note"]) == 200_000


@pytest.mark.parametrize("limit", [1, 3, 5])
@pytest.mark.parametrize(
    "text", ["", "\n", "a", "abcdef", "ab\nabcdef\n\nabcdefg", "abcd\nabcde\nabcdef\n", "\n\nabcdef\n\n"]
)
def test_long_lines_are_left_empty_and_told(text: str, limit: int) -> None:
    kept, long = without_long_lines(text.encode(), limit)
    lines = text.split("\n")
    assert kept.decode().split("\n") == [line if len(line) <= limit else "" for line in lines]
    expected = [(number, len(line)) for number, line in enumerate(lines, 1) if len(line) > limit]
    assert [(each.line, each.length) for each in long] == expected


def test_a_refused_file_harms_no_other_and_is_balanced_in_the_lake(tmp_path: Path) -> None:
    (tmp_path / "quarterhour.toml").write_text("largest_file = '1 MiB'\nlongest_line = '10 kB'\n")
    folder = tmp_path / "landing" / "interactions" / str(DAY)
    folder.mkdir(parents=True)
    (folder / "bomb.jsonl.gz").write_bytes(gzip.compress(BOMB))
    (folder / "long.jsonl").write_bytes(b"x" * 10_001 + b"\n" + GOOD)
    (folder / "other.jsonl").write_bytes(GOOD)
    lake = Lake(tmp_path)
    lake.ensure(TABLES)
    told = ingest(lake, tmp_path / "landing", "interactions", DAY)
    assert (told.rows, told.accepted, told.quarantined) == (4, 2, 2)
    build_fragments(lake, date(2024, 3, 1))
    assert audits.unbalanced_files(lake).is_empty()
    problems = dict(lake.scan("files").select("file", "problem").collect().iter_rows())
    assert problems[f"interactions/{DAY}/other.jsonl"] is None
    assert "largest_file" in problems[f"interactions/{DAY}/bomb.jsonl.gz"]
    assert "longest_line" in problems[f"interactions/{DAY}/long.jsonl"]


HUNGRY = """
import resource, sys
from datetime import date
from pathlib import Path
from orchestration.landing.contents import parse_landed
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
for path in sys.argv[1:]:
    found = parse_landed(Path(path), "interactions", date(2024, 3, 2), "bomb")
    assert found.accepted.is_empty() and found.quarantine.height == 1, found
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""


def test_a_line_of_a_quarter_of_a_gigabyte_takes_little_more_memory_than_itself(tmp_path: Path) -> None:
    """A child's peak: the text is held once, and not a second time as a row."""
    paths, text = (tmp_path / "a.jsonl.gz", tmp_path / "b.csv.zst"), bytes(256 * MIB)
    paths[0].write_bytes(gzip.compress(text, 1))
    paths[1].write_bytes(zstandard.compress(text))
    ran = subprocess.run(
        [sys.executable, "-c", HUNGRY, *map(str, paths)],
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    assert int(ran.stdout) < 400


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.jsonl", b"{" + b",".join(b'"k":{"a":1,"a":2}' for _ in range(400)) + b"}\n"),
        (
            "a.csv",
            CSV_HEADER[:-1] + b"".join(b",x%d" % n for n in range(400)) + b"\n" + CSV_ROW[:-1] + b",\0" * 400,
        ),
        ("a.csv", CSV_HEADER[:-1] + b",kind,actor" * 400 + b"\n" + CSV_ROW[:-1] + b",x,y" * 400),
    ],
)
def test_many_faults_of_a_row_are_told_in_a_few_words(tmp_path: Path, name: str, data: bytes) -> None:
    result = parsed(tmp_path, name, data)
    assert result.quarantine.height == 1
    assert len(result.quarantine["reason"][0]) < 4_000


def test_sizes_are_told_as_people_read_them() -> None:
    assert [bytes_told(size) for size in (12, 2048, 3 * MIB, 5 * 2**29)] == [
        "12 bytes",
        "2 KiB",
        "3 MiB",
        "2.5 GiB",
    ]
