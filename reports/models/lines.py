"""Where a document's lines come from (I6): each with its days, and with every document that billed them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import NamedTuple

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


class SourceLine(NamedTuple):
    """A line, and what it was made of as it is counted now: a tuple, for a site has some hundred thousand."""

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
    counts: Sequence[int] = ()
    """Of a line of usage the sessions of each day from `start` on."""
    elsewhere: tuple[BilledUnits, ...] = ()
    """The other lines that bill the same charge: corrections, or what they correct (I3)."""
    order_id: str | None = None

    @property
    def has_days(self) -> bool:
        """Whether it charges what is counted day by day."""
        return self.line_kind == "usage"

    @property
    def counted(self) -> int:
        """The sessions of its days, as they are counted now."""
        return sum(self.counts)

    @property
    def is_flat(self) -> bool:
        """Whether it costs the same whatever is counted."""
        return self.charge_model == "flat"

    @property
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
