"""The page of a day's sessions: which days there are, and what the apps are called."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from reports import names


@dataclass(frozen=True)
class SessionDay:
    """A day that has a list."""

    day: date
    billing_sessions: int
    voice_sessions: int
    provisional_sessions: int

    @property
    def file(self) -> str:
        """All its sessions, from the top of the role's tree."""
        return f"sessions/{self.day}.csv"


@dataclass(frozen=True)
class SessionsPage:
    """The days with lists, newest first, and the apps' names by id."""

    days: Sequence[SessionDay]
    apps: Mapping[str, str]
    kept_days: int
    shown_sessions: int

    @property
    def data(self) -> dict[str, object]:
        """What the script reads: the days, and the apps as people know them."""
        shown = {app_id: names.display_name(name, app_id) for app_id, name in self.apps.items()}
        return {"days": [str(each.day) for each in self.days], "apps": shown, "shown": self.shown_sessions}
