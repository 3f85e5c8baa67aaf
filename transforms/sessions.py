"""Fragments to conversations and billing sessions (R1 to R14): the heart of the count."""

from dataclasses import dataclass
from datetime import datetime

import polars as pl

from transforms import blocks, conversations, legs
from transforms.fragments import AGENT, APP, START, USER, Fragments, fragments_of
from transforms.keys import hashed_ids
from transforms.rules import Rules
from transforms.timeouts import NEVER, TIMEOUTS, with_timeout

INSTANT = pl.Datetime("ms", "UTC")
WHOSE: dict[str, pl.DataType | type[pl.DataType]] = {
    "account_id": pl.String,
    "app_id": pl.String,
    "channel": pl.String,
    "user_id": pl.String,
}
WHOSE |= {"session_id": pl.String, "conversation_id": pl.String}

CONVERSATIONS = pl.Schema(
    {**WHOSE, "started_at": INSTANT, "ended_at": INSTANT, "anchored_at": INSTANT, "billable_ms": pl.Int64}
    | {
        "billing_sessions": pl.Int64,
        "voice_sessions": pl.Int64,
        "ended_by": pl.String,
        "is_complete": pl.Boolean,
        "chain_started_at": INSTANT,
        "chain_ended_at": INSTANT,
    }
)
"""One row per conversation; `anchored_at` is null where nothing is billable (R10). A chain is the
conversations of a key that legs join over resets (R7): what changes in one may change all of them."""
BILLING_SESSIONS = pl.Schema(
    {**WHOSE, "block_index": pl.Int32, "started_at": INSTANT, "ended_at": INSTANT}
    | {"session_type": pl.String, "is_complete": pl.Boolean}
)
"""One row per billing session (R11, R12, R15) or, with `session_type` voice, per voice session (R14)."""
REJECTED_HANDOFFS = pl.Schema({**legs.REJECTED, "occurred_at": INSTANT})
"""Handoff rows that only their neighbours condemn (R7)."""
UNMATCHED_LEGS = pl.Schema(
    {
        "account_id": pl.String(),
        "app_id": pl.String(),
        "leg_id": pl.String(),
        "transferred_at": pl.Datetime("ms", "UTC"),
    }
)
"""Logged legs without a conversation (R7)."""


@dataclass(frozen=True)
class Sessions:
    """What the rows amount to; each frame has the schema of its name, in a total order."""

    conversations: pl.DataFrame
    billing_sessions: pl.DataFrame
    voice_sessions: pl.DataFrame
    rejected_handoffs: pl.DataFrame
    unmatched_legs: pl.DataFrame


def sessions_of(
    interactions: pl.DataFrame,
    handoffs: pl.DataFrame,
    timeouts: pl.DataFrame | None = None,
    rules: Rules | None = None,
    watermark: datetime | None = None,
) -> Sessions:
    """Sessions of clean rows, copies resolved (R18); `timeouts` as `TIMEOUTS`.

    Without a watermark everything is complete (R13).
    """
    return sessionize(fragments_of(interactions, handoffs), timeouts, rules, watermark)


def sessionize(
    fragments: Fragments,
    timeouts: pl.DataFrame | None = None,
    rules: Rules | None = None,
    watermark: datetime | None = None,
) -> Sessions:
    """Sessions of merged fragments. The fragments must hold all rows of every careful key."""
    rules = rules or Rules()
    timeouts = TIMEOUTS.to_frame() if timeouts is None else timeouts
    settled = legs.settled_legs(fragments.marked_rows, fragments.legs, rules)
    keys = _keys(fragments)
    elements = _elements(fragments, settled, keys.pipe(with_timeout, timeouts, rules), timeouts, rules)
    heard = conversations.without_lonely_legs(elements, fragments.marked_rows)
    heard = conversations.with_inside(heard)
    summary = conversations.summed_up(heard, conversations.resets_of(fragments.marked_rows))
    billable, pauses = blocks.with_billable(summary, heard.filter("is_leg"), rules)
    known = _identified(billable, keys, watermark).join(conversations.chains(elements), on="conversation")
    usage, voice = blocks.usage_blocks(billable, pauses), blocks.voice_blocks(billable, rules)
    return Sessions(
        conversations=_conversations(known, voice),
        billing_sessions=_ordered(
            pl.concat([_blocks(usage, known, "usage"), _requests(fragments.requests)]), BILLING_SESSIONS
        ),
        voice_sessions=_ordered(_blocks(voice, known, "voice"), BILLING_SESSIONS),
        rejected_handoffs=_ordered(_instants(settled.rejected, "occurred_at"), REJECTED_HANDOFFS),
        unmatched_legs=_unmatched(fragments.legs, settled, heard),
    )


def _keys(fragments: Fragments) -> pl.DataFrame:
    """The keys and where they begin: `key, account_id, app_id, session_id, from_at, from_segment`."""
    whose = ("key", "account_id", "app_id", "session_id")
    opening = pl.col("mark").is_in([USER, APP, AGENT, START])
    sources = [
        fragments.stretches.select(*whose, pl.col("first_at").alias("from_at")),
        fragments.marked_rows.filter(opening).select(*whose, pl.col("at").alias("from_at")),
        fragments.legs.select(*whose, pl.min_horizontal("transferred_at", "accepted_at").alias("from_at")),
    ]
    return (
        pl.concat(sources)
        .group_by("key")
        .agg(pl.col("account_id", "app_id", "session_id").first(), pl.col("from_at").min())
        .with_columns(pl.lit(0, pl.Int64).alias("from_segment"))
    )


def _elements(
    fragments: Fragments,
    settled: legs.SettledLegs,
    clocks: pl.DataFrame,
    timeouts: pl.DataFrame,
    rules: Rules,
) -> pl.DataFrame:
    """Elements of all conversations, numbered.

    The timeout is the one in force when a conversation starts (R3). All keys are worked with the timeout of
    their first instant; conversations that start after its next change are worked again from there.
    """
    stretches = fragments.stretches.join(fragments.careful_keys(), on="key", how="anti")
    done: list[pl.DataFrame] = []
    offset = 0
    while True:
        numbered = _pass(stretches, fragments.marked_rows, settled, clocks)
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
    stretches: pl.DataFrame, rows: pl.DataFrame, settled: legs.SettledLegs, clocks: pl.DataFrame
) -> pl.DataFrame:
    """Numbered elements of the keys in `clocks`, from their `from_at` on, with their timeout."""
    clock = clocks.select("key", "timeout_ms", "from_at")
    ahead = rows.join(clock, on="key").filter(pl.col("at") >= pl.col("from_at")).drop("from_at")
    open_starts = settled.open_starts.join(clock, on="key").filter(pl.col("start_at") >= pl.col("from_at"))
    held = legs.SettledLegs(
        legs=settled.legs.join(clock, on="key", how="semi"),
        open_starts=open_starts.drop("from_at"),
        rejected=settled.rejected,
    )
    plain = stretches.join(clock, on="key", how="semi")
    careful = rows.join(clock, on="key", how="semi")
    elements = conversations.elements_of(plain, careful, legs.all_legs(ahead, held)).join(
        clocks.select("key", "timeout_ms", "until_at", "from_at", "from_segment"), on="key"
    )
    is_ahead = (pl.col("segment") > pl.col("from_segment")) | (
        (pl.col("segment") == pl.col("from_segment")) & (pl.col("start_at") >= pl.col("from_at"))
    )
    return conversations.number_conversations(elements.filter(is_ahead).drop("from_at", "from_segment"))


def _identified(billable: pl.DataFrame, keys: pl.DataFrame, watermark: datetime | None) -> pl.DataFrame:
    """Conversations with account, app, session, `conversation_id` and `is_complete` (R13)."""
    limit = NEVER if watermark is None else int(watermark.timestamp() * 1000)
    # Two conversations of a key share a start only around a reset at that very instant.
    ordinal = pl.int_range(pl.len()).over("key", "started_at")
    seed = pl.concat_str(
        "key",
        pl.lit("@"),
        pl.col("started_at").cast(pl.String),
        pl.when(ordinal > 0).then(pl.format("#{}", ordinal)).otherwise(pl.lit("")),
    )
    known = billable.join(
        keys.select("key", "account_id", "app_id", "session_id"), on="key", how="left", maintain_order="left"
    ).with_columns(
        seed.alias("conversation_id"),
        (pl.col("is_reset") | (pl.col("ended_at") + pl.col("timeout_ms") < limit)).alias("is_complete"),
    )
    return known.with_columns(hashed_ids(known["conversation_id"]).alias("conversation_id"))


def _conversations(known: pl.DataFrame, voice: pl.DataFrame) -> pl.DataFrame:
    calls = voice.group_by("conversation").agg(pl.len().cast(pl.Int64).alias("voice_sessions"))
    ended_by = pl.when("is_reset").then(pl.lit("reset")).otherwise(pl.lit("inactivity"))
    told = known.join(calls, on="conversation", how="left").with_columns(
        pl.col("blocks").alias("billing_sessions"),
        pl.col("voice_sessions").fill_null(0),
        ended_by.alias("ended_by"),
    )
    return _ordered(
        _instants(told, *(name for name, dtype in CONVERSATIONS.items() if dtype == INSTANT)), CONVERSATIONS
    )


def _blocks(cut: pl.DataFrame, known: pl.DataFrame, session_type: str) -> pl.DataFrame:
    whose = known.select("conversation", *WHOSE, "is_complete")
    told = cut.join(whose, on="conversation").with_columns(pl.lit(session_type).alias("session_type"))
    return _instants(told, "started_at", "ended_at").select(
        pl.col(name).cast(dtype) for name, dtype in BILLING_SESSIONS.items()
    )


def _requests(requests: pl.DataFrame) -> pl.DataFrame:
    """R12: each API request is a session of its own, complete at once."""
    seeds = requests.select(pl.format("{}@{}?{}", "key", "at", "event_id")).to_series()
    told = requests.with_columns(
        hashed_ids(seeds).alias("conversation_id"),
        pl.lit(0).alias("block_index"),
        pl.col("at").alias("started_at"),
        pl.col("at").alias("ended_at"),
        pl.lit("request").alias("session_type"),
        pl.lit(value=True).alias("is_complete"),
    )
    return _instants(told, "started_at", "ended_at").select(
        pl.col(name).cast(dtype) for name, dtype in BILLING_SESSIONS.items()
    )


def _unmatched(logged: pl.DataFrame, settled: legs.SettledLegs, heard: pl.DataFrame) -> pl.DataFrame:
    known = pl.concat(
        [
            settled.legs.select("key", "leg_id", "is_logged"),
            settled.open_starts.select("key", "leg_id", "is_logged"),
        ]
    )
    matched = heard.filter(pl.col("is_leg") & pl.col("is_logged")).select(
        "key", pl.col("source_id").alias("leg_id")
    )
    unmatched = logged.join(known.filter("is_logged"), on=["key", "leg_id"], how="semi").join(
        matched, on=["key", "leg_id"], how="anti"
    )
    return _ordered(_instants(unmatched, "transferred_at"), UNMATCHED_LEGS)


def _instants(frame: pl.DataFrame, *columns: str) -> pl.DataFrame:
    return frame.with_columns(pl.from_epoch(column, "ms").dt.replace_time_zone("UTC") for column in columns)


def _ordered(frame: pl.DataFrame, schema: pl.Schema) -> pl.DataFrame:
    return frame.select(pl.col(name).cast(dtype) for name, dtype in schema.items()).sort(schema.names())
