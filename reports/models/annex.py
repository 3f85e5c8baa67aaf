"""The usage that a document is made of, by app and day: its annex."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from itertools import groupby
from operator import attrgetter
from typing import Any, NamedTuple

from reports import names

PARTS = ("usage_sessions", "request_sessions", "alert_sessions")
"""What billing sessions are the sum of."""

COUNTED = (*PARTS, "voice_sessions")
"""What the annex counts."""

_CHARGED_ELSE = ("billing_sessions", "voice_sessions")
"""What is shown by day of a document that charges no sessions."""

COLUMNS_ACROSS = 9
"""Columns beside the day: as many as a printed page has room for."""


class AppCounts(NamedTuple):
    """An app's counts by day, from a day on; a metric that it has not used may be left out."""

    app_id: str
    name: str
    first_date: date
    counts: Mapping[str, Sequence[int]]

    @property
    def shown_name(self) -> str:
        """The name for people; the id where there is none."""
        return names.display_name(self.name, self.app_id)

    def total(self, metric: str) -> int:
        """The metric over all days."""
        return sum(self.counts.get(metric, ()))


class Column(NamedTuple):
    """A metric of an app by day, or of all apps together."""

    metric: str
    app: AppCounts | None
    counts: Sequence[int]


class DayTable(NamedTuple):
    """As many columns as fit beside each other."""

    start: date
    columns: tuple[Column, ...]

    @property
    def metrics(self) -> tuple[tuple[str, int], ...]:
        """The metrics, and how many columns each has here."""
        return tuple(
            (metric, len(tuple(found))) for metric, found in groupby(self.columns, attrgetter("metric"))
        )

    @property
    def totals(self) -> tuple[int, ...]:
        """Over all days."""
        return tuple(sum(column.counts) for column in self.columns)


@dataclass(frozen=True)
class Annex:
    """The usage of a period."""

    start: date
    end: date  # exclusive
    apps: tuple[AppCounts, ...]
    charged: tuple[str, ...]
    """The metrics that the document charges: what is shown by day."""

    @cached_property
    def rows(self) -> tuple[tuple[AppCounts, tuple[int, ...]], ...]:
        """Each app with its totals: the parts, their sum, voice sessions."""
        columns = (*PARTS, "billing_sessions", "voice_sessions")
        return tuple((app, tuple(app.total(metric) for metric in columns)) for app in self.apps)

    @property
    def totals(self) -> tuple[int, ...]:
        """The same of all apps together."""
        return tuple(sum(column) for column in zip(*(counts for _, counts in self.rows), strict=True))

    @property
    def tables(self) -> Iterator[DayTable]:
        """The metrics that are charged by day and app, and of all apps where there are several."""
        columns = [column for metric in self.charged for column in self._columns(metric)]
        for first in range(0, len(columns), COLUMNS_ACROSS):
            yield DayTable(self.start, tuple(columns[first : first + COLUMNS_ACROSS]))

    def _columns(self, metric: str) -> Iterator[Column]:
        length = (self.end - self.start).days
        used = [
            Column(metric, app, _placed(counts, (app.first_date - self.start).days, length))
            for app in self.apps
            if any(counts := app.counts.get(metric, ()))
        ]
        yield from used
        if len(used) > 1:
            added = list(map(sum, zip(*(each.counts for each in used), strict=True)))
            yield Column(metric, None, added)


def annex_of(body: Mapping[str, Any]) -> Annex | None:
    """The annex of a ledger entry's body; entries of before 0.4 have none, nor have top-ups and credits."""
    if not body.get("usage"):
        return None
    apps = tuple(map(_app, body["usage"]))
    on_lines = {line["metric"] for line in body["lines"] if line["charge_class"] == "regular"}
    known = ("billing_sessions", *COUNTED)
    charged = tuple(metric for metric in known if metric in on_lines)
    return Annex(
        start=date.fromisoformat(body["period_start_date"]),
        end=date.fromisoformat(body["period_end_date"]),
        apps=apps,
        charged=charged or _CHARGED_ELSE,
    )


def _app(app: Mapping[str, Any]) -> AppCounts:
    """An app, with its billing sessions: the sum of their parts."""
    counts = app["counts"]
    parts = [counts[part] for part in PARTS if part in counts]
    billing = list(map(sum, zip(*parts, strict=True)))
    first = date.fromisoformat(app["first_date"])
    return AppCounts(app["app_id"], app["app_name"] or "", first, {**counts, "billing_sessions": billing})


def _placed(counts: Sequence[int], before: int, length: int) -> list[int]:
    """The counts of each day of a period, zeros where the app was not there."""
    return [*[0] * before, *counts, *[0] * (length - before - len(counts))]
