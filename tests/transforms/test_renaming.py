"""A person's id in files of each format gives way to a pseudonym; all else stays as it was."""

import gzip
import io
from collections.abc import Callable

import polars as pl
import pytest
import zstandard

from orchestration.landing.packing import packed_alike, unpacked
from transforms.renaming import Renaming, renamed_file, renamed_json

ANN = Renaming("ann", "nym")
MOST = 1 << 20


@pytest.mark.parametrize(
    ("line", "due"),
    [
        ('{"user_id": "ann", "x":1.10}', '{"user_id": "nym", "x":1.10}'),
        ('{"user_id":"\\u0061nn"}', '{"user_id":"nym"}'),
        ('{"user_id":"bob","text":"ann"}', '{"user_id":"bob","text":"ann"}'),
        ('{"user_id":"ann","who":{"id":["ann","anna"]}}', '{"user_id":"nym","who":{"id":["nym","anna"]}}'),
        ('{"user_id":"ann","app_id":"ann"}', '{"user_id":"nym","app_id":"ann"}'),
        ('{"user_id":"ann","ann":"I am ann"}', '{"user_id":"nym","ann":"I am ann"}'),
        ('{"session_id":"ann","agent_id":"ann"}', '{"session_id":"nym","agent_id":"nym"}'),
        ('{"user_id":"ann","text":"cut of', '{"user_id":"nym","text":"cut of'),
        ('{"meta":{"user_id":"ann"},"user_id":"bob"}', '{"meta":{"user_id":"ann"},"user_id":"bob"}'),
    ],
)  # fmt: skip
def test_a_line_is_renamed_where_the_id_is_the_whole_value(line: str, due: str) -> None:
    assert renamed_json(line, ANN) == due


def test_a_number_may_be_an_id() -> None:
    seven = Renaming("7", "nym")
    assert renamed_json('{"user_id": 7, "n": 7, "s":"7"}', seven) == ('{"user_id": "nym", "n": 7, "s":"nym"}')


def test_other_accounts_keep_their_persons() -> None:
    acme = Renaming("ann", "nym", "acme")
    assert renamed_json('{"account_id":"acme","user_id":"ann"}', acme).endswith('"nym"}')
    assert renamed_json('{"account_id":"beta","user_id":"ann"}', acme).endswith('"ann"}')


def test_lines_keep_their_places_and_bytes() -> None:
    data = b'\xef\xbb\xbf{"user_id":"ann"}\r\n\n\xff ann\n{"user_id":"bob"}'
    renamed = renamed_file(data, "jsonl", ANN)
    assert renamed.data == b'\xef\xbb\xbf{"user_id":"nym"}\r\n\n\xff ann\n{"user_id":"bob"}'
    assert renamed.rows == 1


def test_fields_of_csv_are_renamed_quoted_or_not() -> None:
    data = (
        b'event_id,user_id,app_id,note\r\n1,ann,ann,"a, ""b""\nc"\r\n\r\n2,"ann",x,ann'
        b"\r\n3,bob,x,ann\r\n4,ann"
    )
    due = (
        b'event_id,user_id,app_id,note\r\n1,nym,ann,"a, ""b""\nc"\r\n\r\n2,nym,x,nym\r\n3,bob,x,ann\r\n4,nym'
    )
    assert renamed_file(data, "csv", ANN) == (due, 3)


def test_parquet_is_renamed_by_its_columns() -> None:
    frame = pl.DataFrame({"user_id": ["ann", "bob", None], "n": [1, 2, 3], "who": ["ann", "ann", None]})
    out = io.BytesIO()
    frame.write_parquet(out)
    renamed = renamed_file(out.getvalue(), "parquet", ANN)
    assert renamed.rows == 1
    assert pl.read_parquet(io.BytesIO(renamed.data)).rows() == [
        ("nym", 1, "nym"),
        ("bob", 2, "ann"),
        (None, 3, None),
    ]
    assert renamed_file(b"PAR1 not really", "parquet", ANN) == (b"PAR1 not really", 0)


@pytest.mark.parametrize("pack", [gzip.compress, zstandard.ZstdCompressor().compress])
def test_what_was_said_of_a_packed_file_stays_true(pack: Callable[[bytes], bytes]) -> None:
    content = b'{"user_id":"ann"}\n' * 5000
    whole = pack(content)
    for delivered in (whole, whole[: len(whole) // 2], whole[:-3], whole + b"garbage"):
        found, problem = unpacked(delivered, MOST)
        assert unpacked(packed_alike(found, delivered, problem), MOST) == (found, problem)
    assert unpacked(packed_alike(content, b"plain", None), MOST) == (content, None)
