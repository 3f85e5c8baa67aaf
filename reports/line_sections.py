"""Where each line of a document comes from, as markup. In Python: a site has some hundred thousand lines."""

from datetime import date
from decimal import Decimal
from functools import lru_cache
from html import escape

from markupsafe import Markup

from reports import formats, names
from reports.calendars import Calendars
from reports.locales import Formats
from reports.marked import Marked
from reports.models.lines import LinesPage, SourceLine

# P7.
_REASONS = {
    "minimum_spend": "What is missing from the amounts above to the least that this price asks for.",
    "maximum_spend": "What the amounts above have beyond the most that this price asks for.",
    "commitment": "What is missing from the month's usage to the commitment of the contract.",
    "overage": "What the usage beyond the commitment costs more, by the contract.",
}


class LineSections:
    """A section for each line, as a locale writes it; what the lines of a plan share is written once."""

    def __init__(self, wording: Formats):
        self._wording = wording
        self._marked = Marked(wording)
        self._calendars = Calendars(wording)
        self._head = lru_cache(4_096)(_written_head)
        self._facts = lru_cache(4_096)(self._written_facts)
        self._amount = lru_cache(8_192)(self._written_amount)
        self._sum = lru_cache(8_192)(self._written_sum)
        self._price = lru_cache(4_096)(self._written_price)

    def of(self, page: LinesPage) -> Markup:
        """The sections of all lines."""
        return Markup("".join([self._section(line, page) for line in page.lines]))

    def _section(self, line: SourceLine, page: LinesPage) -> str:
        number = line.line_number
        corrects = (line.corrects or "") if line.charge_class == "correction" else None
        facts = self._facts(line.start, line.end, line.plan_name, line.price_id, corrects)
        amount = self._amount(line.amount, page.currency) if page.has_amounts else ""
        return (
            f'<section class="card source" id="line-{number}" aria-labelledby="line-{number}-name">\n'
            f'<div class="top"><h2 id="line-{number}-name"><span class="place">{number}</span> '
            f"{self._head(line.line_kind, line.metric, line.app_id, line.app_name)}</h2>{amount}</div>\n"
            f'<p class="note">{facts}</p>\n'
            f"{self._days(line, page) if line.has_days else self._reason(line, page)}</section>\n"
        )

    def _written_amount(self, amount: Decimal, currency: str) -> str:
        told = self._marked.amount(amount, currency)
        return f'<p class="strong">{told} <span class="currency">{currency}</span></p>'

    def _written_facts(
        self, start: date, end: date, plan: str | None, price: str | None, corrects: str | None
    ) -> str:
        """What stands below a line's name."""
        facts = [self._marked.isolated(self._wording.period(start, end))]
        if plan:
            facts.append(f"plan <bdi>{_shown(plan)}</bdi>")
        if price:
            facts.append(f'price <bdi class="id">{_shown(price)}</bdi>')
        if corrects is not None:
            facts.append(f"correction of <bdi>{_shown(corrects)}</bdi>")
        return " · ".join(facts)

    def _days(self, line: SourceLine, page: LinesPage) -> str:
        unbilled = line.unbilled
        sums = [self._sum("Counted on these days", line.counted), self._sum("On this line", line.quantity)]
        for each in line.elsewhere:
            shown = f"<bdi>{escape(each.files.shown)}</bdi>, line {each.line_number}"
            sums.append(self._sum(f'On <a href="{escape(each.page)}">{shown}</a>', each.quantity))
        if unbilled:
            sums.append(self._sum("On no document", unbilled))
        return (
            f'<div class="days">\n'
            f'<table class="calendar" aria-labelledby="line-{line.line_number}-name">\n'
            f"<thead><tr>{self._calendars.head}</tr></thead>\n"
            f"<tbody>\n{self._calendars.weeks(line, page.listed)}</tbody>\n</table>\n"
            f'<table class="sum">\n<tbody>\n{"".join(sums)}</tbody>\n</table>\n'
            f'<p class="note told">{_verdict(line, unbilled)}</p>\n</div>\n'
        )

    def _written_sum(self, label: str, count: int) -> str:
        quantity = self._marked.quantity(count)
        return f'<tr><th scope="row">{label}</th><td class="num">{quantity}</td></tr>\n'

    def _reason(self, line: SourceLine, page: LinesPage) -> str:
        if not page.has_amounts:
            text = f"By contract{_part(line.prorated_days)}."
        elif line.line_kind == "fee":
            text = self._fee(line, page.currency)
        elif line.line_kind == "top_up":
            text = f"Funds added by order <bdi>{_shown(line.order_id)}</bdi>, whose payment has cleared."
        elif line.line_kind == "credit":
            text = f"Taken off <bdi>{_shown(line.corrects)}</bdi> on request."
        else:
            text = _REASONS.get(line.line_kind, "")
        return f'<p class="reason">{text}</p>\n' if text else ""

    def _fee(self, line: SourceLine, currency: str) -> str:
        money, discount = self._wording.money, ""
        if line.discount_amount:
            discount = f", less a discount of {money(line.discount_amount, currency)}"
        priced = self._price(line.quantity, line.unit_price, currency, line.prorated_days)
        return f"{priced}: {money(line.gross_amount, currency)}{discount}."

    def _written_price(
        self, quantity: int, unit_price: Decimal | None, currency: str, part: tuple[int, int] | None
    ) -> str:
        price = "the tiers of the price"
        if unit_price is not None:
            price = self._wording.unit_price(unit_price, currency)
        return f"{self._marked.quantity(quantity)} × {price} for a month{_part(part)}"


def _written_head(line_kind: str, metric: str, app_id: str | None, app_name: str) -> str:
    """What a line charges, and of which app; without one it is the account's."""
    name = escape(formats.charge(line_kind, metric))
    return f"{name} · <bdi>{escape(names.display_name(app_name, app_id))}</bdi>" if app_id else name


def _shown(text: str | None) -> str:
    """A name or id for people, where there is one."""
    return escape(names.display_name(text, "(empty)")) if text else ""


def _part(prorated_days: tuple[int, int] | None) -> str:
    return ", for {} of {} days".format(*prorated_days) if prorated_days else ""


def _verdict(line: SourceLine, unbilled: int) -> str:
    """Whether the days add up to the line, and why not (I3)."""
    if line.is_flat:
        return "A flat charge: it is the same whatever is counted."
    if unbilled:
        return "What changed since it was issued rates to the same amount, so that there is no correction."
    if line.elsewhere:
        return (
            "What arrived after a document was issued is on a later one as a correction; together they "
            "have all sessions of these days."
        )
    return "All sessions of these days are on this line."
