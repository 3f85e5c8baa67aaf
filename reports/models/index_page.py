"""The operator's index: all accounts, and what became of every row that ever arrived."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from reports import names
from reports.models.accounts import Account
from reports.models.ledger import Ledger
from reports.models.usage import COUNTS, Measures
from reports.sparks import Spark, spark

TREND_DAYS = 30
"""How many days the index shows the shape of."""


@dataclass(frozen=True)
class MonthDocument:
    """An account's document of the month: a draft (I1), one whose time has come, or an issued one (I2)."""

    currency: str
    total: Decimal
    status: str = "draft"
    number: str | None = None

    @property
    def state(self) -> str:
        """The status in words; a document that is due after a night is one that waits for an operator."""
        return {"draft": "Draft", "due": "Waits"}.get(self.status, "Issued")


@dataclass(frozen=True)
class LastIssued:
    """The newest document of an account that has a number."""

    number: str
    issue_date: date

    @property
    def shown_number(self) -> str:
        """The number for people: it has the seller's id in it."""
        return names.display_name(self.number, "(empty)")


@dataclass(frozen=True)
class OpenAmount:
    """What is open on an account's issued documents, in one currency (P0)."""

    currency: str
    amount_due: Decimal
    overdue: Decimal = Decimal(0)

    @property
    def is_all_overdue(self) -> bool:
        """Whether nothing of it may still be paid in time."""
        return self.overdue == self.amount_due


@dataclass(frozen=True)
class Attention:
    """Something that a person should look at; `file` is a page of the account that tells more."""

    text: str
    is_bad: bool = False
    file: str | None = None


@dataclass(frozen=True)
class IndexEntry:
    """An account on the index: its figures of the month, its documents, and what to look at."""

    account: Account
    measures: Measures | None = None
    trend: tuple[int, ...] = ()
    """Billing sessions of the last complete days, one after the other."""
    document: MonthDocument | None = None
    last_issued: LastIssued | None = None
    open_amounts: tuple[OpenAmount, ...] = ()
    attentions: tuple[Attention, ...] = ()

    @property
    def spark(self) -> Spark:
        """The shape of its last days."""
        return spark(self.trend, TREND_DAYS)

    @property
    def agents(self) -> int | None:
        """The month's agents; None for Enterprise (R16) and where there is no month."""
        return self.measures.agent_seats if self.measures and self.account.shows_agents else None


@dataclass(frozen=True)
class CurrencyTotal:
    """Money of all accounts in one currency; other currencies are never added to it (P0)."""

    currency: str
    draft: Decimal = Decimal(0)
    issued: Decimal = Decimal(0)
    due: Decimal = Decimal(0)
    overdue: Decimal = Decimal(0)


@dataclass(frozen=True)
class OperatorIndex:
    """All accounts in the order of their names."""

    month: date | None
    """The month of the headline figures: that of the last day that has arrived."""
    data_through: date | None
    """The last UTC day that has arrived."""
    entries: tuple[IndexEntry, ...]
    ledger: Ledger

    @property
    def trend_days(self) -> int:
        """How many days the shapes have."""
        return TREND_DAYS

    @property
    def total(self) -> Measures:
        """The month over all accounts; agents are left out, for they are maxima (R16)."""
        measured = [entry.measures for entry in self.entries if entry.measures]
        return Measures(**{count: sum(getattr(each, count) for each in measured) for count in COUNTS})

    @property
    def active(self) -> int:
        """How many accounts have figures in the month."""
        return sum(entry.measures is not None for entry in self.entries)

    @property
    def to_look_at(self) -> int:
        """How many accounts a person should look at."""
        return sum(bool(entry.attentions) for entry in self.entries)

    @property
    def currencies(self) -> tuple[CurrencyTotal, ...]:
        """The documents of the month and what is open of all months, by currency."""
        sums: defaultdict[str, defaultdict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
        for entry in self.entries:
            if entry.document:
                column = "issued" if entry.document.number else "draft"
                sums[entry.document.currency][column] += entry.document.total
            for each in entry.open_amounts:
                sums[each.currency]["due"] += each.amount_due
                sums[each.currency]["overdue"] += each.overdue
        return tuple(CurrencyTotal(currency, **amounts) for currency, amounts in sorted(sums.items()))
