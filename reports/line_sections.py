"""Where each line of a document comes from, as markup. In Python: a site has some hundred thousand lines."""

from datetime import date
from functools import lru_cache
from html import escape

from markupsafe import Markup

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
    """A section for each line, as a locale writes it."""

    def __init__(self, wording: Formats):
        self._wording = wording
        self._marked = Marked(wording)
        self._calendars = Calendars(wording)
        self._name = lru_cache(4_096)(self._written_name)
        self._facts = lru_cache(4_096)(self._written_facts)

    def of(self, page: LinesPage) -> Markup:
        """The sections of all lines."""
        return Markup("".join(self._section(line, page) for line in page.lines))

    def _section(self, line: SourceLine, page: LinesPage) -> str:
        name = f"line-{line.line_number}-name"
        correction = (line.shown_correction or "") if line.charge_class == "correction" else None
        facts = self._facts(line.start, line.end, line.shown_plan, line.shown_price, correction)
        amount = ""
        if page.has_amounts:
            told = self._marked.amount(line.amount, page.currency)
            amount = f'<p class="strong">{told} <span class="currency">{page.currency}</span></p>'
        return (
            f'<section class="card source" id="line-{line.line_number}" aria-labelledby="{name}">\n'
            f'<div class="top"><h2 id="{name}"><span class="place">{line.line_number}</span> '
            f"{self._name(line.name, line.shown_app)}</h2>{amount}</div>\n"
            f'<p class="note">{facts}</p>\n'
            f"{self._days(line, page, name) if line.has_days else self._reason(line, page)}</section>\n"
        )

    @staticmethod
    def _written_name(name: str, app: str | None) -> str:
        return f"{escape(name)} · <bdi>{escape(app)}</bdi>" if app else escape(name)

    def _written_facts(
        self, start: date, end: date, plan: str | None, price: str | None, correction: str | None
    ) -> str:
        """What stands below a line's name; the lines of a plan share it."""
        facts = [self._marked.isolated(self._wording.period(start, end))]
        if plan:
            facts.append(f"plan <bdi>{escape(plan)}</bdi>")
        if price:
            facts.append(f'price <bdi class="id">{escape(price)}</bdi>')
        if correction is not None:
            facts.append(f"correction of <bdi>{escape(correction)}</bdi>")
        return " · ".join(facts)

    def _days(self, line: SourceLine, page: LinesPage, name: str) -> str:
        rows = [("Counted on these days", line.counted), ("On this line", line.quantity)]
        for each in line.elsewhere:
            shown = f"<bdi>{escape(each.files.shown)}</bdi>, line {each.line_number}"
            rows.append((f'On <a href="{escape(each.page)}">{shown}</a>', each.quantity))
        if line.unbilled:
            rows.append(("On no document", line.unbilled))
        quantity = self._marked.quantity
        sums = "".join(
            f'<tr><th scope="row">{label}</th><td class="num">{quantity(count)}</td></tr>\n'
            for label, count in rows
        )
        return (
            f'<div class="days">\n<table class="calendar" aria-labelledby="{name}">\n'
            f"<thead><tr>{self._calendars.head}</tr></thead>\n"
            f"<tbody>\n{self._calendars.weeks(line, page.listed)}</tbody>\n</table>\n"
            f'<table class="sum">\n<tbody>\n{sums}</tbody>\n</table>\n'
            f'<p class="note told">{_verdict(line)}</p>\n</div>\n'
        )

    def _reason(self, line: SourceLine, page: LinesPage) -> str:
        if not page.has_amounts:
            text = f"By contract{self._part(line)}."
        elif line.line_kind == "fee":
            text = self._fee(line, page.currency)
        elif line.line_kind == "top_up":
            order = escape(line.shown_order or "")
            text = f"Funds added by order <bdi>{order}</bdi>, whose payment has cleared."
        elif line.line_kind == "credit":
            text = f"Taken off <bdi>{escape(line.shown_correction or '')}</bdi> on request."
        else:
            text = _REASONS.get(line.line_kind, "")
        return f'<p class="reason">{text}</p>\n' if text else ""

    def _fee(self, line: SourceLine, currency: str) -> str:
        money, price = self._wording.money, "the tiers of the price"
        if line.unit_price is not None:
            price = self._wording.unit_price(line.unit_price, currency)
        discount = ""
        if line.discount_amount:
            discount = f", less a discount of {money(line.discount_amount, currency)}"
        counted = f"{self._marked.quantity(line.quantity)} × {price} for a month{self._part(line)}"
        return f"{counted}: {money(line.gross_amount, currency)}{discount}."

    @staticmethod
    def _part(line: SourceLine) -> str:
        return ", for {} of {} days".format(*line.prorated_days) if line.prorated_days else ""


def _verdict(line: SourceLine) -> str:
    """Whether the days add up to the line, and why not (I3)."""
    if line.is_flat:
        return "A flat charge: it is the same whatever is counted."
    if line.unbilled:
        return "What changed since it was issued rates to the same amount, so that there is no correction."
    if line.elsewhere:
        return (
            "What arrived after a document was issued is on a later one as a correction; together they "
            "have all sessions of these days."
        )
    return "All sessions of these days are on this line."
