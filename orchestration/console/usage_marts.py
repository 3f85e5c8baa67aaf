"""The usage marts as columns of numbers: many accounts are read at once, and each one's rows lie together."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import duckdb
import numpy as np

from orchestration.console.reading import rows
from reports.usage_data import AGENTS, COUNTS

MEASURES = (*COUNTS, AGENTS)

_APPS = """
select account_id, app_id, hash(account_id, app_id) as app_key
from (select distinct account_id, app_id from usage_daily)
order by account_id, app_id
"""

_DAY = "usage_date - date '1970-01-01'"
_HOUR = "epoch_ms(usage_hour_at) // 3600000"


@dataclass(frozen=True)
class Rows:
    """Rows of an account, ordered by app and by day or hour (from the epoch); `apps` are their numbers."""

    apps: np.ndarray
    at: np.ndarray
    columns: Mapping[str, np.ndarray]

    def by_month(self, starts: Sequence[int]) -> Iterator["Rows"]:
        """The rows between each start and the next one; each with its days or hours counted from the start.

        Where the first local day begins within an hour of UTC, that hour lies before the first start: it is
        counted with the next.
        """
        at = np.maximum(self.at, starts[0])
        month = np.searchsorted(np.asarray(starts), at, side="right")
        order = np.argsort(month, kind="stable")
        bounds = np.searchsorted(month[order], np.arange(1, len(starts) + 1))
        apps, at = self.apps[order], at[order]
        columns = {name: column[order] for name, column in self.columns.items()}
        for start, first, last in zip(starts, bounds, bounds[1:], strict=False):
            found = slice(first, last)
            yield Rows(
                apps[found], at[found] - start, {name: column[found] for name, column in columns.items()}
            )

    def without(self, name: str) -> "Rows":
        """The same without a column."""
        return Rows(self.apps, self.at, {key: self.columns[key] for key in self.columns if key != name})


@dataclass(frozen=True)
class AccountRows:
    """What the marts say of an account: its days, its apps' days, and its apps' hours."""

    totals: Rows
    days: Rows
    hours: Rows


class UsageMarts:
    """Reads the usage of accounts, as many at once as fit.

    An app is known by a number of 64 bits that DuckDB makes of its ids: no text is read for millions of rows.
    """

    def __init__(self, warehouse: duckdb.DuckDBPyConnection, rows_at_once: int = 2_000_000):
        self._warehouse = warehouse.cursor()
        self._rows_at_once = rows_at_once
        self.apps: dict[str, list[str]] = {}
        keys: dict[str, list[int]] = {}
        for row in rows(self._warehouse, _APPS):
            self.apps.setdefault(row["account_id"], []).append(row["app_id"])
            keys.setdefault(row["account_id"], []).append(row["app_key"])
        self._keys = {account_id: np.array(found, np.uint64) for account_id, found in keys.items()}
        sizes = "select account_id, count(*) as size from usage_hourly group by account_id"
        self._sizes = {row["account_id"]: row["size"] for row in rows(self._warehouse, sizes)}

    def read(self, account_ids: Sequence[str]) -> Iterator[tuple[str, AccountRows]]:
        """The rows of accounts that have usage, in this order."""
        for batch in self._batches([each for each in account_ids if each in self._keys]):
            parts = [
                self._parts(batch, "usage_account_daily", _DAY, by_app=False),
                self._parts(batch, "usage_daily", _DAY),
                self._parts(batch, "usage_hourly", _HOUR),
            ]
            for number, account_id in enumerate(batch):
                yield account_id, AccountRows(*(part[number] for part in parts))

    def _batches(self, account_ids: list[str]) -> Iterator[list[str]]:
        batch: list[str] = []
        size = 0
        for account_id in account_ids:
            if batch and size + self._sizes.get(account_id, 0) > self._rows_at_once:
                yield batch
                batch, size = [], 0
            batch.append(account_id)
            size += self._sizes.get(account_id, 0)
        if batch:
            yield batch

    def _parts(self, account_ids: list[str], mart: str, at: str, by_app: bool = True) -> list[Rows]:
        """The rows of each account."""
        key = "account_id, app_id" if by_app else "account_id"
        counts = ", ".join(f"cast({measure} as integer) as {measure}" for measure in MEASURES)
        ids = ", ".join("?" * len(account_ids))  # one by one: a list of them is joined, which takes longer
        found = self._warehouse.execute(
            f"""
            select hash({key}) as app_key, cast({at} as integer) as place, {counts}
            from {mart} where account_id in ({ids})
            """,
            account_ids,
        ).fetchnumpy()
        keys = [self._keys[each] for each in account_ids] if by_app else self._account_keys(account_ids)
        sizes = [len(each) for each in keys]
        numbers = _numbers(found["app_key"], np.concatenate(keys))
        found = _ordered(numbers, found)
        bounds = np.searchsorted(found["number"], np.cumsum([0, *sizes])).tolist()
        firsts = np.cumsum([0, *sizes]).tolist()
        return [
            _rows_of(found, slice(start, end), first)
            for first, (start, end) in zip(firsts, pairwise(bounds), strict=False)
        ]

    def _account_keys(self, account_ids: list[str]) -> list[np.ndarray]:
        keys = self._warehouse.execute("select hash(unnest(?::varchar[])) as key", [account_ids])
        return [np.array(row, np.uint64) for row in keys.fetchall()]


def _numbers(keys: np.ndarray, known: np.ndarray) -> np.ndarray:
    """The place of each key among those that are known."""
    if not len(keys):
        return np.zeros(0, np.int64)
    order = np.argsort(known)
    values, _, counts = runs(keys)
    return np.repeat(order[np.searchsorted(known[order], values)], counts)


def _ordered(numbers: np.ndarray, found: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The rows by number and place; a mart lies in that order already, unless threads mixed it."""
    columns = {**found, "number": numbers}
    gaps, steps = np.diff(numbers), np.diff(found["place"])
    if np.all((gaps > 0) | ((gaps == 0) & (steps > 0))):
        return columns
    order = np.lexsort((found["place"], numbers))
    return {name: column[order] for name, column in columns.items()}


def _rows_of(found: Mapping[str, np.ndarray], part: slice, first: int) -> Rows:
    return Rows(
        found["number"][part] - first,
        found["place"][part],
        {measure: found[measure][part] for measure in MEASURES},
    )


def runs(values: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The stretches of equal values: the value of each, where it starts, and how long it is."""
    if not len(values):
        return values, np.zeros(0, np.int64), np.zeros(0, np.int64)
    changes = np.flatnonzero(values[1:] != values[:-1]) + 1
    bounds = np.concatenate(([0], changes, [len(values)]))
    starts = bounds[:-1]
    return values[starts], starts, bounds[1:] - starts
