"""What each day's lists of sessions were made of: what has not changed is not read again.

It stands in `.sessions.json` beside the accounts' folders. It is written last, when the lists of all accounts
are, so that what a dying run left half-done is done again.
"""

import json
from collections.abc import Mapping
from datetime import UTC, date, timedelta
from pathlib import Path

import duckdb

from orchestration.console.reading import rows, watermark_of
from orchestration.console.session_lists import SessionLists
from orchestration.console.tree import write
from orchestration.settings.loading import load_settings_of

STATE = ".sessions.json"
RECIPE = "2"
"""Changes when the same sessions would give other files."""


class SessionState:
    """The versions of the days that have lists, as they stand in the site and as they are in the lake now."""

    def __init__(self, home: Path, warehouse: duckdb.DuckDBPyConnection):
        self._path = home / "reports" / STATE
        zones = rows(warehouse, "from int_account_zones order by all")
        self._made_by = [RECIPE, [[str(value) for value in row.values()] for row in zones]]
        lists = SessionLists(home, warehouse)
        self._now = {str(day): lists.version(day) for day in _days_with_lists(home, warehouse)}
        self._before = self._read()

    def has_changed(self, day: date) -> bool:
        """Whether the lists of a day are to be made again."""
        return self._before.get(str(day)) != self._now.get(str(day))

    def save(self) -> None:
        """Notes that all lists are made of what is in the lake now."""
        if self._now != self._before:
            stated = {"made_by": self._made_by, "made_of": self._now}
            write(self._path, json.dumps(stated, indent=0, sort_keys=True).encode())

    def _read(self) -> Mapping[str, str]:
        """What each day's lists were made of; nothing where they would be made otherwise today."""
        try:
            state = json.loads(self._path.read_text())
        except (FileNotFoundError, ValueError):
            return {}
        is_of_now = isinstance(state, dict) and state.get("made_by") == self._made_by
        return dict(state.get("made_of", {})) if is_of_now else {}


def first_day_of_lists(home: Path, warehouse: duckdb.DuckDBPyConnection) -> date | None:
    """The first local day whose sessions are listed; None where none is."""
    kept_days = load_settings_of(home).session_lists_days
    watermark = watermark_of(warehouse)
    if watermark is None or not kept_days:
        return None
    return watermark.astimezone(UTC).date() - timedelta(days=kept_days)


HAS_LIST = "billing_sessions + voice_sessions + provisional_sessions > 0"
"""Whether a row of `usage_account_daily` has a list."""


def _days_with_lists(home: Path, warehouse: duckdb.DuckDBPyConnection) -> list[date]:
    first = first_day_of_lists(home, warehouse)
    if first is None:
        return []
    query = f"""
        select distinct usage_date from usage_account_daily
        where usage_date >= date '{first}' and {HAS_LIST} order by usage_date
    """
    return [row["usage_date"] for row in rows(warehouse, query)]
