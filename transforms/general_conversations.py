"""Conversations in general: human-agent legs, and timeouts that change while the log runs (R3).

The timeout is the one in force when a conversation starts, so a key may have to be worked more than once.
"""

from dataclasses import dataclass

import polars as pl

from transforms import conversations, legs
from transforms.fragments import Fragments
from transforms.marks import AGENT, APP, START, USER
from transforms.plain_conversations import SUMMARY
from transforms.rules import Rules
from transforms.timeouts import with_timeout


@dataclass(frozen=True)
class General:
    """Conversations (`SUMMARY` and `conversation`, a number), what they are made of (`ELEMENTS`, the same
    number and `is_outside` every leg), and what became of handoffs."""

    summary: pl.DataFrame
    elements: pl.DataFrame
    rejected: pl.DataFrame
    unmatched: pl.DataFrame

    @property
    def legs(self) -> pl.DataFrame:
        """The legs of the conversations, cut at resets: `conversation, start_at, end_at` (ms)."""
        return self.elements.filter("is_leg").select("conversation", "start_at", "end_at")


def general_conversations(fragments: Fragments, timeouts: pl.DataFrame, rules: Rules) -> General:
    """Conversations of the fragments, as `sessionize` asks for them."""
    settled = legs.settled_legs(fragments.marked_rows, fragments.legs, rules)
    resets = conversations.resets_of(fragments.marked_rows, fragments.stretches)
    elements = _elements(fragments, settled, resets, timeouts, rules)
    heard = conversations.without_lonely_legs(elements, fragments.marked_rows, resets)
    heard = conversations.with_inside(heard)
    summary = conversations.summed_up(heard, resets).join(
        conversations.chains(elements), on="conversation", how="left"
    )
    # Two conversations of a key share a start only around a reset at that very instant.
    ordinal = pl.int_range(pl.len(), dtype=pl.Int64).over("key", "started_at")
    return General(
        summary=summary.with_columns(ordinal=ordinal).select("conversation", *SUMMARY.names()),
        elements=heard,
        rejected=settled.rejected,
        unmatched=_unmatched(fragments.legs, settled, heard),
    )


def _keys(fragments: Fragments) -> pl.DataFrame:
    """The keys and where they begin: `key, account_id, app_id, from_at, from_segment`."""
    opening = pl.col("mark").is_in([USER, APP, AGENT, START])
    sources = [
        fragments.stretches.filter(~pl.col("is_reset")).select("key", pl.col("first_at").alias("from_at")),
        fragments.marked_rows.filter(opening).select("key", pl.col("at").alias("from_at")),
        fragments.legs.select("key", pl.min_horizontal("transferred_at", "accepted_at").alias("from_at")),
    ]
    begun = pl.concat(sources).group_by("key").agg(pl.col("from_at").min())
    apps = fragments.identities.select("key", "account_id", "app_id").join(begun, on="key", how="semi")
    return begun.join(apps.unique("key"), on="key", how="left").with_columns(
        pl.lit(0, pl.Int64).alias("from_segment")
    )


def _elements(
    fragments: Fragments,
    settled: legs.SettledLegs,
    resets: pl.DataFrame,
    timeouts: pl.DataFrame,
    rules: Rules,
) -> pl.DataFrame:
    """Elements of all conversations, numbered.

    The timeout is the one in force when a conversation starts (R3). All keys are worked with the timeout of
    their first instant; conversations that start after its next change are worked again from there.
    """
    clocks = with_timeout(_keys(fragments), timeouts, rules)
    done: list[pl.DataFrame] = []
    offset = 0
    while True:
        numbered = _pass(fragments, settled, resets, clocks)
        again = _after_change(numbered)
        before = numbered.join(again.select("key", "first_again"), on="key", how="left").filter(
            (pl.col("conversation") < pl.col("first_again")).fill_null(value=True)
        )
        done.append(before.with_columns(pl.col("conversation") + offset).drop("first_again", "until_at"))
        if again.is_empty():
            return _renumbered(pl.concat(done)) if len(done) > 1 else done[0]
        offset += numbered.height
        moved = clocks.drop("from_at", "from_segment", "timeout_ms", "until_at").join(
            again.drop("first_again"), on="key"
        )
        clocks = with_timeout(moved, timeouts, rules)


def _renumbered(numbered: pl.DataFrame) -> pl.DataFrame:
    """Conversations of several passes numbered through, so that those of a key follow each other."""
    return numbered.sort("key", "conversation", maintain_order=True).with_columns(
        pl.col("conversation").rle_id().cast(pl.Int64)
    )


def _after_change(numbered: pl.DataFrame) -> pl.DataFrame:
    """Each key's first conversation that starts under another timeout: `first_again` and its beginning."""
    return (
        numbered.group_by("key", "conversation")
        .agg(
            pl.col("until_at").first(),
            pl.col("segment").first().alias("from_segment"),
            pl.col("start_at").min().alias("from_at"),
        )
        .filter(pl.col("from_at") >= pl.col("until_at"))
        .sort("conversation")
        .group_by("key", maintain_order=True)
        .agg(pl.col("conversation").first().alias("first_again"), pl.col("from_segment", "from_at").first())
    )


def _pass(
    fragments: Fragments, settled: legs.SettledLegs, resets: pl.DataFrame, clocks: pl.DataFrame
) -> pl.DataFrame:
    """Numbered elements of the keys in `clocks`, from their `from_at` on, with their timeout."""
    clock = clocks.select("key", "timeout_ms", "from_at")
    rows = fragments.marked_rows
    ahead = rows.join(clock, on="key").filter(pl.col("at") >= pl.col("from_at")).drop("from_at")
    open_starts = settled.open_starts.join(clock, on="key").filter(pl.col("start_at") >= pl.col("from_at"))
    held = legs.SettledLegs(
        legs=settled.legs.join(clock, on="key", how="semi"),
        open_starts=open_starts.drop("from_at"),
        rejected=settled.rejected,
    )
    plain = fragments.stretches.join(clock, on="key", how="semi")
    careful = rows.join(clock, on="key", how="semi")
    elements = conversations.elements_of(plain, careful, legs.all_legs(ahead, held), resets).join(
        clocks.select("key", "timeout_ms", "until_at", "from_at", "from_segment"), on="key"
    )
    is_ahead = (pl.col("segment") > pl.col("from_segment")) | (
        (pl.col("segment") == pl.col("from_segment")) & (pl.col("start_at") >= pl.col("from_at"))
    )
    return conversations.number_conversations(elements.filter(is_ahead).drop("from_at", "from_segment"))


def _unmatched(logged: pl.DataFrame, settled: legs.SettledLegs, heard: pl.DataFrame) -> pl.DataFrame:
    """Logged legs without a conversation (R7): `who, leg_id, transferred_at`."""
    known = pl.concat(
        [
            settled.legs.select("key", "leg_id", "is_logged"),
            settled.open_starts.select("key", "leg_id", "is_logged"),
        ]
    )
    matched = heard.filter(pl.col("is_leg") & pl.col("is_logged")).select(
        "key", pl.col("source_id").alias("leg_id")
    )
    return (
        logged.join(known.filter("is_logged"), on=["key", "leg_id"], how="semi")
        .join(matched, on=["key", "leg_id"], how="anti")
        .select("key", "who", "leg_id", "transferred_at")
    )
