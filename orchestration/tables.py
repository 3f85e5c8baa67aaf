"""The tables of the lake and their columns."""

import polars as pl

from transforms.alerts import ALERT_COLUMNS
from transforms.contracts import Copies, Files, Quarantine, lake_schema, schema_of
from transforms.fragments import LOOSE_ENDS, SCHEMAS
from transforms.sessions import BILLING_SESSIONS, CONVERSATIONS, REJECTED_HANDOFFS, UNMATCHED_LEGS

STREAMS = ("interactions", "handoffs", "alerts", "account_events")

FILES = schema_of(Files)
QUARANTINE = schema_of(Quarantine)
COPIES = schema_of(Copies)
ALERT_SESSIONS = pl.Schema({name: lake_schema("alerts")[name] for name in ALERT_COLUMNS})
"""Delivered alerts and proactive notifications (R15)."""

FRAGMENTS = {**SCHEMAS, "loose_ends": LOOSE_ENDS}
SESSIONS = {
    "conversations": CONVERSATIONS,
    "billing_sessions": BILLING_SESSIONS,
    "voice_sessions": BILLING_SESSIONS,
    "rejected_handoffs": pl.Schema({**REJECTED_HANDOFFS, "raw": pl.String()}),
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
