"""The formats say the same, and the fast way of reading is no other than the careful one (R19)."""

import io
import json
from datetime import UTC, datetime
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from tests.transforms.deliveries import VALID, changed, jsonl, message, parse
from transforms.contracts import Contract, contract_of
from transforms.reading import Reading, rows_schema
from transforms.reading_jsonl import read_jsonl

HEADER = "event_id,account_id,app_id,user_id,channel,occurred_at,actor,kind"
ROW = "e1,acme,bot,u1,web,2024-03-01T10:00:00Z,user,message"


def csv(*lines: str) -> bytes:
    return "\n".join((HEADER, *lines)).encode() + b"\n"


def parquet(frame: pl.DataFrame) -> bytes:
    buffer = io.BytesIO()
    frame.write_parquet(buffer)
    return buffer.getvalue()


SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(10**20), 10**20)
    | st.floats(allow_nan=False)
    | st.text(max_size=6)
    | st.sampled_from(
        ["", "user", "message", "greeting", "2024-03-01T10:00:00Z", 'a"b', "a\\", "\0", ":", "{"]
    )
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=2), inner, max_size=2),
    max_leaves=3,
)
KEYS = st.sampled_from([*VALID["interactions"], *VALID["account_events"], "text", "a: 1", "", "é", "line"])


@st.composite
def lines(draw: st.DrawFn) -> bytes:
    """Mostly good rows, with a few columns changed, some lines that are no rows at all."""
    if draw(st.integers(0, 9)) == 0:
        return draw(st.binary(max_size=20) | st.sampled_from([b"", b"{}", b"[]", b"  ", b'{"a":1,"a":2}']))
    row = VALID[draw(st.sampled_from(["interactions", "account_events"]))] | draw(
        st.dictionaries(KEYS, VALUES, max_size=3)
    )
    spaced = draw(st.sampled_from([(",", ":"), (", ", ": "), (" , ", "\t:")]))
    return json.dumps(row, ensure_ascii=draw(st.booleans()), separators=spaced).encode(errors="surrogatepass")


def rows_read(reading: Reading, contract: Contract) -> pl.DataFrame:
    return reading.with_raw(pl.concat([rows_schema(contract).to_frame(), *reading.parts]))


@settings(max_examples=60, deadline=None)
@given(
    content=st.lists(lines(), max_size=8),
    stream=st.sampled_from(["interactions", "account_events"]),
    end=st.sampled_from([b"\n", b"\r\n"]),
    block_bytes=st.integers(1, 2_000),
)
def test_fast_and_careful_reading_agree_however_the_file_is_cut_into_blocks(
    content: list[bytes], stream: str, end: bytes, block_bytes: int
) -> None:
    data = end.join(content)
    contract = contract_of(stream)
    careful = read_jsonl(data, contract, max_samples=0)
    fast = read_jsonl(data, contract, block_bytes=block_bytes)
    assert_frame_equal(rows_read(fast, contract), rows_read(careful, contract))
    assert fast.problem == careful.problem
    parse(data, stream=stream)


def test_the_same_rows_are_the_same_in_all_formats() -> None:
    rows = [message(session_id=None, is_test=None), message(event_id="e2", session_id=None, is_test=None)]
    rows = [{name: value for name, value in row.items() if value is not None} for row in rows]
    frame = pl.DataFrame(rows)
    results = [
        parse(jsonl(*rows)),
        parse(frame.write_csv().encode(), "csv"),
        parse(parquet(frame), "parquet"),
    ]
    expected = results[0].accepted.drop("line")
    for result in results:
        assert_frame_equal(result.accepted.drop("line"), expected)


def test_a_csv_row_with_too_few_or_too_many_fields_is_refused() -> None:
    result = parse(csv(ROW, "e2,acme", ROW + ",more", ROW), "csv")
    assert result.accepted["line"].to_list() == [2, 5]
    assert result.quarantine.select("line", "reason", "raw").rows() == [
        (3, "2 fields where the header names 8", "e2,acme"),
        (4, "9 fields where the header names 8", ROW + ",more"),
    ]


def test_quoted_csv_gives_the_same_rows_as_plain_csv() -> None:
    quoted = ROW.replace("e1", '"e1"')
    assert_frame_equal(parse(csv(quoted, "x"), "csv").accepted, parse(csv(ROW, "x"), "csv").accepted)


def test_a_quoted_field_may_span_lines_and_a_row_stands_at_its_first_line() -> None:
    result = parse(csv('"e\n1"' + ROW[2:], ROW), "csv")
    assert result.accepted["line"].to_list() == [2, 4]
    assert result.accepted["event_id"].to_list() == ["e\n1", "e1"]


def test_a_quote_that_is_never_closed_costs_only_its_own_line() -> None:
    result = parse(csv('"e0' + ROW[2:], ROW, ROW), "csv")
    assert result.accepted["line"].to_list() == [3, 4]
    assert result.quarantine["reason"].to_list() == ["not CSV: its quotes are broken"]


def test_unknown_csv_columns_are_kept_and_empty_ones_left_out() -> None:
    data = f"{HEADER},locale,note\n{ROW},he,\n{ROW},,\n".encode()
    assert parse(data, "csv").accepted["extra"].to_list() == ['{"locale":"he"}', None]


def test_csv_without_a_header_loses_no_row() -> None:
    result = parse(f"{ROW}\n{ROW}\n".encode(), "csv")
    assert result.files.select("rows", "quarantined").rows() == [(2, 2)]
    assert "the header names no column" in result.files["problem"][0]


def test_csv_with_bom_crlf_blank_lines_and_bytes_that_are_not_utf8() -> None:
    body = f"{HEADER}\r\n{ROW}\r\n\r\n".encode() + b"\xff" + ROW.encode() + b"\r\n" + ROW.encode()
    result = parse(b"\xef\xbb\xbf" + body, "csv")
    assert result.accepted["line"].to_list() == [2, 5]
    assert result.quarantine.select("line", "reason").rows() == [(4, "not UTF-8")]


def test_a_csv_column_named_twice_is_told_of_every_row() -> None:
    result = parse(f"{HEADER},kind\n{ROW},message\n".encode(), "csv")
    assert result.quarantine["reason"].to_list() == ["the header names kind twice"]


def test_the_last_row_of_a_csv_file_that_ends_early_may_be_half_a_row() -> None:
    data = csv(ROW, ROW).removesuffix(b"sage\n")
    assert parse(data, "csv", problem="gzip ends early").quarantine["line"].to_list() == [3]


def test_nul_in_csv_is_refused() -> None:
    assert parse(csv(ROW.replace("u1", "u\0")), "csv").quarantine["reason"].to_list() == [
        "user_id: text with a NUL character"
    ]


def test_parquet_times_and_numbers_are_taken_by_their_types() -> None:
    at = datetime(2024, 3, 1, 10, tzinfo=UTC)
    frame = pl.DataFrame([message(user_id=7, occurred_at=at, modified_at=at, score=1.5)])
    frame = frame.with_columns(
        pl.col("occurred_at").dt.cast_time_unit("ns"), pl.col("actor").cast(pl.Categorical)
    )
    accepted = parse(parquet(frame), "parquet").accepted
    assert accepted.select("user_id", "occurred_at", "modified_at", "extra").row(0) == (
        "7",
        at,
        at,
        '{"score":1.5}',
    )


def test_parquet_times_without_a_zone_are_refused() -> None:
    frame = pl.DataFrame([message(occurred_at=datetime(2024, 3, 1, 10))])  # noqa: DTZ001 - the point of the test
    assert "time without a zone" in parse(parquet(frame), "parquet").quarantine["reason"][0]


def test_parquet_rows_that_break_the_contract_are_kept_as_json() -> None:
    result = parse(parquet(pl.DataFrame([message(), message(actor="robot", tags=[1])])), "parquet")
    row = result.quarantine.row(0, named=True)
    assert row["line"] == 2
    assert json.loads(row["raw"])["actor"] == "robot"


@pytest.mark.parametrize("damage", [b"PAR1", b"PAR1" + bytes(100) + b"PAR1", b"nonsense" * 9])
def test_a_parquet_file_that_cannot_be_read_is_one_refused_row(damage: bytes) -> None:
    result = parse(damage, "parquet")
    assert result.files.select("rows", "quarantined", "problem").rows() == [
        (1, 1, "not a Parquet file that can be read")
    ]


def test_bytes_in_parquet_are_text_or_at_least_kept() -> None:
    blobs = [b"\xff", b"text", None]
    rows: list[dict[str, Any]] = [changed("alerts", user_id=b"u1", blob=blob) for blob in blobs]
    accepted = parse(parquet(pl.DataFrame(rows)), "parquet", "alerts").accepted
    assert accepted["user_id"].to_list() == ["u1"] * 3
    assert accepted["extra"].to_list() == ['{"blob":"\\\\xff"}', '{"blob":"text"}', None]
