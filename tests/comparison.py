"""What must be equal between `transforms.sessions` and the reference, in plain sorted values."""

from typing import Any

import polars as pl

from tests.frames import milliseconds
from tests.reference import Conversation, Reference
from transforms.sessions import Sessions

Facts = dict[str, list[Any]]
OWNER = ("account_id", "app_id", "session_id", "channel", "user_id")


def compared_reference(reference: Reference) -> Facts:
    """The facts of the reference, without ids of conversations, which are a matter of taste."""
    conversations, usage, voice = [], [], []
    for c in reference.conversations:
        who = owner(c)
        conversations.append(
            (
                *who,
                *(c.started_at, c.ended_at, c.anchored_at, c.billable_ms, len(c.blocks), len(c.voice_blocks)),
                *(c.ended_by, c.is_complete),
            )
        )
        usage += [(*who, index, *block, c.is_complete) for index, block in enumerate(c.blocks)]
        voice += [(*who, index, *block, c.is_complete) for index, block in enumerate(c.voice_blocks)]
    requests = [
        (*(row[name] for name in OWNER), row["occurred_at"], row["occurred_at"], True)
        for row in reference.requests
    ]
    return {
        "conversations": ordered(conversations),
        "usage": ordered(usage),
        "requests": ordered(requests),
        "voice": ordered(voice),
        "rejected": ordered(reference.rejected),
        "unmatched": ordered(reference.unmatched),
    }


def owner(conversation: Conversation) -> tuple:
    account_id, app_id, sort, *rest = conversation.key
    session_id = rest[0] if sort == "session" else None
    return (account_id, app_id, session_id, conversation.channel, conversation.user_id)


def compared_sessions(sessions: Sessions) -> Facts:
    """The same facts of the frames."""
    block = [*OWNER, "block_index", "started_at", "ended_at", "is_complete"]
    measures = ["anchored_at", "billable_ms", "billing_sessions", "voice_sessions", "ended_by", "is_complete"]
    billing = sessions.billing_sessions
    requests = billing.filter(pl.col("session_type") == "request")
    return {
        "conversations": values(sessions.conversations, [*OWNER, "started_at", "ended_at", *measures]),
        "usage": values(billing.filter(pl.col("session_type") == "usage"), block),
        "requests": values(requests, [*OWNER, "started_at", "ended_at", "is_complete"]),
        "voice": values(sessions.voice_sessions, block),
        "rejected": values(sessions.rejected_handoffs, ["account_id", "event_id"]),
        "unmatched": values(sessions.unmatched_legs, ["account_id", "leg_id"]),
    }


def values(frame: pl.DataFrame, columns: list[str]) -> list[tuple]:
    rows = frame.select(columns).iter_rows()
    return ordered(tuple(milliseconds(v) if hasattr(v, "astimezone") else v for v in row) for row in rows)


def ordered(rows: Any) -> list[tuple]:
    """Sorted, with nulls, which Python does not compare, before everything."""
    return sorted(rows, key=lambda row: tuple((value is not None, value) for value in row))
