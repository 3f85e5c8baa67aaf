"""The fragments that some days need: their own, and those that an unbroken chain joins to them (R5).

From either edge of the days the keys that may still be open are followed day by day until their chains
break. Which keys may be open is told generously (the longest timeout that an app ever had); a key too many
costs time, never a count.
"""

from datetime import date, timedelta
from pathlib import Path

import polars as pl

from orchestration.counting.fragmenting import rows_of_keys
from orchestration.counting.terms import Terms
from orchestration.lake import Lake, midnight_ms
from orchestration.lake.seals import require_whole
from transforms.episodes import silent_keys
from transforms.fragments import FRAGMENT_TABLES, Fragments, concatenated, no_fragments
from transforms.marks import END, LEG, START
from transforms.timeouts import MINUTE_MS

DAY = timedelta(days=1)
DAY_MS = 24 * 60 * MINUTE_MS
UNTIL = {
    "stretches": pl.col("last_at"),
    "marked_rows": pl.col("at"),
    "legs": pl.max_horizontal("transferred_at", "accepted_at", "ended_at"),
    "system_ends": pl.col("at"),
}
"""By table of the fragments: until when a row shows its key to be busy."""


class Window:
    """Loads fragments around days, under the terms that say how far a key may reach."""

    def __init__(self, lake: Lake, terms: Terms):
        self.lake = lake
        self.terms = terms
        self._whole: set[Path] = set()
        """Files that were looked at, and are not damaged."""
        self.days = lake.days("stretches")
        self.loose = _spans(lake.scan("loose_ends").collect())
        self.default_ms = terms.rules.default_inactivity_minutes * MINUTE_MS
        self.longest = terms.timeouts.group_by("app_id").agg(
            (pl.col("inactivity_minutes").max() * MINUTE_MS).alias("longest_ms")
        )
        most = self.longest["longest_ms"].max()
        self.longest_ms = max(self.default_ms, most if isinstance(most, int) else 0)

    def load(self, first: date, last: date, keys: pl.DataFrame | None = None) -> Fragments:
        """Fragments of the days from first to last, of some keys if so told; of careful ones all rows."""
        parts = {day: self._read(day, keys) for day in self.days if first <= day <= last}
        if self.days:
            parts |= self._followed(first - DAY, -1, keys)
            parts |= self._followed(last + DAY, +1, keys)
        return self._with_careful_rows(parts)

    def _followed(self, day: date, step: int, wanted: pl.DataFrame | None) -> dict[date, Fragments]:
        """Day after day, in one direction, the fragments of the keys that are still open there."""
        parts: dict[date, Fragments] = {}
        near, far = (DAY, 0 * DAY) if step < 0 else (0 * DAY, DAY)
        keys = self._open_keys(day + near, wanted)
        while keys.height and self.days[0] <= day <= self.days[-1]:
            if day in self.days:
                parts[day] = self._read(day, keys)
                keys = keys.join(self._broken(parts[day], day), on="key", how="anti")
            keys = self._open_keys(day + far, keys)
            day += step * DAY
        return parts

    def _broken(self, part: Fragments, day: date) -> pl.DataFrame:
        """Keys that were silent on a day for longer than any timeout between two things that they did.

        Not told of those whose silence a leg over midnight, or with a leg a system message, may fill.
        """
        filled = [self._open_legs(midnight_ms(day + n * DAY)) for n in (0, 1)]
        return silent_keys(part, self.longest_of(part.identities)).join(
            pl.concat([*filled, part.system_ends.select("key")]), on="key", how="anti"
        )

    def _open_keys(self, day: date, among: pl.DataFrame | None) -> pl.DataFrame:
        """Keys that something before the start of `day` may join to something after it."""
        boundary = midnight_ms(day)
        found = [self._open_legs(boundary)]
        if among is not None:
            found = [among.join(found[0], on="key", how="semi")]
        left = among
        for back in range(1, -(-self.longest_ms // DAY_MS) + 1):
            if day - back * DAY not in self.days:
                continue
            if left is not None:
                left = left.join(found[-1], on="key", how="anti")
                if left.is_empty():
                    break
            found.append(self._open_on(day - back * DAY, boundary, left))
        return pl.concat(found).unique()

    def _open_on(self, day: date, boundary: int, among: pl.DataFrame | None) -> pl.DataFrame:
        """Keys that something on a day may join to what follows a later midnight."""
        is_meant = pl.lit(value=True) if among is None else pl.col("key").is_in(among["key"].implode())
        near = pl.concat(
            self._scan(table, day)
            .filter(is_meant & (until >= boundary - self.longest_ms))
            .select("key", until.alias("until"))
            for table, until in UNTIL.items()
        )
        found = near.group_by("key").agg(pl.col("until").max()).collect()
        apps = (
            self._scan("identities", day)
            .select("key", "app_id")
            .filter(pl.col("key").is_in(found["key"].implode()))
        )
        longest = self.longest_of(apps.collect())
        return (
            found.join(longest, on="key", how="left")
            .filter(pl.col("until") + pl.col("longest_ms").fill_null(self.longest_ms) >= boundary)
            .select("key")
        )

    def _open_legs(self, boundary: int) -> pl.DataFrame:
        """Keys with a leg over the boundary, or one that ends so near that it may join to what follows."""
        over = (pl.col("at") < boundary) & (pl.col("until") >= boundary - self.longest_ms)
        return self.loose.filter(over).select("key").unique()

    def longest_of(self, identities: pl.DataFrame) -> pl.DataFrame:
        """`key, longest_ms` of the keys: the longest timeout that the key's app ever had."""
        return self.with_longest(identities.select("key", "app_id").unique("key")).drop("app_id")

    def with_longest(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Adds `longest_ms`, the longest timeout that the row's app ever had."""
        longest = pl.max_horizontal(pl.col("longest_ms").fill_null(self.default_ms), pl.lit(self.default_ms))
        known = rows.join(self.longest, on="app_id", how="left", maintain_order="left")
        return known.with_columns(longest)

    def _read(self, day: date, keys: pl.DataFrame | None) -> Fragments:
        tables = {table: self._scan(table, day) for table in FRAGMENT_TABLES}
        if keys is not None:
            its = pl.col("key").is_in(keys["key"].implode())
            tables = {table: rows.filter(its) for table, rows in tables.items()}
        return Fragments(**dict(zip(tables, pl.collect_all(tables.values()), strict=True)))

    def _scan(self, table: str, day: date) -> pl.LazyFrame:
        path = self.lake.file(table, day)
        if path not in self._whole:
            require_whole(self.lake.root, [path])
            self._whole.add(path)
        return pl.scan_parquet(path)

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
