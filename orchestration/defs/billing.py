"""Billing: the documents whose time has come go into the ledger (I1, I2)."""

import dagster as dg

from orchestration.billing.documents import Waiting
from orchestration.billing.issuing import RELEASE, Issued, issue, month_of
from orchestration.defs.ingestion import OWNERS
from orchestration.defs.resources import Home
from orchestration.terminal import plain

KEY = dg.AssetKey(["ledger", "documents"])
CHECK = "documents_are_issued"
SHOWN = 5
"""Accounts that a failed check names; the rest is in the metadata of the documents."""
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
    key=KEY,
    deps=READ,
    check_specs=[
        dg.AssetCheckSpec(
            CHECK,
            asset=KEY,
            description=f"I1, R18: whatever is due is issued, nothing is held back. {RELEASE}.",
        )
    ],
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
    return dg.MaterializeResult(metadata=_told(issued), check_results=[verdict(issued.held)])


def verdict(held: list[Waiting]) -> dg.AssetCheckResult:
    """Fails where something is held back, with account, months and reason, each night until it is issued.

    It blocks nothing: of the other accounts everything goes on.
    """
    months: dict[tuple[str, str], list[str]] = {}
    for each in held:
        months.setdefault((each.account_id, each.reason), []).append(f"{each.month:%Y-%m}")
    named = [f"{account} {', '.join(dict.fromkeys(of))}: {why}" for (account, why), of in months.items()]
    more = [f"and {len(named) - SHOWN} more"] if len(named) > SHOWN else []
    told = (
        f"documents are due and held back ({len(held)} found): {'; '.join(named[:SHOWN] + more)}. {RELEASE}."
    )
    return dg.AssetCheckResult(
        check_name=CHECK,
        passed=not held,
        severity=dg.AssetCheckSeverity.ERROR,
        description=plain(told) if held else None,
        metadata={"held_back": len(held)},
    )


def _told(issued: Issued) -> dict[str, dg.MetadataValue]:
    documents = [
        dg.TableRecord(
            {"number": entry.number or "", "account": entry.body["account_id"], "total": entry.body["total"]}
        )
        for entry in issued.entries
    ]
    tables = {"documents": documents, "held_back": _table(issued.held), "drafts": _table(issued.waiting)}
    return {
        "issued": dg.MetadataValue.int(len(documents)),
        "waiting": dg.MetadataValue.int(len(issued.waiting)),
        **{name: dg.MetadataValue.table(records) for name, records in tables.items() if records},
    }


def _table(waits: list[Waiting]) -> list[dg.TableRecord]:
    return [
        dg.TableRecord({"account": wait.account_id, "month": f"{wait.month:%Y-%m}", "reason": wait.reason})
        for wait in waits
    ]


issue_job = dg.define_asset_job(
    "issue",
    selection=dg.AssetSelection.assets(documents, ["outbox", "documents"], "pages"),
    description="Issue what is due, from the marts, fill the outbox, and render the pages.",
)


@dg.definitions
def billing() -> dg.Definitions:
    """The ledger, and a job to issue by hand."""
    return dg.Definitions(assets=[documents], jobs=[issue_job])
