"""Ingest: landing files of an arrival day to the lake, by event day."""

import time
from datetime import date
from typing import Any

import dagster as dg

from orchestration.defs.joined import teller
from orchestration.defs.resources import Home
from orchestration.lake.tables import STREAMS
from orchestration.landing.ingest import Ingested, ingest_days, version_of_day
from orchestration.landing.late_files import ARRIVAL_DAYS
from orchestration.partitions import DAYS, days_of
from orchestration.privacy.kept import require_kept

OWNERS = ["team:billing"]
VERSION = "1"
"""A version that stays: what changed is told per event day, by the versions of `lake/<stream>`."""
KINDS = {
    "interactions": "Messages, greetings, resets, handoff rows and API requests of conversations.",
    "handoffs": "Legs with human agents, as the agent desk logged them.",
    "alerts": "Alerts and proactive notifications, with what became of each.",
    "account_events": "The book of the accounts: zones, plans, seats, settings.",
}


def _landing(stream: str) -> dg.AssetSpec:
    return dg.AssetSpec(
        ["landing", stream],
        description=f"{KINDS[stream]} As delivered: JSONL (gz, zst), CSV or Parquet.",
        group_name="ingestion",
        kinds={"file"},
        owners=OWNERS,
        partitions_def=DAYS,
    )


def _lake(stream: str) -> dg.AssetSpec:
    """The clean rows by event day. Ingest reports which days it changed, no others (DESIGN, Days)."""
    return dg.AssetSpec(
        ["lake", stream],
        deps=[dg.AssetDep(["ingest", stream], partition_mapping=dg.AllPartitionMapping())],
        description=f"{KINDS[stream]} Every valid copy, by event day; changed by ingest alone.",
        group_name="ingestion",
        kinds={"parquet"},
        owners=OWNERS,
        partitions_def=DAYS,
    )


def _ingest(stream: str) -> dg.AssetsDefinition:
    @dg.asset(
        key=["ingest", stream],
        deps=[["landing", stream]],
        partitions_def=DAYS,
        backfill_policy=dg.BackfillPolicy.single_run(),
        code_version=VERSION,
        description=f"{KINDS[stream]} Contract, quarantine and counts of one arrival day (R18, R20).",
        group_name="ingestion",
        kinds={"polars", "parquet"},
        owners=OWNERS,
        pool="lake",
    )
    def ingested(context: dg.AssetExecutionContext, home: Home) -> dg.MaterializeResult:
        require_kept(home.path())  # before anything of the lake says that it was read without them
        lake, landing, days = home.lake(), home.path() / "landing", _days(context)
        told = teller(context, days_of(context), VERSION)
        changed: set[date] = set()
        began = time.monotonic()
        try:
            for day, result in ingest_days(lake, landing, stream, days):
                changed |= result.changed.keys()
                _warn(context, stream, result)
                told.tell(context.asset_key, day, _metadata(result, began))
        finally:
            _tell(context, stream, {day: version_of_day(lake, stream, day) for day in changed})
        return dg.MaterializeResult(data_version=dg.DataVersion(VERSION))

    return ingested


def _days(context: dg.AssetExecutionContext) -> list[date]:
    """The arrival days of a run: those it was asked for, and those that its tag names beside them."""
    named = context.run.tags.get(ARRIVAL_DAYS, "")
    return sorted({*days_of(context), *(date.fromisoformat(day) for day in named.split(",") if day)})


def _tell(context: dg.AssetExecutionContext, stream: str, changed: dict[date, str]) -> None:
    """Tells Dagster which event days changed, each once with its last version, also when the run breaks off.

    No step makes `lake/<stream>`: Dagster reads its versions from observations, and shows materializations.
    """
    for day, version in sorted(changed.items()):
        told: dict[str, Any] = {"partition": day.isoformat(), "tags": {"dagster/data_version": version}}
        context.log_event(dg.AssetObservation(["lake", stream], **told))
        context.log_event(dg.AssetMaterialization(["lake", stream], **told))


def _warn(context: dg.AssetExecutionContext, stream: str, result: Ingested) -> None:
    """Tells the operator what was refused."""
    for problem in result.problems:
        context.log.warning(problem)
    if result.quarantined:
        context.log.warning(f"{stream}: {result.quarantined} of {result.rows} rows are in quarantine")


def _metadata(result: Ingested, began: float) -> dict[str, Any]:
    return {
        "dagster/row_count": result.accepted,
        "rows_delivered": result.rows,
        "excluded": result.excluded,
        "quarantined": result.quarantined,
        "files": result.files,
        "bytes": result.bytes_read,
        "seconds_of_run": seconds_since(began),
        "event_days_changed": len(result.changed),
    }


def seconds_since(began: float) -> float:
    """Seconds since `time.monotonic()` gave `began`, for the plots."""
    return round(time.monotonic() - began, 3)


@dg.definitions
def ingestion() -> dg.Definitions:
    """Four streams, each from landing through ingest to the lake."""
    parts = [(_landing(stream), _ingest(stream), _lake(stream)) for stream in STREAMS]
    return dg.Definitions(assets=[asset for part in parts for asset in part])
