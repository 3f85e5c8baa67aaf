"""The plan page from hand-made figures: prices in words, notes, commands, and names that are hostile."""

import json
import shlex
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
import yaml
from babel import numbers

from reports import render
from reports.commands import (
    APP,
    BookCommand,
    config_lines,
    filled_config,
    filled_shell,
    is_plain,
    option,
    shell_words,
    yaml_text,
)
from reports.locales import formats_of
from reports.models import Account, Frame, Role
from reports.models.plan_page import (
    Action,
    Balance,
    Choices,
    ExpectedCharges,
    MetricForecast,
    Notice,
    Offer,
    PlanApp,
    PlanPage,
)
from reports.models.plan_prices import PlanPrices, Price, Tier
from reports.plan_data import bar, plain_commands, plan_data
from reports.prices import price_lines
from tests.reports.golden_files import as_it_was
from tests.reports.html import Page

ENGLISH, GERMAN, HEBREW = formats_of("en_US"), formats_of("de_DE"), formats_of("he_IL")
ZERO = Decimal(0)
FSI, PDI = "\N{FIRST STRONG ISOLATE}", "\N{POP DIRECTIONAL ISOLATE}"

HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "=cmd()",
    "../../etc",
    "'; DROP TABLE apps; --",
    "$(touch /tmp/pwned) `id`",
    "-rf",
    "a\\\"b'c",
    "</script><!--",
    "no",
    "1e3",
    "x" * 300,
]
SCRIPTS = [
    f"../../assets/plan-{name}.js"
    for name in ("page", "list", "commands", "actions", "usage", "panel", "menus")
]
UNSEEN = ["a\N{RIGHT-TO-LEFT OVERRIDE}b", "a\x1b[201~\nrm -rf ~", "a\u2028b", "zero\u200bwidth"]


def tier(price: str, up_to: str | None = None, once: str = "0") -> Tier:
    return Tier(Decimal(up_to) if up_to else None, Decimal(price), Decimal(once))


def plan(*prices: Price, **values: Any) -> PlanPrices:
    given = {"key": "big_usd/1", "plan_id": "big_usd", "name": "Big", "kind": "standard", "currency": "USD"}
    return PlanPrices(prices=prices, **given | values)


def fee(amount: str) -> Price:
    return Price("base_fee", "flat", (tier("0", once=amount),))


def text(price: Price, **values: Any) -> str:
    [(_, told), *_] = price_lines(plan(price, **values), ENGLISH)
    return told


# Prices in words


def test_a_fee_and_a_price_per_unit() -> None:
    assert text(fee("109.000000")) == "$109.00 a month, in advance"
    assert text(fee("0")) == "None"
    assert text(Price("billing_sessions", "per_unit", (tier("0.125000"),))) == "$0.125 each"
    assert text(Price("agent_seats", "per_unit", (tier("16"),))) == "$16.00 each a month, in advance"
    assert text(Price("voice_sessions", "flat", (tier("0", once="750"),))) == "$750.00 a month, however many"


def test_packages_and_bounds_of_spending() -> None:
    package = Price("request_sessions", "package", (tier("1"),), package_size=Decimal(100))
    assert text(package) == "$1.00 for every 100, begun or full"
    bound = Price(
        "voice_sessions", "per_unit", (tier("0.035"),),
        minimum_spend=Decimal(10), maximum_spend=Decimal(2500),
    )  # fmt: skip
    assert text(bound) == "$0.035 each; at least $10.00 a month; at most $2,500.00 a month"


def test_tiers_with_units_included_and_a_fee_of_their_own() -> None:
    graduated = Price(
        "billing_sessions", "graduated", (tier("0.45", "5000"), tier("0.4", "20000", "25"), tier("0.35")),
        included_units=Decimal(1000),
    )  # fmt: skip
    assert text(graduated) == (
        "1,000 a month included; beyond that $0.45 each up to 5,000, $0.40 each and $25.00 once above 5,000"
        " up to 20,000, $0.35 each above 20,000"
    )
    volume = Price("alert_sessions", "volume", (tier("0.025", "1000"), tier("0", None, "7")))
    assert text(volume) == (
        "All at the price that their number reaches: $0.025 each up to 1,000, $7.00 once above 1,000"
    )


def test_a_trial_and_what_goes_with_prepaid_plans_and_contracts() -> None:
    trial = Price("billing_sessions", "per_unit", (tier("0"),), included_units=Decimal(2000))
    terms = {"kind": "trial", "currency": "", "expires_after_days": 14}
    assert price_lines(plan(trial, **terms), ENGLISH) == (
        ("Billing sessions", "2,000 for the whole trial included; beyond that not charged"),
        ("Lasts", "14 days"),
    )
    prepaid = plan(
        kind="payg", free_credit=Decimal(500), free_credit_days=90, minimum_top_up=Decimal(20),
        maximum_top_up=Decimal(10_000), has_agents=False,
    )  # fmt: skip
    assert price_lines(prepaid, ENGLISH) == (
        ("Paid", "From the app's wallet, each night"),
        ("Free credit", "$500.00 for 90 days, with an app's first one"),
        ("Funds", "$20.00 to $10,000.00 at once"),
        ("Agents", "None"),
    )
    contract = plan(kind="enterprise", commitment=Decimal(20_000), overage_factor=Decimal("1.250000"))
    assert price_lines(contract, GERMAN) == (
        (
            "Commitment",
            "A month's usage comes to at least 20.000,00\xa0$; usage beyond that at 1,25 times its price",
        ),
    )


def test_what_runs_from_right_to_left_is_held_together_in_an_english_sentence() -> None:
    [(_, told)] = price_lines(plan(fee("350"), currency="ILS"), HEBREW)
    assert told.startswith(FSI)
    assert f"{PDI} a month, in advance" in told


def test_amounts_are_written_as_babel_writes_them() -> None:
    """By their shape, for they are many; the digits differ in nothing but themselves."""
    amounts = ["0", "-0.00", "0.045", "7", "-12.5", "1234", "12345.6", "-1234567.891", "1E+4", "100000000.01"]
    for tag in ("en_US", "de_DE", "de_CH", "es_ES", "pl_PL", "en_IN", "ja_JP", "he_IL", "ar_KW", "fa_IR"):
        wording = formats_of(tag)
        for currency in ("USD", "JPY", "KWD", "ILS"):
            for amount in map(Decimal, amounts):
                expected = numbers.format_currency(
                    amount.normalize() + 0, currency, locale=wording.locale, decimal_quantization=False
                )
                assert wording.exact_price(amount, currency) == expected


# Notes


@pytest.mark.parametrize(
    ("notice", "expected"),
    [
        (Notice("downgrade", date(2026, 4, 1), "Essential"), "Downgrade to Essential on Apr 1, 2026."),
        (
            Notice("cancelled", date(2026, 4, 1), "Essential"),
            "Cancelled: Essential ends on Mar 31, 2026, and no plan follows.",
        ),
        (Notice("expires", date(2026, 4, 1), "Trial"), "Trial expires: its last day is Mar 31, 2026."),
        (
            Notice("extension_requested", date(2026, 4, 1), days=1),
            "An extension by 1 day was requested on Apr 1, 2026; it has not been answered.",
        ),
        (
            Notice("extension_refused", date(2026, 4, 1), days=7),
            "The extension by 7 days was refused on Apr 1, 2026.",
        ),
        (
            Notice("low_balance", amount=Decimal("12.345000"), currency="USD"),
            "Low balance: $12.345.",
        ),
        (
            Notice("trial_excess", units=1_200),
            "1,200 sessions beyond what the trial includes; they are not charged.",
        ),
    ],
)  # fmt: skip
def test_notes_are_sentences(notice: Notice, expected: str) -> None:
    assert notice.text(ENGLISH) == expected


def test_every_kind_of_note_has_a_sentence() -> None:
    """All of the mart's kinds, with nothing told but the kind."""
    kinds = """
        downgrade change cancelled expires ended extension_requested extension_granted extension_refused
        low_balance no_balance other_wallet credit_lapses order_pending auto_reload trial_excess suspended
        closed price_change
    """
    for kind in kinds.split():
        assert Notice(kind).text(HEBREW).endswith(".")


# Commands

FUNDS = BookCommand("order_placed", "add-funds", takes_app=True, fields=("order_id", "amount"))


def test_a_command_and_the_configuration_that_does_the_same() -> None:
    values = {APP: "help", "order_id": "o-1", "amount": "100"}
    words = shell_words(FUNDS, "acme")
    assert words is not None
    assert filled_shell(words, values) == (
        "quarterhour account add-funds acme --app help --order-id o-1 --amount 100"
    )
    assert filled_config(config_lines(FUNDS, "acme"), values) == (
        'ops:\n  write_account_event:\n    config:\n      account_id: "acme"\n      event:\n'
        '        order_placed:\n          app_id: "help"\n          order_id: "o-1"\n          amount: "100"'
    )


@pytest.mark.parametrize("hostile", HOSTILE)
def test_whatever_an_id_is_it_stays_one_word_and_one_text(hostile: str) -> None:
    words = shell_words(FUNDS, hostile)
    assert words is not None
    values = {APP: hostile, "order_id": hostile, "amount": "1"}
    split = shlex.split(filled_shell(words, values))
    assert split[:3] == ["quarterhour", "account", "add-funds"]
    assert split[3].removeprefix("--account-id=") == hostile
    assert [word for word in split[4:] if word.removeprefix("--app=").removeprefix("--order-id=") == hostile]
    assert split[4:6] == ["--app", hostile] or split[4] == f"--app={hostile}"
    read = yaml.safe_load(filled_config(config_lines(FUNDS, hostile), values))
    config = read["ops"]["write_account_event"]["config"]
    assert config == {
        "account_id": hostile,
        "event": {"order_placed": {"app_id": hostile, "order_id": hostile, "amount": "1"}},
    }


@pytest.mark.parametrize("unseen", UNSEEN)
def test_what_a_terminal_may_hide_or_obey_is_not_put_into_a_command(unseen: str) -> None:
    assert shell_words(FUNDS, unseen) is None
    assert not is_plain(unseen)
    assert yaml.safe_load(yaml_text(unseen)) == unseen
    assert is_plain(yaml_text(unseen))


def test_a_value_that_begins_with_a_dash_is_no_option() -> None:
    assert option("--owner-id", "-x") == "--owner-id=-x"
    assert option("--owner-id", "ann") == "--owner-id ann"


# The page

BIG = plan(fee("299"), Price("billing_sessions", "per_unit", (tier("0.1"),), included_units=Decimal(500)))
SMALL = plan(fee("99"), key="small_usd/2", plan_id="small_usd", name="Small")
CHOICES = Choices(
    offers=(
        Offer(BIG, "plan_changed", True, "the plan is in force already", date(2026, 3, 20), True),
        Offer(SMALL, "plan_changed", False, None, date(2026, 4, 1), False),
    ),
    actions=(
        Action("order_placed", None, date(2026, 3, 20), Decimal(20), Decimal("10000.000000"), "USD"),
        Action("seats_set", "the plan has no agents", date(2026, 3, 20)),
        Action("owner_changed", None, date(2026, 3, 20)),
    ),
)
FORECAST = MetricForecast(
    "billing_sessions", date(2026, 3, 1), date(2026, 4, 1), date(2026, 3, 20), 11, used=400, included=500,
    observed_days=28, expected=620, low=590, high=700, currency="USD", expected_amount=Decimal("12.0000"),
    low_amount=Decimal("9.0000"), high_amount=Decimal("20.0000"),
)  # fmt: skip
COMMANDS = (
    BookCommand("plan_changed", "change-plan", takes_app=True, fields=("plan_id",)),
    BookCommand("plan_changed", "change-plan", takes_app=False, fields=("plan_id",)),
    FUNDS,
    BookCommand("seats_set", "seats", takes_app=True, fields=("seats",)),
    BookCommand("owner_changed", "owner", takes_app=True, fields=("owner_id",)),
)


def an_app(app_id: str | None = "help", name: str = "Help", **values: Any) -> PlanApp:
    given: dict[str, Any] = {
        "plan": BIG, "plan_name": "Big", "status": "Active", "choices": CHOICES, "forecasts": (FORECAST,),
        "agent_seats": 9,
    }  # fmt: skip
    return PlanApp(app_id=app_id, name=name, **given | values)


def a_page(*apps: PlanApp, **account: Any) -> tuple[str, dict[str, Any]]:
    """The page, and what its script reads."""
    given = {"account_id": "acme", "name": "Acme", "zone": "UTC", "currency": "USD", "locale": "en_US"}
    owner = Account(**given | account)
    page = PlanPage(
        owner, apps, date(2026, 3, 20),
        balances=(Balance("USD", Decimal("435.5000")),),
        expected=(ExpectedCharges("USD", Decimal(12), Decimal(9), Decimal(20), 2),),
        plain_commands=tuple(plain_commands(owner, COMMANDS)),
    )  # fmt: skip
    data = plan_data(page, COMMANDS)
    frame = Frame(owner, Role.ADMIN, "plan.html")
    return render.console_page("console_plan.html.jinja", frame, page=page, data=data), json.loads(str(data))


NOTED = (
    Notice("downgrade", date(2026, 4, 1), "Small"),
    Notice("extension_requested", date(2026, 3, 18), days=7),
    Notice("low_balance", amount=Decimal("12.3450"), currency="USD"),
)


@pytest.mark.parametrize(
    ("name", "account"),
    [
        ("console_plan", {}),
        ("console_plan_enterprise", {"kind": "enterprise"}),
        ("console_plan_rtl", {"name": "שלום", "locale": "he_IL", "zone": "Asia/Jerusalem"}),
    ],
)
def test_the_page_is_as_it_was(name: str, account: dict[str, Any]) -> None:
    prepaid = an_app(
        owner_id="ann", balance=Decimal("12.3450"), currency="USD", balance_status="Low balance", days_left=3,
        notices=NOTED,
    )  # fmt: skip
    idle = an_app("idle", "Idle <b>", plan=None, plan_name="", status="None", forecasts=(), agent_seats=0)
    html, _ = a_page(prepaid, idle, **account)
    as_it_was(name, html)


def test_a_row_has_plan_status_balance_days_left_usage_and_owner() -> None:
    app = an_app(
        owner_id="ann", balance=Decimal("435.5000"), currency="USD", balance_status="Sufficient funds",
        days_left=1_102, notices=(Notice("downgrade", date(2026, 4, 1), "Small"),),
    )  # fmt: skip
    html, _ = a_page(app)
    [_, row] = Page(html).tables["plans"]
    assert row[:7] == [
        "Help help", "Big", "Active Downgrade to Small on Apr 1, 2026.", "$435.50 Sufficient funds", "1,102",
        "400 of 500 billing sessions About 620 by Mar 31", "ann",
    ]  # fmt: skip
    assert Page(html).values["plans"] == ["435.5000", "1102", "400"]


def test_what_usage_is_expected_to_come_to_is_not_taken_for_the_next_invoice() -> None:
    """It has no fees in it (P4), and what a balance pays for is never invoiced (P10); R16 of Enterprise."""
    range_told = "This period, $9.00 to $20.00, before tax; without base fees and"
    missing = "; 2 apps not yet forecast"
    wallet = an_app(balance=Decimal("435.5000"), currency="USD", balance_status="Sufficient funds")
    for told, app, kind in (
        (f"{range_told} seats{missing}", an_app(), "standard"),
        (f"{range_told} seats, with what balances pay for{missing}", wallet, "standard"),
        (f"{range_told} commitments{missing}", an_app(), "enterprise"),
    ):
        html, _ = a_page(app, kind=kind)
        assert "Metered usage expected" in Page(html).text
        assert told in Page(html).text


def test_notes_stand_in_the_page_beside_the_button_that_opens_them() -> None:
    """Where no script runs, a stylesheet shows them without it."""
    html, _ = a_page(an_app(notices=(Notice("suspended"),)))
    elements = Page(html).elements
    [button] = [given for tag, given in elements if given.get("class") == "why warn"]
    assert button["aria-label"] == "About Help: 1 note"
    assert [tag for tag, given in elements if given.get("id") == button["aria-controls"]] == ["div"]
    assert "Suspended until the app is published again." in Page(html).text


def test_without_scripts_the_commands_stand_there_with_gaps() -> None:
    html, _ = a_page(an_app())
    assert "quarterhour account change-plan acme --app APP_ID --plan-id PLAN_ID" in Page(html).text


def test_what_manage_shows_is_written_in_the_account_s_locale() -> None:
    _, told = a_page(an_app(), locale="de_DE")
    [app] = told["apps"]
    assert app["usage"] == [
        {
            "metric": "Billing sessions", "used": "400", "bar": [571, 842, 885, 1000, 714], "included": "500",
            "expected": "620", "range": "590 to 700", "amount": "12,00\xa0$",
            "amountRange": "9,00\xa0$ to 20,00\xa0$",
        }
    ]  # fmt: skip
    [choices] = told["choices"]
    assert choices["offers"] == [
        {
            "plan": "small_usd/2", "event": "plan_changed",
            "when": "From 01.04.2026; the plan in force runs until then.",
        }
    ]  # fmt: skip
    assert choices["refused"] == []
    assert choices["actions"] == {
        "order_placed": {
            "hint": "From 20,00\xa0$ to 10.000,00\xa0$, before tax.", "min": "20", "max": "10000"
        },
        "seats_set": {"no": "The plan has no agents."},
        "owner_changed": {},
    }  # fmt: skip
    assert told["plans"]["big_usd/1"]["lines"][0] == ["Base fee", "299,00\xa0$ a month, in advance"]


def test_a_bar_holds_whatever_is_greatest() -> None:
    assert bar(FORECAST) == [571, 842, 885, 1000, 714]
    young = MetricForecast("voice_sessions", date(2026, 3, 1), date(2026, 4, 1), date(2026, 3, 3), 28, used=7)
    assert bar(young) == [1000, None, None, None, None]


def test_an_enterprise_page_says_nothing_of_agents() -> None:
    """R16: neither their number nor what could be done about them."""
    html, told = a_page(an_app(None, ""), an_app(is_under_contract=True), kind="enterprise")
    assert "gent" not in html
    assert "seats" not in html
    assert told["apps"][0].keys().isdisjoint({"yaml", "shell", "seats"})
    assert "plan_changed" in told["contractCommands"]
    standard, _ = a_page(an_app())
    assert "Set agents" in standard


@pytest.mark.parametrize("hostile", [*HOSTILE, *UNSEEN])
def test_hostile_names_and_ids_are_only_ever_text(hostile: str) -> None:
    app = an_app(
        hostile, hostile, owner_id=hostile, plan_name=hostile,
        notices=(Notice("order_pending", date(2026, 3, 1), amount=ZERO, currency="USD", remark=hostile),),
    )  # fmt: skip
    html, told = a_page(app, account_id=hostile, name=hostile)
    page = Page(html)
    assert "img" not in page.tags()
    *scripts, data = [given for tag, given in page.elements if tag == "script"]
    assert data == {"type": "application/json", "id": "plan-data"}
    assert [given["src"] for given in scripts] == SCRIPTS
    assert not [given for _, given in page.elements if any(name.startswith("on") for name in given)]
    assert not [given for _, given in page.elements if "style" in given]
    assert page.addresses() == [
        "data:,", "../../assets/site.css", "../../assets/plan-plain.css", *SCRIPTS, "#content", "usage.html",
        "usage.html", "plan.html", "orders.html",
    ]  # fmt: skip
    assert "\N{RIGHT-TO-LEFT OVERRIDE}" not in html
    assert "\x1b" not in html
    assert yaml.safe_load(told["apps"][0]["yaml"]) == hostile
    assert ("shell" in told["apps"][0]) is is_plain(hostile)
