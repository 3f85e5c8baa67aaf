"""Human-agent legs (R7): from the log, from pairs of rows, without an end, implied.

A leg without an end runs along the key's rows to the first *stop*: an instant with a message or greeting of
the app or a reset, or the last instant before a gap longer than the timeout. Every instant knows its stop, so
a leg's end is one look-up and no leg is walked.
"""

from dataclasses import dataclass

import polars as pl

from transforms.fragments import LEGS, ORIGIN
from transforms.marks import AGENT, APP, END, RESET, START
from transforms.rules import Rules

WHO = ("key", "who")
LEG_COLUMNS = (*WHO, "start_at", "end_at", "is_end_inside", "is_accepted", "is_logged", "leg_id")
"""`is_end_inside`: a row at the end is inside the leg, for it ends the leg only by being the last (R7)."""

NO_START = "handoff_end without a handoff_start before it (R7)"
ENDS_BEFORE_START = "leg that ends before the agent accepted it, where legs start at acceptance (R7)"


@dataclass(frozen=True)
class SettledLegs:
    """What the timeout does not touch: legs with both ends, starts still open, refused rows (`REJECTED`)."""

    legs: pl.DataFrame
    open_starts: pl.DataFrame
    rejected: pl.DataFrame


REJECTED = pl.Schema(
    {"stream": pl.String, "event_id": pl.String, "key": pl.UInt64, "who": pl.UInt64, "occurred_at": pl.Int64}
    | {**ORIGIN, "reason": pl.String}
)


def settled_legs(rows: pl.DataFrame, logged: pl.DataFrame, rules: Rules) -> SettledLegs:
    """Legs whose ends stand in the log or in a pair of rows, and the starts of those without an end."""
    paired, open_rows, rejected_rows = _paired(rows)
    from_log, rejected_legs = _from_log(logged, rules)
    has_end = pl.col("end_at").is_not_null()
    return SettledLegs(
        legs=pl.concat([from_log.filter(has_end), paired]),
        open_starts=pl.concat([from_log.filter(~has_end), open_rows]).drop("end_at", "is_end_inside"),
        rejected=pl.concat([rejected_rows, rejected_legs]),
    )


def handoff_pairs(rows: pl.DataFrame) -> pl.DataFrame:
    """Handoff rows by key and time, paired (R7): `closed` of a start, `opened` of an end.

    `next_at` and `next_id` are those of the next row, of the same key where the start is closed.
    """
    is_start, is_end = pl.col("mark") == START, pl.col("mark") == END
    return (
        rows.filter(is_start | is_end)
        .sort("key", "at", is_start, "event_id")  # at one instant the end comes first
        .with_columns(
            (is_start & (pl.col("key") == pl.col("key").shift(-1)) & is_end.shift(-1))
            .fill_null(value=False)
            .alias("closed"),
            (is_end & (pl.col("key") == pl.col("key").shift(1)) & is_start.shift(1))
            .fill_null(value=False)
            .alias("opened"),
            pl.col("at").shift(-1).alias("next_at"),
            pl.col("event_id").shift(-1).alias("next_id"),
        )
    )


def _paired(rows: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """Pairs of handoff rows as legs, starts without an end, and the rows that end nothing."""
    is_start, is_end = pl.col("mark") == START, pl.col("mark") == END
    handoffs = handoff_pairs(rows)
    starts = handoffs.filter(is_start).select(
        *WHO,
        pl.col("at").alias("start_at"),
        pl.when("closed").then("next_at").alias("end_at"),
        pl.lit(value=False).alias("is_end_inside"),
        pl.lit(value=True).alias("is_accepted"),
        pl.lit(value=False).alias("is_logged"),
        pl.col("event_id").alias("leg_id"),
    )
    rejected = handoffs.filter(is_end & ~pl.col("opened")).select(
        pl.lit("interactions").alias("stream"), "event_id", "key", "who", pl.col("at").alias("occurred_at"),
        *ORIGIN, pl.lit(NO_START).alias("reason"),
    )  # fmt: skip
    has_end = pl.col("end_at").is_not_null()
    return starts.filter(has_end), starts.filter(~has_end), rejected


def _from_log(logged: pl.DataFrame, rules: Rules) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Logged legs as `LEG_COLUMNS`; with `handoff_starts_at: accepted`, a leg never accepted is none."""
    if logged.schema != LEGS:
        raise ValueError(f"logged legs have columns {logged.schema}, expected {LEGS}")
    start = "transferred_at" if rules.handoff_starts_at == "transfer" else "accepted_at"
    started = logged.filter(pl.col(start).is_not_null())
    backwards = (pl.col("ended_at") < pl.col(start)).fill_null(value=False)
    legs = started.filter(~backwards).select(
        *WHO,
        pl.col(start).alias("start_at"),
        pl.col("ended_at").alias("end_at"),
        pl.lit(value=False).alias("is_end_inside"),
        pl.col("accepted_at").is_not_null().alias("is_accepted"),
        pl.lit(value=True).alias("is_logged"),
        "leg_id",
    )
    rejected = started.filter(backwards).select(
        pl.lit("handoffs").alias("stream"), pl.col("leg_id").alias("event_id"), "key", "who",
        pl.col("transferred_at").alias("occurred_at"), *ORIGIN, pl.lit(ENDS_BEFORE_START).alias("reason"),
    )  # fmt: skip
    return legs, rejected


def all_legs(rows: pl.DataFrame, settled: SettledLegs) -> pl.DataFrame:
    """All legs of the keys, as `LEG_COLUMNS`.

    `rows` and `settled.open_starts` carry `timeout_ms`, the timeout in force for the key.
    """
    instants = _instants(rows)
    endless = _run_to_stop(settled.open_starts, instants)
    explicit = pl.concat([settled.legs.select(LEG_COLUMNS), endless])
    return pl.concat([explicit, _implied(rows, instants, explicit)])


def _instants(rows: pl.DataFrame) -> pl.DataFrame:
    """The instants of each key with their stop: `key, at, timeout_ms, stop_at, is_stop_last, run`.

    A run is the instants up to and with a stop; runs are numbered through all keys.
    """
    same_key = pl.col("key") == pl.col("key").shift(-1)
    gap = pl.when(same_key).then(pl.col("at").shift(-1) - pl.col("at"))
    ends_legs = pl.col("ends_legs")
    return (
        rows.group_by("key", "at")
        .agg(pl.col("mark").is_in([APP, RESET]).any().alias("ends_legs"), pl.col("timeout_ms").first())
        .sort("key", "at")
        .with_columns((ends_legs | gap.is_null() | (gap > pl.col("timeout_ms"))).alias("is_stop"))
        .with_columns(
            pl.when("is_stop").then("at").backward_fill().alias("stop_at"),
            pl.when("is_stop").then(~ends_legs).backward_fill().alias("is_stop_last"),
            (pl.col("is_stop").cum_sum() - pl.col("is_stop")).alias("run"),
        )
        .drop("is_stop", "ends_legs")
    )


def _run_to_stop(open_starts: pl.DataFrame, instants: pl.DataFrame) -> pl.DataFrame:
    """Legs without an end, ended at the first stop after their start; with no row in reach, at once."""
    following = instants.select("key", "at", pl.col("at").alias("next_at"), "stop_at", "is_stop_last").sort(
        "at"
    )
    in_reach = (pl.col("next_at") - pl.col("start_at") <= pl.col("timeout_ms")).fill_null(value=False)
    return (
        open_starts.sort("start_at")
        .join_asof(
            following, left_on="start_at", right_on="at", by="key",
            strategy="forward", allow_exact_matches=False, check_sortedness=False,
        )
        .with_columns(
            pl.when(in_reach).then("stop_at").otherwise("start_at").alias("end_at"),
            (in_reach & pl.col("is_stop_last")).fill_null(value=False).alias("is_end_inside"),
        )
        .select(LEG_COLUMNS)
    )  # fmt: skip


def _implied(rows: pl.DataFrame, instants: pl.DataFrame, explicit: pl.DataFrame) -> pl.DataFrame:
    """Legs that a human agent's message opens where no leg is (R7, implied)."""
    messages = _outside_messages(rows.filter(pl.col("mark") == AGENT), explicit)
    if messages.is_empty():
        return explicit.clear()
    runs = _opened_runs(instants, messages)
    along = runs.filter("is_opened").select(
        "key", "start_at", pl.col("stop_at").alias("end_at"), "is_stop_last"
    )
    alone = runs.filter("opens_alone").select(
        "key",
        pl.col("stop_at").alias("start_at"),
        pl.col("stop_at").alias("end_at"),
        pl.lit(value=False).alias("is_stop_last"),
    )
    openers = messages.unique(["key", "at"], keep="first", maintain_order=True).rename({"at": "start_at"})
    return (
        pl.concat([along, alone])
        .join(openers, on=["key", "start_at"], how="left")
        .with_columns(
            pl.col("is_stop_last").alias("is_end_inside"),
            pl.lit(value=True).alias("is_accepted"),
            pl.lit(value=False).alias("is_logged"),
            pl.col("event_id").alias("leg_id"),
        )
        .select(LEG_COLUMNS)
    )


def _outside_messages(messages: pl.DataFrame, legs: pl.DataFrame) -> pl.DataFrame:
    """Agent messages outside every leg, bounds counted as inside, in order."""
    reach = legs.select("key", pl.col("start_at").alias("at"), pl.col("end_at").alias("reach_at")).sort(
        "key", "at"
    )
    reach = reach.with_columns(pl.col("reach_at").cum_max().over("key")).sort("at")
    return (
        messages.select("key", "at", "who", "event_id")
        .sort("at")
        .join_asof(reach, on="at", by="key", strategy="backward", check_sortedness=False)
        .filter((pl.col("reach_at") < pl.col("at")).fill_null(value=True))
        .drop("reach_at")
        .sort("key", "at", "event_id")
    )


def _opened_runs(instants: pl.DataFrame, messages: pl.DataFrame) -> pl.DataFrame:
    """Which runs an implied leg covers, and from where.

    A message within a run opens it. A message at the stop before a run opens it unless a leg that runs to
    that stop holds the message already; along such runs opened and not opened alternate, so the count of
    runs since the last certain one decides.
    """
    runs = instants.join(messages.select("key", "at").unique(), on=["key", "at"], how="left", coalesce=False)
    has_message = pl.col("at_right").is_not_null()
    runs = (
        runs.group_by("run", maintain_order=True)
        .agg(
            pl.col("key", "timeout_ms", "stop_at", "is_stop_last").first(),
            pl.col("at").first().alias("first_at"),
            pl.when(has_message & (pl.col("at") < pl.col("stop_at"))).then("at").min().alias("message_at"),
            (has_message & (pl.col("at") == pl.col("stop_at"))).any().alias("has_stop_message"),
        )
        .sort("run")
    )
    joined = (pl.col("key") == pl.col("key").shift(1)) & (
        pl.col("first_at") - pl.col("stop_at").shift(1) <= pl.col("timeout_ms")
    )
    may_open = (joined & pl.col("has_stop_message").shift(1)).fill_null(value=False)
    within = pl.col("message_at").is_not_null()
    number = pl.int_range(pl.len(), dtype=pl.Int64)
    runs = runs.with_columns(may_open.alias("may_open"), (within | ~may_open).alias("is_certain"))
    since = number - pl.when("is_certain").then(number).forward_fill()
    runs = runs.with_columns(
        (pl.when("is_certain").then(within).forward_fill() ^ (since % 2 == 1)).alias("is_opened")
    )
    opened_before = pl.col("is_opened").shift(1, fill_value=False)
    return runs.with_columns(
        pl.when(pl.col("may_open") & ~opened_before)
        .then(pl.col("stop_at").shift(1))
        .otherwise("message_at")
        .alias("start_at"),
        (
            pl.col("has_stop_message")
            & ~pl.col("is_opened")
            & ~pl.col("may_open").shift(-1, fill_value=False)
        ).alias("opens_alone"),
    )
