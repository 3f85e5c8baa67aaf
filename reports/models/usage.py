"""The figures of one account and month by day and by app."""

from dataclasses import dataclass, fields
from datetime import date, timedelta

from reports import names
from reports.models.checks import FiguresDisagreeError


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


@dataclass(frozen=True)
class DayUsage:
    """One local day of an account."""

    day: date
    measures: Measures
    is_partial: bool = False  # the watermark lies before its end

    @property
    def is_weekend(self) -> bool:
        """Saturday or Sunday."""
        return self.day.weekday() >= 5


@dataclass(frozen=True)
class AppUsage:
    """One app's month."""

    app_id: str
    name: str
    measures: Measures

    @property
    def shown_name(self) -> str:
        """The name for people; the id where there is none."""
        return names.display_name(self.name, self.app_id)

    @property
    def shown_id(self) -> str | None:
        """The id for people, where it is not already the name."""
        shown = names.display_name(self.app_id, "(empty)")
        return None if shown == self.shown_name else shown


@dataclass(frozen=True)
class UsageMonth:
    """An account's month by day and by app; refused where the parts do not add up (R11, R16)."""

    month: date
    days: tuple[DayUsage, ...]
    apps: tuple[AppUsage, ...]
    total: Measures
    data_through: date | None = None  # the last complete local day; None: nothing has arrived

    def __post_init__(self) -> None:
        for count in COUNTS:
            expected = getattr(self.total, count)
            by_day = sum(getattr(part.measures, count) for part in self.days)
            by_app = sum(getattr(part.measures, count) for part in self.apps)
            if not expected == by_day == by_app:
                raise FiguresDisagreeError(
                    f"{count} of {self.month:%Y-%m}: {expected} in all, {by_day} by day, {by_app} by app"
                )
        highest = max((part.measures.agent_seats for part in self.days), default=0)
        if self.total.agent_seats != highest:
            raise FiguresDisagreeError(
                f"agents of {self.month:%Y-%m}: {self.total.agent_seats}, but {highest} on the highest day"
            )

    @property
    def end(self) -> date:
        """The day after the month's last."""
        return next_month(self.month)

    @property
    def last_day(self) -> date:
        """The month's last day."""
        return self.end - timedelta(days=1)

    @property
    def is_over(self) -> bool:
        """Whether the whole month lies before the watermark (R13)."""
        return self.data_through is not None and self.data_through >= self.last_day

    @property
    def has_begun(self) -> bool:
        """Whether one of its days is complete."""
        return self.data_through is not None and self.data_through >= self.month


def next_month(month: date) -> date:
    """First day of the month after."""
    return (month.replace(day=1) + timedelta(days=32)).replace(day=1)
