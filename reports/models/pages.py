"""What each page is made of."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from reports import names
from reports.models.accounts import Account
from reports.models.invoices import Invoice
from reports.models.ledger import Ledger
from reports.models.usage import COUNTS, Measures, UsageMonth


@dataclass(frozen=True)
class MonthPage:
    """What the pages of one account and month are made of."""

    account: Account
    zone: str  # the account's in this month: a change takes effect with the next (R17)
    usage: UsageMonth
    ledger: Ledger
    invoice: Invoice | None = None
    previous_month: date | None = None
    following_month: date | None = None

    @property
    def month(self) -> date:
        """First day of the month."""
        return self.usage.month

    def summary(self) -> "MonthSummary":
        """The headline figures."""
        return MonthSummary(
            month=self.month,
            total=self.usage.total,
            trend=tuple(day.measures.billing_sessions for day in self.usage.days),
            currency=self.invoice.currency if self.invoice else None,
            draft_total=self.invoice.total if self.invoice else None,
            quarantined=self.ledger.total.quarantined,
            file_warnings=len(self.ledger.warnings),
            is_balanced=self.ledger.is_balanced,
            is_over=self.usage.is_over,
        )


@dataclass(frozen=True)
class MonthSummary:
    """A month's headline figures, for the lists of months and of accounts."""

    month: date
    total: Measures
    trend: tuple[int, ...] = ()  # billing sessions by day
    currency: str | None = None
    draft_total: Decimal | None = None
    quarantined: int = 0
    file_warnings: int = 0
    is_balanced: bool = True
    is_over: bool = False

    @property
    def folder(self) -> str:
        """Folder of the month's pages below the account's."""
        return names.month_folder(self.month)

    @property
    def has_warnings(self) -> bool:
        """Whether a person should look."""
        return bool(self.quarantined or self.file_warnings or not self.is_balanced)


@dataclass(frozen=True)
class RefusedEvent:
    """An account event that conflicts with an earlier one, and why it has no effect."""

    occurred_on: date  # in UTC
    event_type: str
    reason: str

    @property
    def type_name(self) -> str:
        """The type in words."""
        return names.display_name(self.event_type, "(no type)").replace("_", " ").capitalize()

    @property
    def shown_reason(self) -> str:
        """The reason for people: it may quote the event."""
        return names.display_name(self.reason, "(no reason)")


@dataclass(frozen=True)
class AccountPage:
    """An account and its months, newest first."""

    account: Account
    months: tuple[MonthSummary, ...]
    refused_events: tuple[RefusedEvent, ...] = ()


@dataclass(frozen=True)
class IndexRow:
    """An account on the index: its months (newest first), and the one whose figures are shown."""

    account: Account
    months: tuple[MonthSummary, ...]
    current: MonthSummary | None
    refused_events: int = 0

    @property
    def has_warnings(self) -> bool:
        """Whether a person should look."""
        return self.refused_events > 0 or (self.current is not None and self.current.has_warnings)

    @property
    def other_months(self) -> tuple[MonthSummary, ...]:
        """The newest of the other months, which the index links to directly."""
        return tuple(month for month in self.months if month != self.current)[:2]

    @property
    def more_months(self) -> int:
        """How many months the index does not link to."""
        return len(self.months) - len(self.other_months) - (self.current is not None)


@dataclass(frozen=True)
class IndexPage:
    """All accounts, and what became of every row that ever arrived."""

    month: date | None  # the month that the headline figures are of
    data_through: date | None  # the last UTC day that has arrived
    rows: tuple[IndexRow, ...]
    ledger: Ledger

    @property
    def current(self) -> tuple[MonthSummary, ...]:
        """The accounts' figures of the headline month."""
        return tuple(
            row.current for row in self.rows if row.current is not None and row.current.month == self.month
        )

    @property
    def total(self) -> Measures:
        """The headline month over all accounts; agents are left out, for they are maxima (R16)."""
        return Measures(
            **{count: sum(getattr(month.total, count) for month in self.current) for count in COUNTS}
        )

    @property
    def draft_totals(self) -> tuple[tuple[str, Decimal], ...]:
        """The headline month's drafts by currency, which are never added together (P0)."""
        totals: dict[str, Decimal] = {}
        for month in self.current:
            if month.currency is not None and month.draft_total is not None:
                totals[month.currency] = totals.get(month.currency, Decimal(0)) + month.draft_total
        return tuple(sorted(totals.items()))

    @property
    def accounts_with_warnings(self) -> int:
        """How many accounts a person should look at."""
        return sum(row.has_warnings for row in self.rows)
