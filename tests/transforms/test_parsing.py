"""What becomes of a delivered row: accepted, excluded or quarantined (R2, R7, R20)."""

import json
from datetime import UTC, date, datetime
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.transforms.deliveries import VALID, changed, jsonl, message, parse, parsed, reason
from transforms.times import instants

TEN = datetime(2024, 3, 1, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    ("row", "why"),
    [
        (message(actor="robot"), 'actor: unknown value "robot"'),
        (message(kind="dance"), 'kind: unknown value "dance"'),
        (message(event_id=""), "event_id: missing"),
        (message(user_id=None), "user_id: missing"),
        (message(app_id=...), "app_id: missing"),
        (message(channel=""), "channel: missing"),
        (message(occurred_at=None), "occurred_at: missing"),
        (
            message(occurred_at="yesterday"),
            'occurred_at: not a time (ISO 8601 with zone, or epoch milliseconds): "yesterday"',
        ),
        (
            message(occurred_at="2024-03-01T10:00:00"),
            'occurred_at: time without a zone: "2024-03-01T10:00:00"',
        ),
        (
            message(occurred_at="2024-03-04T00:00:00Z"),
            "occurred_at: 2024-03-04T00:00:00Z is more than a day after the file's arrival on 2024-03-02",
        ),
        (
            message(modified_at="x"),
            'modified_at: not a time (ISO 8601 with zone, or epoch milliseconds): "x"',
        ),
        (
            message(kind="greeting", actor="agent"),
            'actor: a greeting of "agent", only the app greets (R2)',
        ),
        (message(is_test="maybe"), 'is_test: neither true nor false: "maybe"'),
        (message(is_test={}), "is_test: an object where true or false is due: {}"),
        (message(app_id={"b": 1, "a": [2]}), 'app_id: an object where text is due: {"a":[2],"b":1}'),
        (message(user_id=["u"]), 'user_id: a list where text is due: ["u"]'),
        (message(channel=7), "channel: a number where text is due: 7"),
        (message(user_id=1.5), "user_id: a number where text is due: 1.5"),
        (message(session_id=True), "session_id: true or false where text is due: true"),
        (message(user_id="a\0b"), "user_id: text with a NUL character"),
        (message(user_id="\ud800"), "user_id: text with half a surrogate pair"),
        (message(actor="x" * 500), f'actor: unknown value "{"x" * 60}…"'),
        (message(actor="robot", kind=""), 'kind: missing; actor: unknown value "robot"'),
        ('{"event_id":"e", "event_id":"f"}', "event_id: occurs twice in the row"),
        ("[1, 2]", "not a JSON object but a list"),
        ("7", "not a JSON object but a number"),
        ('{"event_id": NaN}', "not JSON: NaN is not JSON"),
        ('{"event_id": "e1"', "not JSON: Expecting ',' delimiter at character 18"),
        (b'{"event_id": "\xff"}', "not UTF-8"),
        ("[" * 100_000, "not JSON: nested too deeply"),
    ],
)
def test_a_row_that_breaks_the_contract_is_refused_with_a_reason(row: dict[str, Any] | str, why: str) -> None:
    assert reason("interactions", row).split("; ", 1)[0] in why
    assert why in reason("interactions", row)


def test_a_leg_that_ends_before_it_starts_is_refused() -> None:
    assert "before transferred_at" in reason("handoffs", changed("handoffs", ended_at="2024-03-01T09:59:59Z"))


def test_a_leg_without_length_is_accepted() -> None:
    assert len(parsed("handoffs", changed("handoffs", ended_at="2024-03-01T10:00:00Z")).accepted) == 1


@pytest.mark.parametrize("status", ["delivered", "failed", "queued", "suppressed", "filtered"])
def test_all_statuses_of_alerts_are_kept(status: str) -> None:
    assert parsed("alerts", changed("alerts", status=status)).accepted["status"].to_list() == [status]


def test_an_unknown_type_of_account_event_is_refused() -> None:
    assert reason("account_events", changed("account_events", type="magic")) == 'type: unknown value "magic"'


@pytest.mark.parametrize(
    "text",
    [
        "2024-03-01T10:00:00Z",
        "2024-03-01T10:00:00.000Z",
        "2024-03-01T12:00:00+02:00",
        "2024-03-01T12:00:00.000000000+0200",
        "2024-03-01T05:00:00-05",
        "2024-03-01 10:00:00Z",
        "2024-03-01T10:00Z",
        "2024-03-01T10:00:00,000999z",
        "2024-03-01T10:00:00.000999999Z",
        "1709287200000",
        1709287200000,
    ],
)
def test_a_time_is_iso_with_zone_or_epoch_milliseconds_and_finer_fractions_are_cut(text: str | int) -> None:
    assert parsed("interactions", message(occurred_at=text)).accepted["occurred_at"].to_list() == [TEN]


@pytest.mark.parametrize(
    "text",
    [
        "2024-02-30T00:00:00Z",
        "2024-03-01",
        "0000-01-01T00:00:00Z",
        "1e12",
        "999999999999999",
        "2024-03-01T10:00:00+25:00",
        " 001-01-01T00:00:00.000Z",
    ],
)
def test_a_time_that_does_not_exist_is_refused(text: str) -> None:
    assert "occurred_at: not a time" in reason("interactions", message(occurred_at=text))


DIGITS = st.sampled_from([*"0123456789", *"0123456789", ":", "-", ".", "T", "Z", " ", "+", "é", "٢"])


@st.composite
def near_times(draw: st.DrawFn) -> str:
    """Times to the millisecond, or nearly."""
    letters = [*draw(st.sampled_from(["2024-02-29T23:59:59.999Z", "0001-01-01T00:00:00.000Z"]))]
    for at in draw(st.lists(st.integers(0, 23), max_size=3)):
        letters[at] = draw(DIGITS)
    return draw(st.sampled_from(["", "", "", " "])) + "".join(letters)


@given(text=near_times())
def test_a_time_says_the_same_whether_or_not_all_of_its_file_are_written_alike(text: str) -> None:
    alone = instants(pl.Series("at", [text]))
    among_others = instants(pl.Series("at", [text, "2024-03-01T10:00:00Z", None]))
    assert alone.to_physical()[0] == among_others.to_physical()[0]


def test_the_day_after_the_arrival_is_not_too_late() -> None:
    assert len(parsed("interactions", message(occurred_at="2024-03-03T23:59:59.999Z")).accepted) == 1


def test_without_an_arrival_day_no_time_is_too_late() -> None:
    row = message(occurred_at="2094-03-03T00:00:00Z")
    accepted = parsed("interactions", row, arrival_day=None).accepted
    assert accepted["arrival_day"].to_list() == [None]


@pytest.mark.parametrize("flag", [True, "true", "TRUE", 1])
def test_test_rows_are_excluded_before_their_other_columns_are_checked(flag: object) -> None:
    result = parsed("interactions", message(), message(is_test=flag, actor="robot", occurred_at={}))
    assert len(result.accepted) == 1
    assert result.quarantine.is_empty()
    assert result.files.select("account_id", "rows", "excluded").rows() == [("acme", 2, 1)]


@pytest.mark.parametrize("flag", [False, "false", 0, "", None, ...])
def test_rows_that_are_no_tests_count(flag: object) -> None:
    assert len(parsed("interactions", message(is_test=flag)).accepted) == 1


def test_empty_text_in_an_optional_column_is_null() -> None:
    accepted = parsed("interactions", message(session_id="", modified_at="")).accepted
    assert accepted.select("session_id", "modified_at").row(0) == (None, None)


def test_whole_numbers_may_stand_for_ids() -> None:
    accepted = parsed("interactions", message(user_id=42, session_id=12345678901234567890)).accepted
    assert accepted.select("user_id", "session_id").row(0) == ("42", "12345678901234567890")


def test_unknown_columns_are_kept_with_sorted_keys_and_exact_numbers() -> None:
    row = '{"zone":"Asia/Jerusalem","amount":1.10,"who":{"b":null,"a":[1,"é"]},"nothing":null,'
    row += '"event_id":"a1","account_id":"acme","occurred_at":1709287200000,"type":"zone_set"}'
    extra = parsed("account_events", row).accepted["extra"][0]
    assert extra == '{"amount":1.10,"who":{"a":[1,"é"],"b":null},"zone":"Asia/Jerusalem"}'


def test_plain_unknown_columns_are_kept_alike() -> None:
    rows = [message(locale="he", tries=3, is_new=True), message(tries=None, locale="x"), message(locale=None)]
    extra = parsed("interactions", *rows).accepted["extra"].to_list()
    assert extra == ['{"is_new":true,"locale":"he","tries":3}', '{"locale":"x"}', None]


def test_a_file_of_another_stream_is_refused_as_such() -> None:
    result = parsed("handoffs", message(), message(event_id="e2"), "{")
    assert result.accepted.is_empty()
    assert (
        result.quarantine["reason"].to_list()[:2]
        == ["not a file of the stream handoffs: no row has leg_id or transferred_at"] * 2
    )
    assert result.quarantine["reason"][2].startswith("not JSON")
    assert "not a file of the stream handoffs" in result.files["problem"][0]


def test_the_ledger_has_a_line_for_each_account_and_one_for_rows_that_tell_none() -> None:
    rows: list[dict[str, Any] | str | bytes] = [
        message(),
        message(account_id="b", actor=""),
        message(account_id="b", is_test=True),
        "{",
        message(),
    ]
    files = parsed("interactions", *rows).files
    assert files.select("account_id", "rows", "excluded", "quarantined").rows() == [
        ("", 1, 0, 1),
        ("acme", 2, 0, 0),
        ("b", 2, 1, 1),
    ]


def test_a_refused_row_is_kept_whole_with_its_place() -> None:
    result = parsed("interactions", message(), "", '{"account_id": "acme", "x": 1}')
    row = result.quarantine.row(0, named=True)
    assert row["line"] == 3
    assert row["raw"] == '{"account_id": "acme", "x": 1}'
    assert row["account_id"] == "acme"
    assert row["arrival_day"] == date(2024, 3, 2)


def test_blank_lines_bom_and_crlf_are_harmless() -> None:
    line = json.dumps(message()).encode()
    result = parse(b"\xef\xbb\xbf" + line + b"\r\n\r\n  \n" + line + b"\r\n\n" + line)
    assert result.accepted["line"].to_list() == [1, 4, 6]
    assert result.files["rows"].to_list() == [3]
    assert result.files["problem"].to_list() == [None]


@pytest.mark.parametrize("fmt", ["jsonl", "csv", "parquet"])
def test_an_empty_file_is_one_line_of_the_ledger(fmt: Any) -> None:
    files = parse(b"", fmt).files
    assert files.select("account_id", "rows", "problem").rows() == [("", 0, "empty file")]


def test_a_half_written_last_line_is_refused_and_told() -> None:
    result = parse(jsonl(message()) + b'{"event_id": "e2", "acc', problem="gzip ends early")
    assert len(result.accepted) == 1
    assert result.quarantine["line"].to_list() == [2]
    assert result.files["problem"].unique().to_list() == ["gzip ends early; the last line is cut off"]


def test_a_line_of_ten_megabytes_is_a_row_like_others() -> None:
    long = "x" * 10_000_000
    result = parsed("interactions", message(), message(text=long), '{"text": "' + long, message())
    assert result.accepted["line"].to_list() == [1, 2, 4]
    assert len(result.quarantine["raw"][0]) == 10_000_010


def test_a_line_that_is_not_utf8_is_kept_as_escapes() -> None:
    result = parsed("interactions", message(), b'{"account_id": "\xff\xfe"}', message(user_id="é"))
    assert result.accepted["line"].to_list() == [1, 3]
    assert result.accepted["user_id"][1] == "é"
    assert result.quarantine["raw"].to_list() == ['{"account_id": "\\xff\\xfe"}']


def test_what_a_file_holds_never_raises_in_any_stream() -> None:
    for stream in VALID:
        for data in (b"\0\0\0", b"\n\n", b"\x01", b"{}\n", b"[]\n", b"null", b"\xff\xfe{\0}\0"):
            for fmt in ("jsonl", "csv", "parquet"):
                assert parse(data, fmt, stream).accepted.is_empty()
