"""Sessions: fragments of event days, and from them conversations and billing sessions."""

import time
from collections.abc import Iterator
from datetime import date

import dagster as dg

from orchestration import fragmenting, sessionizing
from orchestration.defs.ingestion import OWNERS
from orchestration.defs.resources import Home
from orchestration.partitions import DAYS, days_of
from orchestration.tables import STREAMS
from orchestration.terms import terms_of

SESSION_TABLES = {
    "conversations": "Conversations by the UTC day of their start (R1 to R7). One row per conversation.",
    "billing_sessions": "Usage, request and alert sessions by the UTC day of their start (R6 to R15).",
    "voice_sessions": "Voice sessions by the UTC day of their start (R14).",
}


@dg.asset(
    key=["lake", "fragments"],
    deps=[["lake", stream] for stream in STREAMS],
    partitions_def=DAYS,
    backfill_policy=dg.BackfillPolicy.single_run(),
    group_name="sessions",
    kinds={"polars", "parquet"},
    owners=OWNERS,
    pool="lake",
)
def fragments(context: dg.AssetExecutionContext, home: Home) -> None:
    """What each day says about each key, copies resolved (R18), in a form that merges (R19).

    Builds the days that it is asked for and all others of which something new was delivered.
    """
    lake = home.lake()
    with lake.exclusive():
        asked = set(days_of(context))
        for day in sorted(asked | set(fragmenting.dirty_days(lake))):
            began = time.monotonic()
            rows = fragmenting.build_fragments(lake, day)
            told = {"dagster/row_count": rows["stretches"], "seconds": round(time.monotonic() - began, 3)}
            told |= {name: count for name, count in rows.items() if name != "stretches"}
            _tell(context, context.asset_key, day, asked, told)


@dg.multi_asset(
    name="sessionize",
    specs=[
        dg.AssetSpec(
            ["lake", table],
            deps=[["lake", "fragments"]],
            description=description,
            group_name="sessions",
            kinds={"polars", "parquet"},
            owners=OWNERS,
            partitions_def=DAYS,
        )
        for table, description in SESSION_TABLES.items()
    ],
    backfill_policy=dg.BackfillPolicy.single_run(),
    pool="lake",
)
def sessionize(context: dg.AssetExecutionContext, home: Home) -> Iterator[dg.MaterializeResult]:
    """Builds the days it is asked for, those whose fragments changed, and all that chains join to them."""
    lake = home.lake()
    with lake.exclusive():
        asked = set(days_of(context))
        began = time.monotonic()
        terms = terms_of(lake, home.settings())
        rebuilt = sessionizing.rebuild(lake, asked | set(sessionizing.dirty_days(lake, terms)), terms)
    seconds = round(time.monotonic() - began, 3)
    for day in rebuilt.days:
        for table in SESSION_TABLES:
            key = dg.AssetKey(["lake", table])
            path = lake.file(table, day)
            told = {
                "dagster/row_count": rebuilt.rows[day][table],
                "bytes": path.stat().st_size,
                "seconds_of_run": seconds,
            }
            _tell(context, key, day, asked, told)
    for table in SESSION_TABLES:
        yield dg.MaterializeResult(asset_key=["lake", table])


def _tell(
    context: dg.AssetExecutionContext, key: dg.AssetKey, day: date, asked: set[date], told: dict[str, float]
) -> None:
    """Metadata of a partition of this run; for a day that was joined to it, a materialization of its own."""
    if day in asked:
        context.add_asset_metadata(told, asset_key=key, partition_key=day.isoformat())
    else:
        context.log_event(dg.AssetMaterialization(key, partition=day.isoformat(), metadata=told))


@dg.definitions
def sessions() -> dg.Definitions:
    """Rows to fragments to sessions."""
    return dg.Definitions(assets=[fragments, sessionize])
