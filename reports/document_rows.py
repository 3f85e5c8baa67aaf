"""The rows of a document's tables as markup. In Python: a site has some hundred thousand of them."""

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from decimal import Decimal
from functools import lru_cache
from html import escape

from markupsafe import Markup

from reports import formats
from reports.locales import Formats
from reports.marked import Marked
from reports.models.annex import DayTable
from reports.models.document_lines import DocumentLine


class DocumentRows:
    """Rows as a locale writes them."""

    def __init__(self, wording: Formats):
        self._wording = wording
        self._marked = Marked(wording)
        self._day_heads = lru_cache(1_024)(self._heads_of_days)
        self._period = lru_cache(4_096)(self._written_period)
        self._name = lru_cache(4_096)(self._written_name)
        self._tax = lru_cache(256)(self._written_tax)

    def lines(self, lines: Iterable[DocumentLine], currency: str, lines_page: str) -> Markup:
        """The rows of lines; where there is a page of their sources each number leads to it."""
        link = escape(lines_page)
        return Markup("\n".join(self._line(line, currency, link) for line in lines))

    def days(self, table: DayTable) -> Markup:
        """The rows of a table of days."""
        columns = [column.counts for column in table.columns]
        heads = self._day_heads(table.start, len(columns[0]))
        cells = map(self._marked.cells, zip(*columns, strict=True))
        return Markup("\n".join(f"<tr>{head}{row}</tr>" for head, row in zip(heads, cells, strict=True)))

    def _line(self, line: DocumentLine, currency: str, link: str) -> str:
        number = line.line_number
        source = f'<a href="{link}#line-{number}" title="Where this line comes from">{number}</a>'
        name = self._name(line.line_kind, line.metric, line.shown_app if line.app_id else None)
        notes = "".join(f'<span class="note">{note}</span>' for note in self._notes(line, currency))
        counted = ("by contract", "by contract")
        if not line.is_count_hidden:
            counted = (self._marked.quantity(line.quantity), self._price(line, currency))
        return (
            f'<tr id="line-{number}"><td class="place">{source if link else number}</td>'
            f'<th scope="row">{name}{notes}</th>'
            f'<td data-label="Charge period" class="when">'
            f"{self._period(line.charge_period_start_date, line.charge_period_end_date)}</td>"
            f'<td data-label="Quantity" class="num">{counted[0]}</td>'
            f'<td data-label="Unit price" class="num">{counted[1]}</td>'
            f'<td data-label="Tax" class="num">{self._tax(line.tax_category, line.tax_rate)}</td>'
            f'<td data-label="Amount" class="num strong">'
            f"{self._marked.amount(line.amount, currency)}</td></tr>"
        )

    def _price(self, line: DocumentLine, currency: str) -> str:
        if line.unit_price is not None:
            return self._wording.unit_price(line.unit_price, currency)
        return "by tier" if line.tiers else "–"

    def _notes(self, line: DocumentLine, currency: str) -> Iterator[str]:
        """What is told below a line's name."""
        number, price = self._wording.number, self._wording.unit_price
        if line.plan_id:
            yield f"Plan <bdi>{escape(line.shown_plan or '')}</bdi>"
        if line.charge_class == "correction":
            yield f"Corrects <bdi>{escape(line.shown_correction or '')}</bdi>"
        if line.prorated_days:
            yield "{} of {} days".format(*line.prorated_days)
        yield from self._allowance(line)
        if line.package_size and not line.is_count_hidden:
            packages = f": {number(line.taken)}" if line.tiers else ""
            yield f"Packages of {number(line.package_size)}{packages}"
        for tier in line.tiers if line.shows_tiers else ():
            flat = f" + {price(tier.flat_fee, currency)}" if tier.flat_fee else ""
            yield (
                f"Tier {tier.tier_number}: {number(tier.quantity)} × {price(tier.unit_price, currency)}{flat}"
                f" = {price(tier.amount, currency)}"
            )
        if line.discount_amount:
            money = self._wording.money
            yield (
                f"{money(line.gross_amount, currency)} less a discount of "
                f"{money(line.discount_amount, currency)}"
            )

    def _allowance(self, line: DocumentLine) -> Iterator[str]:
        """What of a line the fee has paid for, and so why it charges less than it counts, or nothing."""
        number, of = self._wording.number, line.allowance
        if of is None:
            return
        included = line.included
        if included is None:
            yield f"{number(of)} included in the fee" + (", for all apps together" if line.is_pooled else "")
        elif included < line.quantity:
            yield f"{number(included)} included in the fee, {number(line.quantity - included)} charged"
        else:
            yield f"{number(included)} of {number(of)} included in the fee"

    @staticmethod
    def _written_name(line_kind: str, metric: str, app: str | None) -> str:
        of_app = "" if app is None else f' <span class="app">· <bdi>{escape(app)}</bdi></span>'
        return f"{escape(formats.charge(line_kind, metric))}{of_app}"

    def _written_tax(self, category: str, rate: Decimal) -> str:
        return f"{escape(category)} {self._wording.percent(rate)}"

    def _written_period(self, start: date, end: date) -> str:
        return self._marked.isolated(self._wording.period(start, end))

    def _heads_of_days(self, start: date, length: int) -> tuple[str, ...]:
        days = (start + timedelta(days=number) for number in range(length))
        shown = (self._marked.isolated(self._wording.short_day(day)) for day in days)
        return tuple(f'<th scope="row">{day}</th>' for day in shown)
