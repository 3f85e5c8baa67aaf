"""Fragments to conversations and billing sessions (R1 to R14): the heart of the count."""

from dataclasses import dataclass
from datetime import datetime

import polars as pl

from transforms import blocks
from transforms.fragments import Fragments, fragments_of
from transforms.general_conversations import general_conversations
from transforms.keys import conversation_ids, event_ids, key_of, named, one_key_each, start_of
from transforms.legs import REJECTED
from transforms.plain_conversations import SUMMARY, plain_conversations
from transforms.rules import Rules
from transforms.timeouts import NEVER, TIMEOUTS, steady_timeouts

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
REJECTED_HANDOFFS = pl.Schema(
    {"key": pl.UInt64}
    | {name: dtype for name, dtype in REJECTED.items() if name not in ("key", "who")}
    | {"account_id": pl.String, "occurred_at": INSTANT}
)
"""Handoff rows that only their neighbours condemn (R7)."""
UNMATCHED_LEGS = pl.Schema(
    {
        "key": pl.UInt64(),
        "account_id": pl.String(),
        "app_id": pl.String(),
        "leg_id": pl.String(),
        "transferred_at": pl.Datetime("ms", "UTC"),
    }
)
"""Logged legs without a conversation (R7)."""


@dataclass(frozen=True)
class Sessions:
    """What the rows amount to; each frame has the schema of its name. Conversations and their blocks come by
    key and time, then requests; the same rows give the same frames."""

    conversations: pl.DataFrame
    billing_sessions: pl.DataFrame
    voice_sessions: pl.DataFrame
    rejected_handoffs: pl.DataFrame
    unmatched_legs: pl.DataFrame


SCHEMAS = {
    "conversations": CONVERSATIONS,
    "billing_sessions": BILLING_SESSIONS,
    "voice_sessions": BILLING_SESSIONS,
    "rejected_handoffs": REJECTED_HANDOFFS,
    "unmatched_legs": UNMATCHED_LEGS,
}


def in_one(parts: list[Sessions]) -> Sessions:
    """Sessions of several shares of the keys, in the order of the shares, as if counted at once (R19)."""
    if len(parts) == 1:
        return parts[0]
    tables = {table: pl.concat([getattr(part, table) for part in parts]) for table in SCHEMAS}
    billed = tables["billing_sessions"]
    is_request = pl.col("session_type") == "request"
    tables["billing_sessions"] = pl.concat([billed.filter(~is_request), billed.filter(is_request)])
    return Sessions(**tables)


def in_order(table: str, rows: pl.DataFrame) -> pl.DataFrame:
    """Rows of a table of `Sessions` in the order in which they are counted."""
    if "conversation_id" not in rows.columns:
        return rows.sort(SCHEMAS[table].names())
    conversation_id = pl.col("conversation_id")
    is_request = [pl.col("session_type") == "request"] if "session_type" in rows.columns else []
    block = ["block_index"] if "block_index" in rows.columns else []
    return rows.sort(*is_request, key_of(conversation_id), start_of(conversation_id), conversation_id, *block)


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
    return sessionize(fragments_of(interactions.lazy(), handoffs.lazy()), timeouts, rules, watermark)


def sessionize(
    fragments: Fragments,
    timeouts: pl.DataFrame | None = None,
    rules: Rules | None = None,
    watermark: datetime | None = None,
) -> Sessions:
    """Sessions of merged fragments. What they hold of a key as rows and as stretches lies further apart than
    its longest timeout (`by_episode`)."""
    rules = rules or Rules()
    timeouts = TIMEOUTS.to_frame() if timeouts is None else timeouts
    identities = one_key_each(fragments.identities)
    plain, others = _parted(fragments.having(identities=identities), timeouts, rules)
    general = general_conversations(others, timeouts, rules)
    billable, pauses = blocks.with_billable(numbered(general.summary, plain), general.legs, rules)
    known = _identified(billable, identities, watermark)
    usage, voice = blocks.usage_blocks(billable, pauses), blocks.voice_blocks(known, rules)
    return Sessions(
        conversations=_conversations(known, voice),
        billing_sessions=pl.concat([_blocks(usage, known, "usage"), _requests(fragments, identities)]),
        voice_sessions=_blocks(voice, known, "voice"),
        rejected_handoffs=_ordered(named(general.rejected, identities), REJECTED_HANDOFFS),
        unmatched_legs=_ordered(named(general.unmatched, identities), UNMATCHED_LEGS),
    )


def _parted(fragments: Fragments, timeouts: pl.DataFrame, rules: Rules) -> tuple[pl.DataFrame, Fragments]:
    """The conversations that stretches under one timeout tell, and the fragments of all others."""
    stretches = fragments.stretches
    steady = steady_timeouts(fragments.identities, timeouts, rules, _span(stretches))
    changing = steady.filter(pl.col("timeout_ms").is_null()).select("key").unique()
    plain = stretches
    if changing.height:
        plain = stretches.join(changing, on="key", how="anti", maintain_order="left")
    others = fragments.having(stretches=stretches.join(changing, on="key", how="semi"))
    distinct = steady["timeout_ms"].unique()
    if len(distinct) == 1:
        plain = plain.with_columns(timeout_ms=pl.lit(distinct[0], pl.Int64))
    else:
        clock = steady.select("key", "timeout_ms").unique("key")
        plain = plain.join(clock, on="key", how="left", maintain_order="left")
    return plain_conversations(plain), others


def _span(stretches: pl.DataFrame) -> tuple[int, int]:
    """From the first to the last instant at which a plain conversation may start."""
    first, last = stretches.select(
        pl.col("first_at").min().alias("a"), pl.col("first_at").max().alias("b")
    ).row(0)
    return (0, 0) if first is None else (first, last)


def numbered(general: pl.DataFrame, plain: pl.DataFrame) -> pl.DataFrame:
    """All conversations by key and start; `conversation` is the row, `source` its number in `general`."""
    if general.is_empty():
        told = plain.with_columns(source=pl.lit(None, pl.Int64))
    else:
        both = [general.rename({"conversation": "source"}), plain.with_columns(source=pl.lit(None, pl.Int64))]
        told = pl.concat(both, how="diagonal").sort("key", "started_at", "ordinal")
    return told.select(*SUMMARY.names(), "source").with_row_index("conversation")


def _identified(billable: pl.DataFrame, identities: pl.DataFrame, watermark: datetime | None) -> pl.DataFrame:
    """Conversations with the texts of their key, `conversation_id` and `is_complete` (R13)."""
    limit = NEVER if watermark is None else int(watermark.timestamp() * 1000)
    told = billable.with_columns(
        pl.col("key").set_sorted(),
        conversation_ids(pl.col("key"), pl.col("started_at"), pl.col("ordinal")).alias("conversation_id"),
        (pl.col("is_reset") | (pl.col("ended_at") + pl.col("timeout_ms") < limit)).alias("is_complete"),
    )
    return named(told, identities)


def _conversations(known: pl.DataFrame, voice: pl.DataFrame) -> pl.DataFrame:
    calls = voice.group_by("conversation").agg(pl.len().cast(pl.Int64).alias("voice_sessions"))
    ended_by = pl.when("is_reset").then(pl.lit("reset")).otherwise(pl.lit("inactivity"))
    told = known.join(calls, on="conversation", how="left", maintain_order="left").with_columns(
        pl.col("blocks").alias("billing_sessions"),
        pl.col("voice_sessions").fill_null(0),
        ended_by.alias("ended_by"),
    )
    return _typed(told, CONVERSATIONS)


def _blocks(cut: pl.DataFrame, known: pl.DataFrame, session_type: str) -> pl.DataFrame:
    whose = known.select(*WHOSE, "is_complete")[cut["conversation"]]
    told = pl.concat([cut.drop("conversation"), whose], how="horizontal")
    return _typed(told.with_columns(session_type=pl.lit(session_type)), BILLING_SESSIONS)


def _requests(fragments: Fragments, identities: pl.DataFrame) -> pl.DataFrame:
    """R12: each API request is a session of its own, complete at once."""
    told = named(fragments.requests.drop("account_id", "app_id"), identities).with_columns(
        event_ids(pl.col("key"), pl.col("at"), pl.col("event_id")).alias("conversation_id"),
        pl.lit(0).alias("block_index"),
        pl.col("at").alias("started_at"),
        pl.col("at").alias("ended_at"),
        pl.lit("request").alias("session_type"),
        pl.lit(value=True).alias("is_complete"),
    )
    return _typed(told.sort("key", "at", "conversation_id"), BILLING_SESSIONS)


def _typed(frame: pl.DataFrame, schema: pl.Schema) -> pl.DataFrame:
    return frame.select(pl.col(name).cast(dtype) for name, dtype in schema.items())


def _ordered(frame: pl.DataFrame, schema: pl.Schema) -> pl.DataFrame:
    return _typed(frame, schema).sort(schema.names())
