"""What the console offers: the fold's own answer to each event, and forecasts worked out by hand."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from orchestration import dbt
from tests.dbt_project.lakes import Lake, at, rows

NOW = "2026-03-20 23:00"
"""The instant of the events that are tried out: an hour before the watermark."""

Offered = tuple[str, str | None, str, str | None]
"""Account, app, type of event, plan."""


def opened(lake: Lake, account: str, *apps: str, **values: Any) -> None:
    lake.event(account, "2026-01-01 08:00", "account_opened", **{"zone": "UTC", "currency": "USD", **values})
    for app in apps:
        lake.event(account, "2026-01-01 08:01", "app_published", app, app_name=app)


def standard(lake: Lake) -> None:
    """An account whose apps stand at every turn that a plan can take."""
    apps = (
        "none",
        "trial",
        "over",
        "essential",
        "downgraded",
        "cancelled",
        "prepaid",
        "closed",
        "off",
        "asked",
    )
    opened(lake, "std", *apps)
    lake.event("std", "2026-03-15 08:00", "plan_subscribed", "trial", plan_id="trial")
    lake.event("std", "2026-01-02 08:00", "plan_subscribed", "over", plan_id="trial")
    lake.event("std", "2026-01-02 08:00", "plan_subscribed", "essential", plan_id="essential_usd")
    lake.event("std", "2026-01-02 08:01", "seats_set", "essential", seats="3")
    lake.event("std", "2026-01-02 08:00", "plan_subscribed", "downgraded", plan_id="advanced_usd")
    lake.event("std", "2026-03-02 08:00", "plan_changed", "downgraded", plan_id="essential_usd")
    lake.event("std", "2026-01-02 08:00", "plan_subscribed", "cancelled", plan_id="essential_usd")
    lake.event("std", "2026-03-02 08:00", "plan_cancelled", "cancelled")
    lake.event("std", "2026-01-02 08:00", "plan_subscribed", "prepaid", plan_id="payg_usd")
    lake.event("std", "2026-01-02 08:00", "plan_subscribed", "closed", plan_id="essential_usd")
    lake.event("std", "2026-03-02 08:00", "app_closed", "closed")
    lake.event("std", "2026-03-02 08:00", "app_suspended", "off")
    lake.event("std", "2026-03-15 08:00", "plan_subscribed", "asked", plan_id="trial")
    lake.event("std", "2026-03-16 08:00", "extension_requested", "asked", days="7")
    lake.sessions("std", "unpublished", "2026-03-01 10:00")


def others(lake: Lake) -> None:
    """Accounts of the other kind, closed, in other zones and currencies, and one that nobody opened."""
    opened(lake, "ent", "desk", kind="enterprise")
    lake.event("ent", "2026-01-02 08:00", "plan_subscribed", plan_id="enterprise_usd")
    opened(lake, "ent-without", "desk", kind="enterprise")
    opened(lake, "shut", "desk")
    lake.event("shut", "2026-01-02 08:00", "plan_subscribed", "desk", plan_id="essential_usd")
    lake.event("shut", "2026-03-02 08:00", "account_closed")
    opened(lake, "west", "desk", zone="America/Los_Angeles")
    lake.event("west", "2026-03-06 08:00", "plan_subscribed", "desk", plan_id="trial")
    opened(lake, "east", "desk", zone="Asia/Tokyo", currency="JPY")
    lake.event("east", "2026-03-07 08:00", "plan_subscribed", "desk", plan_id="trial")
    opened(lake, "moving", "desk")
    lake.event("moving", "2026-01-02 08:00", "plan_subscribed", "desk", plan_id="payg_usd")
    lake.event("moving", "2026-03-02 08:00", "currency_set", currency="EUR")
    lake.event("unopened", "2026-01-02 08:00", "plan_subscribed", "desk", plan_id="essential_usd")
    lake.sessions("silent", "desk", "2026-03-01 10:00")


def the_book() -> Lake:
    lake = Lake()
    standard(lake)
    others(lake)
    return lake


def built(lake: Lake, home: Path, select: str) -> Path:
    lake.arrived("2026-03-20").write(home)
    dbt.build_untested(home / dbt.WAREHOUSE, select)
    return home


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    select = "+plan_offers +plan_actions +int_events_offered_judged"
    return built(the_book(), tmp_path_factory.mktemp("offered"), select)


@pytest.fixture(scope="module")
def offered(home: Path) -> dict[Offered, tuple[str | None, date]]:
    """What the marts say to each event: the reason, and from when on it counts."""
    columns = "account_id, app_id, event_type, plan_id, refusal_reason, effective_date"
    found = rows(home, f"select {columns} from int_events_offered_judged order by all")
    return {(account, app, kind, plan): (reason, day) for account, app, kind, plan, reason, day in found}


def written(event_type: str, plan_id: str | None) -> dict[str, str]:
    """The particulars with which the console's command would write it."""
    return {
        "plan_subscribed": {"plan_id": plan_id or ""},
        "plan_changed": {"plan_id": plan_id or ""},
        "extension_requested": {"days": "7"},
        "seats_set": {"seats": "1"},
        "order_placed": {"order_id": "new", "amount": "20"},
        "auto_reload_set": {"is_on": "true", "threshold": "10", "amount": "50"},
        "owner_changed": {"owner_id": "ann"},
    }.get(event_type, {})


def test_the_fold_says_of_each_event_what_the_marts_say_of_its_offer(
    offered: dict[Offered, tuple[str | None, date]], tmp_path: Path
) -> None:
    """Each offer is written into a copy of its account, and all copies are folded in one build."""
    book, lake = the_book(), Lake()
    copies: dict[str, Offered] = {}
    for place, (account, app, event_type, plan_id) in enumerate(offered):
        copy = f"{account}~{place}"
        copies[copy] = account, app, event_type, plan_id
        for table in ("account_events", "billing_sessions"):
            lake.rows[table] += [
                row | {"account_id": copy} for row in book.rows[table] if row["account_id"] == account
            ]
        lake.event(copy, NOW, event_type, app, event_id="tried", **written(event_type, plan_id))
    folded = built(lake, tmp_path, "+account_event_refusals +int_plan_events_folded")
    reasons = dict(
        rows(folded, "select account_id, refusal_reason from account_event_refusals where event_id = 'tried'")
    )
    changes = dict(
        rows(folded, "select account_id, change_date from int_plan_events_folded where event_id = 'tried'")
    )
    assert len(copies) > 500
    for copy, key in copies.items():
        reason, effective_date = offered[key]
        assert (key, reasons.get(copy)) == (key, reason)
        if reason is None and changes.get(copy) is not None:
            assert (key, changes[copy]) == (key, effective_date)


def plans(home: Path, account: str, app: str | None) -> dict[str, str]:
    """What is said of the plans of an app: from when on one could have it, or why not."""
    same_app = "app_id is null" if app is None else f"app_id = '{app}'"
    found = rows(
        home,
        "select plan_id, refusal_reason, effective_date from plan_offers"
        f" where account_id = '{account}' and {same_app} and coalesce(currency, 'USD') = 'USD'",
    )
    return {plan: reason or str(day) for plan, reason, day in found if plan != "enterprise_usd"}


@pytest.mark.parametrize(
    ("app", "expected"),
    [
        (
            "trial",  # every way out of a trial counts at once
            {
                "trial": "a trial only starts a subscription",
                "payg_usd": "2026-03-20", "essential_usd": "2026-03-20", "advanced_usd": "2026-03-20",
            },
        ),
        (
            "essential",  # an upgrade counts at once; seats stand in the way of what prices none
            {
                "trial": "a trial only starts a subscription",
                "payg_usd": "the plan has no agents, the app has 3: set its seats to 0 first",
                "essential_usd": "the plan is in force already", "advanced_usd": "2026-03-20",
            },
        ),
        (
            "downgraded",  # to the plan in force: the downgrade is taken back
            {
                "trial": "a trial only starts a subscription", "payg_usd": "2026-04-01",
                "essential_usd": "the change to this plan is to come already", "advanced_usd": "2026-03-20",
            },
        ),
        (
            "over",
            {
                "trial": "the app has had its trial",
                "payg_usd": "2026-03-20", "essential_usd": "2026-03-20", "advanced_usd": "2026-03-20",
            },
        ),
        ("closed", dict.fromkeys(["trial", "payg_usd", "essential_usd", "advanced_usd"], "app is closed")),
    ],
)  # fmt: skip
def test_the_plans_of_an_app(home: Path, app: str, expected: dict[str, str]) -> None:
    assert plans(home, "std", app) == expected


def test_funds_are_offered_within_the_plan_s_bounds(home: Path) -> None:
    """The plan's terms, in its own currency, also where the account's is about to change."""
    columns = "account_id, app_id, minimum_amount, maximum_amount, currency"
    found = rows(
        home, f"select {columns} from plan_actions where event_type = 'order_placed' and is_possible"
    )
    assert [(account, app, int(least), int(most), money) for account, app, least, most, money in found] == [
        ("moving", "desk", 20, 10_000, "USD"),
        ("std", "prepaid", 20, 10_000, "USD"),
    ]


def test_what_is_offered_counts_on_the_account_s_own_day(home: Path) -> None:
    """At 00:00 UTC on the 21st it is the 20th in Los Angeles and the 21st in Tokyo."""
    found = rows(
        home,
        "select account_id, max(effective_date) from plan_offers"
        " where account_id in ('west', 'east') and is_eligible group by all order by 1",
    )
    assert found == [("east", date(2026, 3, 21)), ("west", date(2026, 3, 20))]


# Forecasts


def every_day(lake: Lake, account: str, app: str, first: str, *, days: int, times: int) -> None:
    start = at(f"{first} 10:00").toordinal()
    for ordinal in range(start, start + days):
        lake.sessions(account, app, f"{datetime.fromordinal(ordinal):%Y-%m-%d} 10:00", times=times)


@pytest.fixture(scope="module")
def forecasts(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str | None, str], tuple[Any, ...]]:
    """Accounts on 20 March 2026, with 11 days of the month to come."""
    lake = Lake()
    opened(lake, "std", "steady", "weekly", "new", "tried", "off", "small", zone="UTC")
    lake.event("std", "2026-01-02 08:00", "plan_subscribed", "steady", plan_id="essential_usd")
    every_day(lake, "std", "steady", "2026-01-10", days=70, times=4)
    lake.event("std", "2026-01-02 08:00", "plan_subscribed", "weekly", plan_id="advanced_usd")
    every_day(lake, "std", "weekly", "2026-02-21", days=14, times=20)
    every_day(lake, "std", "weekly", "2026-03-07", days=14, times=30)
    lake.event("std", "2026-03-18 08:00", "plan_subscribed", "new", plan_id="essential_usd")
    lake.sessions("std", "young", "2026-03-16 10:00", times=9)
    lake.event("std", "2026-03-16 08:00", "app_published", "young")
    lake.event("std", "2026-03-16 08:01", "plan_subscribed", "young", plan_id="essential_usd")
    lake.event("std", "2026-03-13 08:00", "plan_subscribed", "tried", plan_id="trial")
    every_day(lake, "std", "tried", "2026-03-13", days=8, times=2)
    lake.event("std", "2026-01-02 08:00", "plan_subscribed", "off", plan_id="essential_usd")
    lake.event("std", "2026-03-02 08:00", "app_suspended", "off")
    opened(lake, "ent", "east", "west", kind="enterprise")
    lake.event("ent", "2026-01-02 08:00", "plan_subscribed", plan_id="enterprise_usd")
    every_day(lake, "ent", "east", "2026-02-21", days=28, times=3)
    every_day(lake, "ent", "west", "2026-02-21", days=28, times=2)
    opened(lake, "la", "desk", zone="America/Los_Angeles")
    lake.event("la", "2026-01-02 08:00", "plan_subscribed", "desk", plan_id="payg_usd")
    every_day(lake, "la", "desk", "2026-02-01", days=48, times=1)
    home = built(lake, tmp_path_factory.mktemp("forecast"), "+usage_forecasts")
    columns = (
        "account_id, app_id, metric, used_units, included_units, observed_days, remaining_days,"
        " expected_units, low_units, high_units, expected_amount, low_amount, high_amount, no_forecast_reason"
    )
    found = rows(home, f"select {columns} from usage_forecasts")
    return {
        (account, app, metric): tuple(
            f"{value:.2f}" if place in (7, 8, 9) and value is not None else value
            for place, value in enumerate(rest)
        )
        for account, app, metric, *rest in found
    }


Forecasts = dict[tuple[str, str | None, str], tuple[Any, ...]]


def test_a_steady_pace_goes_on(forecasts: Forecasts) -> None:
    """4 a day: 80 on the 20 days, 44 more on 11; 124 x 0.12 = 14.88."""
    assert forecasts["std", "steady", "billing_sessions"] == (
        80, 0, 28, 11, 124, 124, 124, "14.88", "14.88", "14.88", None
    )  # fmt: skip


def test_the_range_is_that_of_the_quietest_and_the_busiest_week(forecasts: Forecasts) -> None:
    """20 a day from 21 February, 30 a day from 7 March: 25 on average of the 28 days.

    So far 6 x 20 + 14 x 30 = 540; 11 days bring 275, at least 220 and at most 330. 500 are included; up to
    1,000 cost 0.095 each: 315 x 0.095 = 29.925, 260 x 0.095 = 24.70, 370 x 0.095 = 35.15.
    """
    assert forecasts["std", "weekly", "usage_sessions"] == (
        540, 500, 28, 11, 815, 760, 870, "29.93", "24.70", "35.15", None
    )  # fmt: skip


def test_a_plan_that_began_within_the_month_has_its_part_of_the_period_and_the_app_s_own_pace(
    forecasts: Forecasts,
) -> None:
    """From 18 March on; nobody used it in four weeks."""
    assert forecasts["std", "new", "billing_sessions"] == (
        0, 0, 28, 11, 0, 0, 0, "0.00", "0.00", "0.00", None
    )  # fmt: skip


def test_less_than_a_week_of_data_gives_no_forecast(forecasts: Forecasts) -> None:
    assert forecasts["std", "young", "billing_sessions"] == (
        9, 0, None, 11, None, None, None, None, None, None, "less than 7 complete days"
    )  # fmt: skip


def test_a_suspended_app_has_none(forecasts: Forecasts) -> None:
    assert forecasts["std", "off", "billing_sessions"][-1] == "the app is suspended"


def test_a_trial_is_measured_over_all_its_days_and_not_priced(forecasts: Forecasts) -> None:
    """From 13 March for 14 days: 6 to come, after 8 days with 2 each; of the 28 days of the app 16 units.

    The pace is 16 / 28 a day: 6 days bring 3.43, at least none and at most 2 a day.
    """
    assert forecasts["std", "tried", "billing_sessions"] == (
        16, 2000, 28, 6, 19, 16, 28, None, None, None, None
    )  # fmt: skip


def test_a_contract_is_forecast_as_a_whole_and_its_apps_in_units_alone(forecasts: Forecasts) -> None:
    """5 a day: 100 and 55 more; 155 x 0.08 = 12.40."""
    assert forecasts["ent", None, "usage_sessions"] == (
        100, 0, 28, 11, 155, 155, 155, "12.40", "12.40", "12.40", None
    )  # fmt: skip
    assert forecasts["ent", "east", "usage_sessions"] == (
        60, None, 28, 11, 93, 93, 93, None, None, None, None
    )  # fmt: skip
    assert forecasts["ent", None, "voice_sessions"][-4:-1] == ("750.00", "750.00", "750.00")


def test_a_day_that_has_not_ended_is_not_counted(forecasts: Forecasts) -> None:
    """In Los Angeles the 20th goes on: 19 of March's days have ended, 12 are to come."""
    assert forecasts["la", "desk", "billing_sessions"] == (
        19, 0, 28, 12, 31, 31, 31, "6.20", "6.20", "6.20", None
    )  # fmt: skip
