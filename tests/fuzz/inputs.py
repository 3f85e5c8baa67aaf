"""Hostile files: mostly well formed, so that they get far, then damaged as files are damaged."""

import gzip
import io
import json
from datetime import UTC, date, datetime
from typing import Any

import polars as pl
import zstandard
from hypothesis import strategies as st

from orchestration.book.types import event_types
from tests.transforms.deliveries import VALID
from transforms.contracts import STREAMS

STREAM = st.sampled_from(sorted(STREAMS))
MEAN = [
    "", " ", "\0", "\x1b[31m", "\u202e", "\ud800", "é", "🜃" * 9, "'; drop table x; --", "{{ 7*7 }}",
    "{% raw %}", "=1+1", "@x", "../../x", "/etc/passwd", "a/b", ".", "..", "NaN", "inf", "-0", "1e999",
    "9" * 40, "0x1f", "true", "null", "2024-02-30", "2024-03-01T25:00:00Z", "0001-01-01T00:00:00Z",
    "9999-12-31T23:59:59Z", "-9223372036854775808", "99999999999999999999", "1709287200000", "Mars/Olympus",
    "Asia/Tokyo", "USD", '"', '""', ",", "a,b", "a\nb", "\r\n", "\\", "\\u0000", "x" * 5_000, "[",
    "{", "ﬀ", "١٢", "[bold]",
]  # fmt: skip
TEXTS = st.sampled_from(MEAN) | st.text(max_size=8)
NUMBERS = (
    st.integers() | st.integers(-(10**400), 10**400) | st.floats() | st.sampled_from([2**63, -(2**63) - 1])
)
SCALARS = st.none() | st.booleans() | NUMBERS | TEXTS
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=6,
)
TYPES = event_types()
FIELDS = sorted({field.name for each in TYPES.values() for field in each.fields})
ACCOUNT = ["account_id", "app_id", "occurred_at", "type", "event_id", "modified_at", *FIELDS]


@st.composite
def rows(draw: st.DrawFn, stream: str) -> dict[str, Any]:
    """A row of a stream with some columns changed, taken away or added."""
    row = dict(VALID[stream])
    row |= draw(st.dictionaries(st.sampled_from([*row, "modified_at"]) | TEXTS, VALUES, max_size=3))
    for name in draw(st.lists(st.sampled_from(sorted(row)), max_size=1)):
        del row[name]
    return row


@st.composite
def events(draw: st.DrawFn) -> dict[str, Any]:
    """An event of the book of any type, with likely and unlikely particulars."""
    its = draw(st.sampled_from(sorted(TYPES)))
    likely = {
        field.name: draw(st.sampled_from([*(field.choices or ("x", "1", "12.50", "2024-03-05")), *MEAN]))
        for field in TYPES[its].fields
    }
    day = draw(st.integers(1, 28))
    row: dict[str, Any] = {
        "event_id": draw(st.sampled_from(["a", "b"]) | st.uuids().map(str)),
        "account_id": draw(st.sampled_from(["acme", "globex", MEAN[2], MEAN[8]])),
        "app_id": draw(st.sampled_from(["bot", "shop", *MEAN[3:9]])),
        "occurred_at": f"2024-02-{day:02}T10:00:00Z",
        "type": its,
    }
    odd = draw(st.dictionaries(st.sampled_from(ACCOUNT), VALUES, max_size=1))
    return row | likely | odd


def encoded(row: Any, draw: st.DrawFn) -> bytes:
    """A row as JSON, as different programs write it; floats that JSON has not are there too."""
    spaces = draw(st.sampled_from([(",", ":"), (", ", ": "), (" ,\t", " :  ")]))
    return json.dumps(row, ensure_ascii=draw(st.booleans()), separators=spaces).encode(errors="surrogatepass")


@st.composite
def jsonl(draw: st.DrawFn, stream: str) -> bytes:
    """JSON lines, some of them alike and some no rows."""
    line = rows(stream) if stream != "account_events" else rows(stream) | events()
    found = [encoded(row, draw) for row in draw(st.lists(line, min_size=1, max_size=5))]
    odd = [
        b"",
        b"{}",
        b"[]",
        b"nul",
        b"\xff\xfe",
        b"[" * 3_000,
        b'{"a":' * 500,
        b"x" * 21_000,
        b'{"a":1,"a":1}',
    ]
    found += draw(st.lists(st.sampled_from(odd), max_size=2))
    order = draw(st.permutations(found * draw(st.sampled_from([1, 1, 3, 60]))))
    return draw(st.sampled_from([b"\n", b"\r\n", b"\n\n"])).join(order)


@st.composite
def csv(draw: st.DrawFn, stream: str) -> bytes:
    """CSV with quotes where they are needed, and sometimes where they are not."""
    names = draw(st.permutations([*VALID[stream], *draw(st.lists(TEXTS, max_size=2))]))
    lines = [names]
    for row in draw(st.lists(rows(stream), min_size=1, max_size=5)):
        lines.append([row.get(name, "") for name in names][: draw(st.sampled_from([99, 99, 99, 4]))])
    quoting = draw(st.sampled_from(["always", "never", "where needed"]))

    def field(value: Any) -> str:
        text = str(value)
        if quoting == "always" or (quoting == "where needed" and any(mark in text for mark in ',"\n\r')):
            return '"' + text.replace('"', '""') + '"'
        return text

    end = draw(st.sampled_from(["\n", "\r\n"]))
    return end.join(",".join(map(field, line)) for line in lines).encode(errors="surrogatepass")


@st.composite
def parquet(draw: st.DrawFn, stream: str) -> bytes:
    """Parquet of many types: texts, instants, numbers, bytes, lists and structs."""
    count = draw(st.integers(0, 4))
    at = datetime(2024, 3, 1, 10, tzinfo=UTC)
    columns: dict[str, pl.Series] = {}
    for name, value in VALID[stream].items():
        columns[name] = draw(
            st.sampled_from(
                [
                    pl.Series([str(value)] * count, dtype=pl.String),
                    pl.Series([str(value)] * count, dtype=pl.Categorical),
                    pl.Series([at] * count, dtype=pl.Datetime("ns", "Asia/Tokyo")),
                    pl.Series([at.replace(tzinfo=None)] * count, dtype=pl.Datetime("us")),
                    pl.Series([b"\xff\x00a"] * count, dtype=pl.Binary),
                    pl.Series([2**63] * count, dtype=pl.UInt64),
                    pl.Series([float("nan")] * count, dtype=pl.Float64),
                    pl.Series([[1, None]] * count, dtype=pl.List(pl.Int64)),
                    pl.Series([{"a": b"\xff"}] * count, dtype=pl.Struct({"a": pl.Binary})),
                    pl.Series([date(1, 1, 1)] * count, dtype=pl.Date),
                    pl.Series([None] * count, dtype=pl.Null),
                    pl.Series(
                        [draw(st.sampled_from([t for t in MEAN if t != "\ud800"]))] * count, dtype=pl.String
                    ),
                ]
            )
            if draw(st.integers(0, 4)) == 0
            else st.just(pl.Series([str(value)] * count, dtype=pl.String))
        )
    buffer = io.BytesIO()
    packed = draw(st.sampled_from(["zstd", "snappy", "gzip", "uncompressed"]))
    pl.DataFrame(columns).write_parquet(buffer, compression=packed)
    return buffer.getvalue()


@st.composite
def damaged(draw: st.DrawFn, data: bytes) -> bytes:
    """The bytes, or with a few of them changed, cut off, repeated or zeroed."""
    for _ in range(draw(st.sampled_from([0, 0, 0, 1, 2, 8]))):
        if not data:
            break
        at = draw(st.integers(0, len(data) - 1))
        size = draw(st.sampled_from([1, 1, 4, 100]))
        kind = draw(st.sampled_from(["change", "cut", "repeat", "zero", "insert"]))
        if kind == "cut":
            data = data[:at]
        elif kind == "repeat":
            data = data[: at + size] + data[at:]
        elif kind == "zero":
            data = data[:at] + bytes(min(size, len(data) - at)) + data[at + size :]
        elif kind == "insert":
            data = data[:at] + draw(st.binary(min_size=1, max_size=8)) + data[at:]
        else:
            data = data[:at] + bytes([draw(st.integers(0, 255))]) + data[at + 1 :]
    return data


@st.composite
def files(draw: st.DrawFn, stream: str) -> tuple[str, bytes]:
    """A name and what lies under it: a format, packed or not, damaged within, without, or not at all."""
    name, made = draw(st.sampled_from([("a.jsonl", jsonl), ("a.csv", csv), ("a.parquet", parquet)]))
    data = draw(damaged(draw(made(stream))))
    data = draw(st.sampled_from([b"", b"", b"\xef\xbb\xbf"])) + data
    suffix = draw(st.sampled_from(["", "", ".gz", ".zst"]))
    if suffix == ".gz":
        data = gzip.compress(data, 1) * draw(st.sampled_from([1, 1, 2]))
    elif suffix == ".zst":
        data = zstandard.compress(data) * draw(st.sampled_from([1, 1, 2]))
    misnamed = draw(st.sampled_from([name, name, name, name, "a.txt", "a.parquet", "a.csv"]))
    return misnamed + suffix, draw(damaged(data)) if suffix else data


LINES = st.sampled_from(
    [
        "first_day = 2024-01-01", "last_day = 2023-01-01", "schedule = true", "anchor = 'first_user_message'",
        "voice_channels = ['a', '']", "largest_file = '1 GiB'", "most_lines = 0", "unmatched_legs_limit = 2",
        "[outbox]", "[outbox.mail]", "[notify]", "[watch]", "[[outbox]]", "command = ['lp']",
        "password = 'p'",
        "host = 'h'", "port = 25", "user = 'u'", "token_env = 'x y'", "a.b.c = 1", "x = {y = {z = [1, {}]}}",
        "outbox = {mail = {host = 1}}", "accounts = {tax = {S = {}}}", "first_day = 2024-01-01T00:00:00",
        "session_lists_days = 1_000_000_000_000", "unmatched_legs_limit = inf", 'x = """',
        "x = 0x" + "f" * 5_000,
    ]
)  # fmt: skip


@st.composite
def toml(draw: st.DrawFn) -> bytes:
    """Settings: lines that are each likely, in any order, and then damaged."""
    return draw(damaged("\n".join(draw(st.lists(LINES, max_size=8))).encode()))


@st.composite
def apps(draw: st.DrawFn) -> tuple[str, bytes]:
    """A file of timeouts by app, as CSV or JSON."""
    pairs = draw(st.lists(st.tuples(TEXTS, VALUES | st.integers(0, 20_200)), max_size=4))
    listed: Any = [{"app_id": app_id, "inactivity_minutes": minutes} for app_id, minutes in pairs]
    if draw(st.booleans()):
        shape = draw(st.sampled_from([listed, {str(a): m for a, m in pairs}, 3, None, "x", [3], [[]]]))
        return "apps.json", draw(damaged(encoded(shape, draw)))
    text = "app_id,inactivity_minutes\n" + "".join(f"{app_id},{minutes}\n" for app_id, minutes in pairs)
    return "apps.csv", draw(damaged(text.encode(errors="surrogatepass")))


RECORD = [
    "fragments", "sessions", "basis", "days", "marts", "outbox", "pages", "by", "reason", "at",
    "before", "user_id", "account_id", "pseudonym", "arrivals", "rows", "what", "pid", "since",
    "run_id", "format", "made_at", "made_by", "files", "path", "bytes", "modified_ns", "sha256",
    "waiting", "asked", "state", "sequence", "hash", "next", "2024-03-02",
]  # fmt: skip
"""What our own records have in them."""


@st.composite
def kept(draw: st.DrawFn) -> bytes:
    """A record of ours: mostly JSON with names that are in one, some of it cut short or rubbish."""
    likely = st.recursive(
        VALUES,
        lambda inner: (
            st.dictionaries(st.sampled_from(RECORD), inner, max_size=9) | st.lists(inner, max_size=2)
        ),
        max_leaves=12,
    )
    deep = st.just(b"[" * 100_000)
    raw = draw(likely.map(lambda value: json.dumps(value).encode()) | st.binary(max_size=40) | deep)
    return raw[: draw(st.sampled_from([None, None, None, 7]))]
