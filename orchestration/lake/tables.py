"""The tables of the lake and their columns."""

import polars as pl

from orchestration.billing.issued import ISSUED
from transforms import sessions
from transforms.alerts import ALERT_COLUMNS
from transforms.contracts import Copies, Files, Quarantine, lake_schema, schema_of
from transforms.fragments import LEFT_OUT, LOOSE_ENDS, SCHEMAS
from transforms.sessions import REJECTED_HANDOFFS

STREAMS = ("interactions", "handoffs", "alerts", "account_events")

FILES = schema_of(Files)
QUARANTINE = schema_of(Quarantine)
COPIES = schema_of(Copies)
ALERT_SESSIONS = pl.Schema({name: lake_schema("alerts")[name] for name in ALERT_COLUMNS})
"""Delivered alerts and proactive notifications (R15)."""

TOUCHED = pl.Schema({"key": pl.UInt64})
"""Keys of a day that changed since it was counted."""
FRAGMENTS = {**SCHEMAS, "loose_ends": LOOSE_ENDS, "left_out": LEFT_OUT}
SESSIONS = {**sessions.SCHEMAS, "rejected_handoffs": pl.Schema({**REJECTED_HANDOFFS, "raw": pl.String()})}

TABLES: dict[str, pl.Schema] = {
    **{stream: lake_schema(stream) for stream in STREAMS},
    "files": FILES,
    "quarantine": QUARANTINE,
    "copies": COPIES,
    "alert_sessions": ALERT_SESSIONS,
    **FRAGMENTS,
    "touched": TOUCHED,
    **SESSIONS,
    **ISSUED,
}
"""Every table of the lake."""
READ_WHOLE = ("conversations", "requests", "loose_ends")
"""Tables of which every night reads all days, beside those that the marts are made of."""
