"""Instants as people type them."""

from datetime import datetime

from orchestration.errors import UsageError


def instant_of(option: str, text: str | None) -> datetime | None:
    """An ISO time with its zone; None where none was given. Raises UsageError naming the option."""
    if text is None:
        return None
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        raise UsageError(f"{option} {text!r} is not an ISO time such as 2026-03-01T00:00:00Z") from None
    if instant.tzinfo is None:
        raise UsageError(f"{option} {text!r} has no zone; write 2026-03-01T00:00:00Z")
    return instant
