"""Reports: usage and invoice pages of a month, from the marts."""

import time
from datetime import date

import dagster as dg

from orchestration.defs.ingestion import OWNERS
from orchestration.defs.resources import Home
from orchestration.partitions import MONTHS
from orchestration.site import render_site
from orchestration.site_marts import MARTS_READ


@dg.asset(
    deps=MARTS_READ,
    partitions_def=MONTHS,
    backfill_policy=dg.BackfillPolicy.single_run(),
    group_name="reports",
    kinds={"jinja", "html"},
    owners=OWNERS,
    pool="warehouse",
)
def pages(context: dg.AssetExecutionContext, home: Home) -> dg.MaterializeResult:
    """A usage page and an invoice page per account and month, and the index of all accounts."""
    began = time.monotonic()
    months = [date.fromisoformat(key) for key in context.partition_keys]
    result = render_site(home.path(), months)
    return dg.MaterializeResult(
        metadata={
            "pages_written": result.pages_written,
            "pages_unchanged": result.pages_unchanged,
            "pages_removed": result.pages_removed,
            "bytes": result.bytes,
            "accounts": result.accounts,
            "seconds": round(time.monotonic() - began, 3),
            "index": dg.MetadataValue.path(home.path() / "reports" / "index.html"),
        }
    )


@dg.definitions
def reports() -> dg.Definitions:
    """The pages."""
    return dg.Definitions(assets=[pages])
