"""Counts by day as a calendar: a row for each week, from Monday (R17), and a cell for each day."""

from datetime import date, timedelta
from functools import lru_cache
from html import escape
from urllib.parse import quote

from reports.locales import Formats
from reports.models.lines import SourceLine


class Calendars:
    """Calendars as a locale writes them. In Python, as a page may have hundreds."""

    def __init__(self, wording: Formats):
        self._number = wording.number
        self._cell = lru_cache(8_192)(self._written_cell)
        monday = date(2024, 1, 1)
        days = (wording.weekday(monday + timedelta(days=number)) for number in range(7))
        self.head = "".join(f'<th scope="col">{escape(day)}</th>' for day in days)
        """The days of the week."""

    def weeks(self, line: SourceLine, listed: tuple[date, date] | None) -> str:
        """The rows of a line's table; a day with a list leads to its sessions."""
        rows, days, heads = _period(line.start, len(line.counts))
        cells = list(map(self._cell, heads, line.counts))
        sessions = sessions_address(line.metric, line.app_id)
        for place in _listed(line.start, len(cells), listed):
            if count := line.counts[place]:
                shown = f"{heads[place]}{self._number(count)}"
                cells[place] = f'<td><a href="{sessions}{days[place]}">{shown}</a></td>'
        return rows % tuple(cells)

    def _written_cell(self, head: str, count: int) -> str:
        return f"<td>{head}{self._number(count)}</td>" if count else f'<td class="nil">{head}0</td>'


def _listed(start: date, length: int, listed: tuple[date, date] | None) -> range:
    """The places of the days with a list."""
    if listed is None:
        return range(0)
    first, last = ((day - start).days for day in listed)
    return range(max(first, 0), min(last + 1, length))


@lru_cache(4_096)
def _period(start: date, length: int) -> tuple[str, tuple[str, ...], tuple[str, ...]]:
    """A period's weeks with a place for each day's cell; each day as an address has it, and as its cell does.

    A cell begins with the number of the day in its month.
    """
    cells = [*["<td></td>"] * start.weekday(), *["%s"] * length]
    cells += ["<td></td>"] * (-len(cells) % 7)
    weeks = ("".join(cells[place : place + 7]) for place in range(0, len(cells), 7))
    days = [start + timedelta(days=place) for place in range(length)]
    return (
        "".join(f"<tr>{week}</tr>\n" for week in weeks),
        tuple(day.isoformat() for day in days),
        tuple(f"<b>{day.day}</b>" for day in days),
    )


@lru_cache(8_192)
def sessions_address(metric: str, app_id: str | None) -> str:
    """The page of sessions, showing what a metric counts of an app; a day is to be put behind it."""
    types = {
        "billing_sessions": "b",
        "usage_sessions": "u",
        "request_sessions": "r",
        "alert_sessions": "a",
        "voice_sessions": "v",
    }
    told = {"app": app_id, "type": types.get(metric)}
    named = "".join(f"{name}={quote(text, safe='')}&" for name, text in told.items() if text)
    return escape(f"../sessions.html#{named}day=")
