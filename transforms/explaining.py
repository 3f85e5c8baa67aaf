"""Why a conversation counted as it did: its rows, legs and blocks, and where each comes from (R20).

It is counted again here, from all rows of its key, by the way of the careful keys.
"""

from dataclasses import dataclass

import polars as pl

from transforms import blocks
from transforms.conversations import resets_of
from transforms.explaining_legs import ENDLESS_LOG, LOGGED, OPENED_BY, legs_of
from transforms.explaining_rows import NAMES, with_names
from transforms.fragments import ORIGIN, Fragments
from transforms.general_conversations import General, general_conversations
from transforms.keys import named
from transforms.marks import RESET
from transforms.plain_conversations import SUMMARY
from transforms.rules import Rules
from transforms.sessions import numbered

ROWS = pl.Schema({"at": pl.Int64, "what": pl.String, "counts": pl.Boolean, "event_id": pl.String, **ORIGIN})
"""Rows of the conversation's time, in order. Times in ms. `counts`: activity outside every leg, from the
anchor on (R6), and so none where nothing is billed (R10)."""
BLOCKS = pl.Schema(
    {"block_index": pl.Int64, "started_at": pl.Int64, "ended_at": pl.Int64, "billable_ms": pl.Int64}
)
"""Billing sessions (R11) with the time that the clock ran in each."""

REST = "rest of a human agent's leg that a session reset cut"
"""What opens a conversation into which a leg runs on."""


@dataclass(frozen=True)
class Explanation:
    """What a conversation was made of."""

    facts: dict[str, object]
    """`SUMMARY` with the texts of the key, `anchored_at`, `billable_ms`, `blocks`, `is_on_voice` (R14)."""
    opened_by: dict[str, object]
    """What began at its first instant: `at`, `what`, and the row (`ORIGIN`); of the rest of a leg the row
    that opened the whole leg."""
    rows: pl.DataFrame
    legs: pl.DataFrame
    """`LEGS`, out of the clock."""
    blocks: pl.DataFrame
    voice: pl.DataFrame
    """Voice sessions (R14): `block_index, started_at, ended_at`, of the whole call."""
    closed_by: dict[str, object] | None
    """The reset that ended it (R4), as one of `ROWS`."""

    @property
    def files(self) -> set[str]:
        """The files of all rows that are told of: its own, and those that open and end legs."""
        named = (self.rows["file"], self.legs["file"], self.legs["end_file"].drop_nulls())
        return set(pl.concat(named)) | {str(self.opened_by["file"])}


def explained(
    fragments: Fragments,
    timeouts: pl.DataFrame,
    rules: Rules,
    started_at: int,
    ordinal: int,
    *,
    greetings: pl.DataFrame,
) -> Explanation | None:
    """The conversation of one key that starts at an instant (ms); None where no conversation does.

    The fragments hold all rows of the key, and its legs; `greetings` as `GREETINGS`.
    """
    general = general_conversations(fragments, timeouts, rules)
    everything = numbered(general.summary, SUMMARY.to_frame())
    billable, pauses = blocks.with_billable(everything, general.legs, rules)
    its = billable.filter((pl.col("started_at") == started_at) & (pl.col("ordinal") == ordinal))
    if its.is_empty():
        return None
    whose = named(its, fragments.identities).with_columns(
        is_on_voice=pl.col("channel").is_in(list(rules.voice_channels))
    )
    facts = whose.row(0, named=True)
    elements = general.elements.filter(pl.col("conversation") == facts["source"])
    named_rows = with_names(fragments.marked_rows, greetings)
    legs = legs_of(elements, named_rows, fragments.legs, rules)
    told = _told(named_rows, general)
    opened_at, closed_at = _resets_around(fragments, elements["segment"][0])
    return Explanation(
        facts=facts,
        opened_by=_opened_by(told, elements, legs, started_at),
        rows=_its_rows(told, general, facts, opened_at),
        legs=legs,
        blocks=_with_billable_ms(blocks.usage_blocks(its, pauses), legs),
        voice=blocks.voice_blocks(whose, rules).drop("conversation"),
        closed_by=_reset_at(told, closed_at) if facts["is_reset"] else None,
    )


def _told(rows: pl.DataFrame, general: General) -> pl.DataFrame:
    """All rows of the key as `ROWS`."""
    outside = general.elements.filter("is_outside").select(
        pl.col("start_at").alias("at"), pl.col("source_id").alias("event_id"), counts=pl.lit(value=True)
    )
    return (
        rows.join(outside, on=["at", "event_id"], how="left")
        .with_columns(pl.col("counts").fill_null(value=False))
        .sort("at", pl.col("mark") == RESET, "event_id")
        .select(ROWS.names())
    )


def _opened_by(told: pl.DataFrame, elements: pl.DataFrame, legs: pl.DataFrame, at: int) -> dict[str, object]:
    """The activity at an instant at which a conversation starts, else the leg that began first (R1)."""
    said = elements.filter(~pl.col("is_leg") & (pl.col("start_at") == at)).select(
        pl.col("source_id").alias("event_id"), pl.col("start_at").alias("at")
    )
    opening = told.join(said, on=["event_id", "at"], how="semi", maintain_order="left")
    if opening.is_empty():
        is_whole = pl.col("since_at") == pl.col("start_at")
        what = pl.col("source").replace_strict(OPENED_BY, return_dtype=pl.String)
        opening = (
            legs.filter(pl.col("start_at") == at)
            .sort("since_at", ~pl.col("source").is_in([LOGGED, ENDLESS_LOG]), "leg_id")
            .with_columns(
                pl.lit(at).alias("at"), pl.when(is_whole).then(what).otherwise(pl.lit(REST)).alias("what")
            )
        )
    return opening.select("at", "what", *ORIGIN).row(0, named=True)


def _resets_around(fragments: Fragments, segment: int) -> tuple[int | None, int | None]:
    """The instants of the resets between which a segment lies; None where none is."""
    resets = resets_of(fragments.marked_rows, fragments.stretches)["reset_at"]  # numbered from 1
    opened_at = resets[segment - 1] if segment else None
    return opened_at, resets[segment] if segment < len(resets) else None


def _its_rows(
    told: pl.DataFrame, general: General, facts: dict[str, object], opened_at: int | None
) -> pl.DataFrame:
    """The rows of the conversation's span, without those of another one that touches it.

    What stands at the reset before it is the other's (R4), but for the rows that open its own legs (R7).
    """
    anchored_at = pl.lit(facts["anchored_at"], pl.Int64)
    within = told.filter(pl.col("at").is_between(pl.lit(facts["started_at"]), pl.lit(facts["ended_at"])))
    of_rows = general.elements.filter(~pl.col("is_logged"))  # a logged leg may have the id of a row
    owners = of_rows.select(
        pl.col("source_id").alias("event_id"),
        pl.col("start_at").alias("at"),
        (pl.col("conversation") == pl.lit(facts["source"])).alias("is_its"),
    ).unique(["event_id", "at"])
    is_after = pl.lit(value=True) if opened_at is None else pl.col("at") > opened_at
    return (
        within.join(owners, on=["event_id", "at"], how="left", maintain_order="left")
        .filter(pl.col("is_its").fill_null(is_after))
        .drop("is_its")
        .with_columns(counts=pl.col("counts") & (pl.col("at") >= anchored_at).fill_null(value=False))
    )


def _with_billable_ms(cut: pl.DataFrame, legs: pl.DataFrame) -> pl.DataFrame:
    """Blocks with the time that no leg covers."""
    billable = [
        end - start - _covered(start, end, legs)
        for start, end in cut.select("started_at", "ended_at").iter_rows()
    ]
    return cut.with_columns(pl.Series("billable_ms", billable, pl.Int64)).select(
        pl.col(name).cast(dtype) for name, dtype in BLOCKS.items()
    )


def _covered(start: int, end: int, legs: pl.DataFrame) -> int:
    at, covered = start, 0
    for leg_start, leg_end in legs.select("start_at", "end_at").sort("start_at").iter_rows():
        covered += max(0, min(leg_end, end) - max(leg_start, at))
        at = max(at, min(leg_end, end))
    return covered


def _reset_at(told: pl.DataFrame, at: int | None) -> dict[str, object]:
    return told.filter((pl.col("what") == NAMES[RESET]) & (pl.col("at") == at)).row(0, named=True)
