"""The usage that a document is made of, by app and day: its annex."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from itertools import groupby
from typing import Any

from reports import names

PARTS = ("usage_sessions", "request_sessions", "alert_sessions")
"""What billing sessions are the sum of."""

COUNTED = (*PARTS, "voice_sessions")
"""What the annex counts."""

COLUMNS_ACROSS = 9
"""Columns beside the day: as many as a printed page has room for."""


@dataclass(frozen=True)
class AppCounts:
    """An app's counts by day, from a day on; a metric that it has not used is left out."""

    app_id: str
    name: str
    first_date: date
    counts: Mapping[str, Sequence[int]]

    @property
    def shown_name(self) -> str:
        """The name for people; the id where there is none."""
        return names.display_name(self.name, self.app_id)

    @property
    def short_name(self) -> str:
        """The name where there is little room."""
        return names.shortened(self.shown_name, 40)

    def total(self, metric: str) -> int:
        """The metric over all days."""
        return sum(self.by_day(metric))

    def by_day(self, metric: str) -> Sequence[int]:
        """The metric from `first_date` on; billing sessions are the sum of their parts."""
        return self._billing if metric == "billing_sessions" else self.counts.get(metric, ())

    @cached_property
    def _billing(self) -> Sequence[int]:
        parts = [self.counts[part] for part in PARTS if part in self.counts]
        return list(map(sum, zip(*parts, strict=True)))


@dataclass(frozen=True)
class Column:
    """A metric of an app by day, or of all apps together."""

    metric: str
    app: AppCounts | None
    counts: Sequence[int]

    @property
    def total(self) -> int:
        """Over all days."""
        return sum(self.counts)


@dataclass(frozen=True)
class DayTable:
    """As many columns as fit beside each other."""

    start: date
    columns: tuple[Column, ...]

    @property
    def metrics(self) -> tuple[tuple[str, int], ...]:
        """The metrics, and how many columns each has here."""
        return tuple(
            (metric, len(tuple(found))) for metric, found in groupby(self.columns, lambda c: c.metric)
        )

    @property
    def totals(self) -> tuple[int, ...]:
        """Over all days."""
        return tuple(column.total for column in self.columns)


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
        found = [Column(metric, app, _placed(app, metric, self.start, length)) for app in self.apps]
        used = [column for column in found if any(column.counts)]
        yield from used
        if len(used) > 1:
            added = list(map(sum, zip(*(each.counts for each in used), strict=True)))
            yield Column(metric, None, added)


def annex_of(body: Mapping[str, Any]) -> Annex | None:
    """The annex of a ledger entry's body; entries of before 0.4 have none, nor have top-ups and credits."""
    if not body.get("usage"):
        return None
    apps = tuple(
        AppCounts(app["app_id"], app["app_name"] or "", date.fromisoformat(app["first_date"]), app["counts"])
        for app in body["usage"]
    )
    on_lines = {line["metric"] for line in body["lines"] if line["charge_class"] == "regular"}
    known = ("billing_sessions", *COUNTED)
    charged = tuple(metric for metric in known if metric in on_lines) or (
        "billing_sessions",
        "voice_sessions",
    )
    return Annex(
        start=date.fromisoformat(body["period_start_date"]),
        end=date.fromisoformat(body["period_end_date"]),
        apps=apps,
        charged=charged or ("billing_sessions", "voice_sessions"),
    )


def _placed(app: AppCounts, metric: str, start: date, length: int) -> list[int]:
    """The counts of each day of a period, zeros where the app was not there."""
    counts = app.by_day(metric)
    before = (app.first_date - start).days
    return [*[0] * before, *counts, *[0] * (length - before - len(counts))]
