"""Lines cut at their commas are the rows that careful reading gives, or are left alone (R19)."""

import json
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from tests.transforms.deliveries import VALID, jsonl, message, parsed
from transforms.contracts import contract_of
from transforms.cut_lines import rows_cut
from transforms.reading import Reading, rows_schema
from transforms.reading_jsonl import read_jsonl

MARKS = ["", "a", "é", "null", "true", "7", " ", ":", "{", "}", '"}', '":"', ",", '","', '"', "\\"]
PIECES = st.sampled_from([*MARKS, "\n", "\t", "\0"])
TEXTS = st.lists(PIECES, max_size=3).map("".join)
PLAIN_TEXTS = st.sampled_from(["", "u1", "é", "null", "a:b", "{x}", " ", "2024-03-01T10:00:00.000Z"])
NAMES = st.sampled_from([*VALID["interactions"], *VALID["account_events"], "modified_at", "tries", "line"])
SPACES = st.sampled_from([(",", ":"), (", ", ": "), (" ,  ", " :")])
UNKNOWN: dict[str, st.SearchStrategy[Any]] = {
    "tries": st.integers(-5, 10**17),
    "line": st.just("x"),
    "is_new": st.booleans(),
    "none": st.none(),
}


def careful(block: bytes, stream: str) -> pl.DataFrame:
    contract = contract_of(stream)
    return whole(read_jsonl(block, contract, max_samples=0), stream)


def whole(reading: Reading, stream: str) -> pl.DataFrame:
    return reading.with_raw(pl.concat([rows_schema(contract_of(stream)).to_frame(), *reading.parts]))


def cut(block: bytes, stream: str) -> pl.DataFrame | None:
    rows = rows_cut(block, 1, contract_of(stream))
    return None if rows is None else whole(Reading([rows], text=block), stream)


def texts(rows: list[dict[str, Any]], spaces: tuple[str, str]) -> bytes:
    return b"".join(json.dumps(row, ensure_ascii=False, separators=spaces).encode() + b"\n" for row in rows)


@st.composite
def plain_logs(draw: st.DrawFn) -> tuple[str, bytes]:
    """Lines of one layout, as a program writes them."""
    stream = draw(st.sampled_from(["interactions", "account_events", "handoffs"]))
    known = draw(st.permutations([*contract_of(stream).delivered]))
    kinds = {name: PLAIN_TEXTS | st.none() for name in known} | UNKNOWN
    if "is_test" in known:
        kinds["is_test"] = st.booleans()
    names = [*known[: draw(st.integers(1, len(known)))], *draw(st.permutations([*UNKNOWN]))]
    drawn = draw(st.lists(st.fixed_dictionaries(kinds), min_size=1, max_size=6))
    block = texts([{name: row[name] for name in names} for row in drawn], draw(SPACES))
    return stream, block if draw(st.booleans()) else block.removesuffix(b"\n")


@given(log=plain_logs())
def test_lines_of_one_layout_are_cut_and_are_the_rows_of_careful_reading(log: tuple[str, bytes]) -> None:
    stream, block = log
    rows = cut(block, stream)
    assert rows is not None
    assert_frame_equal(rows, careful(block, stream))


@st.composite
def spoilt_logs(draw: st.DrawFn) -> tuple[str, bytes]:
    """Plain logs in which something is changed: values, names, bytes."""
    stream = draw(st.sampled_from(["interactions", "account_events"]))
    row: dict[str, Any] = VALID[stream] | {"modified_at": None}
    changes = st.dictionaries(NAMES, TEXTS | st.none() | st.integers(0, 9), max_size=2)
    rows = [row | changed for changed in draw(st.lists(changes, min_size=1, max_size=3))]
    block = bytearray(texts(rows, draw(SPACES)))
    for _ in range(draw(st.integers(0, 3))):
        at = draw(st.integers(0, len(block)))
        block[at : at + draw(st.integers(0, 2))] = draw(PIECES).encode() * draw(st.integers(0, 2))
    return stream, bytes(block)


@given(log=spoilt_logs())
def test_what_is_cut_is_never_other_than_what_careful_reading_gives(log: tuple[str, bytes]) -> None:
    stream, block = log
    expected = careful(block, stream)
    rows = cut(block, stream)
    if rows is not None:
        assert_frame_equal(rows, expected)
    assert_frame_equal(whole(read_jsonl(block, contract_of(stream), block_bytes=300), stream), expected)


LINE = b'{"event_id":"e1","account_id":"acme","app_id":null}\n'


@pytest.mark.parametrize(
    "line",
    [
        b'{"event_id":"e1","account_id":"acme"}\n',
        b'{"event_id":"e1","account_id":"acme","app_id":null,"user_id":null}\n',
        b'{"account_id":"acme","event_id":"e1","app_id":null}\n',
        b'{"event_id":"e1","event_id":"acme","app_id":null}\n',
        b'{"event_id":"e,1","account_id":"acme","app_id":null}\n',
        b'{"event_id":"e1" "account_id":"acme","app_id":,null}\n',
        b'{"event_id":"e\\u0031","account_id":"acme","app_id":null}\n',
        b'{"event_id":"e"1","account_id":"acme","app_id":null}\n',
        b'{"event_id":"e\t1","account_id":"acme","app_id":null}\n',
        b'{"event_id":"e\xff","account_id":"acme","app_id":null}\n',
        b'{"event_id":"e1","account_id":","app_id":null}\n',
        b'{"event_id":7,"account_id":"acme","app_id":null}\n',
        b'{"event_id":"e1", "account_id":"acme","app_id":null}\n',
        b'{"event_id":"e1","account_id":"acme","app_id":null}\r\n',
        b'{"event_id":"e1","account_id":"acme","app_id":null},\n',
        b'{"event_id":"e1","account_id":"acme","app_id":nul\n',
        b"\n",
        b"   \n",
        b"[]\n",
    ],
)
def test_a_line_of_another_layout_leaves_its_block_to_the_other_ways(line: bytes) -> None:
    for block in (LINE + line + LINE, line + LINE, LINE + line):
        assert cut(block, "account_events") is None
        read = whole(read_jsonl(block, contract_of("account_events")), "account_events")
        assert_frame_equal(read, careful(block, "account_events"))


def test_refused_rows_of_a_cut_block_are_kept_whole() -> None:
    result = parsed("interactions", message(), message(actor="robot"), message(user_id="é", kind="dance"))
    assert result.accepted["line"].to_list() == [1]
    assert result.quarantine["line"].to_list() == [2, 3]
    assert result.quarantine["raw"].to_list() == [
        jsonl(row).decode().removesuffix("\n")
        for row in (message(actor="robot"), message(user_id="é", kind="dance"))
    ]
