"""What was ordered, what was invoiced, and what a balance went through (doc; P10)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from reports import names
from reports.models.checks import FiguresDisagreeError

_ORDER_TYPES = {
    "top_up": "Funds added",
    "subscription": "Subscription",
    "plan_change": "Change of plan",
    "cancellation": "Cancellation",
    "month": "Month",
}
_KINDS = {
    "invoice": "Invoice",
    "credit_note": "Credit note",
    "statement": "Usage statement",
    "void": "Cancellation",
}
_PAYABLE = ("invoice", "statement")
"""The kinds that ask for money; an Enterprise account has its statements in place of invoices (I5)."""
_STATUSES = {
    "draft": "Draft",
    "due": "To be issued",
    "issued": "Issued",
    "open": "Open",
    "overdue": "Overdue",
    "paid": "Paid",
    "credited": "Credited",
}
_MOVEMENTS = {
    "top_up": "Funds added",
    "free_credit": "Free credit",
    "draw": "Used",
    "return": "Given back",
    "lapse": "Lapsed",
    "credit_note": "Taken out",
}


@dataclass(frozen=True)
class DocumentFiles:
    """Where a document's files are, from a page of its role's tree."""

    label: str
    """Its number, or what a draft is called."""
    name: str
    has_pdf: bool = False

    @property
    def shown(self) -> str:
        """The label for people."""
        return names.display_name(self.label, "(no number)")

    @property
    def files(self) -> tuple[tuple[str, str], ...]:
        """Its forms, each with its file."""
        kinds = ("HTML", "PDF", "CSV") if self.has_pdf else ("HTML", "CSV")
        return tuple((kind, f"documents/{self.name}.{kind.lower()}") for kind in kinds)

    @property
    def page(self) -> str:
        """The document as a page."""
        return f"documents/{self.name}.html"

    @property
    def lines(self) -> str:
        """The page that tells where its lines come from (I6)."""
        return f"lines/{self.name}.html"


@dataclass(frozen=True)
class Order:
    """An order, as the `orders` mart has it."""

    order_id: str
    order_date: date
    order_type: str
    app_id: str | None
    app_name: str
    plan_name: str | None
    amount: Decimal
    currency: str
    status: str
    payment_method: str | None
    comments: str | None
    invoice: DocumentFiles | None

    @property
    def shown_id(self) -> str:
        """The id for people."""
        return names.display_name(self.order_id, "(empty)")

    @property
    def type_name(self) -> str:
        """The type in words."""
        return _worded(_ORDER_TYPES, self.order_type)

    @property
    def shown_app(self) -> str | None:
        """The app for people; without one it is the account's."""
        return names.display_name(self.app_name, self.app_id) if self.app_id else None

    @property
    def shown_plan(self) -> str | None:
        """The plan for people."""
        return names.display_name(self.plan_name, "(empty)") if self.plan_name else None

    @property
    def status_name(self) -> str:
        """The status in words."""
        return _worded({}, self.status)

    @property
    def shown_method(self) -> str | None:
        """How it is paid, for people."""
        return names.display_name(self.payment_method, "") if self.payment_method else None

    @property
    def shown_comments(self) -> str | None:
        """What was said with it, for people."""
        return names.display_name(self.comments, "") if self.comments else None


@dataclass(frozen=True)
class Billed:
    """A document of the account, as the `invoices` mart has it; refused where I4 does not hold."""

    document_id: str
    kind: str
    document_class: str
    mart_status: str  # draft, due or issued
    period_start_date: date
    period_end_date: date
    issue_date: date | None
    due_date: date | None
    currency: str
    total: Decimal
    credited_amount: Decimal
    paid_amount: Decimal
    amount_due: Decimal
    files: DocumentFiles
    corrects: str | None = None
    is_late: bool = False
    """Whether the day on which it is due lies before the seller's day at the watermark."""
    billing_sessions: int = 0
    voice_sessions: int = 0

    def __post_init__(self) -> None:
        if self.total - self.credited_amount - self.paid_amount != self.amount_due:
            raise FiguresDisagreeError(
                f"{self.document_id}: {self.total} less credits and payments is not {self.amount_due}"
            )

    @property
    def last_day(self) -> date:
        """The last day of its period, which is half-open."""
        return max(self.period_start_date, self.period_end_date - timedelta(days=1))

    @property
    def is_draft(self) -> bool:
        """I1: it has no number yet."""
        return self.mart_status != "issued"

    @property
    def kind_name(self) -> str:
        """The kind in words."""
        return kind_name(self.kind)

    @property
    def status(self) -> str:
        """Where it stands: draft, due, issued, open, overdue, paid or credited."""
        if self.is_draft:
            return self.mart_status
        if self.kind not in _PAYABLE or self.total <= 0:
            return "issued"
        if self.amount_due > 0:
            return "overdue" if self.is_late else "open"
        return "credited" if self.credited_amount >= self.total else "paid"

    @property
    def status_name(self) -> str:
        """The same in words."""
        return _worded(_STATUSES, self.status)

    @property
    def is_asked_for(self) -> bool:
        """Whether its amount is one that the customer owes: what a credit takes off is in its invoice's."""
        return self.status in ("open", "overdue")

    @property
    def shown_correction(self) -> str | None:
        """The document that it takes from, for people."""
        return names.display_name(self.corrects, "(empty)") if self.corrects else None


@dataclass(frozen=True)
class Movement:
    """Something that filled or emptied a wallet, and the balance after it."""

    movement_date: date
    movement_kind: str
    credit_kind: str
    month: date | None
    """The month of usage that it paid for."""
    amount: Decimal
    balance: Decimal
    document_number: str | None = None
    """The credit note or void that took paid funds out."""

    @property
    def words(self) -> str:
        """What it was, in words."""
        return _worded(_MOVEMENTS, self.movement_kind)

    @property
    def shown_document(self) -> str | None:
        """Its number for people."""
        return names.display_name(self.document_number, "(no number)") if self.document_number else None


@dataclass(frozen=True)
class WalletMonth:
    """A month of a wallet; refused where its balance does not follow from what happened (P10)."""

    month: date
    opening_balance: Decimal
    free_credit_amount: Decimal
    top_up_amount: Decimal
    draw_amount: Decimal
    return_amount: Decimal
    lapse_amount: Decimal
    credit_note_amount: Decimal
    closing_balance: Decimal
    movements: tuple[Movement, ...] = ()
    """None where they are only in the file."""

    @property
    def amounts(self) -> tuple[Decimal, ...]:
        """From the opening to the closing balance."""
        return (
            self.opening_balance,
            self.free_credit_amount,
            self.top_up_amount,
            self.draw_amount,
            self.return_amount,
            self.lapse_amount,
            self.credit_note_amount,
            self.closing_balance,
        )

    def __post_init__(self) -> None:
        *parts, closing = self.amounts
        if sum(parts, Decimal(0)) != closing:
            raise FiguresDisagreeError(f"a wallet's {self.month:%Y-%m} comes to {sum(parts)}, not {closing}")


@dataclass(frozen=True)
class Wallet:
    """An app's balance in a currency, newest month first."""

    app_id: str
    app_name: str
    currency: str
    balance: Decimal
    balance_status: str
    days_left: int | None
    months: tuple[WalletMonth, ...]

    @property
    def shown_app(self) -> str:
        """The app for people."""
        return names.display_name(self.app_name, self.app_id)


@dataclass(frozen=True)
class Choice:
    """What a filter offers: a value, and what it is called."""

    value: str
    label: str


@dataclass(frozen=True)
class OrdersPage:
    """Orders, documents and balances of an account, newest first."""

    orders: tuple[Order, ...]
    documents: tuple[Billed, ...]
    wallets: tuple[Wallet, ...] = ()
    missing_pdf: str | None = None

    @property
    def order_types(self) -> tuple[Choice, ...]:
        """The types that there are."""
        return _choices((order.order_type, order.type_name) for order in self.orders)

    @property
    def order_statuses(self) -> tuple[Choice, ...]:
        """The statuses that there are."""
        return _choices((order.status, order.status_name) for order in self.orders)

    @property
    def kinds(self) -> tuple[Choice, ...]:
        """The kinds of documents that there are."""
        return _choices((each.kind, each.kind_name) for each in self.documents)

    @property
    def statuses(self) -> tuple[Choice, ...]:
        """The statuses of documents that there are."""
        return _choices((each.status, each.status_name) for each in self.documents)

    @property
    def open_sums(self) -> tuple[tuple[str, Decimal, int], ...]:
        """What is to be paid, by currency (P0): the amount, and of how many documents."""
        return _summed(each for each in self.documents if each.is_asked_for)

    @property
    def overdue_sums(self) -> tuple[tuple[str, Decimal, int], ...]:
        """What of it is late."""
        return _summed(each for each in self.documents if each.status == "overdue")

    @property
    def next_document(self) -> Billed | None:
        """The month's draft that comes next."""
        drafts = [each for each in self.documents if each.is_draft and each.document_class == "month"]
        return min(drafts, key=lambda each: each.period_start_date, default=None)


def kind_name(kind: str) -> str:
    """A kind of documents in words."""
    return _worded(_KINDS, kind)


def _worded(words: dict[str, str], value: str) -> str:
    return words.get(value) or names.display_name(value, "(empty)").replace("_", " ").capitalize()


def _choices(found: Iterable[tuple[str, str]]) -> tuple[Choice, ...]:
    return tuple(Choice(value, label) for value, label in sorted(set(found), key=lambda each: each[1]))


def _summed(documents: Iterable[Billed]) -> tuple[tuple[str, Decimal, int], ...]:
    sums: dict[str, tuple[Decimal, int]] = {}
    for each in documents:
        amount, count = sums.get(each.currency, (Decimal(0), 0))
        sums[each.currency] = (amount + each.amount_due, count + 1)
    return tuple((currency, *found) for currency, found in sorted(sums.items()))
