"""Which of several copies of a row counts (R18). The outcome depends on the set of rows alone (R19)."""

import hashlib
import json
from datetime import datetime

import polars as pl

from transforms.contracts import Contract, Copies, contract_of, lake_schema, schema_of
from transforms.keys import KEY_COLUMNS, hashed
from transforms.renaming import without_person

_PLACE = ("arrival_day", "file", "line")
SET_ASIDE = ("agent_id", "extra")
"""Columns that settled rows have no more; nothing is counted by them."""
FINGERPRINT = pl.Schema({"content": pl.UInt64, "set_aside": pl.UInt64})
"""What stands for those columns: the beginning of the hash of the whole content, by which a copy wins, and a
hash of what was set aside, by which copies are told apart. Null where nothing was."""
_OUTCOMES = ("accepted", "duplicate", "superseded")


def resolve_copies(frame: pl.DataFrame, stream: str) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The rows that count, in the order of `frame`, and what became of each file's rows (`Copies`).

    `frame` has every copy of the rows of whole event days; with the columns of `FINGERPRINT` where some are
    settled (`settled`).
    """
    contract = contract_of(stream)
    keyed = _dated(frame, contract)
    suspects = _suspects(keyed, contract)
    if not suspects.any():
        outcome = pl.Series("outcome", ["accepted"]).new_from_index(0, len(keyed))
    else:
        outcome = _outcomes(keyed, suspects, contract)
    judged = keyed.with_columns(outcome)
    return judged.filter(pl.col("outcome") == "accepted").select(frame.columns), _tally(judged, stream)


def settled(rows: pl.DataFrame, stream: str) -> pl.DataFrame:
    """Rows without what nothing is counted by, with the `FINGERPRINT` of it: copies are judged as before."""
    names = [name for name in SET_ASIDE if name in rows.columns]
    has_more = pl.any_horizontal(pl.col(name).is_not_null() for name in names)
    whole = rows.with_row_index("position").filter(has_more)
    dated = _dated(whole.drop("position"), contract_of(stream))
    content = sorted(_content([*lake_schema(stream), "event_day"]))
    hashes = [_beginning(_content_hash(row)) for row in dated.select(content).iter_rows(named=True)]
    texts = [part for name in names for part in (pl.lit("\0"), pl.col(name).fill_null("\0"))]
    prints = whole.select(
        "position", pl.Series("content", hashes, pl.UInt64), hashed(*texts[1:]).alias("set_aside")
    )
    return (
        rows.with_row_index("position")
        .join(prints, on="position", how="left", maintain_order="left")
        .with_columns(pl.lit(None, pl.String).alias(name) for name in names)
        .drop("position")
    )


def _dated(rows: pl.DataFrame, contract: Contract) -> pl.DataFrame:
    return rows.with_columns(event_day=pl.col(contract.time_column).dt.date())


def _content(columns: list[str]) -> list[str]:
    """The columns in which copies may differ."""
    return [name for name in columns if name not in (*_PLACE, *KEY_COLUMNS, "content")]


def _suspects(rows: pl.DataFrame, contract: Contract) -> pl.Series:
    """Rows that may have a copy: the key's hash is shared. Nearly all rows are settled by this alone."""
    key = pl.struct("account_id", contract.id_column, "event_day")
    return rows.select(suspect=key.hash().is_duplicated()).to_series()


def _outcomes(rows: pl.DataFrame, suspects: pl.Series, contract: Contract) -> pl.Series:
    """The outcome of each row; only suspects are compared."""
    key = ["account_id", contract.id_column, "event_day"]
    content = _content(rows.columns)
    known = [pl.col("content").min()] if "content" in rows.columns else []
    numbered = rows.with_row_index("row")
    versions = (
        numbered.filter(suspects)
        .sort(*_PLACE, "row", nulls_last=False)
        .group_by(content, maintain_order=True)
        .agg(pl.col("row"), *known)
        .with_columns(kept=pl.col("row").list.first())
        .with_columns(version_count=pl.len().over(key))
    )
    single = versions.filter(pl.col("version_count") == 1).select("row", "kept", wins=pl.lit(value=True))
    rival = _ranked(versions.filter(pl.col("version_count") > 1), key, content)
    judged = (
        pl.concat([single, rival.select("row", "kept", "wins")])
        .explode("row")
        .select(
            "row",
            outcome=pl.when(pl.col("row") != pl.col("kept"))
            .then(pl.lit("duplicate"))
            .when("wins")
            .then(pl.lit("accepted"))
            .otherwise(pl.lit("superseded")),
        )
    )
    return (
        numbered.select("row")
        .join(judged, on="row", how="left", maintain_order="left")
        .select(pl.col("outcome").fill_null("accepted"))
        .to_series()
    )


def _ranked(versions: pl.DataFrame, key: list[str], content: list[str]) -> pl.DataFrame:
    """Differing versions of a row: the latest modified wins, then the smallest hash of the content."""
    # Only where the latest change does not tell: a hash of a row takes longer than all else about it.
    is_even = versions.select(pl.struct(*key, "modified_at").is_duplicated()).to_series()
    even = versions.filter(is_even)
    hashes = _hashes(even, sorted(content))
    if "user_id" in even.columns:  # copies that differ in nothing but the person
        hashes = [f"{known} {user_id}" for known, user_id in zip(hashes, even["user_id"], strict=True)]
    hashed = [
        even.with_columns(pl.Series("content_hash", hashes, pl.String)),
        versions.filter(~is_even).with_columns(content_hash=pl.lit("")),
    ]
    ranked = pl.concat(hashed).sort("modified_at", "content_hash", descending=[True, False], nulls_last=True)
    return ranked.with_columns(wins=pl.int_range(pl.len()).over(key) == 0)


def _hashes(versions: pl.DataFrame, content: list[str]) -> list[str]:
    """The hash of each version's content; where settled rows are among them, its beginning of each."""
    if "content" not in versions.columns:
        return [_content_hash(version) for version in versions.select(content).iter_rows(named=True)]
    rows = versions.select(*(name for name in content if name not in FINGERPRINT)).iter_rows(named=True)
    found = zip(versions["content"], rows, strict=True)
    return [f"{_beginning(_content_hash(row)) if known is None else known:016x}" for known, row in found]


def _beginning(content_hash: str) -> int:
    return int(content_hash[:16], 16)


def _content_hash(row: dict[str, object]) -> str:
    """A hash that is the same on every machine and in every version of the libraries.

    Who the person is takes no part in it: copies that tie are chosen alike when a person is forgotten.
    """
    text = json.dumps(without_person(row), ensure_ascii=False, sort_keys=True, default=_plain)
    return hashlib.sha256(text.encode()).hexdigest()


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat(timespec="milliseconds")
    return str(value)


def _tally(judged: pl.DataFrame, stream: str) -> pl.DataFrame:
    counts = (
        judged.lazy()
        .group_by("event_day", "arrival_day", "file", "account_id")
        .agg((pl.col("outcome") == outcome).sum().cast(pl.Int64).alias(outcome) for outcome in _OUTCOMES)
    )
    schema = schema_of(Copies)
    return (
        counts.with_columns(stream=pl.lit(stream))
        .select(list(schema))
        .cast(schema)
        .sort("event_day", "arrival_day", "file", "account_id")
        .collect()
    )
