"""What happens in the demo's accounts after their opening; and the one thing that is refused."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from orchestration.generator.account_events import AccountEvent
from orchestration.generator.demo_accounts import DEMO_ACCOUNTS

Field = str | int | bool

SELLER: dict[str, Field] = {
    "seller_id": "quarterhour",
    "legal_name": "Quarterhour Ltd",
    "address": "1 Clock Street\nLondon SE10 8XJ",
    "tax_id": "GB000000000",
    "email": "billing@quarterhour.example",
    "bank_details": "IBAN GB00 QUAR 0000 0000 0000 00\nBIC QUARGB00",
}
PROFILES: dict[str, dict[str, Field]] = {
    "aurora": {"legal_name": "Aurora Airlines, Inc.", "address": "200 Hudson Street\nNew York, NY 10013",
               "email": "payables@aurora.example"},
    "helios": {"legal_name": "Helios Energie GmbH", "address": "Sonnenallee 1\n12045 Berlin",
               "tax_id": "DE000000000", "email": "rechnung@helios.example", "purchase_order": "PO-1701"},
    "lotus": {"legal_name": "Lotus Retail Private Limited", "address": "14 MG Road\nBengaluru 560001",
              "tax_id": "29AAAAA0000A1Z5", "email": "accounts@lotus.example"},
    "negev": {"legal_name": "בנק הנגב בע״מ", "address": "שדרות רגר 3\nבאר שבע", "tax_id": "510000000",
              "email": "billing@negev.example"},
    "sakura": {"legal_name": "株式会社さくら百貨店", "address": "東京都中央区銀座4-6-16",
               "email": "keiri@sakura.example"},
    "sharika": {"legal_name": "شركة الخليج", "address": "Kuwait City", "email": "finance@sharika.example"},
    "globex": {"legal_name": "Globex Corporation", "address": "1 Ocean Avenue\nLos Angeles, CA 90001",
               "email": "procurement@globex.example", "purchase_order": "GX-88-2026"},
}  # fmt: skip

_ZONES = {account.account_id: ZoneInfo(account.zone) for account in DEMO_ACCOUNTS}


def demo_events(first_day: date) -> tuple[AccountEvent, ...]:
    """Return all of it, from the first day on."""
    return (*_parties(first_day), *_settings(first_day), *_plans(first_day), *_funds(first_day))


class _Calendar:
    """Puts what happens on a day, at an hour of the account's clock."""

    def __init__(self, first_day: date):
        self.first_day = first_day

    def at(self, account_id: str, day: int, type_: str, hour: int = 9, **fields: Field) -> AccountEvent:
        local = datetime.combine(self.first_day + timedelta(days=day), time(hour), _ZONES[account_id])
        return AccountEvent(account_id, local.astimezone(UTC), type_, tuple(fields.items()))


def _parties(first_day: date) -> list[AccountEvent]:
    """Who sells, who buys, and who may see what."""
    at = _Calendar(first_day).at
    found = []
    for account in DEMO_ACCOUNTS:
        name = account.account_id
        found += [
            at(name, 1, "seller_set", 8, **SELLER),
            at(name, 1, "billing_profile_set", 9, **PROFILES[name]),
            at(name, 1, "role_granted", 10, user_id=f"ana@{name}.example", role="admin"),
            at(name, 2, "role_granted", 10, user_id=f"ben@{name}.example", role="shared"),
        ]
    return found


ABROAD = ("aurora", "globex", "lotus")
"""Whose services are outside the scope of the seller's tax."""


def _settings(first_day: date) -> list[AccountEvent]:
    """Seats, timeouts, taxes, a zone, owners, the terms of a contract."""
    at = _Calendar(first_day).at
    return [
        at("aurora", 13, "seats_set", app_id="aurora-chat", seats=15),
        at("aurora", 49, "seats_set", app_id="aurora-chat", seats=9),
        at("aurora", 3, "owner_changed", app_id="aurora-chat", owner_id="ana@aurora.example"),
        at("aurora", 40, "owner_changed", app_id="aurora-phone", owner_id="carla@aurora.example"),
        at("helios", 1, "tax_set", tax_category="S", tax_rate="19"),
        at("helios", 19, "inactivity_minutes_set", app_id="helios-chat", inactivity_minutes=30),
        at("helios", 3, "owner_changed", app_id="helios-chat", owner_id="ana@helios.example"),
        at("lotus", 20, "seats_set", app_id="lotus-shop", seats=5),
        at("lotus", 20, "seats_set", 17, app_id="lotus-shop", seats=4),
        at("lotus", 30, "discount_granted", discount_kind="percent", value="10"),
        at("negev", 1, "tax_set", tax_category="S", tax_rate="18"),
        at("negev", 33, "seats_set", app_id="negev-ivr", seats=24),
        at("sakura", 1, "tax_set", tax_category="S", tax_rate="10"),
        at("sharika", 15, "zone_set", zone="Asia/Kuwait"),
        at("globex", 30, "seats_set", app_id="globex-it", seats=90),
        at("globex", 1, "contract_price_set", metric="usage_sessions", charge_model="per_unit",
           unit_price="0.075"),
        at("globex", 1, "contract_price_set", metric="minimum_commitment", amount="9000",
           overage_factor="1.1"),
        *(at(abroad, 1, "tax_set", 11, tax_category="O", tax_rate="0") for abroad in ABROAD),
    ]  # fmt: skip


def _plans(first_day: date) -> list[AccountEvent]:
    """Plans that change, that are to change, and a trial that is to go on."""
    at = _Calendar(first_day).at
    return [
        # A plan that no seed knows: the fold refuses it and says why.
        at("aurora", 7, "plan_subscribed", app_id="aurora-chat", plan_id="gold_usd"),
        at("aurora", 53, "app_published", app_id="aurora-concierge", app_name="Concierge"),
        at("aurora", 53, "plan_subscribed", 10, app_id="aurora-concierge", plan_id="trial"),
        at("aurora", 63, "extension_requested", app_id="aurora-concierge", days=7),
        at("helios", 41, "plan_changed", app_id="helios-chat", plan_id="advanced_eur"),
        at("helios", 63, "plan_changed", app_id="helios-chat", plan_id="essential_eur"),
        at("sharika", 62, "plan_cancelled", app_id="sharika-web"),
        at("negev", 50, "app_suspended", app_id="negev-sms"),
    ]


def _funds(first_day: date) -> list[AccountEvent]:
    """Top-ups that cleared, failed and are pending, a credit, and auto-reload."""
    at = _Calendar(first_day).at
    return [
        at("aurora", 38, "order_placed", app_id="aurora-phone", order_id="a-1001", amount="200",
           payment_method="card"),
        at("aurora", 39, "order_cleared", order_id="a-1001"),
        at("aurora", 50, "order_placed", app_id="aurora-phone", order_id="a-1002", amount="150",
           payment_method="card"),
        at("aurora", 51, "order_failed", order_id="a-1002"),
        at("aurora", 64, "order_placed", app_id="aurora-phone", order_id="a-1003", amount="300",
           payment_method="transfer", comments="Before the holidays"),
        at("aurora", 38, "auto_reload_set", 11, app_id="aurora-phone", is_on=True, threshold="50",
           amount="200"),
        at("aurora", 20, "free_credit_granted", app_id="aurora-phone", amount="25", expires_after_days=30),
    ]  # fmt: skip
