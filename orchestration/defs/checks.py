"""Checks of the lake. Those that guard against overcharging block what comes after them."""

from datetime import date

import dagster as dg
import polars as pl

from orchestration import audits
from orchestration.defs.resources import Home

SHOWN = 5
"""Rows of evidence in a check's description."""


def _verdict(
    found: pl.DataFrame,
    fault: str,
    remedy: str,
    severity: dg.AssetCheckSeverity = dg.AssetCheckSeverity.ERROR,
) -> dg.AssetCheckResult:
    if found.is_empty():
        return dg.AssetCheckResult(passed=True, severity=severity, metadata={"found": 0})
    evidence = "; ".join(str(row) for row in found.head(SHOWN).to_dicts())
    return dg.AssetCheckResult(
        passed=False,
        severity=severity,
        description=f"{found.height} {fault}: {evidence}. {remedy}",
        metadata={"found": found.height},
    )


def _days(context: dg.AssetCheckExecutionContext) -> list[date]:
    """The days of the run; a check started alone looks at the last one."""
    if context.has_partition_key or context.has_partition_key_range:
        return [date.fromisoformat(key) for key in context.partition_keys]
    return []


@dg.asset_check(asset=dg.AssetKey(["lake", "billing_sessions"]), blocking=True)
def ledger_balances(home: Home) -> dg.AssetCheckResult:
    """R20: rows of each file = accepted + duplicate + superseded + excluded + quarantined."""
    return _verdict(
        audits.unbalanced_files(home.lake()),
        "files do not balance",
        "Materialize ingest of their arrival days again, then the fragments of the event days.",
    )


@dg.asset_check(asset=dg.AssetKey(["lake", "billing_sessions"]), blocking=True)
def blocks_conserved(context: dg.AssetCheckExecutionContext, home: Home) -> dg.AssetCheckResult:
    """R8, R11: each conversation has just the blocks that it was counted as."""
    lake = home.lake()
    days = _days(context) or lake.days("conversations")[-31:]
    return _verdict(
        audits.lost_or_double_blocks(lake, days),
        "conversations have other blocks than counted",
        "Materialize the sessions of their days again.",
    )


@dg.asset_check(asset=dg.AssetKey(["lake", "billing_sessions"]), blocking=True)
def requests_and_alerts_counted(context: dg.AssetCheckExecutionContext, home: Home) -> dg.AssetCheckResult:
    """R12, R15: one session per API request and per delivered alert."""
    lake = home.lake()
    days = _days(context) or lake.days("conversations")[-31:]
    return _verdict(
        audits.lost_requests_or_alerts(lake, days),
        "days have other request or alert sessions than delivered",
        "Materialize the sessions of these days again.",
    )


@dg.asset_check(asset=dg.AssetKey(["lake", "conversations"]))
def legs_have_conversations(context: dg.AssetCheckExecutionContext, home: Home) -> dg.AssetCheckResult:
    """R7: few logged legs stand alone; many say that interactions or keys are missing."""
    lake, limit = home.lake(), home.settings().unmatched_legs_limit
    days = _days(context) or lake.days("conversations")[-31:]
    unmatched, legs = audits.unmatched_share(lake, days)
    return dg.AssetCheckResult(
        passed=unmatched <= limit * legs,
        severity=dg.AssetCheckSeverity.WARN,
        description=f"{unmatched} of {legs} logged legs have no conversation (limit {limit:.0%})",
        metadata={"unmatched": unmatched, "legs": legs},
    )


@dg.asset_check(asset=dg.AssetKey(["lake", "fragments"]))
def ids_stand_on_one_day(home: Home) -> dg.AssetCheckResult:
    """R18: an id that stands on two days may be one event told twice with another time."""
    return _verdict(
        audits.ids_on_two_days(home.lake()),
        "ids stand on more than one day",
        "Ask the sender; until it is settled each day counts its own row.",
        dg.AssetCheckSeverity.WARN,
    )


@dg.definitions
def checks() -> dg.Definitions:
    """All checks of the lake."""
    return dg.Definitions(
        asset_checks=[
            ledger_balances,
            blocks_conserved,
            requests_and_alerts_counted,
            legs_have_conversations,
            ids_stand_on_one_day,
        ]
    )
