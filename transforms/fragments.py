"""Rows to fragments: what a set of rows says about each key, in a form that merges (R19).

A hash aggregation by key and five-minute slot settles the activity: the shortest timeout is five minutes
(R3), so no gap inside a slot can end a conversation, and the extremes of a slot keep every gap between
slots. Nothing is sorted but the slots. Keys with human-agent time, resets or rows of agents keep their rows.
"""

from dataclasses import dataclass, replace

import polars as pl

from transforms.keys import conversation_key

SLOT_MS = 5 * 60 * 1000
"""The shortest inactivity timeout (R3): a gap within a slot never ends a conversation."""

USER, APP, AGENT, SYSTEM, RESET, START, END = range(7)
"""Marks of a row: a message of user, app (or its greeting), agent or system; reset; handoff start, end."""

KEY = {"key": pl.String, "account_id": pl.String, "app_id": pl.String, "session_id": pl.String}
WHO = {"channel": pl.String, "user_id": pl.String}
ORIGIN = {"arrival_day": pl.Date, "file": pl.String, "line": pl.Int64}

STRETCHES = pl.Schema(
    {**KEY, **WHO, "first_at": pl.Int64, "last_at": pl.Int64, "first_user_at": pl.Int64, "rows": pl.Int64}
)
"""Activity of a key without a gap above five minutes; times in ms, `first_user_at` may be null."""
MARKED_ROWS = pl.Schema({**KEY, **WHO, "at": pl.Int64, "mark": pl.UInt8, "event_id": pl.String, **ORIGIN})
"""All rows, but closure notices and API requests, of the keys that need them in order."""
LEGS = pl.Schema(
    {**KEY, **WHO, "leg_id": pl.String, "transferred_at": pl.Int64, "accepted_at": pl.Int64}
    | {"ended_at": pl.Int64, **ORIGIN}
)
"""Human-agent legs of the handoff log, as logged (R7)."""
REQUESTS = pl.Schema({**KEY, **WHO, "at": pl.Int64, "event_id": pl.String})
"""API requests (R12)."""
LOOSE_ENDS = pl.Schema({"key": pl.String, "mark": pl.UInt8, "at": pl.Int64, "until": pl.Int64})
"""What reaches out of a day further than a timeout: a last START or a first END of a key's handoff rows
(its partner may stand on any day), and logged legs over midnight (mark LEG, `until` their end)."""
LEG = 7


@dataclass(frozen=True)
class Fragments:
    """The tables of fragments; a key in `marked_rows` or `legs` is *careful*: its rows count, in order."""

    stretches: pl.DataFrame
    marked_rows: pl.DataFrame
    legs: pl.DataFrame
    requests: pl.DataFrame

    def careful_keys(self) -> pl.DataFrame:
        """The keys whose rows must be seen in order, one column `key`."""
        return pl.concat([self.marked_rows.select("key"), self.legs.select("key")]).unique()

    def having(self, **tables: pl.DataFrame) -> "Fragments":
        """The same with other tables in place of the named ones."""
        return replace(self, **tables)


SCHEMAS = {"stretches": STRETCHES, "marked_rows": MARKED_ROWS, "legs": LEGS, "requests": REQUESTS}
FRAGMENT_TABLES = tuple(SCHEMAS)


def fragments_of(interactions: pl.DataFrame, handoffs: pl.DataFrame) -> Fragments:
    """Fragments of clean rows, copies resolved (R18), of any period."""
    rows = marked(interactions)
    legs = logged_legs(handoffs)
    slots = _slots(rows)
    needs_order = pl.col("mark").is_in([AGENT, RESET, START, END])
    silent = rows.filter(pl.col("mark") == SYSTEM).join(slots, on="key", how="anti")
    careful = pl.concat(
        [
            rows.filter(needs_order).select("key"),
            silent.select("key"),
            slots.filter(pl.col("is_mixed")).select("key"),
            legs.select("key"),
        ]
    ).unique()
    return Fragments(
        stretches=_ordered(_joined_slots(slots), STRETCHES),
        marked_rows=rows_of(rows, careful),
        legs=_ordered(legs, LEGS),
        requests=_ordered(_requests(interactions), REQUESTS),
    )


def marked(interactions: pl.DataFrame) -> pl.DataFrame:
    """Rows that may bound a conversation or a leg, with their key and mark; the others are left out (R2)."""
    kind, actor = pl.col("kind"), pl.col("actor")
    mark = (
        pl.when(kind == "greeting").then(APP)
        .when(kind == "session_reset").then(RESET)
        .when(kind == "handoff_start").then(START)
        .when(kind == "handoff_end").then(END)
        .when(actor == "user").then(USER)
        .when(actor == "app").then(APP)
        .when(actor == "agent").then(AGENT)
        .otherwise(SYSTEM)
    )  # fmt: skip
    return interactions.filter(~kind.is_in(["closure_notice", "api_request"])).select(
        conversation_key(),
        "account_id",
        "app_id",
        "session_id",
        "channel",
        "user_id",
        _ms("occurred_at").alias("at"),
        mark.cast(pl.UInt8).alias("mark"),
        "event_id",
        *ORIGIN,
    )


def rows_of(marked_rows: pl.DataFrame, keys: pl.DataFrame) -> pl.DataFrame:
    """The rows of the given keys, in the order and shape of `MARKED_ROWS`."""
    return _ordered(marked_rows.join(keys, on="key", how="semi"), MARKED_ROWS)


def logged_legs(handoffs: pl.DataFrame) -> pl.DataFrame:
    """The handoff log with its keys; times in ms."""
    times = ("transferred_at", "accepted_at", "ended_at")
    return handoffs.with_columns(conversation_key(), *(_ms(time) for time in times)).select(LEGS.names())


def loose_ends(fragments: Fragments, day_end_ms: int) -> pl.DataFrame:
    """`LOOSE_ENDS` of the fragments of one day that ends at `day_end_ms`."""
    handoffs = (
        fragments.marked_rows.filter(pl.col("mark").is_in([START, END]))
        .sort("key", "at", pl.col("mark") == START)
        .select("key", "mark", "at", pl.col("at").alias("until"))
    )
    last = handoffs.unique("key", keep="last", maintain_order=True).filter(pl.col("mark") == START)
    first = handoffs.unique("key", keep="first", maintain_order=True).filter(pl.col("mark") == END)
    over_midnight = fragments.legs.filter(pl.col("ended_at") >= day_end_ms).select(
        "key",
        pl.lit(LEG, pl.UInt8).alias("mark"),
        pl.col("transferred_at").alias("at"),
        pl.col("ended_at").alias("until"),
    )
    return _ordered(pl.concat([last, first, over_midnight]), LOOSE_ENDS)


def merged(parts: list[Fragments]) -> Fragments:
    """Fragments of several parts as one: in any order, a part more than once counts once.

    Stretches may stand twice: what is billed of them is extremes alone.
    """
    tables = {name: pl.concat([getattr(part, name) for part in parts]) for name in FRAGMENT_TABLES}
    return Fragments(
        **{name: rows if name == "stretches" else rows.unique() for name, rows in tables.items()}
    )


def no_fragments() -> Fragments:
    """Fragments of nothing: what `merged` leaves alone."""
    return Fragments(**{name: schema.to_frame() for name, schema in SCHEMAS.items()})


def _slots(rows: pl.DataFrame) -> pl.DataFrame:
    """One row per key and five-minute slot; `is_mixed` where only the order can tell whose the slot is."""
    activity = rows.lazy().filter(pl.col("mark").is_in([USER, APP]))
    whose = ("account_id", "app_id", "session_id")
    return (
        activity.group_by("key", (pl.col("at") // SLOT_MS).alias("slot"))
        .agg(
            *(pl.col(name).first() for name in whose),
            pl.col("channel").min(),
            pl.col("user_id").min(),
            (
                (pl.col("channel").min() != pl.col("channel").max())
                | (pl.col("user_id").min() != pl.col("user_id").max())
            ).alias("is_mixed"),
            pl.col("at").min().alias("first_at"),
            pl.col("at").max().alias("last_at"),
            pl.when(pl.col("mark") == USER).then("at").min().alias("first_user_at"),
            pl.len().cast(pl.Int64).alias("rows"),
        )
        .collect()
    )


def _joined_slots(slots: pl.DataFrame) -> pl.DataFrame:
    """Slots of one key that follow each other without a gap above five minutes, as one stretch."""
    ordered = slots.sort("key", "first_at")
    continues = (pl.col("key") == pl.col("key").shift(1)) & (
        pl.col("first_at") - pl.col("last_at").shift(1) <= SLOT_MS
    )
    return (
        ordered.with_columns((~continues.fill_null(value=False)).cum_sum().alias("stretch"))
        .group_by("stretch", maintain_order=True)
        .agg(
            pl.col("key", "account_id", "app_id", "session_id", "channel", "user_id").first(),
            pl.col("first_at").first(),
            pl.col("last_at").last(),
            pl.col("first_user_at").min(),
            pl.col("rows").sum(),
        )
    )


def _requests(interactions: pl.DataFrame) -> pl.DataFrame:
    return interactions.filter(pl.col("kind") == "api_request").select(
        conversation_key(), "account_id", "app_id", "session_id", "channel", "user_id",
        _ms("occurred_at").alias("at"), "event_id",
    )  # fmt: skip


def _ordered(frame: pl.DataFrame, schema: pl.Schema) -> pl.DataFrame:
    """In the schema's columns and a total order, so that the same rows give the same bytes."""
    return frame.select(pl.col(name).cast(dtype) for name, dtype in schema.items()).sort(schema.names())


def _ms(column: str) -> pl.Expr:
    return pl.col(column).dt.epoch("ms")
