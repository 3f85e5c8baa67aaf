"""Rows to fragments: what a set of rows says about each key, in a form that merges (R19).

The rows come in the order of the lake: by key and time. A stretch is activity of a key without a gap above
five minutes, the shortest timeout (R3): no gap inside one can end a conversation, and the gaps between them
stay. Keys with human-agent time, or whose first speaker only the order of ids can tell, keep their rows. All
is done in integers; the texts behind them are kept once, as `identities`.
"""

from dataclasses import dataclass, replace
from itertools import pairwise

import polars as pl

from transforms.keys import IDENTITIES, one_key_each
from transforms.marks import AGENT, END, LEG, NO_MARK, RESET, START, SYSTEM, USER
from transforms.runs import runs_of

SLOT_MS = 5 * 60 * 1000
"""The shortest inactivity timeout (R3): a gap within it never ends a conversation."""

WHOSE = {"key": pl.UInt64, "who": pl.UInt64}
ORIGIN = {"arrival_day": pl.Date, "file": pl.String, "line": pl.Int64}

STRETCHES = pl.Schema(
    {**WHOSE, "first_at": pl.Int64, "last_at": pl.Int64, "first_user_at": pl.Int64, "rows": pl.Int64}
    | {"is_reset": pl.Boolean}
)
"""Activity of a key without a gap above five minutes, and its resets (R4), each a row of its own; times in
ms, `first_user_at` may be null. By key and time; at one instant the reset comes last."""
MARKED_ROWS = pl.Schema({**WHOSE, "at": pl.Int64, "mark": pl.UInt8, "event_id": pl.String, **ORIGIN})
"""All rows, but closure notices and API requests, of the keys that need them in order."""
LEGS = pl.Schema(
    {**WHOSE, "leg_id": pl.String, "transferred_at": pl.Int64, "accepted_at": pl.Int64}
    | {"ended_at": pl.Int64, **ORIGIN}
)
"""Human-agent legs of the handoff log, as logged (R7)."""
REQUESTS = pl.Schema(
    {**WHOSE, "at": pl.Int64, "event_id": pl.String, "account_id": pl.String, "app_id": pl.String}
)
"""API requests (R12)."""
LEFT_OUT = pl.Schema({"key": pl.UInt64, **ORIGIN})
"""Copies of interactions and legs that do not count (R18): where rows are read again, these are left out."""
SYSTEM_ENDS = pl.Schema({"key": pl.UInt64, "at": pl.Int64})
"""The last system message of each plain key that has one: a leg without an end that began on another day
runs on along such rows (R7), where the stretches show nothing."""
LOOSE_ENDS = pl.Schema({"key": pl.UInt64, "mark": pl.UInt8, "at": pl.Int64, "until": pl.Int64})
"""What reaches out of a day further than a timeout: a last START or a first END of a key's handoff rows
(its partner may stand on any day), and logged legs over midnight (mark LEG, `until` their last instant)."""


@dataclass(frozen=True)
class Fragments:
    """The tables of fragments; a key in `marked_rows` or `legs` is *careful*: its rows are seen in order."""

    stretches: pl.DataFrame
    marked_rows: pl.DataFrame
    legs: pl.DataFrame
    requests: pl.DataFrame
    identities: pl.DataFrame
    system_ends: pl.DataFrame

    def careful_keys(self) -> pl.DataFrame:
        """The keys whose rows must be seen in order, one column `key`."""
        return pl.concat([self.marked_rows.select("key"), self.legs.select("key")]).unique()

    def having(self, **tables: pl.DataFrame) -> "Fragments":
        """The same with other tables in place of the named ones."""
        return replace(self, **tables)

    def between(self, first: int, end: int) -> "Fragments":
        """What they say of the keys from `first` on, without `end`: the share of one worker (R19)."""
        if (first, end) == (0, KEYS_END):
            return self
        tables = {name: getattr(self, name).filter(is_between(first, end)) for name in FRAGMENT_TABLES}
        return Fragments(**tables)


IS_RESET = pl.col("mark") == RESET

KEYS_END = 2**64
"""Keys are hashes, so that an equal share of their range holds an equal share of the rows."""

SCHEMAS = {
    "stretches": STRETCHES,
    "marked_rows": MARKED_ROWS,
    "legs": LEGS,
    "requests": REQUESTS,
    "identities": IDENTITIES,
    "system_ends": SYSTEM_ENDS,
}
FRAGMENT_TABLES = tuple(SCHEMAS)


def fragments_of(
    interactions: pl.LazyFrame, handoffs: pl.LazyFrame, named: list[pl.LazyFrame] | None = None
) -> Fragments:
    """Fragments of clean rows, copies resolved (R18), of whole keys or whole days.

    `named` are rows that name every `who` at least once; by default all. Nothing but numbers is read of the
    rows of plain keys.
    """
    legs = logged_legs(handoffs)
    rows = interactions.select(*WHOSE, _ms("occurred_at").alias("at"), "mark").collect()
    has_requests = _last_mark(rows) == NO_MARK
    rows = in_key_order(rows.filter(pl.col("mark") != NO_MARK) if has_requests else rows)
    stretches = stretches_of(rows)
    careful = _careful(rows, stretches, legs)
    if careful.height:
        stretches = stretches.join(careful, on="key", how="anti", maintain_order="left")
    return Fragments(
        stretches=stretches,
        marked_rows=rows_of(interactions, careful),
        legs=_ordered(legs, LEGS),
        requests=_requests(interactions) if has_requests else REQUESTS.to_frame(),
        identities=_identities(named or [interactions, handoffs]),
        system_ends=_system_ends(rows, careful),
    )


def shares(count: int) -> list[tuple[int, int]]:
    """Equal, half-open ranges of all keys."""
    return list(pairwise(KEYS_END * number // count for number in range(count + 1)))


def is_between(first: int, end: int) -> pl.Expr:
    """Whether a key lies in a range."""
    return pl.col("key").is_between(pl.lit(first, pl.UInt64), pl.lit(end - 1, pl.UInt64))


def rows_of(interactions: pl.LazyFrame, keys: pl.DataFrame) -> pl.DataFrame:
    """The rows of the given keys as `MARKED_ROWS`, without those that bound nothing."""
    if keys.is_empty():
        return MARKED_ROWS.to_frame()
    found = interactions.filter(pl.col("key").is_in(keys["key"].implode())).select(
        *WHOSE, _ms("occurred_at").alias("at"), "mark", "event_id", *ORIGIN
    )
    # An id stands once in a day (R18), so this order is total; more columns would cost time alone.
    rows = found.filter(pl.col("mark") != NO_MARK).collect().sort("key", "at", "event_id")
    return rows.select(pl.col(name).cast(dtype) for name, dtype in MARKED_ROWS.items())


def logged_legs(handoffs: pl.LazyFrame) -> pl.DataFrame:
    """The handoff log; times in ms."""
    times = ("transferred_at", "accepted_at", "ended_at")
    return handoffs.select(*WHOSE, "leg_id", *(_ms(time) for time in times), *ORIGIN).collect()


def loose_ends(fragments: Fragments, day_end_ms: int) -> pl.DataFrame:
    """`LOOSE_ENDS` of the fragments of one day that ends at `day_end_ms`."""
    handoffs = (
        fragments.marked_rows.filter(pl.col("mark").is_in([START, END]))
        .sort("key", "at", pl.col("mark") == START)
        .select("key", "mark", "at", pl.col("at").alias("until"))
    )
    last = handoffs.unique("key", keep="last", maintain_order=True).filter(pl.col("mark") == START)
    first = handoffs.unique("key", keep="first", maintain_order=True).filter(pl.col("mark") == END)
    until = pl.max_horizontal("accepted_at", "ended_at")
    over_midnight = fragments.legs.filter(until >= day_end_ms).select(
        "key", pl.lit(LEG, pl.UInt8).alias("mark"), pl.col("transferred_at").alias("at"), until.alias("until")
    )
    return _ordered(pl.concat([last, first, over_midnight]), LOOSE_ENDS)


def merged(parts: list[Fragments]) -> Fragments:
    """Fragments of several parts as one: in any order, a part more than once counts once."""
    joined = concatenated(parts)
    return joined.having(**{name: getattr(joined, name).unique() for name in FRAGMENT_TABLES})


def concatenated(parts: list[Fragments]) -> Fragments:
    """Fragments of parts that have no row in common, as one."""
    tables = {name: [getattr(part, name) for part in parts] for name in FRAGMENT_TABLES}
    return Fragments(**{name: pl.concat([SCHEMAS[name].to_frame(), *rows]) for name, rows in tables.items()})


def no_fragments() -> Fragments:
    """Fragments of nothing."""
    return concatenated([])


def in_key_order(rows: pl.DataFrame, at: str = "at", is_reset: pl.Expr = IS_RESET) -> pl.DataFrame:
    """Rows by key and time, a reset after what else happened at its instant (R4).

    Most come so from the lake, and looking is many times cheaper than sorting.
    """
    if rows["key"].is_sorted():
        same_key = pl.col("key") == pl.col("key").shift(1)
        gap = pl.col(at) - pl.col(at).shift(1)
        is_before = same_key & ((gap < 0) | ((gap == 0) & is_reset.shift(1) & ~is_reset))
        if not rows.select(is_before.any()).item():
            return rows
    return rows.sort("key", at, is_reset)


def stretches_of(rows: pl.DataFrame) -> pl.DataFrame:
    """`STRETCHES` of rows (key, who, at, mark) by key and time, a reset last at its instant."""
    last_mark = _last_mark(rows)
    activity = rows if last_mark <= RESET else rows.filter(pl.col("mark") <= RESET)
    continues = (pl.col("key") == pl.col("key").shift(1)) & (pl.col("at") - pl.col("at").shift(1) <= SLOT_MS)
    if last_mark >= RESET:
        continues &= ~IS_RESET & ~IS_RESET.shift(1)
    runs = runs_of(activity.select(~continues.fill_null(value=False)).to_series())
    return activity[runs.first].select(
        "key",
        "who",
        pl.col("at").alias("first_at"),
        activity["at"].gather(runs.last).alias("last_at"),
        runs.earliest(activity["at"], activity["mark"] == USER).alias("first_user_at"),
        runs.rows().alias("rows"),
        IS_RESET.alias("is_reset"),
    )


def _last_mark(rows: pl.DataFrame) -> int:
    last = rows["mark"].max()
    return last if isinstance(last, int) else USER


def _careful(rows: pl.DataFrame, stretches: pl.DataFrame, legs: pl.DataFrame) -> pl.DataFrame:
    """The keys whose rows must be seen in order, one column `key`.

    Those with legs or rows of human agents; those of two speakers at one instant, which only the ids of their
    rows can tell apart; and those of system messages alone, which may be witnesses of a leg (R7).
    """
    found = rows.select("key").filter(rows.select(has_two_speakers()).to_series())
    if _last_mark(rows) <= RESET:
        return pl.concat([found, legs.select("key")]).unique()
    found = pl.concat([found, rows.filter(pl.col("mark").is_between(AGENT, END)).select("key")])
    spoken = stretches.filter(~pl.col("is_reset")).select("key")
    silent = rows.filter(pl.col("mark") == SYSTEM).select("key").unique().join(spoken, on="key", how="anti")
    return pl.concat([found, silent, legs.select("key")]).unique()


def has_two_speakers() -> pl.Expr:
    """Of rows by key and time, whether one has another speaker than the row before, at the same instant."""
    columns = [pl.col(name) == pl.col(name).shift(1) for name in ("key", "at")]
    return pl.all_horizontal(pl.col("who") != pl.col("who").shift(1), *columns).fill_null(value=False)


def _system_ends(rows: pl.DataFrame, careful: pl.DataFrame) -> pl.DataFrame:
    if _last_mark(rows) < SYSTEM:
        return SYSTEM_ENDS.to_frame()
    said = rows.filter(pl.col("mark") == SYSTEM).join(careful, on="key", how="anti")
    return _ordered(said.group_by("key").agg(pl.col("at").max()), SYSTEM_ENDS)


def _requests(interactions: pl.LazyFrame) -> pl.DataFrame:
    found = interactions.filter(pl.col("kind") == "api_request").select(
        *WHOSE, _ms("occurred_at").alias("at"), "event_id", "account_id", "app_id"
    )
    return _ordered(found.collect(), REQUESTS)


def _identities(named: list[pl.LazyFrame]) -> pl.DataFrame:
    return one_key_each(pl.concat([rows.select(IDENTITIES.names()).collect() for rows in named]))


def _ordered(frame: pl.DataFrame, schema: pl.Schema) -> pl.DataFrame:
    """In the schema's columns and a total order, so that the same rows give the same bytes."""
    return frame.select(pl.col(name).cast(dtype) for name, dtype in schema.items()).sort(schema.names())


def _ms(column: str) -> pl.Expr:
    return pl.col(column).dt.epoch("ms")
