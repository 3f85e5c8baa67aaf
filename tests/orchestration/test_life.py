"""Eight months of an account through the night: every document, number and balance worked out by hand.

Acme Corporation, in New York, USD, taxed at 10 %, has two apps. `bot` has a trial of 14 days from 10 January
that is extended by 7, Essential from 3 February, Advanced from 10 March (the clocks change on the 8th), back
to Essential from 1 July, and is cancelled in July. `shop` is prepaid from 1 February. Each night runs up to
the arrivals of a month's 4th day: then the month before has ended, in New York, three whole days ago.
"""

import json
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration.ledger import Entry, Ledger
from tests.orchestration.runs import dagster_process, night

FIRST, LAST = date(2026, 1, 10), date(2026, 9, 4)
NIGHTS = [date(2026, month, 4) for month in range(2, 10)]


@pytest.fixture(scope="module")
def dagster() -> Iterator[ProcessPoolExecutor]:
    with dagster_process(FIRST, LAST) as pool:
        yield pool


@dataclass
class Landing:
    """What arrives, by stream and day."""

    home: Path
    count: int = 0

    def land(self, stream: str, arrival: date, rows: list[dict[str, Any]]) -> None:
        self.count += 1
        path = self.home / "landing" / stream / str(arrival) / f"{self.count:04}.jsonl"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))

    def event(self, at: str, type_: str, app_id: str | None = None, **fields: object) -> None:
        """An event of the book, at noon UTC."""
        row = {"event_id": f"e{self.count}", "account_id": "acme", "occurred_at": f"{at}T12:00:00Z"}
        row |= {"type": type_, **fields} | ({"app_id": app_id} if app_id else {})
        self.land("account_events", date.fromisoformat(at), [row])

    def alerts(self, app_id: str, at: str, count: int, arrives: str | None = None) -> None:
        """Sessions that need no conversation: alerts delivered at noon UTC (R15)."""
        who = {"account_id": "acme", "app_id": app_id, "user_id": "ann", "status": "delivered", "kind": "alert"}
        rows = [
            {**who, "delivery_id": f"{app_id}-{self.count}-{n}", "delivered_at": f"{at}T12:00:00Z"}
            for n in range(count)
        ]
        self.land("alerts", date.fromisoformat(arrives or at), rows)


def lives(landing: Landing) -> None:
    """All that happens; the night takes what has arrived by then."""
    event, alerts = landing.event, landing.alerts
    event("2026-01-10", "account_opened", account_name="Acme", zone="America/New_York", currency="USD")
    event("2026-01-10", "tax_set", tax_category="S", tax_rate="10")
    event("2026-01-10", "app_published", "bot", app_name="Bot")
    event("2026-01-10", "plan_subscribed", "bot", plan_id="trial")
    alerts("bot", "2026-01-12", 7)
    event("2026-01-20", "extension_requested", "bot", days=7)
    event("2026-01-21", "extension_granted", "bot", days=7)
    alerts("bot", "2026-01-28", 5)  # in the week that was added

    event("2026-02-01", "app_published", "shop", app_name="Shop")
    event("2026-02-01", "plan_subscribed", "shop", plan_id="payg_usd")
    event("2026-02-03", "plan_subscribed", "bot", plan_id="essential_usd")
    event("2026-02-03", "seats_set", "bot", seats=2)
    alerts("bot", "2026-02-15", 100)
    alerts("shop", "2026-02-10", 50)

    alerts("bot", "2026-03-05", 30)
    event("2026-03-10", "plan_changed", "bot", plan_id="advanced_usd")
    alerts("bot", "2026-03-20", 1200)
    event("2026-03-12", "order_placed", "shop", order_id="o1", amount="200", payment_method="card")
    event("2026-03-13", "order_failed", "shop", order_id="o1")
    alerts("shop", "2026-03-15", 1000)

    event("2026-04-05", "order_placed", "shop", order_id="o2", amount="100", payment_method="card")
    event("2026-04-06", "order_cleared", "shop", order_id="o2")
    alerts("shop", "2026-04-20", 500)
    alerts("bot", "2026-04-10", 10)

    alerts("bot", "2026-03-25", 300, arrives="2026-05-20")  # two months late
    alerts("shop", "2026-05-10", 100)

    event("2026-06-15", "plan_changed", "bot", plan_id="essential_usd")
    alerts("bot", "2026-06-20", 20)
    alerts("bot", "2026-07-02", 40)
    event("2026-07-10", "plan_cancelled", "bot")


@pytest.fixture(scope="module")
def home(dagster: ProcessPoolExecutor, tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("life")
    lives(Landing(home))
    first = FIRST
    for last in NIGHTS:
        assert dagster.submit(night, home, first, last).result() == []
        first = date.fromordinal(last.toordinal() + 1)
    return home


@pytest.fixture(scope="module")
def documents(home: Path) -> dict[str, Entry]:
    return {entry.number: entry for entry in Ledger(home).entries() if entry.number}


def lines_of(entry: Entry) -> list[tuple[str, str, int, str]]:
    """App, metric, quantity and amount of each line; corrections are marked."""
    return [
        (
            line["app_id"],
            ("~" if line["charge_class"] == "correction" else "") + line["metric"],
            line["quantity"],
            f"{Decimal(line['amount']):.2f}",
        )
        for line in entry.body["lines"]
    ]


def test_print(home: Path, documents: dict[str, Entry]) -> None:
    for number, entry in documents.items():
        print(number, entry.issue_date, entry.key, entry.body["subtotal"], entry.body["tax"], entry.body["total"])
        for line in lines_of(entry):
            print("    ", line)
    with duckdb.connect(str(home / "warehouse.duckdb"), read_only=True) as marts:
        print(marts.sql("from wallet_movements").fetchall())
        print(marts.sql("from wallets").fetchall())
        print(marts.sql("select * from account_event_refusals").fetchall())
        print(marts.sql("select account_id, invoice_id, status, total, has_lines from invoices order by all").fetchall())
    raise AssertionError
