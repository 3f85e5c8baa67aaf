"""Sessions: the lists of each day, and the page that shows them (I6).

The lists are read day by day over all accounts, and written as they are read: for an account by itself every
day of the lake would be read again.
"""

import os
from collections import defaultdict
from collections.abc import Iterator
from contextlib import suppress
from datetime import date
from functools import lru_cache, partial
from itertools import chain
from pathlib import Path

import duckdb

from orchestration.console.files import File, OnceFile, Share
from orchestration.console.keeping import linked
from orchestration.console.reading import grouped, rows
from orchestration.console.session_lists import SHOWN_OF_APP, DayList, SessionLists, out_of_order
from orchestration.console.session_state import HAS_LIST, SessionState, first_day_of_lists
from orchestration.console.tree import files_in, size_of, stands, write
from orchestration.settings.loading import load_settings_of
from reports import render
from reports.models import Account, Frame, Role
from reports.models.sessions import SessionDay, SessionsPage

FOLDER = "sessions"
SUFFIXES = ("js", "csv")
FIRST = next(iter(Role))
"""The role whose tree has the lists first."""


class Sessions:
    """The lists of all accounts; what has changed of them is written when it is made."""

    def __init__(self, home: Path, warehouse: duckdb.DuckDBPyConnection, share: Share | None = None):
        share = share or Share.whole(warehouse)
        self._root = home / "reports"
        self._lists = SessionLists(home, warehouse)
        self._kept_days = load_settings_of(home).session_lists_days
        self._trees = {
            account.account_id: f"{self._root}/{account.folder}/{FIRST}/{FOLDER}"
            for account in share.accounts
        }
        self._apps = grouped(warehouse, "from apps order by account_id, app_id", "account_id")
        self._days = self._days_with_lists(home, warehouse)
        self._bring_up_to_date(SessionState(home, warehouse))

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

    def _days_with_lists(
        self, home: Path, warehouse: duckdb.DuckDBPyConnection
    ) -> defaultdict[str, list[SessionDay]]:
        """By account the last days that have sessions, newest first."""
        days: defaultdict[str, list[SessionDay]] = defaultdict(list)
        first = first_day_of_lists(home, warehouse)
        if first is None:
            return days
        found = rows(
            warehouse,
            f"""
            select account_id, usage_date, billing_sessions, voice_sessions, provisional_sessions
            from usage_account_daily
            where
                usage_date >= date '{first}' and {HAS_LIST}
                and account_id in (select unnest(?::varchar[]))
            order by account_id, usage_date desc
            """,
            [list(self._trees)],
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

    def _bring_up_to_date(self, state: SessionState) -> None:
        """Writes the lists of the days whose sessions changed, and those that are missing."""
        expected: defaultdict[date, set[str]] = defaultdict(set)
        for account_id, days in self._days.items():
            for shown in days:
                expected[shown.day].add(account_id)
        changed = {day for day in expected if state.has_changed(day)}
        standing = {account_id: files_in(tree) for account_id, tree in self._trees.items()}
        lacking = {
            day: {account_id for account_id in ids if not standing[account_id].issuperset(_names(day))}
            for day, ids in expected.items()
            if day not in changed
        }
        again = [day for day, ids in lacking.items() if ids]
        ids = sorted(set(chain.from_iterable(lacking.values())))
        written: set[tuple[str, date]] = set()
        for each in chain(
            self._lists.lists(changed, list(self._trees)), self._lists.lists(again, ids) if again else ()
        ):
            list_of = (each.account_id, each.day)
            if list_of in written:
                raise out_of_order(f"{each.account_id} on {each.day}")
            if each.account_id in expected[each.day]:
                self._write(each, standing[each.account_id])
                written.add(list_of)
        unread = {(each, day) for day in changed for each in expected[day]} - written
        for account_id, day in unread:
            self._write(DayList.empty(account_id, day), standing[account_id])

    def _write(self, found: DayList, standing: frozenset[str]) -> None:
        tree = self._trees[found.account_id]
        for name, text in zip(_names(found.day), (found.script, found.table), strict=True):
            path, content = f"{tree}/{name}", text.encode()
            if name not in standing or not stands(path, content):
                write(path, content)

    def _link(self, account: Account, role: Role, name: str) -> None:
        """Gives the first role's file to another role: the same one, where the file system allows it."""
        tree = f"{self._root}/{account.folder}"
        first, other = f"{tree}/{FIRST}/{name}", f"{tree}/{role}/{name}"
        with suppress(FileNotFoundError):
            if os.path.samefile(first, other):
                return
        if size_of(first) is not None and not linked(first, other):
            write(other, Path(first).read_bytes())

    def _content(self, account_id: str, day: date, suffix: str) -> bytes:
        found = next(self._lists.lists([day], [account_id]), DayList.empty(account_id, day))
        return (found.script if suffix == "js" else found.table).encode()


@lru_cache(1_024)
def _names(day: date) -> tuple[str, ...]:
    """A day's files."""
    return tuple(f"{day}.{suffix}" for suffix in SUFFIXES)
