"""A log through both implementations."""

from datetime import UTC, datetime, timedelta

import polars as pl

from tests.comparison import compared_reference, compared_sessions
from tests.frames import handoffs_frame, interactions_frame, timeouts_frame
from tests.reference import Reference, reference_sessions
from tests.strategies import Log
from transforms.sessions import Sessions, sessions_of

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def frames_of(log: Log) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Interactions and handoffs as the lake has them."""
    return interactions_frame(log.rows), handoffs_frame(log.legs)


def sessionized(log: Log, interactions: pl.DataFrame, handoffs: pl.DataFrame) -> Sessions:
    """Sessions of frames under the log's timeouts, rules and watermark."""
    return sessions_of(
        interactions, handoffs, timeouts_frame(log.timeouts), log.rules, instant(log.watermark_ms)
    )


def referenced(log: Log) -> Reference:
    """What the reference makes of the log."""
    return reference_sessions(log.rows, log.legs, log.timeouts, log.rules, log.watermark_ms)


def differing(log: Log) -> list[str]:
    """The tables in which the two differ."""
    facts, expected = (
        compared_sessions(sessionized(log, *frames_of(log))),
        compared_reference(referenced(log)),
    )
    return [table for table, rows in expected.items() if facts[table] != rows]


def instant(at_ms: int | None) -> datetime | None:
    """Milliseconds as an instant, without a float on the way."""
    return None if at_ms is None else EPOCH + timedelta(milliseconds=at_ms)
