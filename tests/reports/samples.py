"""Accounts and months made by hand for the tests of the pages."""

import random
from datetime import date, timedelta
from decimal import Decimal

from reports import models
from reports.models import Account, AppUsage, DayUsage, Measures, MonthPage, UsageMonth

BANK = Account("bank-1999", "Bank of Jerusalem", "Asia/Jerusalem", "USD")
FEBRUARY = date(1999, 2, 1)


def measures_sum(parts: list[Measures], agent_seats: int) -> Measures:
    return Measures(
        **{count: sum(getattr(part, count) for part in parts) for count in models.COUNTS},
        agent_seats=agent_seats,
    )


def day_measures(chance: random.Random, size: int, agent_seats: int, provisional: int = 0) -> Measures:
    usage, requests, alerts = (chance.randint(share // 2, share) for share in (size, size // 6, size // 9))
    return Measures(
        billing_sessions=usage + requests + alerts,
        usage_sessions=usage,
        request_sessions=requests,
        alert_sessions=alerts,
        voice_sessions=chance.randint(size // 2, size),
        proactive_notifications=chance.randint(0, 9),
        agent_seats=agent_seats,
        provisional_sessions=provisional,
    )


def busy_month(
    month: date = FEBRUARY, days: int = 28, data_through: date | None = date(1999, 2, 28)
) -> UsageMonth:
    """A month of two apps whose parts add up; the last day has provisional sessions."""
    chance = random.Random(1999)
    by_app: dict[str, list[Measures]] = {"ivr-PS": [], "ivr-NE": []}
    by_day = []
    for number in range(days):
        day = month + timedelta(days=number)
        size = 300 if day.weekday() in (4, 5) else 1200
        seats = 12 if number < 14 else 18
        last = 37 if number == days - 1 else 0
        parts = [day_measures(chance, size, seats, last), day_measures(chance, size // 3, 4)]
        for measures, app in zip(parts, by_app.values(), strict=True):
            app.append(measures)
        by_day.append(DayUsage(day, measures_sum(parts, seats + 4)))
    apps = tuple(
        AppUsage(app_id, name, measures_sum(parts, max(part.agent_seats for part in parts)))
        for (app_id, parts), name in zip(by_app.items(), ("Private banking", ""), strict=True)
    )
    total = measures_sum([day.measures for day in by_day], max(day.measures.agent_seats for day in by_day))
    return UsageMonth(month, tuple(by_day), apps, total, data_through)


def ledger() -> models.Ledger:
    """Rows of three streams, with dirt."""
    return models.Ledger(
        lines=(
            models.LedgerLine("interactions", 443_120, 442_711, 204, 12, 180, 13),
            models.LedgerLine("handoffs", 21_903, 21_899, 0, 0, 0, 4),
            models.LedgerLine("account_events", 14, 14, 0, 0, 0, 0),
        ),
        unattributed=models.LedgerLine("all", 3, 0, 0, 0, 0, 3),
        reasons=(
            models.QuarantineReason("interactions", "unknown actor", 9),
            models.QuarantineReason("interactions", "time zone is missing", 4),
            models.QuarantineReason("handoffs", "leg ends before it starts", 4),
        ),
        warnings=(models.FileWarning("interactions/1999-02-09/part-0.jsonl.gz", "gzip ends early"),),
    )


def invoice_line(number: int, metric: str, quantity: str, unit_price: str, amount: str) -> models.InvoiceLine:
    in_advance = metric in ("base_fee", "agent_seats")
    return models.InvoiceLine(
        line_number=number,
        app_id="ivr-PS",
        app_name="Private banking",
        plan_id="growth",
        metric=metric,
        charge_period_start_date=date(1999, 3, 1) if in_advance else FEBRUARY,
        charge_period_end_date=date(1999, 4, 1) if in_advance else date(1999, 3, 1),
        quantity=Decimal(quantity),
        unit_price=Decimal(unit_price),
        amount=Decimal(amount),
    )


def invoice() -> models.Invoice:
    """A draft of three lines."""
    lines = (
        invoice_line(1, "base_fee", "1", "499.000000", "499.00"),
        invoice_line(2, "billing_sessions", "33043", "0.032500", "1073.90"),
        invoice_line(3, "agent_seats", "22", "15.000000", "330.00"),
    )
    return models.Invoice(
        invoice_id="bank-1999/1999-02",
        currency="USD",
        zone="Asia/Jerusalem",
        period_start_date=FEBRUARY,
        period_end_date=date(1999, 3, 1),
        subtotal=Decimal("1902.90"),
        tax=Decimal("323.49"),
        total=Decimal("2226.39"),
        amount_due=Decimal("2226.39"),
        lines=lines,
        taxes=(models.InvoiceTax("S", Decimal(17), Decimal("1902.90"), Decimal("323.49")),),
    )


def month_page(account: Account = BANK, usage: UsageMonth | None = None) -> MonthPage:
    """The bank's February."""
    return MonthPage(
        account=account,
        zone=account.zone,
        usage=usage or busy_month(),
        ledger=ledger(),
        invoice=None if account.is_enterprise else invoice(),
        previous_month=date(1999, 1, 1),
        following_month=date(1999, 3, 1),
    )
