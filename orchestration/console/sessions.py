"""Sessions: the lists of each day, and the page that shows them (I6).

The lists are read day by day over all accounts, and written as they are read: for an account by itself every
day of the lake would be read again. What each day was made of stands in `.sessions.json` beside the accounts'
folders; it is written last, so that what a dying run left half-done is done again.
"""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import UTC, date, timedelta
from functools import partial
from itertools import chain
from pathlib import Path

import duckdb

from orchestration.console.files import File, OnceFile
from orchestration.console.keeping import linked
from orchestration.console.reading import accounts_of, grouped, rows, watermark_of
from orchestration.console.session_lists import SHOWN_OF_APP, DayList, SessionLists
from orchestration.console.tree import stands, write
from orchestration.settings import load_settings_of
from reports import render
from reports.models import Account, Frame, Role
from reports.models.sessions import SessionDay, SessionsPage

FOLDER = "sessions"
SUFFIXES = ("js", "csv")
FIRST = next(iter(Role))
"""The role whose tree has the lists first."""
STATE = ".sessions.json"
RECIPE = "2"
"""Changes when the same sessions would give other files."""


class Sessions:
    """The lists of all accounts; what has changed of them is written when it is made."""

    def __init__(self, home: Path, warehouse: duckdb.DuckDBPyConnection):
        self._root = home / "reports"
        self._warehouse = warehouse
        self._lists = SessionLists(home, warehouse)
        self._kept_days = load_settings_of(home).session_lists_days
        self._folders = {account.account_id: account.folder for account in accounts_of(warehouse)}
        self._apps = grouped(warehouse, "from apps order by account_id, app_id", "account_id")
        self._days = self._days_with_lists()
        self._bring_up_to_date()

    def files(self, account: Account, role: Role) -> Iterator[File | OnceFile]:
        """The lists, which stand there by now, and the page."""
        days = self._days[account.account_id]
        for each in days:
            for suffix in SUFFIXES:
                name = f"{FOLDER}/{each.day}.{suffix}"
                if role is not FIRST:
                    self._link(account, role, name)
                make = partial(self._content, account.account_id, each.day, suffix)
                yield OnceFile(name, make)
        frame = Frame(account, role, "sessions.html")
        apps = {row["app_id"]: row["app_name"] or "" for row in self._apps[account.account_id]}
        page = SessionsPage(days, apps, self._kept_days, SHOWN_OF_APP)
        yield File(frame.file, render.console_page("console_sessions.html.jinja", frame, page=page))

    def _days_with_lists(self) -> defaultdict[str, list[SessionDay]]:
        """By account the last days that have sessions, newest first."""
        days: defaultdict[str, list[SessionDay]] = defaultdict(list)
        watermark = watermark_of(self._warehouse)
        if watermark is None or not self._kept_days:
            return days
        first = watermark.astimezone(UTC).date() - timedelta(days=self._kept_days)
        found = rows(
            self._warehouse,
            f"""
            select account_id, usage_date, billing_sessions, voice_sessions, provisional_sessions
            from usage_account_daily
            where
                usage_date >= date '{first}' and billing_sessions + voice_sessions + provisional_sessions > 0
            order by account_id, usage_date desc
            """,
        )
        for row in found:
            days[row["account_id"]].append(
                SessionDay(
                    row["usage_date"],
                    row["billing_sessions"],
                    row["voice_sessions"],
                    row["provisional_sessions"],
                )
            )
        return days

    def _bring_up_to_date(self) -> None:
        """Writes the lists of the days whose sessions changed, and those that are missing."""
        expected: defaultdict[date, set[str]] = defaultdict(set)
        for account_id, days in self._days.items():
            for shown in days:
                expected[shown.day].add(account_id)
        made_of = {str(day): self._lists.version(day) for day in expected}
        before = self._state()
        changed = [day for day in expected if before.get(str(day)) != made_of[str(day)]]
        lacking = {
            day: {account_id for account_id in ids if self._lacks(account_id, day)}
            for day, ids in expected.items()
            if day not in set(changed)
        }
        again = [day for day, ids in lacking.items() if ids]
        ids = sorted(set(chain.from_iterable(lacking.values())))
        written: set[tuple[str, date]] = set()
        for each in chain(self._lists.lists(changed), self._lists.lists(again, ids) if again else ()):
            if each.account_id in expected[each.day]:
                self._write(each)
                written.add((each.account_id, each.day))
        unread = {(each, day) for day in changed for each in expected[day]} - written
        for key in unread:
            self._write(DayList.empty(*key))
        if made_of != before:
            write(self._root / STATE, self._stated(made_of))

    def _lacks(self, account_id: str, day: date) -> bool:
        tree = self._root / self._folders[account_id] / FIRST / FOLDER
        return not all((tree / f"{day}.{suffix}").is_file() for suffix in SUFFIXES)

    def _write(self, found: DayList) -> None:
        tree = self._root / self._folders[found.account_id] / FIRST / FOLDER
        for suffix, text in (("js", found.script), ("csv", found.table)):
            path, content = tree / f"{found.day}.{suffix}", text.encode()
            if not stands(path, content):
                write(path, content)

    def _link(self, account: Account, role: Role, name: str) -> None:
        """Gives the first role's file to another role: the same one, where the file system allows it."""
        tree = self._root / account.folder
        first, other = tree / FIRST / name, tree / role / name
        with suppress(FileNotFoundError):
            if other.samefile(first):
                return
        if first.is_file() and not linked(first, other):
            write(other, first.read_bytes())

    def _content(self, account_id: str, day: date, suffix: str) -> bytes:
        found = next(self._lists.lists([day], [account_id]), DayList.empty(account_id, day))
        return (found.script if suffix == "js" else found.table).encode()

    def _state(self) -> Mapping[str, str]:
        """What each day's lists were made of; nothing where they would be made otherwise today."""
        try:
            state = json.loads((self._root / STATE).read_text())
        except (FileNotFoundError, ValueError):
            return {}
        is_of_now = isinstance(state, dict) and state.get("made_by") == self._made_by()
        return dict(state.get("made_of", {})) if is_of_now else {}

    def _stated(self, made_of: Mapping[str, str]) -> bytes:
        return json.dumps({"made_by": self._made_by(), "made_of": made_of}, indent=0, sort_keys=True).encode()

    def _made_by(self) -> list[object]:
        zones = rows(self._warehouse, "from int_account_zones order by all")
        return [RECIPE, [[str(value) for value in row.values()] for row in zones]]
