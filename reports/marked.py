"""Figures as markup: what people read, beside what a program reads back. In Python, for pages have many."""

from collections.abc import Callable, Iterable
from decimal import Decimal
from functools import lru_cache

from markupsafe import Markup, escape

from reports.formats import minor_unit
from reports.locales import Formats


class Marked:
    """A locale's figures, each in a `<data>` that holds its plain value. Texts, for rows are made of them."""

    def __init__(self, wording: Formats):
        self._wording = wording
        self._is_rtl = wording.direction == "rtl"
        self.amount = lru_cache(8_192)(self._written_amount)
        self.quantity = lru_cache(8_192)(self._written_quantity)
        self.cell = lru_cache(8_192)(self._written_cell)
        self._figure = lru_cache(8_192)(self._written_figure)

    def _written_amount(self, amount: Decimal, currency: str) -> str:
        """An amount of money, without the currency's name (P5)."""
        plain = amount.quantize(Decimal(1).scaleb(-minor_unit(currency))) + 0
        return _data(format(plain, "f"), self._wording.money(amount, currency))

    def _written_quantity(self, value: int | Decimal) -> str:
        """A number of units."""
        return _data(format(Decimal(value).normalize(), "f"), self._wording.number(value))

    def isolated(self, text: str) -> str:
        """A text that the locale wrote, such as a date: where it runs from right to left, by itself."""
        return f'<bdi dir="rtl">{escape(text)}</bdi>' if self._is_rtl else str(escape(text))

    def cells(self, counts: Iterable[int]) -> str:
        """A row's counts as cells of a table."""
        return "".join(map(self.cell, counts))

    def figures(self, figures: Iterable[int | None]) -> str:
        """A row's figures as cells of a table; one that there is not is an empty cell."""
        return "".join(map(self._figure, figures))

    def _written_figure(self, figure: int | None) -> str:
        return f'<td class="num">{"" if figure is None else escape(self._wording.number(figure))}</td>'

    def _written_cell(self, count: int) -> str:
        """A count as a cell of a table."""
        return f"<td>{escape(self._wording.number(count))}</td>" if count else '<td class="nil">0</td>'


def filters(wording: Formats) -> dict[str, Callable[..., Markup]]:
    """The filters that templates have of it."""
    marked = Marked(wording)
    return {
        "amount": lru_cache(8_192)(_as_markup(marked.amount)),
        "quantity": lru_cache(8_192)(_as_markup(marked.quantity)),
        "isolated": lru_cache(4_096)(_as_markup(marked.isolated)),
        "cells": _as_markup(marked.cells),
        "figures": _as_markup(marked.figures),
    }


def _as_markup(make: Callable[..., str]) -> Callable[..., Markup]:
    return lambda *values: Markup(make(*values))


def _data(value: str, shown: str) -> str:
    return f'<data value="{value}">{escape(shown)}</data>'
