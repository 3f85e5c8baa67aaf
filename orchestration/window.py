"""The fragments that some days need: their own, and those that an unbroken chain joins to them (R5).

From either edge of the days the keys that may still be open are followed day by day until their chains
break. Which keys may be open is told generously (the longest timeout that an app ever had); a key too many
costs time, never a count.
"""

from datetime import date, timedelta
from functools import cache, lru_cache

import polars as pl

from orchestration.fragmenting import rows_of_keys
from orchestration.lake import Lake, midnight_ms
from orchestration.terms import Terms
from transforms.episodes import silent_keys
from transforms.fragments import FRAGMENT_TABLES, Fragments, concatenated, no_fragments
from transforms.marks import END, LEG, START
from transforms.timeouts import MINUTE_MS

DAY = timedelta(days=1)
DAY_MS = 24 * 60 * MINUTE_MS
NEAR_DAYS = 4
"""Days whose fragments are kept in memory while their neighbours are looked at."""


class Window:
    """Loads fragments around days, under the terms that say how far a key may reach."""

    def __init__(self, lake: Lake, terms: Terms):
        self.lake = lake
        self.terms = terms
        self.days = lake.days("stretches")
        self.loose = _spans(lake.scan("loose_ends").collect())
        self.default_ms = terms.rules.default_inactivity_minutes * MINUTE_MS
        self.longest = terms.timeouts.group_by("app_id").agg(
            (pl.col("inactivity_minutes").max() * MINUTE_MS).alias("longest_ms")
        )
        most = self.longest["longest_ms"].max()
        self.longest_ms = max(self.default_ms, most if isinstance(most, int) else 0)
        self.open_keys = cache(self._open_keys)
        self.day = lru_cache(maxsize=NEAR_DAYS)(self._day)

    def load(self, first: date, last: date, keys: pl.DataFrame | None = None) -> Fragments:
        """Fragments of the days from first to last, of some keys if so told; of careful ones all rows."""
        parts = {day: self._of(day, keys) for day in self.days if first <= day <= last}
        if self.days:
            self._follow(parts, (first - DAY, self.days[0], -1), keys)
            self._follow(parts, (last + DAY, self.days[-1], +1), keys)
        return self._with_careful_rows(parts)

    def _of(self, day: date, keys: pl.DataFrame | None) -> Fragments:
        return self.day(day) if keys is None else self.day(day).of_keys(keys)

    def _follow(
        self, parts: dict[date, Fragments], way: tuple[date, date, int], wanted: pl.DataFrame | None
    ) -> None:
        """Adds day after day, in one direction, the fragments of the keys that are still open there."""
        day, end, step = way
        edge = 1 if step < 0 else 0
        keys = self.open_keys(day + edge * DAY)
        if wanted is not None:
            keys = keys.join(wanted, on="key", how="semi")
        while keys.height and (day >= end if step < 0 else day <= end):
            parts[day] = self.day(day).of_keys(keys)
            beyond = self.open_keys(day + (1 - edge) * DAY)
            keys = keys.join(beyond, on="key", how="semi").join(
                self._broken(parts[day], day), on="key", how="anti"
            )
            day += step * DAY

    def _broken(self, part: Fragments, day: date) -> pl.DataFrame:
        """Keys that were silent on a day for longer than any timeout between two things that they did.

        Not told of those whose silence a leg over midnight, or with a leg a system message, may fill.
        """
        filled = [self._open_legs(midnight_ms(day + n * DAY)) for n in (0, 1)]
        return silent_keys(part, self.longest_of(part.identities)).join(
            pl.concat([*filled, part.system_ends.select("key")]), on="key", how="anti"
        )

    def _open_keys(self, day: date) -> pl.DataFrame:
        """Keys that something before the start of `day` may join to something after it."""
        boundary = midnight_ms(day)
        reach_days = -(-self.longest_ms // DAY_MS)
        found = [self._open_legs(boundary)]
        for back in range(1, reach_days + 1):
            if day - back * DAY in self.days:
                found.append(self._open_on(day - back * DAY, boundary))
        return pl.concat(found).unique()

    def _open_on(self, day: date, boundary: int) -> pl.DataFrame:
        part = self.day(day)
        reaching = [
            part.stretches.select("key", pl.col("last_at").alias("until")),
            part.marked_rows.select("key", pl.col("at").alias("until")),
            part.legs.select(
                "key", pl.max_horizontal("transferred_at", "accepted_at", "ended_at").alias("until")
            ),
            part.system_ends.select("key", pl.col("at").alias("until")),
        ]
        return (
            pl.concat(reaching)
            .filter(pl.col("until") >= boundary - self.longest_ms)
            .pipe(self.with_longest, part.identities)
            .filter(pl.col("until") + pl.col("longest_ms") >= boundary)
            .select("key")
        )

    def _open_legs(self, boundary: int) -> pl.DataFrame:
        """Keys with a leg over the boundary, or one that ends so near that it may join to what follows."""
        over = (pl.col("at") < boundary) & (pl.col("until") >= boundary - self.longest_ms)
        return self.loose.filter(over).select("key")

    def longest_of(self, identities: pl.DataFrame) -> pl.DataFrame:
        """`key, longest_ms` of the keys: the longest timeout that the key's app ever had."""
        return self.with_longest(identities.select("key", "app_id").unique("key")).drop("app_id")

    def with_longest(self, rows: pl.DataFrame, identities: pl.DataFrame | None = None) -> pl.DataFrame:
        """Adds `longest_ms`, the longest timeout that the row's app ever had; `identities` tell its app."""
        if self.longest.is_empty():
            return rows.with_columns(pl.lit(self.default_ms).alias("longest_ms"))
        known, by = self.longest, "app_id"
        if identities is not None:
            known, by = (
                identities.unique("key").join(self.longest, on="app_id").select("key", "longest_ms"),
                "key",
            )
        longest = pl.max_horizontal(pl.col("longest_ms").fill_null(self.default_ms), pl.lit(self.default_ms))
        return rows.join(known, on=by, how="left", maintain_order="left").with_columns(longest)

    def _day(self, day: date) -> Fragments:
        return Fragments(**{table: self.lake.read(table, day) for table in FRAGMENT_TABLES})

    def _with_careful_rows(self, parts: dict[date, Fragments]) -> Fragments:
        """All parts as one, with the rows of keys that are careful on one day and plain on another."""
        everything = concatenated(list(parts.values()))
        careful = everything.careful_keys()
        found = [everything]
        for day, part in parts.items():
            plain = part.stretches.select("key").unique().join(part.careful_keys(), on="key", how="anti")
            missing = plain.join(careful, on="key", how="semi")
            if missing.height:
                rows = rows_of_keys(self.lake, day, missing)
                found.append(no_fragments().having(marked_rows=rows))
        return concatenated(found) if len(found) > 1 else everything


def _spans(loose: pl.DataFrame) -> pl.DataFrame:
    """Legs that lie on more than one day, `key, at, until`: logged ones, and from each last start of a day to
    the first end after it, which is its own unless another start stands between.
    """
    of_mark = {mark: loose.filter(pl.col("mark") == mark).sort("key", "at") for mark in (START, END, LEG)}
    ends = of_mark[END].select("key", "at", pl.col("at").alias("ended_at"))
    # At one instant the end comes first (R7): it ends what began before.
    paired = of_mark[START].join_asof(
        ends, on="at", by="key", strategy="forward", allow_exact_matches=False, check_sortedness=False
    )
    spans = paired.filter(pl.col("ended_at").is_not_null()).select("key", "at", until="ended_at")
    return pl.concat([spans, of_mark[LEG].select("key", "at", "until")])
