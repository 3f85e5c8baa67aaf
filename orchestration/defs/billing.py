"""Billing: the documents whose time has come go into the ledger (I1, I2)."""

import dagster as dg

from orchestration.billing.issuing import Issued, issue, month_of
from orchestration.defs.ingestion import OWNERS
from orchestration.defs.resources import Home

READ = (
    "invoices",
    "invoice_line_items",
    "invoice_line_tiers",
    "invoice_taxes",
    "account_profiles",
    "sellers",
)


class IssueConfig(dg.Config):
    """What to issue: every document that is due, or those of a month and the months before it."""

    month: str | None = None


@dg.asset(
    key=["ledger", "documents"],
    deps=READ,
    group_name="billing",
    kinds={"json"},
    owners=OWNERS,
    # `dg launch --partition-range` asks it of every asset of a job.
    backfill_policy=dg.BackfillPolicy.single_run(),
    pool="warehouse",
)
def documents(config: IssueConfig, home: Home) -> dg.MaterializeResult:
    """Invoices, statements and credit notes, numbered and never changed again; what waits is told."""
    issued = issue(home.path(), month_of(config.month))
    return dg.MaterializeResult(metadata=_told(issued))


def _told(issued: Issued) -> dict[str, dg.MetadataValue]:
    documents = [
        dg.TableRecord(
            {"number": entry.number or "", "account": entry.body["account_id"], "total": entry.body["total"]}
        )
        for entry in issued.entries
    ]
    waiting = [
        dg.TableRecord({"account": wait.account_id, "month": f"{wait.month:%Y-%m}", "reason": wait.reason})
        for wait in issued.waiting
    ]
    return {
        "issued": dg.MetadataValue.int(len(documents)),
        "waiting": dg.MetadataValue.int(len(waiting)),
        **({"documents": dg.MetadataValue.table(documents)} if documents else {}),
        **({"held_back": dg.MetadataValue.table(waiting)} if waiting else {}),
    }


issue_job = dg.define_asset_job(
    "issue",
    selection=dg.AssetSelection.assets(documents, ["outbox", "documents"]),
    description="Issue what is due, from the marts, and fill the outbox.",
)


@dg.definitions
def billing() -> dg.Definitions:
    """The ledger, and a job to issue by hand."""
    return dg.Definitions(assets=[documents], jobs=[issue_job])
