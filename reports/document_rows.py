"""The rows of a document's lines as markup. In Python: a site has some hundred thousand of them."""

from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal
from functools import lru_cache
from html import escape

from markupsafe import Markup

from reports import formats, names
from reports.locales import Formats
from reports.marked import Marked
from reports.models.document_lines import DocumentLine


class DocumentRows:
    """Rows as a locale writes them."""

    def __init__(self, wording: Formats):
        self._wording = wording
        self._marked = Marked(wording)
        self._period = lru_cache(4_096)(self._written_period)
        self._head = lru_cache(4_096)(self._written_head)
        self._tax = lru_cache(256)(self._written_tax)

    def lines(self, lines: Iterable[DocumentLine], currency: str, lines_page: str) -> Markup:
        """The rows of lines; where there is a page of their sources each number leads to it."""
        link = escape(lines_page)
        return Markup("\n".join([self._line(line, currency, link) for line in lines]))

    def _line(self, line: DocumentLine, currency: str, link: str) -> str:
        number = line.line_number
        source = f'<a href="{link}#line-{number}" title="Where this line comes from">{number}</a>'
        charge = formats.charge(line.line_kind, line.metric)
        head = self._head(charge, line.app_id, line.app_name, line.plan_id, line.plan_name)
        notes = "".join([f'<span class="note">{note}</span>' for note in self._notes(line, currency)])
        counted = ("by contract", "by contract")
        if not line.is_count_hidden:
            counted = (self._marked.quantity(line.quantity), self._price(line, currency))
        return (
            f'<tr id="line-{number}"><td class="place">{source if link else number}</td>'
            f'<th scope="row">{head}{notes}</th>'
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
        """What is told below a line's name and plan."""
        number, price = self._wording.number, self._wording.unit_price
        if line.charge_class == "correction":
            yield f"Corrects <bdi>{escape(line.shown_correction or '')}</bdi>"
        if line.prorated_days:
            yield "{} of {} days".format(*line.prorated_days)
        if (of := line.allowance) is not None:
            yield self._allowance(line, of)
        if line.package_size and not line.is_count_hidden:
            packages = f": {number(line.taken)}" if line.tiers else ""
            yield f"Packages of {number(line.package_size)}{packages}"
        for tier in line.shown_tiers:
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

    def _allowance(self, line: DocumentLine, of: Decimal) -> str:
        """What of a line the fee has paid for, and so why it charges less than it counts, or nothing."""
        number, included = self._wording.number, line.included
        if included is None:
            return f"{number(of)} included in the fee" + (", for all apps together" if line.is_pooled else "")
        if included < line.quantity:
            return f"{number(included)} included in the fee, {number(line.quantity - included)} charged"
        return f"{number(included)} of {number(of)} included in the fee"

    @staticmethod
    def _written_head(
        charge: str, app_id: str | None, app_name: str, plan_id: str | None, plan_name: str
    ) -> str:
        """What is charged, of which app, by which plan, as people may see them: the same month by month."""
        app, plan = names.display_name(app_name, app_id or ""), names.display_name(plan_name, plan_id or "")
        of_app = f' <span class="app">· <bdi>{escape(app)}</bdi></span>' if app_id else ""
        of_plan = f'<span class="note">Plan <bdi>{escape(plan)}</bdi></span>' if plan_id else ""
        return f"{escape(charge)}{of_app}{of_plan}"

    def _written_tax(self, category: str, rate: Decimal) -> str:
        return f"{escape(category)} {self._wording.percent(rate)}"

    def _written_period(self, start: date, end: date) -> str:
        return self._marked.isolated(self._wording.period(start, end))
