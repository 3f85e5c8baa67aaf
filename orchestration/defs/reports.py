"""Reports: the billing console, from the marts, the ledger and the lake."""

import time

import dagster as dg

from orchestration.console.site import render_site
from orchestration.defs.ingestion import OWNERS
from orchestration.defs.resources import Home
from orchestration.defs.usage import MARTS
from orchestration.home import REPORTS
from orchestration.made import making_pages


@dg.asset(
    deps=[*MARTS, ["ledger", "documents"], ["lake", "billing_sessions"], ["lake", "voice_sessions"]],
    group_name="reports",
    kinds={"jinja", "html"},
    owners=OWNERS,
    # `dg launch --partition-range` asks it of every asset of a job.
    backfill_policy=dg.BackfillPolicy.single_run(),
    pool="warehouse",
)
def pages(context: dg.AssetExecutionContext, home: Home) -> dg.MaterializeResult:
    """The site of all accounts: for each role its own tree of pages; only what changed is written."""
    began = time.monotonic()
    with making_pages(home.path()):
        result = render_site(home.path())
    return dg.MaterializeResult(
        metadata={
            "pages_written": result.pages_written,
            "pages_unchanged": result.pages_unchanged,
            "pages_removed": result.pages_removed,
            "bytes": result.bytes,
            "accounts": result.accounts,
            "seconds": round(time.monotonic() - began, 3),
            "index": dg.MetadataValue.path(home.path() / REPORTS / "index.html"),
        }
    )


@dg.definitions
def reports() -> dg.Definitions:
    """The pages."""
    return dg.Definitions(assets=[pages])
