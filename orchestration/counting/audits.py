"""What must hold in the lake before anything is billed; each gives the rows that break it."""

from datetime import date, timedelta

import polars as pl

from orchestration.counting.workers import in_parallel
from orchestration.lake import Lake, midnight
from orchestration.lake.parts import days_of_rows, rows_of_day
from orchestration.lake.tables import STREAMS
from transforms.contracts import contract_of
from transforms.ledger import file_ledger, unbalanced
from transforms.sessions import CONVERSATIONS

DAY = timedelta(days=1)
NEAR_DAYS = 31
"""How far from its other day an id is looked for: so the memory is that of these days, not of the history."""
SHARES = 8
"""Of the ids that are compared, one after the other."""
IDS_ON_TWO_DAYS = pl.Schema({"stream": pl.String, "account_id": pl.String, "id": pl.String, "days": pl.Int64})


def unbalanced_files(lake: Lake) -> pl.DataFrame:
    """Files of which a row vanished or counts twice (R20)."""
    return unbalanced(
        file_ledger(
            lake.scan("files").collect(),
            lake.scan("copies").collect(),
            lake.scan("rejected_handoffs").collect(),
        )
    )


def ids_on_two_days(lake: Lake, days: list[date]) -> pl.DataFrame:
    """Ids of `days` that stand on another UTC day too, at most `NEAR_DAYS` away (R18).

    Columns: stream, account_id, id, days.
    """
    near = {day + DAY * number for day in days for number in range(-NEAR_DAYS, NEAR_DAYS + 1)}
    found = [IDS_ON_TWO_DAYS.to_frame()]
    for stream in STREAMS:
        known = sorted(near.intersection(days_of_rows(lake, stream)))
        of_days = [rows_of_day(lake, stream, day) for day in known]
        again = _on_several([_ids(rows, stream) for rows in of_days])
        if len(again):
            rows = pl.concat(of_days)
            told = _ids(rows, stream, day=pl.col(contract_of(stream).time_column).dt.date())
            found.append(_on_two_days(told.filter(pl.col("hash").is_in(again.implode())), stream, days))
    return pl.concat(found).sort("stream", "account_id", "id")


def _on_several(days: list[pl.LazyFrame]) -> pl.Series:
    """The hashes of ids (`hash`) that stand on more than one of the days.

    They are sorted by shares: a table of all of them would take many times their memory.
    """
    of_days = list(in_parallel(lambda rows: rows.collect()["hash"].unique(), days))
    again = [pl.Series("hash", [], pl.UInt64)]
    for number in range(SHARES):
        share = pl.concat([again[0], *(ids.filter(ids % SHARES == number) for ids in of_days)]).sort()
        again.append(share.filter(share == share.shift(1)).unique())
    return pl.concat(again)


def _ids(rows: pl.LazyFrame, stream: str, **more: pl.Expr) -> pl.LazyFrame:
    """The ids of rows, `hash` alone where nothing more is wanted: 8 bytes a row, so that months fit."""
    names = ["account_id", contract_of(stream).id_column]
    ids = {"account_id": pl.col(names[0]), "id": pl.col(names[1])} if more else {}
    return rows.select(hash=pl.struct(names).hash(), **ids, **more)


def _on_two_days(ids: pl.LazyFrame, stream: str, days: list[date]) -> pl.DataFrame:
    return (
        ids.group_by("account_id", "id")
        .agg(pl.col("day").n_unique().alias("days"), pl.col("day").is_in(days).any().alias("is_asked"))
        .filter((pl.col("days") > 1) & pl.col("is_asked"))
        .select(pl.lit(stream).alias("stream"), "account_id", "id", pl.col("days").cast(pl.Int64))
        .collect()
    )


def lost_or_double_blocks(lake: Lake, days: list[date]) -> pl.DataFrame:
    """Conversations that started on `days` and have other blocks than counted (R8, R11)."""
    conversations = pl.concat([CONVERSATIONS.to_frame(), *(lake.read("conversations", day) for day in days)])
    if conversations.is_empty():
        return pl.DataFrame(schema={"conversation_id": pl.String, "expected": pl.Int64, "found": pl.Int64})
    ends = conversations["ended_at"].max()
    found = []
    for table, expected, kind in (
        ("billing_sessions", "billing_sessions", "usage"),
        ("voice_sessions", "voice_sessions", "voice"),
    ):
        blocks = (
            lake.scan(table)
            .filter(
                (pl.col("started_at") >= midnight(min(days)))
                & (pl.col("started_at") <= pl.lit(ends))
                & (pl.col("session_type") == kind)
            )
            .select(pl.col("conversation_id").hash().alias("hash"), "block_index")
            .collect()
        )
        counted = blocks.group_by("hash").agg(
            pl.len().cast(pl.Int64).alias("found"),
            (pl.col("block_index").n_unique() == pl.col("block_index").max() + 1).alias("is_gapless"),
        )
        found.append(
            conversations.select("conversation_id", pl.col(expected).alias("expected"))
            .with_columns(hash=pl.col("conversation_id").hash())
            .join(counted, on="hash", how="left")
            .with_columns(pl.col("found").fill_null(0), pl.col("is_gapless").fill_null(value=True))
            .filter((pl.col("expected") != pl.col("found")) | ~pl.col("is_gapless"))
            .select("conversation_id", "expected", "found")
        )
    return pl.concat(found)


def miscounted_apps(lake: Lake) -> pl.DataFrame:
    """Apps with other sessions in the lake than conversations, requests and alerts call for (R8, R12, R15).

    Over all days, so that what once failed is found until it is mended: account_id, app_id, session_type,
    expected, found.
    """
    of_app = ["account_id", "app_id"]
    conversations = lake.scan("conversations").group_by(of_app)
    alerts = lake.scan("alert_sessions").filter(pl.col("kind") == "alert")
    expected = [
        conversations.agg(pl.col("billing_sessions").sum().alias("n")).with_columns(kind=pl.lit("usage")),
        conversations.agg(pl.col("voice_sessions").sum().alias("n")).with_columns(kind=pl.lit("voice")),
        _counted(lake.scan("requests"), of_app).with_columns(kind=pl.lit("request")),
        _counted(alerts, of_app).with_columns(kind=pl.lit("alert")),
    ]
    found = [
        _counted(lake.scan(table).with_columns(kind="session_type"), [*of_app, "kind"])
        for table in ("billing_sessions", "voice_sessions")
    ]
    columns = [*of_app, pl.col("kind").alias("session_type"), pl.col("n").cast(pl.Int64)]
    return (
        pl.concat([frame.select(columns).rename({"n": "expected"}) for frame in expected])
        .join(
            pl.concat([frame.select(columns).rename({"n": "found"}) for frame in found]),
            on=[*of_app, "session_type"],
            how="full",
            coalesce=True,
        )
        .with_columns(pl.col("expected", "found").fill_null(0))
        .filter(pl.col("expected") != pl.col("found"))
        .sort(*of_app, "session_type")
        .collect()
    )


def _counted(rows: pl.LazyFrame, by: list[str]) -> pl.LazyFrame:
    return rows.group_by(by).agg(pl.len().alias("n"))


def unmatched_share(lake: Lake, days: list[date]) -> tuple[int, int]:
    """Logged legs of `days` without a conversation (R7), and all of them."""
    unmatched = sum(lake.read("unmatched_legs", day).height for day in days)
    return unmatched, sum(lake.read("legs", day).height for day in days)
