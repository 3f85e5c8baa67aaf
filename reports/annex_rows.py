"""The rows of an annex's tables as markup. In Python: a document has some hundred, and as many columns."""

from collections.abc import Iterable
from datetime import date, timedelta
from functools import lru_cache

from markupsafe import Markup, escape

from reports import formats, names
from reports.locales import Formats
from reports.marked import Marked
from reports.models.annex import Annex, DayTable


class AnnexRows:
    """Rows as a locale writes them."""

    def __init__(self, wording: Formats):
        self._wording = wording
        self._marked = Marked(wording)
        self._day_heads = lru_cache(1_024)(self._written_day_heads)

    def apps(self, annex: Annex) -> Markup:
        """The rows of the apps' totals."""
        cells = self._marked.cells
        return _rows(f"{_app(app.shown_name)}{cells(counts)}" for app, counts in annex.rows)

    def heads(self, table: DayTable) -> Markup:
        """The two rows above a table of days: the metrics, and below them the apps of each."""
        metrics = "".join([_metric(metric, columns) for metric, columns in table.metrics])
        apps = "".join([_column(column.app.shown_name if column.app else None) for column in table.columns])
        return Markup(f'<tr class="metrics"><td></td>{metrics}</tr>\n<tr><th scope="col">Day</th>{apps}</tr>')

    def days(self, table: DayTable) -> Markup:
        """The rows of a table of days."""
        heads = self._day_heads(table.start, len(table.columns[0].counts))
        columns = [map(self._marked.cell, column.counts) for column in table.columns]
        return _rows(map("".join, zip(heads, *columns, strict=True)))

    def _written_day_heads(self, start: date, length: int) -> tuple[str, ...]:
        days = (start + timedelta(days=number) for number in range(length))
        shown = (self._marked.isolated(self._wording.short_day(day)) for day in days)
        return tuple(f'<th scope="row">{day}</th>' for day in shown)


def _rows(rows: Iterable[str]) -> Markup:
    """Rows one below the other, of which there is one at least; of each its cells are given."""
    between = "</tr>\n<tr>"
    return Markup(f"<tr>{between.join(rows)}</tr>")


@lru_cache(4_096)
def _app(name: str) -> str:
    return f'<th scope="row"><bdi>{escape(name)}</bdi></th>'


@lru_cache(4_096)
def _column(app: str | None) -> str:
    """The head of an app's column, where there is little room, or of all apps'."""
    name = "All apps" if app is None else f"<bdi>{escape(names.shortened(app, 40))}</bdi>"
    return f'<th scope="col">{name}</th>'


@lru_cache(256)
def _metric(metric: str, columns: int) -> str:
    return f'<th scope="colgroup" colspan="{columns}">{escape(formats.metric(metric))}</th>'
