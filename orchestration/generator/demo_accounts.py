"""The demo's accounts."""

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
            App("helios-whatsapp", "WhatsApp", ("whatsapp",), 4.6, plan_id="payg_eur"),
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
