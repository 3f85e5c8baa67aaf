"""Why a conversation counted as it did: its rows, legs and blocks, and where each comes from (R20).

It is counted again here, from all rows of its key, by the way of the careful keys.
"""

from dataclasses import dataclass

import polars as pl

from transforms import blocks
from transforms.fragments import ORIGIN, Fragments
from transforms.general_conversations import General, general_conversations
from transforms.keys import named
from transforms.marks import AGENT, APP, END, RESET, START, SYSTEM, USER
from transforms.plain_conversations import SUMMARY
from transforms.rules import Rules
from transforms.sessions import numbered

MARKS = {
    USER: "message of the user",
    APP: "message of the app",
    RESET: "session reset",
    AGENT: "message of a human agent",
    START: "handoff start",
    END: "handoff end",
    SYSTEM: "message of the system",
}
ROWS = pl.Schema({"at": pl.Int64, "what": pl.String, "counts": pl.Boolean, "event_id": pl.String, **ORIGIN})
"""Rows of the conversation's time, in order; `counts`: activity outside every leg (R6). Times in ms."""
LEGS = pl.Schema(
    {"start_at": pl.Int64, "end_at": pl.Int64, "since_at": pl.Int64, "source": pl.String, "leg_id": pl.String}
    | ORIGIN
)
"""Human-agent legs (R7), how each is known, and the row that opened it; `since_at` is where the whole leg
starts, before `start_at` where a reset has cut its beginning off."""
BLOCKS = pl.Schema(
    {"block_index": pl.Int64, "started_at": pl.Int64, "ended_at": pl.Int64, "billable_ms": pl.Int64}
)
"""Billing sessions (R11) with the time that the clock ran in each."""

LOGGED, PAIRED, ENDLESS = "handoff log", "handoff rows", "handoff start without an end"
IMPLIED = "implied by a message of the agent"
LOGGED_LEG, REST = "leg of the handoff log", "rest of a human agent's leg that a session reset cut"
OPENING = {LOGGED: LOGGED_LEG, PAIRED: MARKS[START], ENDLESS: MARKS[START], IMPLIED: MARKS[AGENT]}
"""What opens a leg, by how it is known."""


@dataclass(frozen=True)
class Explanation:
    """What a conversation was made of."""

    facts: dict[str, object]
    """`SUMMARY` with the texts of the key, `anchored_at`, `billable_ms` and `blocks`."""
    opened_by: dict[str, object]
    """What began at its first instant: `at`, `what`, and the row (`ORIGIN`); of the rest of a leg the row
    that opened the whole leg."""
    rows: pl.DataFrame
    legs: pl.DataFrame
    blocks: pl.DataFrame
    closed_by: dict[str, object] | None
    """The reset that ended it (R4), as one of `ROWS`."""
    next_row: dict[str, object] | None
    """The key's next activity, as one of `ROWS`."""


def explained(
    fragments: Fragments, timeouts: pl.DataFrame, rules: Rules, started_at: int, ordinal: int
) -> Explanation | None:
    """The conversation of one key that starts at an instant (ms); None where no conversation does.

    The fragments hold all rows of the key, and its legs.
    """
    general = general_conversations(fragments, timeouts, rules)
    everything = numbered(general.summary, SUMMARY.to_frame())
    billable, pauses = blocks.with_billable(everything, general.legs, rules)
    its = billable.filter((pl.col("started_at") == started_at) & (pl.col("ordinal") == ordinal))
    if its.is_empty():
        return None
    facts = named(its, fragments.identities).row(0, named=True)
    elements = general.elements.filter(pl.col("conversation") == facts["source"])
    legs = _legs(elements, fragments)
    told = _told(fragments.marked_rows, general)
    last = pl.lit(facts["ended_at"])
    is_said = pl.col("what").is_in([MARKS[USER], MARKS[APP]])
    return Explanation(
        facts=facts,
        opened_by=_opened_by(told, elements, legs, started_at),
        rows=_its_rows(told, general, facts),
        legs=legs,
        blocks=_with_billable_ms(blocks.usage_blocks(its, pauses), legs),
        closed_by=_first(told, (pl.col("what") == MARKS[RESET]) & (pl.col("at") >= last))
        if facts["is_reset"]
        else None,
        next_row=_first(told, is_said & (pl.col("at") > last)),
    )


def _told(rows: pl.DataFrame, general: General) -> pl.DataFrame:
    """All rows of the key as `ROWS`."""
    outside = general.elements.filter("is_outside").select(
        pl.col("start_at").alias("at"), pl.col("source_id").alias("event_id"), counts=pl.lit(value=True)
    )
    return (
        rows.join(outside, on=["at", "event_id"], how="left")
        .with_columns(
            pl.col("mark").replace_strict(MARKS, return_dtype=pl.String).alias("what"),
            pl.col("counts").fill_null(value=False),
        )
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
        what = pl.col("source").replace_strict(OPENING, return_dtype=pl.String)
        opening = (
            legs.filter(pl.col("start_at") == at)
            .sort("since_at", pl.col("source") != LOGGED, "leg_id")
            .with_columns(
                pl.lit(at).alias("at"), pl.when(is_whole).then(what).otherwise(pl.lit(REST)).alias("what")
            )
        )
    return opening.select("at", "what", *ORIGIN).row(0, named=True)


def _its_rows(told: pl.DataFrame, general: General, facts: dict[str, object]) -> pl.DataFrame:
    """The rows of the conversation's span, without those of another one that touches it."""
    others = general.elements.filter(pl.col("conversation") != facts["source"]).select(
        pl.col("source_id").alias("event_id"), pl.col("start_at").alias("at")
    )
    within = told.filter(pl.col("at").is_between(pl.lit(facts["started_at"]), pl.lit(facts["ended_at"])))
    return within.join(others, on=["event_id", "at"], how="anti", maintain_order="left")


def _legs(elements: pl.DataFrame, fragments: Fragments) -> pl.DataFrame:
    """`LEGS` of the conversation, each with the row that opened it."""
    legs = elements.filter("is_leg").rename({"source_id": "leg_id"}).sort("start_at", "end_at", "leg_id")
    opened = pl.concat(
        [
            fragments.legs.select("leg_id", pl.lit(None, pl.UInt8).alias("mark"), *ORIGIN),
            fragments.marked_rows.filter(pl.col("mark").is_in([START, AGENT])).select(
                pl.col("event_id").alias("leg_id"), "mark", *ORIGIN
            ),
        ]
    ).with_columns(is_logged=pl.col("mark").is_null())
    ends = fragments.marked_rows.filter(pl.col("mark") == END)["at"]
    source = (
        pl.when("is_logged").then(pl.lit(LOGGED))
        .when(pl.col("mark") == AGENT).then(pl.lit(IMPLIED))
        .when(pl.col("end_at").is_in(ends.implode())).then(pl.lit(PAIRED))
        .otherwise(pl.lit(ENDLESS))
    )  # fmt: skip
    found = legs.join(
        opened.unique(["leg_id", "is_logged"], keep="first", maintain_order=True),
        on=["leg_id", "is_logged"],
        how="left",
        maintain_order="left",
    )
    return found.with_columns(source=source).select(LEGS.names())


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


def _first(told: pl.DataFrame, wanted: pl.Expr) -> dict[str, object] | None:
    found = told.filter(wanted)
    return found.row(0, named=True) if found.height else None
