"""The tables of the lake and their columns."""

import polars as pl

from transforms.contracts import lake_schema
from transforms.fragments import LEGS, LOOSE_ENDS, MARKED_ROWS, REQUESTS, STRETCHES
from transforms.sessions import BILLING_SESSIONS, CONVERSATIONS, REJECTED_HANDOFFS, UNMATCHED_LEGS

STREAMS = ("interactions", "handoffs", "alerts", "account_events")

FILES = pl.Schema(
    {"stream": pl.String, "arrival_day": pl.Date, "file": pl.String, "account_id": pl.String}
    | {"rows": pl.Int64, "excluded": pl.Int64, "quarantined": pl.Int64, "problem": pl.String}
)
"""What each landing file held, by account (R20); account_id "" where it could not be told."""
QUARANTINE = pl.Schema(
    {"stream": pl.String, "arrival_day": pl.Date, "file": pl.String, "line": pl.Int64}
    | {"account_id": pl.String, "reason": pl.String, "raw": pl.String}
)
"""Refused rows, whole, with their place and reason."""
COPIES = pl.Schema(
    {"stream": pl.String, "event_day": pl.Date, "arrival_day": pl.Date, "file": pl.String}
    | {"account_id": pl.String, "accepted": pl.Int64, "duplicate": pl.Int64, "superseded": pl.Int64}
)
"""What became of the valid rows of an event day, by file (R18)."""
ALERT_SESSIONS = pl.Schema(
    {"account_id": pl.String, "app_id": pl.String, "channel": pl.String, "user_id": pl.String}
    | {"delivery_id": pl.String, "alert_name": pl.String, "delivered_at": pl.Datetime("ms", "UTC")}
    | {"kind": pl.String}
)
"""Delivered alerts and proactive notifications (R15)."""

FRAGMENTS = {
    "stretches": STRETCHES,
    "marked_rows": MARKED_ROWS,
    "legs": LEGS,
    "requests": REQUESTS,
    "loose_ends": LOOSE_ENDS,
}
SESSIONS = {
    "conversations": CONVERSATIONS,
    "billing_sessions": BILLING_SESSIONS,
    "voice_sessions": BILLING_SESSIONS,
    "rejected_handoffs": REJECTED_HANDOFFS,
    "unmatched_legs": UNMATCHED_LEGS,
}

TABLES: dict[str, pl.Schema] = {
    **{stream: lake_schema(stream) for stream in STREAMS},
    "files": FILES,
    "quarantine": QUARANTINE,
    "copies": COPIES,
    "alert_sessions": ALERT_SESSIONS,
    **FRAGMENTS,
    **SESSIONS,
}
"""Every table of the lake."""
