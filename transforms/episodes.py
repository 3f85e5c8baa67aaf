"""Careful keys told apart in time: only what a human agent may touch keeps its rows.

An episode is all that a key does without being silent for longer than any timeout, legs not being silence: no
conversation and no leg reaches from one into the next (R3, R7). So a key that is careful in one is plain in
another, and most of what careful keys did is as cheap as the rest.
"""

import polars as pl

from transforms.fragments import Fragments, has_two_speakers, in_key_order, stretches_of
from transforms.marks import AGENT, END, START

EVENTS = pl.Schema(
    {"row": pl.UInt32, "key": pl.UInt64, "at": pl.Int64, "until": pl.Int64, "is_careful": pl.Boolean}
)
"""What fills the time of a key: its rows, a start that is ended lasting until then, and logged legs, whose
`row` is null."""


def by_episode(fragments: Fragments, longest: pl.DataFrame) -> Fragments:
    """The same fragments, where episodes without human agents are stretches, and the others are rows.

    `fragments` hold all rows of every careful key; of such keys their stretches are left aside. `longest`
    gives `key, longest_ms`, a time that no timeout of the key exceeds.
    """
    careful = fragments.careful_keys()
    if careful.is_empty():
        return fragments
    rows = fragments.marked_rows
    is_careful = _is_careful(_events(rows, fragments.legs), longest, rows.height)
    calm = rows.filter(~is_careful).select("key", "who", "at", "mark")
    plain = fragments.stretches.join(careful, on="key", how="anti", maintain_order="left")
    return fragments.having(
        stretches=pl.concat([plain, stretches_of(in_key_order(calm))]),
        marked_rows=rows.filter(is_careful),
    )


def silent_keys(fragments: Fragments, longest: pl.DataFrame) -> pl.DataFrame:
    """Keys of more than one episode, one column `key`; of careful keys their stretches are left aside."""
    plain = fragments.stretches.join(fragments.careful_keys(), on="key", how="anti")
    of_stretches = plain.select(
        pl.lit(None, pl.UInt32).alias("row"),
        "key",
        pl.col("first_at").alias("at"),
        pl.col("last_at").alias("until"),
        pl.lit(value=False).alias("is_careful"),
    )
    events = pl.concat([of_stretches, _events(fragments.marked_rows, fragments.legs)]).sort("key", "at")
    return events.filter(_after_silence(events, longest)).select("key").unique()


def _events(rows: pl.DataFrame, legs: pl.DataFrame) -> pl.DataFrame:
    """`EVENTS` by key and time."""
    numbered = rows.select("key", "who", "at", "mark").with_row_index("row")
    ends = _ends_of_starts(numbered.filter(pl.col("mark").is_between(START, END)))
    of_rows = numbered.join(ends, on="row", how="left", maintain_order="left").with_columns(
        until=pl.coalesce("until", "at"), is_careful=pl.col("mark").is_between(AGENT, END)
    )
    times = ("transferred_at", "accepted_at", "ended_at")
    of_legs = legs.select(
        "key",
        "who",
        row=pl.lit(None, pl.UInt32),
        at=pl.min_horizontal(times),
        until=pl.max_horizontal(times),
        is_careful=pl.lit(value=True),
    )
    columns = ["who", *EVENTS.names()]
    ordered = pl.concat([of_rows.select(columns), of_legs.select(columns)]).sort("key", "at")
    return ordered.select(*EVENTS.names()[:-1], is_careful=pl.col("is_careful") | has_two_speakers())


def _ends_of_starts(handoffs: pl.DataFrame) -> pl.DataFrame:
    """Handoff starts that are followed by an end: `row` of the start, and `until`, when the end is."""
    is_start = pl.col("mark") == START
    is_ended = (pl.col("key") == pl.col("key").shift(-1)) & ~is_start.shift(-1)
    ordered = handoffs.sort("key", "at", is_start)  # at one instant the end comes first
    paired = ordered.select("row", until=pl.col("at").shift(-1), is_paired=is_start & is_ended)
    return paired.filter("is_paired").drop("is_paired")


def _is_careful(events: pl.DataFrame, longest: pl.DataFrame, height: int) -> pl.Series:
    """Of each numbered row whether it stands in an episode with something careful."""
    is_new_key = (pl.col("key") != pl.col("key").shift(1)).fill_null(value=True)
    episodes = events.with_columns(is_new=_after_silence(events, longest)).select(
        "row", "is_careful", episode=(is_new_key | pl.col("is_new")).cum_sum()
    )
    careful = episodes.filter("is_careful")["episode"].unique()
    rows = episodes.filter(pl.col("row").is_not_null() & pl.col("episode").is_in(careful.implode()))["row"]
    return pl.repeat(False, height, dtype=pl.Boolean, eager=True).scatter(rows, True)


def _after_silence(events: pl.DataFrame, longest: pl.DataFrame) -> pl.Series:
    """Whether the key was silent for longer than any timeout before each of its events, but the first."""
    same_key = pl.col("key") == pl.col("key").shift(1)
    silence = pl.col("at") - pl.col("until").cum_max().over("key").shift(1)
    known = events.join(longest, on="key", how="left", maintain_order="left")
    return known.select((same_key & (silence > pl.col("longest_ms"))).fill_null(value=False)).to_series()
