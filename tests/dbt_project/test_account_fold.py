"""The fold of any book: the order of rows says nothing, and a refused event changes nothing."""

from __future__ import annotations

import random
import tempfile
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from orchestration import dbt
from tests.dbt_project.account_book import READ, folded
from tests.dbt_project.lakes import Lake, rows

ACCOUNTS, DAYS = 12, 100
OUTCOMES = tuple(model for model in READ.split() if model != "account_event_refusals")
PLANS = ("trial", "payg_usd", "essential_usd", "advanced_usd", "advanced_eur")


def some_event(days: st.SearchStrategy[int]) -> st.SearchStrategy[dict[str, Any]]:
    """An event that may well conflict with others: apps, plans, ids and instants are few."""

    def of(event_type: str, **values: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
        return st.fixed_dictionaries({"type": st.just(event_type), "day": days, **values})

    app = {"app": st.sampled_from(["a", "b"])}
    order = {"order_id": st.sampled_from(["o1", "o2"])}
    plan = {"plan_id": st.sampled_from(PLANS)}
    role = {"user_id": st.just("u"), "role": st.sampled_from(["admin", "shared"])}
    amount = {"amount": st.sampled_from(["10", "20.00", "500"])}
    return st.one_of(
        of("account_opened", currency=st.sampled_from(["USD", "EUR"])),
        of("account_closed"),
        of("zone_set", zone=st.sampled_from(["Asia/Tokyo", "America/New_York"])),
        of("currency_set", currency=st.sampled_from(["USD", "EUR"])),
        *(of(name, **app) for name in ("app_published", "app_suspended", "app_closed")),
        *(of(name, **app, **plan) for name in ("plan_subscribed", "plan_changed")),
        *(of(name, **app, days=st.integers(1, 9)) for name in ("extension_requested", "extension_granted")),
        *(of(name, **app) for name in ("plan_cancelled", "extension_refused")),
        of("seats_set", **app, seats=st.integers(0, 2)),
        of("order_placed", **app, **order, **amount),
        *(of(name, **order) for name in ("order_cleared", "order_failed", "order_cancelled")),
        of("free_credit_granted", **app, **amount),
        *(of(name, **role) for name in ("role_granted", "role_revoked")),
        of("payment_recorded", payment_id=st.just("p"), invoice_number=st.just("1"), **amount),
        of("payment_reversed", payment_id=st.just("p")),
    )


@st.composite
def books(draw: st.DrawFn) -> Lake:
    """Accounts whose books are full of conflicts; most begin as books do."""
    lake = Lake()
    for account in range(ACCOUNTS):
        begins_well = draw(st.booleans())
        first = [{"type": "account_opened", "day": 0}, {"type": "app_published", "day": 0, "app": "a"}]
        for event in [*first * begins_well, *draw(st.lists(some_event(st.integers(0, DAYS)), max_size=14))]:
            values = {name: value for name, value in event.items() if name not in ("type", "day", "app")}
            when = date(2026, 1, 1) + timedelta(days=event["day"])
            lake.event(f"acc{account}", f"{when} 20:00", event["type"], event.get("app"), **values)
    return lake.arrived("2026-05-01")


def outcomes(home: Path) -> set[tuple[Any, ...]]:
    """All rows of all models that others read."""
    with duckdb.connect(str(home / dbt.WAREHOUSE), read_only=True) as connection:
        connection.execute("set TimeZone = 'UTC'")
        told = {model: connection.execute(f"from {model}").fetchall() for model in OUTCOMES}
    return {(model, *row) for model, found in told.items() for row in found}


def refusals(home: Path) -> set[tuple[str, str, str]]:
    return set(rows(home, "select account_id, event_id, refusal_reason from account_event_refusals"))


def again(home: Path, lake: Lake, events: list[dict[str, Any]]) -> Path:
    """The fold of these events instead."""
    lake.rows["account_events"] = events
    return folded(lake.write(Path(tempfile.mkdtemp(dir=home))))


# Shrinking would fold for hours; the difference of the outcomes tells the account.
@settings(
    max_examples=max(4, settings.default.max_examples // 25),
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
)
@given(lake=books(), dice=st.randoms(use_true_random=False))
def test_the_fold_knows_no_order_of_rows_and_a_refused_event_changes_nothing(
    home: Path, lake: Lake, dice: random.Random
) -> None:
    events = lake.rows["account_events"]
    folded = again(home, lake, events)
    expected, refused = outcomes(folded), refusals(folded)

    copies = [*events, *events[::3]]
    dice.shuffle(copies)
    shuffled = again(home, lake, copies)
    assert outcomes(shuffled) ^ expected == set()
    assert refusals(shuffled) ^ refused == set()

    gone = {(account, event) for account, event, _ in refused}
    kept = [row for row in events if (row["account_id"], row["event_id"]) not in gone]
    accounts = {row["account_id"] for row in kept}
    without = again(home, lake, kept)
    assert refusals(without) == set()
    assert outcomes(without) ^ {row for row in expected if row[0] == "sellers" or row[1] in accounts} == set()
