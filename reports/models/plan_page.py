"""The plan page: every app of an account with its plan, and what an admin can make of it."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from markupsafe import Markup, escape

from reports import names
from reports.locales import Formats
from reports.models.accounts import Account
from reports.models.plan_prices import PlanPrices

DAY = timedelta(days=1)

_WARNINGS = frozenset(
    {
        "cancelled", "expires", "ended", "extension_refused", "low_balance", "no_balance", "trial_excess",
        "suspended",
    }
)  # fmt: skip

_TO_COME = frozenset({"downgrade", "change", "cancelled", "expires", "credit_lapses", "price_change"})


@dataclass(frozen=True)
class Notice:
    """What is to come, pending, or worth knowing; the mart `plan_notices` says what each kind is about."""

    kind: str
    day: date | None = None
    plan_name: str | None = None
    amount: Decimal | None = None
    threshold: Decimal | None = None
    currency: str | None = None
    days: int | None = None
    units: int | None = None
    remark: str | None = None

    @property
    def is_warning(self) -> bool:
        """Whether an admin should do something about it, or look."""
        return self.kind in _WARNINGS

    def text(self, wording: Formats) -> str:
        """A sentence, or two."""
        return _SENTENCES[self.kind].format_map(_Told(self, wording))

    def markup(self, wording: Formats) -> Markup:
        """The same for a page."""
        return marked_up(self.text(wording))


_SENTENCES: Mapping[str, str] = {
    "downgrade": "Downgrade to {plan} on {day}.",
    "change": "Change to {plan} on {day}.",
    "cancelled": "Cancelled: {plan} ends on {last_day}, and no plan follows.",
    "expires": "{plan} expires: its last day is {last_day}.",
    "ended": "{plan} ended on {last_day}.",
    "extension_requested": "An extension by {days} was requested on {day}; it has not been answered.",
    "extension_granted": "An extension by {days} was granted on {day}.",
    "extension_refused": "The extension by {days} was refused on {day}{because}.",
    "low_balance": "Low balance: {amount}.",
    "no_balance": "The balance is used up: {amount}.",
    "other_wallet": "A wallet in {currency} is left from before: {amount}.",
    "credit_lapses": "Free credit of {amount} lapses on {day}.",
    "order_pending": "Funds of {amount} were ordered on {day} ({remark}); the payment has not cleared.",
    "auto_reload": (
        "Auto-reload is set: below {threshold} it would add {amount}. It is noted here; nothing is ordered"
        " by itself."
    ),
    "trial_excess": "{units} beyond what the trial includes; they are not charged.",
    "suspended": "Suspended until the app is published again.",
    "closed": "Closed on {day}.",
    "price_change": "New prices on {day}.",
}


def marked_up(text: str) -> Markup:
    """A sentence whose isolated parts (see `Formats.isolated`) are elements."""
    opened = str(escape(text)).replace("\N{FIRST STRONG ISOLATE}", "<bdi>")
    return Markup(opened.replace("\N{POP DIRECTIONAL ISOLATE}", "</bdi>"))  # escaped above


class _Told(dict[str, str]):
    """What a sentence asks for, written when it asks."""

    def __init__(self, notice: Notice, wording: Formats):
        told: Mapping[str, Callable[[], str]] = {
            "plan": lambda: names.display_name(notice.plan_name, "The plan"),
            "day": lambda: _day(notice.day, wording),
            "last_day": lambda: _day(notice.day - DAY if notice.day else None, wording),
            "days": lambda: wording.counted(notice.days or 0, "day"),
            "units": lambda: wording.counted(notice.units or 0, "session"),
            "amount": lambda: _money(notice.amount, notice.currency, wording),
            "threshold": lambda: _money(notice.threshold, notice.currency, wording),
            "currency": lambda: notice.currency or "",
            "remark": lambda: names.display_name(notice.remark, "no id"),
            "because": lambda: f": {names.display_name(notice.remark, '')}" if notice.remark else "",
        }
        self._told = told

    def __missing__(self, name: str) -> str:
        return self._told[name]()


def _day(day: date | None, wording: Formats) -> str:
    return wording.isolated(wording.day(day)) if day else "a day unknown"


def _money(amount: Decimal | None, currency: str | None, wording: Formats) -> str:
    return wording.isolated(wording.exact_price(amount or Decimal(0), currency or "USD"))


@dataclass(frozen=True)
class MetricForecast:
    """A metric's units in the running period and at its end, as `usage_forecasts` has them."""

    metric: str
    period_start: date
    period_end: date
    through: date
    remaining_days: int
    used: int
    included: int | None = None
    observed_days: int | None = None
    expected: int | None = None
    low: int | None = None
    high: int | None = None
    currency: str | None = None
    expected_amount: Decimal | None = None
    low_amount: Decimal | None = None
    high_amount: Decimal | None = None
    no_forecast_reason: str | None = None

    @property
    def last_day(self) -> date:
        """The last day of the period."""
        return self.period_end - DAY

    @property
    def share(self) -> int | None:
        """Percent of what is included that is used; None where nothing is."""
        return min(100, 100 * self.used // self.included) if self.included else None


@dataclass(frozen=True)
class Offer:
    """A plan that an app could have, or why it cannot."""

    plan: PlanPrices
    event_type: str
    is_in_force: bool
    refusal_reason: str | None
    effective_date: date
    is_at_once: bool
    expires_date: date | None = None


@dataclass(frozen=True)
class Action:
    """Something else that an admin can ask for, or why not."""

    event_type: str
    refusal_reason: str | None
    effective_date: date
    minimum: Decimal | None = None
    maximum: Decimal | None = None
    currency: str | None = None


@dataclass(frozen=True, eq=False)
class Choices:
    """What can be asked for an app. Apps of one state share one object, which its identity stands for."""

    offers: tuple[Offer, ...] = ()
    actions: tuple[Action, ...] = ()


NO_CHOICES = Choices()


@dataclass(frozen=True)
class PlanApp:
    """An app, or the account's Enterprise contract: its `app_id` is None."""

    app_id: str | None
    name: str | None
    plan: PlanPrices | None
    status: str
    plan_name: str | None = None
    is_under_contract: bool = False
    is_in_force: bool = True
    owner_id: str | None = None
    agent_seats: int = 0
    balance: Decimal | None = None
    currency: str | None = None
    balance_status: str | None = None
    days_left: int | None = None
    notices: tuple[Notice, ...] = ()
    forecasts: tuple[MetricForecast, ...] = ()
    choices: Choices = NO_CHOICES

    @property
    def is_contract(self) -> bool:
        """Whether it is the account's own row."""
        return self.app_id is None

    @property
    def shown_name(self) -> str:
        """The name for people; the id where there is none."""
        return "Enterprise contract" if self.app_id is None else names.display_name(self.name, self.app_id)

    @property
    def shown_id(self) -> str:
        """The id for people; empty where it is already the name."""
        shown = names.display_name(self.app_id, "(empty)")
        return "" if self.app_id is None or shown == self.shown_name else shown

    @property
    def shown_owner(self) -> str:
        """The owner for people; empty where there is none."""
        return names.display_name(self.owner_id, "") if self.owner_id else ""

    @property
    def shown_plan(self) -> str:
        """What the plan is called, also one that is over; empty for none."""
        return names.display_name(self.plan_name, "") if self.plan_name else ""

    @property
    def needs_attention(self) -> bool:
        """Whether an admin should look."""
        return any(notice.is_warning for notice in self.notices)

    @property
    def leading(self) -> MetricForecast | None:
        """The metric that stands for the app's usage in the list: sessions before voice."""
        return self.forecasts[0] if self.forecasts else None


@dataclass(frozen=True)
class ExpectedCharges:
    """What the account's usage of the running periods is expected to come to, in one currency, before tax."""

    currency: str
    expected: Decimal
    low: Decimal
    high: Decimal
    apps_without: int = 0
    """How many apps have usage that is priced and no forecast yet."""


@dataclass(frozen=True)
class Balance:
    """What the wallets of the account's apps hold together, by currency (P0)."""

    currency: str
    amount: Decimal


@dataclass(frozen=True)
class PlanPage:
    """An account's apps and its contract; the contract first."""

    account: Account
    apps: tuple[PlanApp, ...]
    judged_on: date | None = None
    """The local day for which the book was asked what it would take."""
    balances: tuple[Balance, ...] = ()
    expected: tuple[ExpectedCharges, ...] = ()
    plain_commands: tuple[tuple[str, str], ...] = ()
    """For readers without scripts: what each command asks for, and its words; capitals are to fill in."""

    rows_at_once = 100
    """How many the list shows until a reader asks for all; where no script runs it shows all."""

    @property
    def contract(self) -> PlanApp | None:
        """The account's own row."""
        return next((app for app in self.apps if app.is_contract), None)

    @property
    def app_count(self) -> int:
        """Apps without the contract."""
        return sum(not app.is_contract for app in self.apps)

    @property
    def statuses(self) -> tuple[tuple[str, int], ...]:
        """How many apps have each status, the most frequent first."""
        return tuple(Counter(app.status for app in self.apps if not app.is_contract).most_common())

    @property
    def statuses_told(self) -> str:
        """`2 Active, 1 Trial`."""
        wording = self.account.formats
        return ", ".join(f"{wording.number(count)} {status}" for status, count in self.statuses)

    def expected_note(self, charges: ExpectedCharges) -> Markup:
        """The range of what is expected, what is not in it, and what in it comes on no invoice (P10)."""
        wording = self.account.formats
        low, high = (_money(bound, charges.currency, wording) for bound in (charges.low, charges.high))
        range_told = "" if charges.low == charges.high else f"{low} to {high}, "
        without = wording.counted(charges.apps_without, "app")
        missing = f"; {without} not yet forecast" if charges.apps_without else ""
        beside = "seats" if self.account.shows_agents else "commitments"
        balances = ", with what balances pay for" if self.has_wallets else ""
        return marked_up(
            f"This period, {range_told}before tax; without base fees and {beside}{balances}{missing}"
        )

    @property
    def to_look_at(self) -> int:
        """How many need attention."""
        return sum(app.needs_attention for app in self.apps)

    @property
    def next_change(self) -> date | None:
        """The first day on which something changes without anybody's doing."""
        days = (each.day for app in self.apps for each in app.notices if each.kind in _TO_COME)
        return min(filter(None, days), default=None)

    @property
    def has_wallets(self) -> bool:
        """Whether any app is paid from a balance."""
        return any(app.balance is not None for app in self.apps)

    @property
    def has_owners(self) -> bool:
        """Whether any app has an owner."""
        return any(app.owner_id for app in self.apps)
