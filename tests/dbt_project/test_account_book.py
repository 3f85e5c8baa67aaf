"""The account's book: what its fold refuses and what it makes of the rest, worked out by hand."""

from __future__ import annotations

import random
import tempfile
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from orchestration import dbt
from tests.dbt_project.account_book import READ, folded, whole_book
from tests.dbt_project.lakes import Lake, at, rows


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return folded(whole_book().write(tmp_path_factory.mktemp("book")))


def test_each_event_that_conflicts_is_refused_with_its_reason_and_no_other(home: Path) -> None:
    found = rows(home, "select account_id, event_id, refusal_reason from account_event_refusals")
    assert {(account, event): reason for account, event, reason in found} == whole_book().reasons


def periods(home: Path, account: str) -> list[tuple[Any, ...]]:
    return rows(
        home,
        "select plan_id, from_date, until_date from int_subscription_periods"
        f" where account_id = '{account}' order by from_date",
    )


FOR_EVER = date(9999, 12, 31)


@pytest.mark.parametrize(
    ("account", "expected"),
    [
        # Closed in January, the app is without a plan from February on, also once it is published again.
        ("life", [("essential_usd", date(2026, 1, 5), date(2026, 2, 1)),
                  ("advanced_usd", date(2026, 4, 2), date(2026, 6, 1))]),
        # 14 days from the 2nd, 5 more granted.
        ("try", [("trial", date(2026, 3, 2), date(2026, 3, 21))]),
        ("leave", [("trial", date(2026, 3, 1), date(2026, 3, 5)), ("payg_usd", date(2026, 3, 5), FOR_EVER)]),
        # Cancelled, a trial ends with the month or by itself, whichever is first.
        ("stop", [("trial", date(2026, 3, 25), date(2026, 4, 1))]),
        ("chg", [("essential_usd", date(2026, 2, 10), date(2026, 2, 20)),
                 ("advanced_usd", date(2026, 2, 20), date(2026, 4, 1)),
                 ("payg_usd", date(2026, 4, 1), date(2026, 5, 1))]),
        # A change to the plan in force takes the downgrade back.
        ("back", [("advanced_usd", date(2026, 2, 10), date(2026, 7, 1)),
                  ("payg_usd", date(2026, 7, 1), FOR_EVER)]),
        ("big", [("enterprise_usd", date(2026, 1, 3), FOR_EVER)]),
    ],
)  # fmt: skip
def test_a_plan_runs_until_the_next_one_its_expiry_or_the_closing(
    home: Path, account: str, expected: list[tuple[Any, ...]]
) -> None:
    assert periods(home, account) == expected


def test_the_state_of_a_plan_is_that_of_the_last_day(home: Path) -> None:
    states = rows(
        home,
        "select account_id, app_id, plan_id, status, expires_date, next_plan_id, next_date from plan_states"
        " where account_id in ('life', 'try', 'leave', 'stop', 'chg', 'back', 'big', 'who')"
        " order by account_id, app_id nulls first",
    )
    assert states == [
        ("back", "a", "advanced_usd", "Active", None, "payg_usd", date(2026, 7, 1)),
        ("big", None, "enterprise_usd", "Active", None, None, None),
        ("big", "a", None, "Inactive", None, None, None),
        ("chg", "a", "payg_usd", "Cancelled", date(2026, 5, 1), None, None),
        ("leave", "a", "payg_usd", "Active", None, None, None),
        ("life", "a", "advanced_usd", "Closed", date(2026, 6, 1), None, None),
        ("life", "b", None, "Closed", None, None, None),
        ("stop", "a", "trial", "Inactive", date(2026, 4, 1), None, None),
        ("try", "a", "trial", "Inactive", date(2026, 3, 21), None, None),
        ("who", "a", None, "Inactive", None, None, None),
    ]


def test_requests_for_an_extension_are_answered_or_lapse(home: Path) -> None:
    requests = rows(
        home,
        "select account_id, request_id, status, requested_days, granted_days, refused_because"
        " from int_extension_requests order by all",
    )
    assert requests == [
        ("stop", "ask", "lapsed", 7, None, None),
        ("try", "ask-1", "refused", 14, None, "too long"),
        ("try", "ask-2", "granted", 7, 5, None),
        ("try", "ask-3", "open", 30, None, None),
    ]


def test_an_order_is_pending_until_its_payment_clears_fails_or_is_cancelled(home: Path) -> None:
    orders = rows(
        home,
        "select order_id, app_id, plan_id, amount, currency, status, settled_date, payment_method"
        " from int_orders order by order_id",
    )
    assert orders == [
        ("o1", "a", "payg_usd", Decimal(100), "USD", "cleared", date(2026, 2, 14), "card"),
        ("o2", "a", "payg_usd", Decimal(20), "USD", "failed", date(2026, 2, 17), None),
        ("o3", "a", "payg_usd", Decimal(20), "USD", "cancelled", date(2026, 2, 17), None),
        ("o4", "a", "payg_usd", Decimal(20), "USD", "pending", None, None),
    ]


def test_wallets_are_filled_by_the_plan_by_grants_and_by_cleared_orders(home: Path) -> None:
    credits = rows(
        home,
        "select credit_id, credit_kind, amount, from_at, from_date, expires_date from int_credits"
        " where account_id = 'pay' order by from_at",
    )
    assert credits == [
        ("free/a", "free", Decimal(500), at("2026-02-11 10"), date(2026, 2, 11), date(2026, 5, 12)),
        ("order/o1", "paid", Decimal(100), at("2026-02-14 10"), date(2026, 2, 14), None),
        ("cr", "free", Decimal(7), at("2026-02-18 10"), date(2026, 2, 18), date(2026, 2, 28)),
        ("late", "free", Decimal(7), at("2026-02-20 11"), date(2026, 2, 20), date(2026, 2, 21)),
    ]
    # A downgrade's credit comes with the downgrade, at its first midnight.
    later = rows(
        home,
        "select account_id, from_at, expires_date from int_credits where account_id in ('back', 'chg')"
        " order by account_id",
    )
    assert later == [
        ("back", at("2026-07-01 00"), date(2026, 9, 29)),
        ("chg", at("2026-04-01 00"), date(2026, 6, 30)),
    ]


def test_contract_prices_hold_until_the_next_word_on_their_metric(home: Path) -> None:
    prices = rows(
        home,
        "select price_id, charge_model, unit_price, included_units, from_date, until_date"
        " from int_contract_prices order by price_id",
    )
    assert prices == [
        ("big/p1", "per_unit", Decimal("0.05"), Decimal(0), date(2026, 1, 4), date(2026, 3, 1)),
        ("big/p2", "graduated", None, Decimal(100), date(2026, 3, 1), FOR_EVER),
    ]
    assert rows(home, "from int_contract_price_tiers order by tier_number") == [
        ("big/p2", 1, Decimal(1000), Decimal("0.04"), Decimal(0)),
        ("big/p2", 2, None, Decimal("0.03"), Decimal(25)),
    ]
    assert rows(home, "from int_commitments_set") == [
        ("big", Decimal(2000), Decimal("1.2"), date(2026, 2, 1), FOR_EVER)
    ]


def test_seats_count_only_where_they_were_taken(home: Path) -> None:
    seats = rows(
        home, "select account_id, app_id, from_date, agent_seats from int_seats_by_change order by all"
    )
    assert seats == [
        ("big", "a", date(2026, 1, 3), 40),
        ("chg", "a", date(2026, 2, 12), 3),
        ("chg", "a", date(2026, 3, 2), 0),
        ("life", "a", date(2026, 2, 1), 0),
        ("logs", "seen-in-logs", date(2026, 1, 2), 4),
        ("try", "a", date(2026, 3, 2), 2),
    ]


def test_what_people_set_is_what_they_said_last(home: Path) -> None:
    assert rows(
        home,
        "select legal_name, tax_id, email, seller_id from account_profiles where account_id = 'who'",
    ) == [("Who GmbH", "T1", None, "qh-eu")]
    assert rows(home, "select seller_id, legal_name, payment_terms_days, zone from sellers order by all") == [
        ("qh-eu", "QH EU", 14, "Europe/Berlin"),
        ("quarterhour", "quarterhour", 30, "UTC"),
    ]
    assert rows(home, "select account_id, user_id, role, granted_by from account_roles") == [
        ("who", "ann", "admin", "root")
    ]
    assert rows(home, "select owner_id, app_name from apps where account_id = 'who'") == [("ann", "A")]
    assert rows(home, "select app_id, is_on, threshold from auto_reloads") == [("a", False, None)]


def test_payments_discounts_and_credit_notes_keep_their_amounts_to_the_last_digit(home: Path) -> None:
    assert rows(
        home,
        "select payment_id, invoice_number, amount, is_reversed, reversed_at from int_payments"
        " where account_id = 'who'",
    ) == [("p1", "Q-2026-1", Decimal("12.5"), True, at("2026-02-04 10"))]
    assert rows(home, "select * exclude (account_id) from int_discounts order by discount_id") == [
        ("d1", None, None, "percent", Decimal("12.5"), None, date(2026, 1, 5), FOR_EVER),
        ("d2", None, None, "fixed", None, Decimal(30), date(2026, 2, 1), date(2026, 5, 1)),
        ("d3", "a", "voice_sessions", "percent", Decimal(5), None, date(2026, 2, 1), FOR_EVER),
    ]
    assert rows(home, "select request_id, amount, reason, requested_by from int_credit_notes_requested") == [
        ("cn", Decimal("2.5"), "goodwill", "root")
    ]


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
