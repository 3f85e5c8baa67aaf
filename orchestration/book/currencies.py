"""What a change of an account's currency leaves without a price (P0): it is allowed, and says so."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from orchestration.book.judging import state_at
from orchestration.book.types import plan_currencies


def unpriced_plans(home: Path, account_id: str, currency: str, at: datetime) -> tuple[str, ...]:
    """A warning for each plan that runs on into the month from which the account is in that currency."""
    state = state_at(home, account_id, at)
    if not state["accounts"]:
        return ()
    zone = ZoneInfo(str(state["accounts"][0]["zone"]))
    first = (at.astimezone(zone).date().replace(day=1) + timedelta(days=32)).replace(day=1)
    return tuple(
        _warning(plan, plan_id, currency, first)
        for plan in state["plan_states"]
        if (plan_id := _running(plan, first))
        if plan_currencies().get(plan_id) not in (None, "", currency)
    )


def _running(plan: Mapping[str, Any], day: date) -> str | None:
    """The plan in force on a day to come, as far as the book knows."""
    if plan["next_date"] and plan["next_date"] <= day:
        return plan["next_plan_id"]
    ends = plan["expires_date"]
    return plan["plan_id"] if plan["is_in_force"] and (ends is None or ends > day) else None


def _warning(plan: Mapping[str, Any], plan_id: str, currency: str, first: date) -> str:
    whose = f"app {plan['app_id']}" if plan["app_id"] else "the account"
    return (
        f"from {first} on, {plan_id} of {whose} has no price in {currency}: it charges nothing "
        f"until it changes to a plan in {currency}, which is taken from that day on (change-plan)"
    )
