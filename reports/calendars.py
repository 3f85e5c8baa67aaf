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
        monday = date(2024, 1, 1)
        days = (wording.weekday(monday + timedelta(days=number)) for number in range(7))
        self.head = "".join(f'<th scope="col">{escape(day)}</th>' for day in days)
        """The days of the week."""

    def weeks(self, line: SourceLine, listed: tuple[date, date] | None) -> str:
        """The rows of a line's table; a day with a list leads to its sessions."""
        first, last = self._listed(line.start, len(line.counts), listed)
        sessions = sessions_address(line.metric, line.app_id)
        cells = ["<td></td>"] * line.start.weekday()
        number, days = self._number, _days(line.start, len(line.counts))
        for place, (count, (head, written)) in enumerate(zip(line.counts, days, strict=True)):
            if not count:
                cells.append(f'<td class="nil">{head}0</td>')
            elif first <= place <= last:
                cells.append(f'<td><a href="{sessions}{written}">{head}{number(count)}</a></td>')
            else:
                cells.append(f"<td>{head}{number(count)}</td>")
        cells += ["<td></td>"] * (-len(cells) % 7)
        weeks = ("".join(cells[place : place + 7]) for place in range(0, len(cells), 7))
        return "".join(f"<tr>{week}</tr>\n" for week in weeks)

    @staticmethod
    def _listed(start: date, length: int, listed: tuple[date, date] | None) -> tuple[int, int]:
        """The places of the first and last day with a list."""
        if listed is None:
            return length, -1
        return (listed[0] - start).days, (listed[1] - start).days


@lru_cache(4_096)
def _days(start: date, length: int) -> tuple[tuple[str, str], ...]:
    """Each day of a period: its number in the month as a cell has it, and the day as an address has it."""
    days = (start + timedelta(days=place) for place in range(length))
    return tuple((f"<b>{day.day}</b>", day.isoformat()) for day in days)


@lru_cache(65_536)
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
