"""Checks of the lake. Those that guard against overcharging block what comes after them."""

from datetime import date

import dagster as dg
import polars as pl

from orchestration.counting import audits
from orchestration.defs.joined import SESSIONS, told_days
from orchestration.defs.resources import Home
from orchestration.lake import Lake

FRAGMENTS = dg.AssetKey(["lake", "fragments"])
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
    evidence = "; ".join(
        ", ".join(f"{name} {value}" for name, value in row.items() if value is not None)
        for row in found.head(SHOWN).to_dicts()
    )
    return dg.AssetCheckResult(
        passed=False,
        severity=severity,
        description=f"{fault} ({found.height} found): {evidence}. {remedy}",
        metadata={"found": found.height},
    )


def _days(context: dg.AssetCheckExecutionContext, lake: Lake, key: dg.AssetKey = SESSIONS) -> list[date]:
    """The days that this run built, joined ones included; a check started alone looks at the last month."""
    return told_days(context.instance, context.run.run_id, key) or lake.days("stretches")[-31:]


@dg.asset_check(asset=dg.AssetKey(["lake", "billing_sessions"]), blocking=True)
def ledger_balances(home: Home) -> dg.AssetCheckResult:
    """R20: rows of each file = accepted + duplicate + superseded + excluded + quarantined."""
    return _verdict(
        audits.unbalanced_files(home.lake()),
        "files do not balance",
        "Materialize ingest of their arrival days again, then the fragments of the event days. As a command: "
        "quarterhour run --date, with each of these arrival days.",
    )


@dg.asset_check(asset=dg.AssetKey(["lake", "billing_sessions"]), blocking=True)
def blocks_conserved(context: dg.AssetCheckExecutionContext, home: Home) -> dg.AssetCheckResult:
    """R8, R11: each conversation has just the blocks that it was counted as."""
    lake = home.lake()
    return _verdict(
        audits.lost_or_double_blocks(lake, _days(context, lake)),
        "conversations have other blocks than counted",
        "Materialize the sessions of their days again (quarterhour run --date).",
    )


@dg.asset_check(asset=dg.AssetKey(["lake", "billing_sessions"]), blocking=True)
def sessions_called_for(home: Home) -> dg.AssetCheckResult:
    """R8, R12, R15: each app has the sessions that its conversations, requests and alerts call for."""
    return _verdict(
        audits.miscounted_apps(home.lake()),
        "apps have other sessions than called for",
        "Materialize the sessions of all days again (quarterhour run --from --to).",
    )


@dg.asset_check(asset=dg.AssetKey(["lake", "conversations"]))
def legs_have_conversations(context: dg.AssetCheckExecutionContext, home: Home) -> dg.AssetCheckResult:
    """R7: few logged legs stand alone; many say that interactions or keys are missing."""
    lake, limit = home.lake(), home.settings().unmatched_legs_limit
    unmatched, legs = audits.unmatched_share(lake, _days(context, lake))
    is_fine = unmatched <= limit * legs
    told = f"{unmatched} of {legs} logged legs have no conversation (limit {limit:.0%})"
    remedy = (
        "Ask the sender of the interactions whether files are missing, and compare user_id, channel and "
        "session_id of the legs with theirs; what comes late is matched then."
    )
    return dg.AssetCheckResult(
        passed=is_fine,
        severity=dg.AssetCheckSeverity.WARN,
        description=told if is_fine else f"{told}. {remedy}",
        metadata={"unmatched": unmatched, "legs": legs, "share": round(unmatched / max(legs, 1), 4)},
    )


@dg.asset_check(asset=dg.AssetKey(["lake", "fragments"]))
def ids_stand_on_one_day(context: dg.AssetCheckExecutionContext, home: Home) -> dg.AssetCheckResult:
    """R18: an id that stands on two days may be one event told twice with another time.

    Looks at the ids of the run's days, a month around.
    """
    lake = home.lake()
    return _verdict(
        audits.ids_on_two_days(lake, _days(context, lake, FRAGMENTS)),
        "ids stand on more than one day",
        "Ask the sender; until it is settled each day counts its own row, and invoices of the account for "
        "these months wait. Accept an id that is right on both days: quarterhour account accept-id ACCOUNT "
        "--stream STREAM --id ID; or correct the files and run their days again.",
        dg.AssetCheckSeverity.WARN,
    )


@dg.definitions
def checks() -> dg.Definitions:
    """All checks of the lake."""
    return dg.Definitions(
        asset_checks=[
            ledger_balances,
            blocks_conserved,
            sessions_called_for,
            legs_have_conversations,
            ids_stand_on_one_day,
        ]
    )
