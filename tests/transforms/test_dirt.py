"""Dirty files from disk to rows: good rows are kept, the rest is refused at its line, none is lost (R20)."""

import gzip
from collections.abc import Callable
from pathlib import Path

import pytest
import zstandard

from orchestration.landing.contents import read_landed
from tests.transforms.deliveries import changed, jsonl, message, parse
from transforms.parsing import ParsedFile

GOOD = [message(event_id=f"e{number}") for number in range(1, 4)]
CUT = b'{"event_id": "e4", "account_id": "acme", "app'


def landed(folder: Path, data: bytes, name: str = "part-0.jsonl.gz") -> ParsedFile:
    """What is made of a file; `parse` holds rows = accepted + excluded + quarantined against it."""
    path = folder / name
    path.write_bytes(data)
    content = read_landed(path)
    return parse(content.data, content.format, problem=content.problem)


def problem_of(result: ParsedFile) -> str:
    return str(result.files["problem"].unique().item())


@pytest.mark.parametrize("lost", [1, 8, 400])
def test_a_truncated_gzip_file_keeps_its_whole_rows(tmp_path: Path, lost: int) -> None:
    rows = [message(event_id=f"{number * 2_654_435_761 % 2**32:08x}") for number in range(2_000)]
    result = landed(tmp_path, gzip.compress(jsonl(*rows))[:-lost])
    accepted = result.accepted["event_id"].to_list()
    assert accepted == [row["event_id"] for row in rows[: len(accepted)]]
    assert len(accepted) == 2_000 if lost <= 8 else 1_500 < len(accepted) < 2_000
    assert result.quarantine["line"].to_list() == ([] if lost <= 8 else [len(accepted) + 1])
    assert problem_of(result).startswith("gzip ends early")


@pytest.mark.parametrize("pack", [bytes, gzip.compress, zstandard.compress])
def test_a_half_written_last_line_costs_only_itself(tmp_path: Path, pack: Callable[[bytes], bytes]) -> None:
    result = landed(tmp_path, pack(jsonl(*GOOD) + CUT))
    assert result.accepted["line"].to_list() == [1, 2, 3]
    assert result.quarantine.select("line", "raw").rows() == [(4, CUT.decode())]
    assert result.quarantine["reason"][0].startswith("not JSON: ")
    assert problem_of(result) == "the last line is cut off"


@pytest.mark.parametrize(
    "data", [b"", gzip.compress(b""), zstandard.compress(b"")], ids=["plain", "gzip", "zstd"]
)
@pytest.mark.parametrize("name", ["a.jsonl", "a.csv.gz", "a.parquet"])
def test_an_empty_file_is_told_and_has_no_rows(tmp_path: Path, name: str, data: bytes) -> None:
    result = landed(tmp_path, data, name)
    assert result.accepted.is_empty()
    assert result.quarantine.is_empty()
    assert result.files.select("rows", "problem").rows() == [(0, "empty file")]


def test_a_file_in_the_folder_of_another_stream_is_refused_whole(tmp_path: Path) -> None:
    result = landed(tmp_path, jsonl(changed("handoffs"), changed("handoffs", leg_id="l2")))
    assert result.accepted.is_empty()
    assert result.quarantine["line"].to_list() == [1, 2]
    assert set(result.quarantine["reason"]) == {
        "not a file of the stream interactions: no row has event_id or occurred_at"
    }


def test_all_dirt_in_one_file(tmp_path: Path) -> None:
    long = b'{"text": "' + b"x" * 10_000_000
    result = landed(
        tmp_path,
        jsonl(
            GOOD[0],
            b'{"account_id": "\xff\xfe"}',
            long,
            message(event_id="e2", text="y" * 10_000_000),
            message(is_test=True),
            "",
            b"\0\0\0",
            message(event_id="e3", user_id="é"),
            message(actor="robot"),
        )
        + CUT,
    )
    assert result.accepted["line"].to_list() == [1, 4, 8]
    assert result.files["rows"].sum() == 9
    assert result.files["excluded"].sum() == 1
    refused = result.quarantine.select("line", "raw", "reason").rows()
    assert [line for line, _, _ in refused] == [2, 3, 7, 9, 10]
    assert [raw for _, raw, _ in refused][:3] == ['{"account_id": "\\xff\\xfe"}', long.decode(), "\0\0\0"]
    assert [reason.partition(":")[0] for _, _, reason in refused] == [
        "not UTF-8",
        "not JSON",
        "not JSON",
        "actor",
        "not JSON",
    ]
