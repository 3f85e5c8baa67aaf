"""Books of accounts whose plans have something to say, on 20 March 2026."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal

from tests.dbt_project.lakes import Lake

LAST = "2026-03-20"

STARTED = "2026-01-02 08:00"
APPS = (
    "calm", "dearer", "down", "gone", "tried", "over", "asked", "granted", "refused", "low", "empty",
    "topped", "off", "shut",
)  # fmt: skip


def notices_book() -> Lake:
    """An account whose apps each have something to say, and one with a contract."""
    lake = Lake()
    lake.event("acme", "2026-01-01 08:00", "account_opened", zone="UTC", currency="USD")
    for app in APPS:
        lake.event("acme", "2026-01-01 08:01", "app_published", app, app_name=app.title())
    subscriptions(lake)
    wallets(lake)
    lake.event("ent", "2026-01-01 08:00", "account_opened", zone="UTC", currency="USD", kind="enterprise")
    lake.event("ent", "2026-01-01 08:01", "app_published", "desk")
    lake.event("ent", STARTED, "plan_subscribed", plan_id="enterprise_usd")
    lake.event(
        "ent", "2026-03-02 08:00", "contract_price_set",
        metric="usage_sessions", charge_model="per_unit", unit_price="0.05", effective_date="2026-05-01",
    )  # fmt: skip
    return lake.arrived(LAST)


def subscriptions(lake: Lake) -> None:
    for app in ("gone", "off", "shut"):
        lake.event("acme", STARTED, "plan_subscribed", app, plan_id="payg_usd")
    for app in ("calm", "down"):
        lake.event("acme", STARTED, "plan_subscribed", app, plan_id="advanced_usd")
    lake.event("acme", STARTED, "plan_subscribed", "dearer", plan_id="essential_usd")
    lake.event("acme", "2026-03-02 08:00", "plan_changed", "down", plan_id="essential_usd")
    lake.event("acme", "2026-03-02 08:00", "plan_cancelled", "gone")
    lake.event("acme", "2026-03-02 08:00", "app_suspended", "off")
    lake.event("acme", "2026-03-02 08:00", "app_closed", "shut")
    for app in ("tried", "asked", "granted", "refused"):
        lake.event("acme", "2026-03-15 08:00", "plan_subscribed", app, plan_id="trial")
    lake.event("acme", STARTED, "plan_subscribed", "over", plan_id="trial")
    for app in ("asked", "granted", "refused"):
        lake.event("acme", "2026-03-16 08:00", "extension_requested", app, days="7")
    lake.event("acme", "2026-03-17 08:00", "extension_granted", "granted", days="5")
    lake.event("acme", "2026-03-18 08:00", "extension_refused", "refused", reason="tried long enough")
    lake.sessions("acme", "tried", "2026-03-16 10:00", times=2003)


def wallets(lake: Lake) -> None:
    for app in ("low", "empty", "topped"):
        lake.event("acme", STARTED, "plan_subscribed", app, plan_id="payg_usd")
    drawn(lake, "low", date(2026, 3, 19), "460", "free/low")
    drawn(lake, "empty", date(2026, 3, 19), "500", "free/empty")
    lake.event("acme", "2026-03-18 08:00", "order_placed", "topped", order_id="o-1", amount="250")
    lake.event(
        "acme", "2026-03-18 08:00", "auto_reload_set", "topped", is_on="true", threshold="50", amount="100"
    )


def drawn(lake: Lake, app: str, day: date, amount: str, credit_id: str) -> None:
    lake.add(
        "wallet_draws", account_id="acme", app_id=app, month_date=day.replace(day=1), wallet_date=day,
        credit_id=credit_id, currency="USD", amount=Decimal(amount), sequence=1,
        place=len(lake.rows["wallet_draws"]),
    )  # fmt: skip


HOSTILE = {
    "<img src=x onerror=alert(1)>": '"><img src=x onerror=alert(1)>',
    "$(touch pwned)": "=cmd()",
    "a'b`c\"d\\e": "../../etc",
    "-x": "dash \N{RIGHT-TO-LEFT OVERRIDE}gnp.exe",
    "e\N{RIGHT-TO-LEFT OVERRIDE}f": "x" * 300,
    "</script><!--": "</script><script>alert(1)</script>",
}
"""Apps that would break out of whatever they are written into, by id."""

MANY = 1_000


def console_book() -> Lake:
    """The same, and accounts that are hostile, read from right to left, or have very many apps."""
    lake = notices_book()
    used(lake)
    hostile(lake)
    lake.event(
        "negev", "2026-01-01 08:00", "account_opened",
        zone="Asia/Jerusalem", currency="ILS", locale="he_IL", account_name="בנק הנגב",
    )  # fmt: skip
    for app, plan_id in (("ivr", "voice_ils"), ("sms", "payg_ils")):
        lake.event("negev", "2026-01-01 08:01", "app_published", app, app_name=app.upper())
        lake.event("negev", STARTED, "plan_subscribed", app, plan_id=plan_id)
    lake.event("many", "2026-01-01 08:00", "account_opened", zone="UTC", currency="USD", account_name="Many")
    for number in range(MANY):
        app = f"app-{number:04}"
        lake.event("many", "2026-01-01 08:01", "app_published", app, app_name=f"Assistant {number}")
        plan_id = ("payg_usd", "essential_usd", "advanced_usd")[number % 3]
        lake.event("many", STARTED, "plan_subscribed", app, plan_id=plan_id)
        lake.sessions("many", app, "2026-03-19 10:00", times=1 + number % 5)
    return lake


def used(lake: Lake) -> None:
    """Six weeks of use: 20 a day of one app, of which 500 a month are included, and 3 of another."""
    for back in range(42):
        day = datetime(2026, 3, 20) - timedelta(days=back)  # noqa: DTZ001  # a day of the book, in UTC
        lake.sessions("acme", "down", f"{day:%Y-%m-%d} 10:00", times=20)
        lake.sessions("acme", "low", f"{day:%Y-%m-%d} 11:00", times=3)
        lake.sessions("ent", "desk", f"{day:%Y-%m-%d} 10:00", times=5)
    lake.event("acme", "2026-02-01 08:00", "owner_changed", "down", owner_id="ann")
    lake.event("acme", "2026-02-01 08:00", "owner_changed", "low", owner_id="zoe")
    lake.event("acme", STARTED, "seats_set", "down", seats=4)
    lake.event("ent", STARTED, "seats_set", "desk", seats=77)


def hostile(lake: Lake) -> None:
    """Ids of apps, and of the account itself, that would be commands, markup or options."""
    account = "o'hara; rm -rf $HOME"
    lake.event(account, "2026-01-01 08:00", "account_opened", zone="UTC", currency="USD", account_name="<b>")
    for app, name in HOSTILE.items():
        lake.event(account, "2026-01-01 08:01", "app_published", app, app_name=name)
        lake.event(account, STARTED, "plan_subscribed", app, plan_id="payg_usd")
        lake.event(account, STARTED, "owner_changed", app, owner_id=name)
