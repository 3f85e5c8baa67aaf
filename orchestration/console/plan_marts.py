"""What the plan pages are made of, read from the marts for all accounts at once."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import fields
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Any, TypeVar

import duckdb

from orchestration.console.reading import Row, grouped, rows
from reports.models.plan_page import (
    Action,
    Balance,
    Choices,
    ExpectedCharges,
    MetricForecast,
    Notice,
    Offer,
    PlanApp,
)
from reports.models.plan_prices import PlanPrices, Price, Tier

Prices = tuple[str, ...]
"""The ids of all prices of a plan, in the order in which they are told."""

Subject = tuple[str, str | None]
"""An account and its app, or None for its contract."""

Model = TypeVar("Model", Notice, MetricForecast, ExpectedCharges, Balance)

_IN_ORDER = """
    list_position(
        [
            'base_fee', 'billing_sessions', 'usage_sessions', 'request_sessions', 'alert_sessions',
            'voice_sessions', 'agent_seats'
        ],
        metric
    )
"""
_PLANS = "select * from int_plans_described"
_LIST_PRICES = f"""
    select plan_id, plan_version, list(price_id order by {_IN_ORDER}) as prices
    from int_prices group by plan_id, plan_version
"""
_COMMITMENTS = """
    select plan_id, plan_version, minimum_commitment as commitment, overage_factor
    from plans where minimum_commitment > 0
"""
# What an account pays today for the plan that it has, its contract's prices included, as it is rated.
_PRICES_IN_FORCE = f"""
    with subjects as (
        select distinct app_plans.account_id, app_plans.plan_id, dated.last_date
        from app_plans inner join int_accounts_dated as dated using (account_id)
        where app_plans.plan_id is not null
    )
    select
        subjects.account_id,
        subjects.plan_id,
        max(plan_version) as plan_version,
        list(price_id order by {_IN_ORDER}) as prices,
        any_value(agreed.committed_amount) as agreed_commitment,
        any_value(agreed.overage_factor) as agreed_overage_factor
    from subjects
    inner join int_account_prices as priced
        on
            subjects.account_id = priced.account_id and subjects.plan_id = priced.plan_id
            and subjects.last_date >= priced.from_date and subjects.last_date < priced.until_date
    left join int_commitments_set as agreed
        on
            subjects.account_id = agreed.account_id and priced.plan_kind = 'enterprise'
            and subjects.last_date >= agreed.from_date and subjects.last_date < agreed.until_date
    group by subjects.account_id, subjects.plan_id
"""
_PRICES = """
    select price_id, metric, charge_model, package_size, included_units, minimum_spend, maximum_spend
    from int_prices
    union all
    select price_id, metric, charge_model, package_size, included_units, minimum_spend, maximum_spend
    from int_contract_prices
"""
_TIERS = "select price_id, up_to, unit_price, flat_fee from int_price_tiers order by price_id, tier_number"
# Apps in one state are offered the same: each set of offers is read once.
_CHOICES = """
    with offers as (
        select
            account_id,
            app_id,
            list(
                {
                    'plan_id': plan_id, 'plan_version': plan_version,
                    'event_type': event_type, 'is_in_force': is_in_force, 'refusal_reason': refusal_reason,
                    'effective_date': effective_date, 'is_at_once': is_at_once, 'expires_date': expires_date
                }
                order by offers.currency != accounts.currency, offers.currency, unit_price, plan_id
            ) as offers
        from plan_offers as offers
        inner join accounts using (account_id)
        left join (select plan_id, plan_version, unit_price from int_prices where metric = 'base_fee') as fees
            using (plan_id, plan_version)
        group by account_id, app_id
    ),
    actions as (
        select
            account_id,
            app_id,
            list(
                {
                    'event_type': event_type, 'refusal_reason': refusal_reason,
                    'effective_date': effective_date, 'minimum': minimum_amount,
                    'maximum': maximum_amount, 'currency': currency
                }
                order by event_type
            ) as actions
        from plan_actions group by account_id, app_id
    )
    select
        offers, actions,
        list({'account_id': offers.account_id, 'app_id': offers.app_id}) as subjects
    from offers inner join actions
        on offers.account_id = actions.account_id and offers.app_id is not distinct from actions.app_id
    group by offers, actions
"""
_APPS = """
    from app_plans
    order by account_id, app_id is not null, lower(app_name), app_id
"""
_NOTICES = """
    select
        account_id, app_id, notice_kind as kind, notice_date as day, plan_name, amount,
        threshold_amount as threshold, currency, days, units, remark
    from plan_notices order by account_id, app_id, notice_number
"""
_FORECASTS = f"""
    select
        account_id, app_id, metric, period_start_date as period_start, period_end_date as period_end,
        through_date as through, remaining_days, used_units as used, included_units as included,
        observed_days, expected_units as expected, low_units as low, high_units as high, currency,
        expected_amount, low_amount, high_amount, no_forecast_reason
    from usage_forecasts order by account_id, app_id, {_IN_ORDER}
"""
# The bounds of a sum lie within the sums of the bounds.
_EXPECTED = """
    select
        account_id,
        currency,
        sum(expected_amount) as expected,
        sum(low_amount) as low,
        sum(high_amount) as high,
        count(distinct app_id) filter (where no_forecast_reason like 'less than%') as apps_without
    from usage_forecasts where currency is not null
    group by account_id, currency having sum(expected_amount) is not null
    order by account_id, currency
"""
_BALANCES = """
    select account_id, currency, sum(balance) as amount
    from wallets group by account_id, currency order by account_id, currency
"""
_JUDGED = "select account_id, last_date from int_accounts_dated"


class PlanMarts:
    """The marts of the plan pages."""

    def __init__(self, warehouse: duckdb.DuckDBPyConnection):
        self._plans = _Plans(warehouse)
        self._choices = _choices_of(warehouse, self._plans)
        self._notices = grouped(warehouse, _NOTICES, "account_id", "app_id")
        self._forecasts = grouped(warehouse, _FORECASTS, "account_id", "app_id")
        self._apps = grouped(warehouse, _APPS, "account_id")
        self._expected = grouped(warehouse, _EXPECTED, "account_id")
        self._balances = grouped(warehouse, _BALANCES, "account_id")
        self.judged_on: Mapping[str, date] = {
            row["account_id"]: row["last_date"] for row in rows(warehouse, _JUDGED)
        }

    def apps(self, account_id: str) -> tuple[PlanApp, ...]:
        """The account's contract, if it has one, and its apps by their names."""
        return tuple(self._app((account_id, row["app_id"]), row) for row in self._apps[account_id])

    def expected(self, account_id: str) -> tuple[ExpectedCharges, ...]:
        """What the usage of the running periods is expected to come to."""
        return tuple(_of(ExpectedCharges, row) for row in self._expected[account_id])

    def balances(self, account_id: str) -> tuple[Balance, ...]:
        """What the account's wallets hold."""
        return tuple(_of(Balance, row) for row in self._balances[account_id])

    def _app(self, subject: Subject, row: Row) -> PlanApp:
        plan_id = row["plan_id"]
        return PlanApp(
            app_id=row["app_id"],
            name=row["app_name"],
            plan=self._plans.in_force(subject[0], plan_id) if row["is_in_force"] else None,
            status=row["status"],
            plan_name=row["plan_name"],
            is_under_contract=row["is_under_contract"],
            is_in_force=row["is_in_force"],
            owner_id=row["owner_id"],
            agent_seats=row["agent_seats"],
            balance=row["balance"],
            currency=row["wallet_currency"],
            balance_status=row["balance_status"],
            days_left=row["days_left"],
            notices=tuple(_of(Notice, each) for each in self._notices.get(subject, ())),
            forecasts=tuple(_of(MetricForecast, each) for each in self._forecasts.get(subject, ())),
            choices=self._choices[subject],
        )


class _Plans:
    """Plans with their prices: each set of prices is one object, whoever pays them."""

    def __init__(self, warehouse: duckdb.DuckDBPyConnection):
        self._plans = {row["plan_id"]: row for row in rows(warehouse, _PLANS)}
        self._listed: dict[tuple[str, int], Prices] = {
            (row["plan_id"], row["plan_version"]): tuple(row["prices"])
            for row in rows(warehouse, _LIST_PRICES)
        }
        self._commitments = {
            (row["plan_id"], row["plan_version"]): (row["commitment"], row["overage_factor"])
            for row in rows(warehouse, _COMMITMENTS)
        }
        self._agreed = {(row["account_id"], row["plan_id"]): row for row in rows(warehouse, _PRICES_IN_FORCE)}
        tiers: defaultdict[str, list[Tier]] = defaultdict(list)
        for row in rows(warehouse, _TIERS):
            tiers[row["price_id"]].append(Tier(row["up_to"], row["unit_price"], row["flat_fee"]))
        self._prices = {
            row["price_id"]: _price(row, tuple(tiers[row["price_id"]])) for row in rows(warehouse, _PRICES)
        }
        self.priced = lru_cache(8_192)(self._priced)

    def listed(self, plan_id: str, version: int) -> PlanPrices:
        """A version of a plan at its list prices."""
        return self.priced(plan_id, version, self._listed[plan_id, version])

    def in_force(self, account_id: str, plan_id: str) -> PlanPrices | None:
        """The account's plan at the prices that it pays."""
        row = self._agreed.get((account_id, plan_id))
        if row is None:
            return None
        version, prices = row["plan_version"], tuple(row["prices"])
        return self.priced(plan_id, version, prices, row["agreed_commitment"], row["agreed_overage_factor"])

    def _priced(
        self,
        plan_id: str,
        version: int,
        prices: Prices,
        commitment: Decimal | None = None,
        overage_factor: Decimal | None = None,
    ) -> PlanPrices:
        """A contract's commitment stands before its plan's (P7)."""
        plan = self._plans[plan_id]
        if commitment is None:
            commitment, overage_factor = self._commitments.get((plan_id, version), (None, None))
        is_listed = prices == self._listed[plan_id, version]
        return PlanPrices(
            key=f"{plan_id}/{version}" if is_listed else f"{plan_id}/agreed",
            plan_id=plan_id,
            name=plan["plan_name"],
            kind=plan["plan_kind"],
            currency=plan["currency"] or "",
            prices=tuple(self._prices[price_id] for price_id in prices),
            commitment=commitment,
            overage_factor=overage_factor,
            **{name: plan[name] for name in _TERMS},
        )


_TERMS = (
    "expires_after_days", "free_credit", "free_credit_days", "minimum_top_up", "maximum_top_up", "has_agents",
)  # fmt: skip


def _price(row: Row, tiers: tuple[Tier, ...]) -> Price:
    told = {name: value for name, value in row.items() if name != "price_id"}
    return Price(tiers=tiers, **told)


def _choices_of(warehouse: duckdb.DuckDBPyConnection, plans: _Plans) -> defaultdict[Subject, Choices]:
    """What can be asked for each app; apps that are told the same share one object."""
    found: defaultdict[Subject, Choices] = defaultdict(Choices)
    for row in rows(warehouse, _CHOICES):
        offers = tuple(_offer(each, plans) for each in row["offers"])
        choices = Choices(offers, tuple(Action(**each) for each in row["actions"]))
        for subject in row["subjects"]:
            found[subject["account_id"], subject["app_id"]] = choices
    return found


def _offer(told: Mapping[str, Any], plans: _Plans) -> Offer:
    """A plan without a price yet is offered at its first one, with the reason why not."""
    version = told["plan_version"]
    return Offer(
        plan=plans.listed(told["plan_id"], 1 if version is None else version),
        **{name: value for name, value in told.items() if name not in ("plan_id", "plan_version")},
    )


def _of(model: type[Model], row: Row) -> Model:
    """A dataclass of the columns that have its fields' names."""
    return model(**{field.name: row[field.name] for field in fields(model)})
