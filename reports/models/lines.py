"""Where a document's lines come from (I6): each with its days, and with every document that billed them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property

from reports import formats, names
from reports.models.orders import DocumentFiles
from reports.models.usage import days_of_month


@dataclass(frozen=True)
class BilledUnits:
    """What a line of a document has of a charge."""

    files: DocumentFiles
    line_number: int
    quantity: int

    @property
    def page(self) -> str:
        """The line on the page of its document, which lies beside this one."""
        return f"{self.files.name}.html#line-{self.line_number}"


@dataclass(frozen=True)
class SourceLine:
    """A line, and what it was made of as it is counted now."""

    line_number: int
    line_kind: str
    metric: str
    app_id: str | None
    app_name: str
    plan_name: str | None
    price_id: str | None
    charge_model: str | None
    start: date
    end: date  # exclusive
    quantity: int
    unit_price: Decimal | None
    gross_amount: Decimal
    discount_amount: Decimal
    amount: Decimal
    charge_class: str
    corrects: str | None
    is_count_hidden: bool = False
    counts: Sequence[int] = ()
    """Of a line of usage the sessions of each day from `start` on."""
    elsewhere: tuple[BilledUnits, ...] = ()
    """The other lines that bill the same charge: corrections, or what they correct (I3)."""
    order_id: str | None = None

    @property
    def name(self) -> str:
        """What it charges, in words."""
        return formats.charge(self.line_kind, self.metric)

    @property
    def shown_app(self) -> str | None:
        """The app for people; without one it is the account's."""
        return names.display_name(self.app_name, self.app_id) if self.app_id else None

    @property
    def shown_plan(self) -> str | None:
        """The plan for people."""
        return names.display_name(self.plan_name, "(empty)") if self.plan_name else None

    @property
    def shown_price(self) -> str | None:
        """The price by which it is rated, for people."""
        return names.display_name(self.price_id, "(empty)") if self.price_id else None

    @property
    def shown_correction(self) -> str | None:
        """The document that it corrects, for people."""
        return names.display_name(self.corrects, "(empty)") if self.corrects else None

    @property
    def shown_order(self) -> str | None:
        """The order that it charges, for people."""
        return names.display_name(self.order_id, "(empty)") if self.order_id else None

    @property
    def has_days(self) -> bool:
        """Whether it charges what is counted day by day."""
        return self.line_kind == "usage"

    @cached_property
    def counted(self) -> int:
        """The sessions of its days, as they are counted now."""
        return sum(self.counts)

    @property
    def is_flat(self) -> bool:
        """Whether it costs the same whatever is counted."""
        return self.charge_model == "flat"

    @cached_property
    def unbilled(self) -> int:
        """What was counted and is on no document."""
        if self.is_flat:
            return 0
        return self.counted - self.quantity - sum(each.quantity for each in self.elsewhere)

    @property
    def prorated_days(self) -> tuple[int, int] | None:
        """P6: of a fee for a part of a month its days, and the month's."""
        return days_of_month(self.start, self.end) if self.line_kind == "fee" else None


@dataclass(frozen=True)
class LinesPage:
    """A document's lines."""

    files: DocumentFiles
    kind_name: str
    is_draft: bool
    start: date
    end: date  # exclusive
    currency: str
    total: Decimal
    lines: tuple[SourceLine, ...]
    has_amounts: bool = True
    """Not of a statement: what its contract comes to is on the document alone (I5)."""
    listed: tuple[date, date] | None = None
    """The first and last day with a list of sessions."""
