"""Late usage (I3): in whatever order it comes, all documents together bill what the final total rates to.

Many accounts live side by side in one home, so that a few builds try many orders of lateness.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from random import Random

import pytest

from orchestration import dbt
from orchestration.billing.issuing import issue
from orchestration.ledger import Entry, Ledger
from tests.dbt_project.lakes import Lake, rows

PLANS = ("essential_usd", "advanced_usd", "essential_ils", "advanced_ils", "voice_ils")
MONTHS = ("2026-01", "2026-02", "2026-03")
WATERMARKS = ("2026-02-04", "2026-03-04", "2026-04-04", "2026-05-04")
"""The last arrival day of each round: the month before has then been over for three days."""

ACCOUNTS = 24
GONE, MOVED = "gone", "moved"
"""One account closes in February, one is in euros from March; both have late usage in January."""

LEFT = "left"
"""Closed on 20 January, as its book says only when three months have been issued."""


@dataclass(frozen=True)
class Usage:
    """Sessions of a kind on a day, known from a round on; in a later one they may be gone again."""

    account: str
    day: str
    kind: str
    times: int
    known_from: int
    gone_from: int | None


def account_id(number: int) -> str:
    return f"a{number:02}"


def usage_of(random: Random) -> list[Usage]:
    """Of every account some usage in every month, much of it late, some of it taken away again."""
    found = []
    for number in range(ACCOUNTS):
        for index, month in enumerate(MONTHS):
            for _ in range(random.randint(0, 4)):
                known = min(index + random.choice((0, 0, 0, 1, 2)), len(WATERMARKS) - 1)
                gone = random.choice((None, None, None, known + 1))
                times = random.choice((1, 3, 40, 700, 1500))
                kind = random.choice(("usage", "request", "alert", "voice"))
                day = f"{month}-{random.randint(1, 28):02}"
                found.append(Usage(account_id(number), day, kind, times, known, gone))
    return found


def lake_of(usage: list[Usage], round_: int) -> Lake:
    """What is known in a round."""
    lake = Lake()
    for number in range(ACCOUNTS):
        plan = PLANS[number % len(PLANS)]
        currency = "ILS" if plan.endswith("ils") else "USD"
        name = account_id(number)
        lake.event(name, "2026-01-01 08:00", "account_opened", zone="UTC", currency=currency, kind="standard")
        lake.event(name, "2026-01-01 08:01", "tax_set", tax_category="S", tax_rate="17")
        lake.event(name, "2026-01-01 08:02", "app_published", "bot", app_name="Bot")
        lake.event(name, "2026-01-01 08:03", "plan_subscribed", "bot", plan_id=plan)
        if number % 3 == 0:
            lake.event(
                name, "2026-01-01 08:04", "discount_granted", discount_kind="percent", value="12.5",
                from_date="2026-01-01", until_date="2026-03-01",
            )  # fmt: skip
        if number % 4 == 0:
            lake.event(
                name, "2026-01-01 08:05", "discount_granted", discount_kind="fixed", value="30",
                from_date="2026-02-01", until_date="2026-04-01",
            )  # fmt: skip
    for name in (GONE, MOVED):
        lake.event(name, "2026-01-01 08:00", "account_opened", zone="UTC", currency="USD", kind="standard")
        lake.event(name, "2026-01-01 08:03", "plan_subscribed", "bot", plan_id="essential_usd")
    lake.event(LEFT, "2026-01-01 08:00", "account_opened", zone="UTC", currency="USD", kind="standard")
    lake.event(LEFT, "2026-01-01 08:03", "plan_subscribed", "bot", plan_id="essential_usd")
    if round_ == len(WATERMARKS) - 1:
        lake.event(LEFT, "2026-01-20 08:00", "account_closed")
    lake.event(GONE, "2026-02-20 08:00", "account_closed")
    lake.event(MOVED, "2026-02-20 08:00", "currency_set", currency="EUR")
    for each in usage:
        if each.known_from <= round_ and not (each.gone_from is not None and each.gone_from <= round_):
            table = "voice_sessions" if each.kind == "voice" else "billing_sessions"
            lake.sessions(
                each.account, "bot", f"{each.day} 10:00", kind=each.kind, times=each.times, table=table
            )
    return lake.arrived(WATERMARKS[round_])


def billed(entries: list[Entry]) -> dict[tuple[str, str], Decimal]:
    """What all documents together ask for the usage and fees of a month, by account and month."""
    sums: defaultdict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for entry in entries:
        for line in entry.body["lines"]:
            sums[line["account_id"], line["month_date"]] += Decimal(line["amount"])
    return {key: amount for key, amount in sums.items() if amount}


@pytest.fixture(scope="module")
def usage() -> list[Usage]:
    late = [Usage(name, "2026-01-10", "usage", 50, 3, None) for name in (GONE, MOVED)]
    last = Usage(GONE, "2026-02-10", "usage", 5, 1, None)
    return [*usage_of(Random(20260201)), *late, last]


@pytest.fixture(scope="module")
def homes(usage: list[Usage], tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A home that issued month by month what was known, and one that knew all of it at once."""
    piecewise, at_once = (tmp_path_factory.mktemp(name) for name in ("piecewise", "at_once"))
    for round_ in range(len(WATERMARKS)):
        lake_of(usage, round_).write(piecewise)
        dbt.build(piecewise).raise_if_failed()
        issue(piecewise)
    lake_of(usage, len(WATERMARKS) - 1).write(at_once)
    dbt.build(at_once).raise_if_failed()
    issue(at_once)
    return piecewise, at_once


def test_all_documents_together_bill_what_the_final_totals_rate_to(homes: tuple[Path, Path]) -> None:
    piecewise, at_once = (Ledger(home).entries() for home in homes)
    assert billed(piecewise) == billed(at_once)
    assert len(piecewise) > len(at_once) / 2


def test_lateness_made_corrections_in_both_directions_and_credit_notes(homes: tuple[Path, Path]) -> None:
    """Or the test before would prove little."""
    entries = Ledger(homes[0]).entries()
    corrections = [
        Decimal(line["amount"])
        for entry in entries
        for line in entry.body["lines"]
        if line["charge_class"] == "correction"
    ]
    assert sum(amount > 0 for amount in corrections) > 10
    assert sum(amount < 0 for amount in corrections) > 10
    assert not any(
        line["charge_class"] == "correction"
        for entry in Ledger(homes[1]).entries()
        for line in entry.body["lines"]
    )


def test_a_correction_names_an_issued_document_of_its_account_and_month(homes: tuple[Path, Path]) -> None:
    entries = Ledger(homes[0]).entries()
    issued = {entry.body["document_id"]: entry for entry in entries}
    for entry in entries:
        for line in entry.body["lines"]:
            if line["charge_class"] == "correction":
                corrected = issued[line["corrects_document_id"]]
                assert corrected.sequence < entry.sequence
                assert corrected.body["account_id"] == line["account_id"]
                assert corrected.body["month_date"] == line["month_date"]


@pytest.mark.parametrize("account", [GONE, MOVED])
def test_without_a_next_invoice_in_its_currency_a_correction_has_a_document_of_its_own(
    homes: tuple[Path, Path], account: str
) -> None:
    """50 x 0.12; I3, P0."""
    own = [entry for entry in Ledger(homes[0]).entries() if entry.body["account_id"] == account][-1]
    assert own.body["document_id"] == f'["correction","{account}","USD 1"]'
    assert (own.kind, own.body["currency"], Decimal(own.body["total"])) == ("invoice", "USD", Decimal(6))
    (line,) = own.body["lines"]
    assert (line["charge_class"], line["corrects_document_id"]) == ("correction", f"{account}-2026-01")


def test_a_closing_that_is_told_late_gives_the_fees_back_as_a_credit_note(homes: tuple[Path, Path]) -> None:
    """January's own 99.00 stay; those of February, March and April come back."""
    own = [entry for entry in Ledger(homes[0]).entries() if entry.body["account_id"] == LEFT]
    assert [(entry.kind, Decimal(entry.body["subtotal"])) for entry in own] == [
        ("invoice", Decimal(198)),
        ("invoice", Decimal(99)),
        ("invoice", Decimal(99)),
        ("credit_note", Decimal(-297)),
    ]


def test_the_tiers_of_lines_and_corrections_add_up_to_those_of_the_final_rating(
    homes: tuple[Path, Path],
) -> None:
    def tiers(home: Path) -> dict[tuple[str, str, str], Decimal]:
        sums: defaultdict[tuple[str, str, str], Decimal] = defaultdict(Decimal)
        for entry in Ledger(home).entries():
            for line in entry.body["lines"]:
                for tier in line["tiers"]:
                    key = line["line_key"], tier["unit_price"], tier["flat_fee"]
                    sums[key] += Decimal(tier["quantity"])
        return {key: quantity for key, quantity in sums.items() if quantity}

    assert tiers(homes[0]) == tiers(homes[1])


def test_issuing_again_issues_nothing(homes: tuple[Path, Path]) -> None:
    before = Ledger(homes[0]).entries()
    assert issue(homes[0]).entries == []
    assert Ledger(homes[0]).entries() == before
    assert Ledger(homes[0]).verify() == []


def test_what_waits_is_told_with_the_end_of_its_grace(homes: tuple[Path, Path]) -> None:
    waiting = issue(homes[0]).waiting
    assert {wait.month for wait in waiting} == {date(2026, 5, 1)}
    assert {wait.reason for wait in waiting} == {"draft until 2026-06-04 00:00 UTC"}


def test_the_marts_show_issued_documents_as_the_ledger_has_them(homes: tuple[Path, Path]) -> None:
    shown = rows(
        homes[0],
        "select invoice_number, subtotal, tax, total from invoices where status = 'issued' order by 1",
    )
    kept = [
        (entry.number, *(Decimal(entry.body[name]) for name in ("subtotal", "tax", "total")))
        for entry in Ledger(homes[0]).entries()
        if entry.number
    ]
    assert shown == sorted(kept)
