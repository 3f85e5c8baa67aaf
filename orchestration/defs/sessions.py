"""Sessions: fragments of event days, and from them conversations and billing sessions."""

import time
from collections.abc import Iterator
from datetime import date
from functools import partial

import dagster as dg

from orchestration.counting import fragmenting, sessionizing
from orchestration.counting.terms import RECIPE as TERMS_RECIPE
from orchestration.counting.terms import terms_of
from orchestration.counting.workers import in_parallel
from orchestration.defs import state
from orchestration.defs.ingestion import OWNERS, seconds_since
from orchestration.defs.joined import teller
from orchestration.defs.resources import Home
from orchestration.lake import Lake
from orchestration.lake.tables import FRAGMENTS, STREAMS
from orchestration.partitions import DAYS, days_of

SESSION_TABLES = {
    "conversations": "Conversations by the UTC day of their start (R1 to R7). One row per conversation.",
    "billing_sessions": "Usage, request and alert sessions by the UTC day of their start (R6 to R15).",
    "voice_sessions": "Voice sessions by the UTC day of their start (R14).",
}


@dg.asset(
    key=["lake", "fragments"],
    # `ingest` for the order within a run: no step makes `lake/<stream>`, so it hands none on.
    deps=[[kind, stream] for kind in ("ingest", "lake") for stream in STREAMS],
    partitions_def=DAYS,
    code_version=fragmenting.RECIPE,
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
    lake, asked = home.lake(), days_of(context)
    told = teller(context, asked)
    days = sorted({*asked, *fragmenting.dirty_days(lake, known=True)})
    for day, counts in zip(days, in_parallel(partial(_built, lake), days), strict=True):
        told.tell(context.asset_key, day, counts)


def _built(lake: Lake, day: date) -> dict[str, float]:
    began = time.monotonic()
    counts = fragmenting.build_fragments(lake, day)
    size = sum(lake.file(table, day).stat().st_size for table in FRAGMENTS)
    return {
        "dagster/row_count": counts.pop("stretches"),
        **counts,
        "bytes": size,
        "seconds": seconds_since(began),
    }


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
            code_version=TERMS_RECIPE,
        )
        for table, description in SESSION_TABLES.items()
    ],
    backfill_policy=dg.BackfillPolicy.single_run(),
    pool="lake",
)
def sessionize(context: dg.AssetExecutionContext, home: Home) -> Iterator[dg.MaterializeResult]:
    """Builds the days it is asked for, those whose fragments changed, and all that chains join to them."""
    lake, asked = home.lake(), days_of(context)
    told = teller(context, asked)
    began = time.monotonic()
    terms = terms_of(lake, home.settings())
    rebuilt = sessionizing.rebuild(lake, {*asked, *sessionizing.dirty_days(lake, terms, known=True)}, terms)
    seconds = seconds_since(began)
    for day in rebuilt.days:
        for table in SESSION_TABLES:
            metadata = {
                "dagster/row_count": rebuilt.rows[day][table],
                "bytes": lake.file(table, day).stat().st_size,
                "days_of_run": len(rebuilt.days),
                "seconds_of_run": seconds,
            }
            told.tell(dg.AssetKey(["lake", table]), day, metadata)
    state.tell(context)
    for table in SESSION_TABLES:
        yield dg.MaterializeResult(asset_key=["lake", table])


@dg.definitions
def sessions() -> dg.Definitions:
    """Rows to fragments to sessions."""
    return dg.Definitions(assets=[fragments, sessionize])
