"""Whose pages they are, and who reads them."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from functools import cache, cached_property
from zoneinfo import ZoneInfo

from reports import names
from reports.locales import Formats, formats_of


class Role(StrEnum):
    """Who reads: an admin everything, a user of a shared account no plans (doc)."""

    ADMIN = "admin"
    SHARED = "shared"


@dataclass(frozen=True)
class Account:
    """An account as the `accounts` mart has it."""

    account_id: str
    name: str
    zone: str
    currency: str
    kind: str = "standard"
    locale: str = ""
    watermark: datetime | None = None
    """Up to where the logs have arrived (R13); None before any has."""

    @property
    def is_enterprise(self) -> bool:
        """Whether R16 and I5 hide agent counts and invoices."""
        return self.kind == "enterprise"

    @property
    def shows_agents(self) -> bool:
        """R16."""
        return not self.is_enterprise

    @property
    def documents_file(self) -> str:
        """The page of the console that lists its documents (I5)."""
        return "statements.html" if self.is_enterprise else "orders.html"

    @property
    def shown_name(self) -> str:
        """The name for people; the id where there is none."""
        return names.display_name(self.name, self.account_id)

    @property
    def shown_id(self) -> str:
        """The id for people."""
        return names.display_name(self.account_id, "(empty)")

    @cached_property
    def folder(self) -> str:
        """Folder of its pages below the site's root."""
        return names.account_folder(self.account_id, self.name)

    @property
    def formats(self) -> Formats:
        """How its locale writes numbers, money and days."""
        return formats_of(self.locale)

    @cached_property
    def data_through(self) -> date | None:
        """The last complete local day; the watermark may lie within the next."""
        if self.watermark is None:
            return None
        return self.watermark.astimezone(ZoneInfo(self.zone)).date() - timedelta(days=1)

    @property
    def hour_through(self) -> datetime | None:
        """The end of the last full hour before the watermark, in UTC."""
        if self.watermark is None:
            return None
        return self.watermark.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


@dataclass(frozen=True)
class Tab:
    """A page of the console that a role may open."""

    file: str
    name: str


@dataclass(frozen=True)
class Frame:
    """What stands around every page of the console: whose it is, who reads it, and where else one can go."""

    account: Account
    role: Role
    file: str

    @property
    def up(self) -> str:
        """The way from the page to the top of its role's tree."""
        return "../" * self.file.count("/")

    @property
    def section(self) -> str:
        """The file of the section that it belongs to; what is none itself leads on from the documents."""
        files = [tab.file for tab in self.tabs]
        return self.file if self.file in files else files[-1]

    @property
    def tabs(self) -> tuple[Tab, ...]:
        """The sections that this role sees: no Plan for a shared account, no orders for Enterprise (doc)."""
        return _tabs(self.role, self.account.is_enterprise, self.account.documents_file)


@cache
def _tabs(role: Role, is_enterprise: bool, documents_file: str) -> tuple[Tab, ...]:
    plan = (Tab("plan.html", "Plan"),) if role == Role.ADMIN else ()
    documents = Tab(documents_file, "Statements" if is_enterprise else "Orders & invoices")
    return (Tab("usage.html", "Usage"), *plan, documents)
