"""Where the human-agent legs of a conversation come from, and what ends each (R7).

A leg is known before resets cut it, so its parts in two conversations are told alike.
"""

import polars as pl

from transforms.explaining_rows import NAMES
from transforms.fragments import ORIGIN
from transforms.legs import handoff_pairs
from transforms.marks import AGENT, APP, END, RESET, START
from transforms.rules import Rules

ENDING = {"ended_by": pl.String, "end_file": pl.String, "end_line": pl.Int64}
LEGS = pl.Schema(
    {"start_at": pl.Int64, "end_at": pl.Int64, "since_at": pl.Int64, "source": pl.String, "leg_id": pl.String}
    | ORIGIN
    | ENDING
)
"""Human-agent legs, how each is known, the row that opened it, and what ended it with its row; `since_at` is
where the whole leg starts, before `start_at` where a reset has cut its beginning off."""

LOGGED, ENDLESS_LOG = "handoff log", "handoff log without an end"
PAIRED, ENDLESS = "handoff rows", "handoff start without an end"
IMPLIED = "implied by a message of the agent"
OPENED_BY = {LOGGED: "leg of the handoff log", ENDLESS_LOG: "leg of the handoff log"}
OPENED_BY |= {PAIRED: NAMES[START], ENDLESS: NAMES[START], IMPLIED: NAMES[AGENT]}
"""What opens a leg, by how it is known."""
LAST_ROW, SILENCE = "last row before a silence", "no row within the timeout"
_KNOWN = ["leg_id", "since_at", "is_logged"]
_PLACE = [pl.col("file").alias("end_file"), pl.col("line").alias("end_line")]


def legs_of(elements: pl.DataFrame, rows: pl.DataFrame, logged: pl.DataFrame, rules: Rules) -> pl.DataFrame:
    """`LEGS` of one conversation's elements, from all rows of its key (`with_names`) and its logged legs."""
    whole = pl.concat([_logged(logged, rules), _of_rows(rows)])
    found = (
        elements.filter("is_leg")
        .rename({"source_id": "leg_id"})
        .join(whole.unique(_KNOWN, keep="first", maintain_order=True), on=_KNOWN, how="left")
        .sort("start_at", "end_at", "leg_id")
    )
    return _ended(found, rows).select(LEGS.names())


def _logged(legs: pl.DataFrame, rules: Rules) -> pl.DataFrame:
    """Logged legs with `source`, and of those with an end `until` and their own row as what ended them."""
    start = "transferred_at" if rules.handoff_starts_at == "transfer" else "accepted_at"
    has_end = pl.col("ended_at").is_not_null()
    return legs.select(
        "leg_id", pl.col(start).alias("since_at"), pl.lit(value=True).alias("is_logged"),
        pl.when(has_end).then(pl.lit(LOGGED)).otherwise(pl.lit(ENDLESS_LOG)).alias("source"),
        pl.col("ended_at").alias("until"), *ORIGIN,
        pl.when(has_end).then(pl.lit(LOGGED)).alias("ended_by"),
        *(pl.when(has_end).then(place) for place in _PLACE),
    )  # fmt: skip


def _of_rows(rows: pl.DataFrame) -> pl.DataFrame:
    """The rows that may open a leg; of handoff starts with an end also `until` and the row that ends it."""
    pairs = handoff_pairs(rows)
    ends = pairs.filter(pl.col("mark") == END).select("at", "event_id", *_PLACE)
    starts = pairs.filter(pl.col("mark") == START).join(
        ends, left_on=["next_at", "next_id"], right_on=["at", "event_id"], how="left", maintain_order="left"
    )
    source = (
        pl.when(pl.col("mark") == AGENT).then(pl.lit(IMPLIED))
        .when("closed").then(pl.lit(PAIRED)).otherwise(pl.lit(ENDLESS))
    )  # fmt: skip
    return pl.concat([starts, rows.filter(pl.col("mark") == AGENT)], how="diagonal").select(
        pl.col("event_id").alias("leg_id"), pl.col("at").alias("since_at"),
        pl.lit(value=False).alias("is_logged"), source.alias("source"),
        pl.when("closed").then("next_at").alias("until"), *ORIGIN,
        pl.when("closed").then(pl.lit(NAMES[END])).alias("ended_by"), "end_file", "end_line",
    )  # fmt: skip


def _ended(legs: pl.DataFrame, rows: pl.DataFrame) -> pl.DataFrame:
    """Names what ends the legs of which it is not known yet: those without an end, and those that are cut."""
    is_cut = (pl.col("end_at") < pl.col("until")).fill_null(value=False)
    is_open = pl.col("until").is_null()
    rank = pl.col("mark").replace_strict({APP: 0, RESET: 1}, default=2, return_dtype=pl.Int8)
    stops = _by_instant(rows.sort(rank, "event_id"), "stop")
    cuts = _by_instant(rows.filter(pl.col("mark") == RESET), "cut")
    told = legs.join(cuts, left_on="end_at", right_on="cut_at", how="left", maintain_order="left").join(
        stops, left_on="end_at", right_on="stop_at", how="left", maintain_order="left"
    )
    # A leg without an end stops at the next row of the app or reset, else with the last row in reach; where
    # none is, the row that opened it is all of it, and what stands beside that row has ended nothing.
    is_stop = pl.col("stop_mark").is_in([APP, RESET])
    has_stop = pl.col("end_at") > pl.col("since_at")
    stop = pl.when(is_stop).then("stop_by").otherwise(pl.lit(LAST_ROW))
    ended_by = pl.when(has_stop).then(stop).otherwise(pl.lit(SILENCE))
    return told.with_columns(
        pl.when(is_cut).then("cut_by").when(is_open).then(ended_by).otherwise("ended_by").alias("ended_by"),
        *(
            pl.when(is_cut).then(f"cut_{place}").when(is_open & has_stop).then(f"stop_{place}")
            .otherwise(f"end_{place}").alias(f"end_{place}")
            for place in ("file", "line")
        ),
    )  # fmt: skip


def _by_instant(rows: pl.DataFrame, name: str) -> pl.DataFrame:
    """The first row of each instant: its `at`, `mark`, `by` (what it is), `file` and `line`, under a name."""
    first = rows.unique("at", keep="first", maintain_order=True)
    return first.select(
        pl.col(column).alias(f"{name}_{alias}")
        for column, alias in (
            ("at", "at"),
            ("mark", "mark"),
            ("what", "by"),
            ("file", "file"),
            ("line", "line"),
        )
    )
