"""Outbox: what finance receives, after each issuing."""

import dagster as dg

from orchestration.defs.ingestion import OWNERS
from orchestration.defs.resources import Home
from orchestration.made import making_outbox
from orchestration.outbox.filling import OUTBOX, OutboxResult, fill_outbox

KEY = dg.AssetKey([OUTBOX, "documents"])
DELIVERED = "documents_are_delivered"


@dg.asset(
    key=KEY,
    deps=[dg.AssetKey(["ledger", "documents"]), "invoices"],
    check_specs=[dg.AssetCheckSpec(DELIVERED, asset=KEY, description="Every document was sent, once.")],
    group_name="billing",
    kinds={"csv", "html"},
    owners=OWNERS,
    # `dg launch --partition-range` asks it of every asset of a job.
    backfill_policy=dg.BackfillPolicy.single_run(),
    pool="warehouse",
)
def outbox_documents(context: dg.AssetExecutionContext, home: Home) -> dg.MaterializeResult:
    """Documents, register, journal and receivables by month of issue; a failed delivery is a warning."""
    with making_outbox(home.path()):
        result = fill_outbox(home.path(), home.settings())
    told = _told(result)
    if told:
        context.log.warning(told)
    return dg.MaterializeResult(
        metadata={
            "files_written": result.files_written,
            "sent": len(result.sent),
            "not_sent": result.failed,
            "unknown": result.unknown,
            "folder": dg.MetadataValue.path(home.path() / OUTBOX),
        },
        check_results=[
            dg.AssetCheckResult(
                check_name=DELIVERED,
                passed=not told,
                severity=dg.AssetCheckSeverity.WARN,
                description=told or None,
            )
        ],
    )


def _told(result: OutboxResult) -> str:
    """What an operator has to look at; nothing where all is well."""
    failed = [f"not sent, and tried again: {each}" for each in result.failed]
    return "; ".join(failed + [f"unknown whether sent: {each}" for each in result.unknown])


@dg.definitions
def outbox() -> dg.Definitions:
    """What finance receives."""
    return dg.Definitions(assets=[outbox_documents])
