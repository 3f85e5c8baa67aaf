"""The demo's accounts and what their admins do in two months."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from orchestration.generator.account_events import AccountEvent
from orchestration.generator.catalogue import Account, App

HOSTILE_NAME = "شركة <script>alert(1)</script>"

DEMO_ACCOUNTS = (
    Account(
        "aurora", "Aurora Airlines", "America/New_York", "USD",
        (
            App("aurora-chat", "Chat", ("web", "whatsapp"), 5, seats=12, plan_id="essential_usd",
                linked_app="aurora-bags"),
            App("aurora-bags", "Lost & found", ("web",), 1, plan_id="advanced_usd"),
            App("aurora-phone", "Phone", ("ivr",), 1.5, session_share=1, resolution_ms=1000,
                plan_id="payg_usd"),
        ),
    ),
    Account(
        "helios", "Helios Energie GmbH", "Europe/Berlin", "EUR",
        (
            App("helios-chat", "Beratung", ("web", "telegram"), 3, session_share=0.8, seats=6,
                plan_id="essential_eur"),
            App("helios-mail", "E-Mail", ("email",), 0.4, 2880, pace_seconds=9000, plan_id="essential_eur"),
        ),
        locale="de_DE",
    ),
    Account(
        "lotus", "Lotus Retail", "Asia/Kolkata", "INR",
        (
            App("lotus-shop", "Shop", ("whatsapp",), 4, session_share=0, resolution_ms=1000, seats=3,
                plan_id="essential_inr"),
        ),
        locale="en_IN",
    ),
    Account(
        "negev", "Negev Bank", "Asia/Jerusalem", "ILS",
        (
            App("negev-ivr", "Call centre", ("ivr", "voice"), 3, session_share=1, resolution_ms=1000,
                seats=20, plan_id="voice_ils"),
            App("negev-sms", "SMS, not yet in use", ("sms",), 0, plan_id="voice_ils"),
        ),
        locale="he_IL",
    ),
    Account(
        "sakura", "さくら百貨店", "Asia/Tokyo", "JPY",
        (App("sakura-line", "LINE", ("line",), 3, 5, resolution_ms=1000, seats=4, plan_id="essential_jpy"),),
        locale="ja_JP",
    ),
    Account(
        "sharika", HOSTILE_NAME, "UTC", "KWD",
        (App("sharika-web", "دردشة", ("web",), 1.5, seats=2, plan_id="essential_kwd"),),
        locale="ar_KW",
    ),
    Account(
        "globex", "Globex Corporation", "America/Los_Angeles", "USD",
        (
            App("globex-hr", "HR", ("teams",), 3, inactivity_minutes=60, seats=50),
            App("globex-it", "IT desk", ("teams", "web"), 3, seats=80),
            App("globex-call", "Hotline", ("twiliovoice",), 1, session_share=1, resolution_ms=1000),
        ),
        kind="enterprise", plan_id="enterprise_usd",
    ),
)  # fmt: skip
"""Every zone here but Kolkata, Tokyo and UTC changes its clock in the two months or right after them."""

_ZONES = {account.account_id: ZoneInfo(account.zone) for account in DEMO_ACCOUNTS}


def demo_events(first_day: date) -> tuple[AccountEvent, ...]:
    """Return what changes after the opening: seats, timeouts, a zone, taxes, a profile; one is refused."""

    def at(account_id: str, day: int, type_: str, hour: int = 9, **fields: str | int) -> AccountEvent:
        local = datetime.combine(first_day + timedelta(days=day), time(hour), _ZONES[account_id])
        return AccountEvent(account_id, local.astimezone(UTC), type_, tuple(fields.items()))

    return (
        at("aurora", 13, "seats_set", app_id="aurora-chat", seats=15),
        at("aurora", 49, "seats_set", app_id="aurora-chat", seats=9),
        # A plan that no seed knows: the fold refuses it and says why.
        at("aurora", 7, "plan_subscribed", app_id="aurora-chat", plan_id="gold_usd"),
        at("helios", 1, "tax_set", tax_category="S", tax_rate="19"),
        at("helios", 19, "inactivity_minutes_set", app_id="helios-chat", inactivity_minutes=30),
        at("helios", 2, "billing_profile_set", legal_name="Helios Energie GmbH",
           address="Sonnenallee 1, 12045 Berlin", tax_id="DE000000000", email="rechnung@helios.example",
           purchase_order="PO-1701"),
        at("lotus", 20, "seats_set", app_id="lotus-shop", seats=5),
        at("lotus", 20, "seats_set", 17, app_id="lotus-shop", seats=4),
        at("negev", 1, "tax_set", tax_category="S", tax_rate="18"),
        at("negev", 33, "seats_set", app_id="negev-ivr", seats=24),
        at("sakura", 1, "tax_set", tax_category="S", tax_rate="10"),
        at("sharika", 15, "zone_set", zone="Asia/Kuwait"),
        at("globex", 30, "seats_set", app_id="globex-it", seats=90),
    )  # fmt: skip
