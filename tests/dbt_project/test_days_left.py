"""How long a balance lasts where some of it lapses first (P10), in the marts and day by day."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest

from orchestration import dbt
from tests.dbt_project.lakes import Lake, rows

BEGUN, DRAWN_ON, LAST = date(2026, 6, 1), date(2026, 6, 20), date(2026, 6, 30)
PLANS_CREDIT = ("free/bot", Decimal(500), BEGUN + timedelta(days=90))
LAST_ENDED = {"UTC": LAST, "Asia/Tokyo": LAST, "America/New_York": date(2026, 6, 29)}
"""The last local day that has ended before the watermark; elsewhere than in UTC the next one has begun."""


@dataclass(frozen=True)
class Case:
    """An app whose wallet has begun on 1 June with the plan's 500 for 90 days, and what June drew of it."""

    gifts: tuple[tuple[str, Decimal, date], ...]
    """Free credit beside the plan's: its id, its amount, and the day on which it lapses."""
    funds: Decimal
    draws: tuple[tuple[str | None, Decimal], ...]
    zone: str = "UTC"

    @property
    def rate(self) -> Fraction:
        return Fraction(sum((amount for _, amount in self.draws), Decimal(0))) / 30

    def put(self, lake: Lake, account: str) -> None:
        day = f"{BEGUN} 12:0"
        lake.event(account, f"{day}0", "account_opened", zone=self.zone, currency="USD", kind="standard")
        lake.event(account, f"{day}1", "plan_subscribed", "bot", plan_id="payg_usd")
        for gift, amount, lapses in self.gifts:
            lake.event(
                account, f"{day}2", "free_credit_granted", "bot", event_id=gift, amount=f"{amount}",
                expires_date=f"{lapses}",
            )  # fmt: skip
        if self.funds:
            order = {"order_id": f"o-{account}"}
            lake.event(account, f"{day}3", "order_placed", "bot", **order, amount=f"{self.funds}")
            lake.event(account, f"{day}4", "order_cleared", "bot", **order)
        for credit, amount in self.draws:
            lake.add(
                "wallet_draws", account_id=account, app_id="bot", month_date=BEGUN, wallet_date=DRAWN_ON,
                credit_id=credit, currency="USD", amount=amount, sequence=1,
                place=len(lake.rows["wallet_draws"]),
            )  # fmt: skip


def day_by_day(case: Case) -> int:
    """Pays for whole days, one after the other, the soonest to lapse of what has not lapsed yet first."""
    taken = dict(case.draws)
    credits = sorted((lapses, credit, amount) for credit, amount, lapses in (PLANS_CREDIT, *case.gifts))
    left = {(lapses, credit): Fraction(amount - taken.get(credit, 0)) for lapses, credit, amount in credits}
    paid = Fraction(case.funds - taken.get(None, Decimal(0)))
    day, days = LAST_ENDED[case.zone], 0
    while True:
        day += timedelta(days=1)
        due = case.rate
        for (lapses, credit), amount in left.items():
            if day < lapses:
                part = min(due, amount)
                left[lapses, credit] -= part
                due -= part
        if due > paid:
            return days
        paid -= due
        days += 1


def some_case(chance: random.Random) -> Case:
    """Up to four gifts, now and then on one day, and amounts that seldom divide evenly."""

    def amount(most: int) -> Decimal:
        return Decimal(chance.randint(1, most * 100)) / 100

    gifts = tuple(
        (f"gift-{number}", amount(200), LAST + timedelta(days=chance.choice((2, 3, 9, 20, 20, 61, 200))))
        for number in range(chance.randint(0, 4))
    )
    draws = tuple(
        (credit, min(amount(300), most))
        for credit, most, _ in (PLANS_CREDIT, *gifts)
        if chance.random() < 0.6
    )
    funds = 20 + amount(300) if chance.random() < 0.5 else Decimal(0)
    return Case(gifts, funds, draws or THREE_A_DAY, chance.choice(tuple(LAST_ENDED)))


THREE_A_DAY = (("free/bot", Decimal(90)),)
BY_HAND = {
    # 410 at 3 a day would last for 136 days; the credit lapses on 30 August, after the nights of 60 days.
    "lapses": (Case((), Decimal(0), THREE_A_DAY), 60),
    # 230 of the 410 lapse; the 200 that were paid for last for another 66.67 days.
    "paid": (Case((), Decimal(200), THREE_A_DAY), 126),
    # The first gift lapses unspent after 9 days, 27 of 100 used; both others pay until 30 August.
    "gift": (Case((("soon", Decimal(100), date(2026, 7, 10)),), Decimal(200), THREE_A_DAY), 126),
    # The 300 are drawn from 30 August on, 33 of them until they lapse on 10 September.
    "later": (Case((("late", Decimal(300), date(2026, 9, 10)),), Decimal(0), THREE_A_DAY), 71),
    # 50 of credit are left, which 15 a day use up long before they lapse.
    "soon": (Case((), Decimal(40), (("free/bot", Decimal(450)),)), 6),
    # The last local day, the 30th, has not ended in New York: it is one more of those that are left.
    "zone": (Case((), Decimal(0), THREE_A_DAY, "America/New_York"), 61),
    # 5 are owed, which no free credit pays: nothing is left when it lapses.
    "owed": (Case((), Decimal(0), (("free/bot", Decimal(85)), (None, Decimal(5)))), 60),
}
CHANCE = random.Random(10)
BY_CHANCE = {f"chance-{number}": some_case(CHANCE) for number in range(150)}


@pytest.fixture(scope="module")
def days_left(tmp_path_factory: pytest.TempPathFactory) -> dict[str, int]:
    lake = Lake()
    for account, (case, _) in BY_HAND.items():
        case.put(lake, account)
    for account, case in BY_CHANCE.items():
        case.put(lake, account)
    home = lake.arrived(f"{LAST}").write(tmp_path_factory.mktemp("home"))
    assert dbt.build(home).raise_if_failed().is_published
    return dict(rows(home, "select account_id, days_left from wallets"))


@pytest.mark.parametrize("account", BY_HAND)
def test_what_lapses_unspent_pays_for_no_day(days_left: dict[str, int], account: str) -> None:
    assert days_left[account] == BY_HAND[account][1]


def test_a_balance_lasts_as_long_as_its_days_are_paid_one_by_one(days_left: dict[str, int]) -> None:
    assert {account: days_left[account] for account in BY_CHANCE} == {
        account: day_by_day(case) for account, case in BY_CHANCE.items()
    }
