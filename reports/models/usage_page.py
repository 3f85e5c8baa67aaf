"""The usage page: what stands in its HTML, for its script and for readers without one."""

from dataclasses import dataclass
from datetime import date
from functools import cached_property

from markupsafe import Markup

from reports import names
from reports.csvs import guarded
from reports.models.accounts import Account
from reports.models.ledger import Ledger
from reports.models.pages import RefusedEvent

QUOTE = '"'


@dataclass(frozen=True)
class UsageApp:
    """An app that has usage, or days without."""

    app_id: str
    name: str

    @cached_property
    def shown_name(self) -> str:
        """The name for people; the id where there is none."""
        return names.display_name(self.name, self.app_id)

    @cached_property
    def shown_id(self) -> str:
        """The id for people; empty where it is already the name."""
        shown = names.display_name(self.app_id, "(empty)")
        return "" if shown == self.shown_name else shown

    @cached_property
    def as_csv(self) -> str:
        """Id and name as two cells of CSV, neither of which runs as a formula or has a second line."""
        cells = (names.display_name(self.app_id, "(empty)"), self.shown_name)
        return ",".join(f'"{guarded(cell).replace(QUOTE, QUOTE * 2)}"' for cell in cells)


@dataclass(frozen=True)
class DayFigures:
    """A day's measures, in the order of the table's columns."""

    day: date
    figures: tuple[int, ...]


@dataclass(frozen=True)
class AppMonths:
    """An app's billing sessions, month by month; None where it has no day."""

    app: UsageApp
    counts: tuple[int | None, ...]


@dataclass(frozen=True)
class MonthLedger:
    """What became of the rows that arrived in a month (R20)."""

    month: date
    ledger: Ledger


@dataclass(frozen=True)
class MonthDownloads:
    """A month's files of plain figures."""

    month: date
    daily: str
    hourly: str | None


@dataclass(frozen=True)
class UsagePage:
    """What the usage page is made of; `data` is JSON as `reports.usage_data` writes it."""

    account: Account
    data: Markup | None = None  # None: no day has usage yet
    days: tuple[DayFigures, ...] = ()  # the newest last
    months: tuple[date, ...] = ()
    app_months: tuple[AppMonths, ...] = ()
    month_totals: tuple[int, ...] = ()
    monthly_file: str = ""
    downloads: tuple[MonthDownloads, ...] = ()  # the newest first
    ledgers: tuple[MonthLedger, ...] = ()
    refused_events: tuple[RefusedEvent, ...] = ()
    refused_count: int = 0
