"""The figures of a day."""

from dataclasses import dataclass, fields
from datetime import date, timedelta
from functools import lru_cache


@dataclass(frozen=True)
class Measures:
    """The measures of the usage marts; `provisional_sessions` is in none of the others (R13)."""

    billing_sessions: int = 0
    usage_sessions: int = 0
    request_sessions: int = 0
    alert_sessions: int = 0
    voice_sessions: int = 0
    proactive_notifications: int = 0
    agent_seats: int = 0
    provisional_sessions: int = 0


COUNTS = tuple(field.name for field in fields(Measures) if field.name != "agent_seats")


def next_month(month: date) -> date:
    """First day of the month after."""
    return (month.replace(day=1) + timedelta(days=32)).replace(day=1)


@lru_cache(4_096)
def days_of_month(start: date, end: date) -> tuple[int, int] | None:
    """P6: of a period for a part of a month its days, and the month's."""
    month = start.replace(day=1)
    days, whole = (end - start).days, (next_month(month) - month).days
    return (days, whole) if days < whole else None
