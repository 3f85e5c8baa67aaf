"""Account events without effect."""

from dataclasses import dataclass
from datetime import date

from reports import names


@dataclass(frozen=True)
class RefusedEvent:
    """An account event that conflicts with an earlier one, and why it has no effect."""

    occurred_on: date  # in UTC
    event_type: str
    reason: str

    @property
    def type_name(self) -> str:
        """The type in words."""
        return names.display_name(self.event_type, "(no type)").replace("_", " ").capitalize()

    @property
    def shown_reason(self) -> str:
        """The reason for people: it may quote the event."""
        return names.display_name(self.reason, "(no reason)")
