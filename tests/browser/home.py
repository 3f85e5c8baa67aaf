"""A small home in which every page of the console has something to show.

Four accounts from January to 20 March 2026. Two nights: the first issues January, the second February, with
what came late for January, and what was asked of the documents since; March is a draft.
"""

import gzip
import json
import random
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from orchestration.ledger import Ledger
from tests.orchestration.nights import night

FIRST, LAST = date(2026, 1, 2), date(2026, 3, 20)
NIGHTS = (date(2026, 2, 4), LAST)
DAY = timedelta(days=1)

STANDARD, OVERDUE, ENTERPRISE, RTL = "aster", "beta", "globex", "negev"
NAMES = {
    STANDARD: 'Aster & Söhne "><img src=x onerror=alert(1)>',
    OVERDUE: "Beta Inc.",
    ENTERPRISE: "Globex Corporation",
    RTL: "בנק הנגב",
}
HOSTILE_APPS = {
    "shop": "<script>alert(1)</script>",
    "mail": '=HYPERLINK("http://evil.example/","x")',
    "../../etc": "../" * 100,
    "phone": "Phone \N{RIGHT-TO-LEFT OVERRIDE}gpj.exe",
}

Row = dict[str, Any]


@dataclass
class Book:
    """What lands, by arrival: all rows up to a night arrive on its last day."""

    home: Path
    rows: dict[tuple[str, date], list[Row]] = field(default_factory=dict)
    count: int = 0

    def add(self, stream: str, at: date, row: Row, arrives: date | None = None) -> None:
        arrival = arrives or next(each for each in NIGHTS if at <= each)
        self.rows.setdefault((stream, arrival), []).append(row)

    def event(self, account_id: str, at: str, type_: str, app_id: str | None = None, **told: object) -> None:
        self.count += 1
        row = {"event_id": f"e{self.count}", "account_id": account_id, "type": type_, **told}
        row |= {"occurred_at": f"{at}T12:00:00Z"} | ({"app_id": app_id} if app_id else {})
        self.add("account_events", date.fromisoformat(at), row)

    def land(self) -> None:
        """Writes what waits; a later call writes files of its own."""
        for (stream, arrival), rows in self.rows.items():
            path = self.home / "landing" / stream / str(arrival) / f"book-{self.count:04}.jsonl"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("".join(json.dumps(row) + "\n" for row in rows))
        self.rows.clear()


def make_home(home: Path) -> Path:
    """The home after its second night."""
    book = Book(home)
    _accounts(book)
    _traffic(book)
    _dirt(book)
    book.land()
    night(home, FIRST, NIGHTS[0])
    entries = Ledger(home).entries()
    _afterwards(book, {str(entry.body["document_id"]): entry.number for entry in entries if entry.number})
    book.land()
    night(home, NIGHTS[0] + DAY, LAST)
    return home


def _accounts(book: Book) -> None:
    event = book.event
    for account_id, zone, currency, locale in (
        (STANDARD, "Europe/Berlin", "EUR", "de_DE"),
        (OVERDUE, "America/New_York", "USD", "en_US"),
        (ENTERPRISE, "America/Los_Angeles", "USD", "en_US"),
        (RTL, "Asia/Jerusalem", "ILS", "he_IL"),
    ):
        kind = "enterprise" if account_id == ENTERPRISE else "standard"
        event(account_id, "2026-01-02", "account_opened", account_name=NAMES[account_id], zone=zone,
              currency=currency, kind=kind, locale=locale)  # fmt: skip
        event(account_id, "2026-01-02", "seller_set", seller_id="quarterhour", legal_name="Quarterhour Ltd",
              address="1 Clock Street\nGreenwich", tax_id="GB000000000", email="billing@quarterhour.example",
              bank_details="IBAN GB00 QUAR 0000 0000 0000 00")  # fmt: skip
        event(account_id, "2026-01-02", "billing_profile_set", legal_name=NAMES[account_id],
              address="2 Long Road\n12345 Town", email="finance@customer.example")  # fmt: skip
        event(account_id, "2026-01-03", "role_granted", user_id="ann", role="admin")
        event(account_id, "2026-01-03", "role_granted", user_id="bob", role="shared")
    _standard_apps(book)
    event(OVERDUE, "2026-01-02", "app_published", "desk", app_name="Service desk")
    event(OVERDUE, "2026-01-02", "plan_subscribed", "desk", plan_id="advanced_usd")
    event(OVERDUE, "2026-01-02", "seats_set", "desk", seats=5)
    event(OVERDUE, "2026-02-02", "plan_subscribed", "desk", plan_id="gold_usd")  # refused: no seed knows it
    event(OVERDUE, "2026-02-10", "discount_granted", discount_kind="percent", value="10")
    for app_id, seats in {"hr": 50, "it": 80}.items():
        event(ENTERPRISE, "2026-01-02", "app_published", app_id, app_name=app_id.upper())
        event(ENTERPRISE, "2026-01-02", "seats_set", app_id, seats=seats)
    event(ENTERPRISE, "2026-01-02", "plan_subscribed", plan_id="enterprise_usd")
    event(ENTERPRISE, "2026-01-02", "contract_price_set", metric="usage_sessions", charge_model="per_unit",
          unit_price="0.07")  # fmt: skip
    event(ENTERPRISE, "2026-01-02", "contract_price_set", metric="minimum_commitment", amount="6000")
    event(RTL, "2026-01-02", "app_published", "kav", app_name="קו פתוח")
    event(RTL, "2026-01-02", "plan_subscribed", "kav", plan_id="voice_ils")
    event(RTL, "2026-01-02", "seats_set", "kav", seats=4)
    event(RTL, "2026-01-02", "app_published", "sms", app_name="SMS")
    event(RTL, "2026-01-02", "plan_subscribed", "sms", plan_id="payg_ils")
    event(RTL, "2026-01-02", "tax_set", tax_category="S", tax_rate="18")


def _standard_apps(book: Book) -> None:
    def event(*given: str, **told: object) -> None:
        book.event(STANDARD, *given, **told)

    event("2026-01-02", "tax_set", tax_category="S", tax_rate="19")
    plans = {
        "chat": "advanced_eur",
        "mail": "essential_eur",
        "../../etc": "essential_eur",
        "shop": "payg_eur",
    }
    for app_id, plan_id in plans.items():
        event("2026-01-02", "app_published", app_id, app_name=HOSTILE_APPS.get(app_id, "Beratung"))
        event("2026-01-02", "plan_subscribed", app_id, plan_id=plan_id)
    event("2026-01-02", "seats_set", "chat", seats=3)
    event("2026-02-11", "seats_set", "chat", seats=6)
    event("2026-01-02", "owner_changed", "chat", owner_id="ann")
    event("2026-03-10", "plan_changed", "chat", plan_id="essential_eur")  # a downgrade: from April on
    event("2026-03-12", "plan_cancelled", "../../etc")
    event("2026-02-20", "order_placed", "shop", order_id="o1", amount="400", payment_method="card")
    event("2026-02-21", "order_cleared", order_id="o1")
    event("2026-03-01", "order_placed", "shop", order_id="o2", amount="250", payment_method="transfer")
    event("2026-03-02", "order_failed", order_id="o2")
    event("2026-03-18", "order_placed", "shop", order_id="o3", amount="300", payment_method="transfer",
          comments="for spring")  # fmt: skip
    event("2026-02-01", "auto_reload_set", "shop", is_on=True, threshold="50", amount="200")
    event("2026-03-11", "app_published", "phone", app_name=HOSTILE_APPS["phone"])
    event("2026-03-11", "plan_subscribed", "phone", plan_id="trial")
    event("2026-03-19", "extension_requested", "phone", days=7)


_APPS = {
    (STANDARD, "chat", "web"): 9,
    (STANDARD, "mail", "email"): 2,
    (STANDARD, "shop", "whatsapp"): 14,
    (STANDARD, "../../etc", "web"): 1,
    (STANDARD, "phone", "ivr"): 3,
    (OVERDUE, "desk", "web"): 12,
    (ENTERPRISE, "hr", "teams"): 6,
    (ENTERPRISE, "it", "teams"): 8,
    (RTL, "kav", "ivr"): 9,
    (RTL, "sms", "sms"): 4,
}
"""Conversations on a working day."""


def _traffic(book: Book) -> None:
    chance = random.Random(7)
    for (account_id, app_id, channel), usual in _APPS.items():
        day = date(2026, 3, 11) if app_id == "phone" else FIRST + DAY
        while day <= LAST:
            count = round(usual * (0.3 if day.weekday() > 4 else 1) * chance.uniform(0.6, 1.5))
            who = {"account_id": account_id, "app_id": app_id, "channel": channel}
            for number in range(count):
                _conversation(book, chance, who, day, number=number)
            if app_id in ("chat", "desk", "it", "shop"):
                _alerts(book, who, day, 3 * count)
            day += DAY
    late = {"account_id": OVERDUE, "app_id": "desk", "channel": "web"}
    for number in range(40):  # what January is corrected by
        _conversation(book, chance, late, date(2026, 1, 20), number=900 + number, arrives=LAST)
    for account_id, app_id in ((STANDARD, "chat"), (OVERDUE, "desk")):  # not over at the watermark (R13)
        row = {"account_id": account_id, "app_id": app_id, "channel": "web", "user_id": "late-bird"}
        row |= {"event_id": f"open-{app_id}", "actor": "user", "kind": "message"}
        book.add("interactions", LAST, {**row, "occurred_at": f"{LAST}T23:50:00Z"})


def _conversation(
    book: Book, chance: random.Random, who: Row, day: date, *, number: int, arrives: date | None = None
) -> None:
    """User and app in turn for some minutes; now and then a request, or an agent who takes over."""
    at = datetime.combine(day, time(chance.randint(6, 20), chance.randint(0, 59)), UTC)
    user = f"{who['app_id']}-{day}-{number}"

    def row(minutes: float, actor: str, kind: str) -> None:
        instant = at + timedelta(minutes=minutes)
        told = {"event_id": f"{user}-{minutes}-{kind}", "user_id": user, "actor": actor, "kind": kind}
        arrival = arrives or next(each for each in NIGHTS if day <= each)
        book.add("interactions", day, {**who, **told, "occurred_at": instant.isoformat()}, arrival)

    for step in range(chance.choice((1, 2, 2, 3, 5))):
        row(9 * step, "user", "message")
        row(9 * step + 0.5, "app", "message")
    if chance.random() < 0.1:
        row(2, "system", "api_request")
    if chance.random() < 0.1:
        row(3, "system", "handoff_start")
        row(6, "agent", "message")
        row(8, "system", "handoff_end")


def _alerts(book: Book, who: Row, day: date, count: int) -> None:
    for number in range(count):
        told = {"delivery_id": f"{who['app_id']}-{day}-{number}", "user_id": f"u{number}", "kind": "alert"}
        told |= {"status": "delivered", "delivered_at": f"{day}T08:{number % 60:02}:00Z"}
        book.add("alerts", day, {**who, **told})


def _dirt(book: Book) -> None:
    """Rows and files that are refused."""
    day = date(2026, 3, 6)
    good = {"account_id": OVERDUE, "app_id": "desk", "channel": "web", "user_id": "x", "kind": "message",
            "actor": "user", "occurred_at": f"{day}T10:00:00Z"}  # fmt: skip
    flaws: list[Row] = [{"actor": "robot"}, {"kind": "<shrug>"}, {"occurred_at": "noon"}]
    for number, flaw in enumerate(flaws):
        book.add("interactions", day, {**good, "event_id": f"bad-{number}", **flaw})
    torn = {**good, "account_id": STANDARD, "app_id": "chat"}
    rows = "".join(json.dumps({**torn, "event_id": f"torn-{n}"}) + "\n" for n in range(200))
    path = book.home / "landing" / "interactions" / str(LAST) / "torn.jsonl.gz"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(rows.encode(), mtime=0)[:-200])


def _afterwards(book: Book, numbers: dict[str, str]) -> None:
    """What is asked of the documents that the first night issued: paid, credited in part, and made void."""
    aster, negev = numbers[f"{STANDARD}-2026-01"], numbers[f"{RTL}-2026-01"]
    event = book.event
    event(STANDARD, "2026-02-25", "payment_recorded", payment_id="p1", invoice_number=aster, amount="300",
          method="transfer")  # fmt: skip
    event(STANDARD, "2026-03-15", "credit_note_requested", invoice_number=aster, amount="40",
          reason="goodwill")  # fmt: skip
    event(RTL, "2026-03-15", "credit_note_requested", invoice_number=negev, reason="billed by mistake")
