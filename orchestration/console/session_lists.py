"""The sessions of local days, read from the lake in bulk: as a script for the page, and whole as CSV (I6).

A session's day is that of its start in the account's zone (R11, R17). A local day touches three days of the
lake, and is read again only where one of their partitions has changed.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any

import duckdb

from orchestration.errors import RunError
from orchestration.lake import VERSION, Lake, joined_version
from reports import csvs
from reports.session_data import HEADER, AppSessions, day_script

TABLES = ("billing_sessions", "voice_sessions")
SHOWN_OF_APP, SHOWN_OF_DAY = 2_000, 40_000
"""Sessions in a day's script: of each app so many, fewer where a day has many apps."""
FEWEST_OF_APP = 100
ROWS_AT_ONCE = 1_500_000
"""Sessions that are read at once: some hundred bytes of text for each."""
DAY = timedelta(days=1)


def _clock(of: str) -> str:
    """An instant on its account's clock, with the clock's distance from UTC."""
    distance = f"epoch_us({of}) - epoch_us({of}_at)"
    return f"""
            strftime({of}, '%Y-%m-%dT%H:%M:%S.%g')
            || case when {distance} < 0 then '-' else '+' end
            || left(cast(cast(make_timestamp(abs({distance})) as time) as varchar), 5)
    """


# DuckDB sorts the rows before it makes texts of them: those are many times wider. The outer query keeps the
# order of its one source, as DuckDB does unless it is told otherwise; `_day_lists` and `Sessions` refuse rows
# that are in any other.
_SESSIONS = f"""
    with sessions as (
        select * from read_parquet(?::varchar[], union_by_name = true)
    ),

    placed as (
        select
            sessions.*,
            zones.zone,
            zones.first_local_date,
            timezone(zones.zone, started_at) as started,
            timezone(zones.zone, ended_at) as ended
        from sessions
        inner join int_account_zones as zones
            on
                sessions.account_id = zones.account_id
                and started_at >= zones.from_at and started_at < zones.until_at
        where ?::varchar[] is null or sessions.account_id in (select unnest(?::varchar[]))
    ),

    dated as (
        select *, greatest(cast(started as date), first_local_date) as usage_date from placed
    ),

    in_order as (
        from dated
        where list_contains(?::date[], usage_date)
        order by account_id, usage_date, app_id, started_at, session_type, conversation_id, block_index
    )

    select
        account_id,
        usage_date,
        app_id,
        zone,
        case when is_complete then session_type[1] else upper(session_type[1]) end as letter,
        cast(epoch_ms(started_at) as varchar) as started_ms,
        cast(epoch_ms(ended_at) - epoch_ms(started_at) as varchar) as lasted_ms,
        conversation_id,
        cast(block_index as varchar) as block,
        concat_ws(
            ',',
            session_type,
            {_clock("started")},
            {_clock("ended")},
            conversation_id,
            block_index,
            case session_type
                when 'usage' then 'minutes ' || 15 * block_index || '-' || 15 * (block_index + 1)
                    || ' of the conversation'
                when 'voice' then 'minutes ' || 15 * block_index || '-' || 15 * (block_index + 1)
                    || ' of the call'
                when 'request' then 'API request'
                when 'alert' then 'alert delivered'
            end,
            is_complete
        ) as row
    from in_order
"""
_AT_ONCE = 50_000
"""Rows that are taken over at once."""


@dataclass(frozen=True)
class DayList:
    """The files of an account's day."""

    account_id: str
    day: date
    script: str
    table: str

    @classmethod
    def empty(cls, account_id: str, day: date) -> "DayList":
        """Of a day without sessions in the lake."""
        return cls(account_id, day, day_script(day, "UTC", (), 0), _table(()))


class SessionLists:
    """The sessions of the lake, by account and local day."""

    def __init__(self, home: Path, warehouse: duckdb.DuckDBPyConnection):
        self._lake = Lake(home)
        self._warehouse = warehouse.cursor()

    def version(self, day: date) -> str:
        """What the lists of a local day are made of: the same version, the same lists."""
        notes = [self._lake.note(path, VERSION) or "" for path in self._paths(day)]
        return joined_version(notes)

    def lists(self, days: Iterable[date], account_ids: Sequence[str] | None = None) -> Iterator[DayList]:
        """The lists of some days, of all accounts or of some; a few days at a time."""
        for some in self._portions(sorted(days)):
            paths = sorted({path for day in some for path in self._paths(day) if path.exists()})
            if not paths:
                continue
            ids = None if account_ids is None else list(account_ids)
            values = [[str(path) for path in paths], ids, ids, some]
            yield from _day_lists(self._rows(values))

    def _paths(self, day: date) -> list[Path]:
        """The partitions that a local day may have rows in: no zone is a whole day from UTC."""
        return [self._lake.file(table, day + step * DAY) for table in TABLES for step in (-1, 0, 1)]

    def _portions(self, days: Sequence[date]) -> Iterator[list[date]]:
        """Days together, as long as they are few rows."""
        portion: list[date] = []
        rows = 0
        for day in days:
            of_day = self._rows_of(day)
            if portion and rows + of_day > ROWS_AT_ONCE:
                yield portion
                portion, rows = [], 0
            portion.append(day)
            rows += of_day
        if portion:
            yield portion

    def _rows_of(self, day: date) -> int:
        """About as many rows as a local day has."""
        paths = [str(path) for path in self._paths(day)[1::3] if path.exists()]
        if not paths:
            return 0
        found = self._warehouse.execute(
            "select coalesce(sum(num_rows), 0)::bigint from parquet_file_metadata(?::varchar[])", [paths]
        ).fetchone()
        return int(found[0]) if found else 0

    def _rows(self, values: list[Any]) -> Iterator[tuple[Any, ...]]:
        """The sessions by account, day and app."""
        found = self._warehouse.execute(_SESSIONS, values)
        while rows := found.fetchmany(_AT_ONCE):
            yield from rows


def out_of_order(what: str) -> RunError:
    """For rows that do not stand beside each other: a list of some of them would lack the others."""
    return RunError(
        f"the sessions of {what} were read in pieces, so that their list would not be whole: the pages stay "
        f"as they were; run again, and if it comes back report it as a bug of `_SESSIONS`"
    )


def _day_lists(rows: Iterable[tuple[Any, ...]]) -> Iterator[DayList]:
    """Lists of sessions, account by account and day by day; an app in two pieces is an error."""
    for (account_id, day), of_day in groupby(rows, key=itemgetter(0, 1)):
        _, _, ids, zones, letters, *columns, lines = zip(*of_day, strict=True)
        types = "".join(letters)
        apps, cells = [], []
        for app_id, part in _stretches(ids):
            apps.append(AppSessions(app_id, types[part], *(column[part] for column in columns)))
            cells.append((app_id, lines[part]))
        if len({app.app_id for app in apps}) < len(apps):
            raise out_of_order(f"an app of {account_id} on {day}")
        shown = max(FEWEST_OF_APP, min(SHOWN_OF_APP, SHOWN_OF_DAY // len(apps)))
        yield DayList(account_id, day, day_script(day, zones[0], apps, shown), _table(cells))


def _stretches(values: Sequence[str]) -> Iterator[tuple[str, slice]]:
    """Each value, and where it stands in a row."""
    start = 0
    for value, found in groupby(values):
        end = start + sum(1 for _ in found)
        yield value, slice(start, end)
        start = end


def _table(apps: Iterable[tuple[str, Sequence[str]]]) -> str:
    """Rows that are texts already, each behind its app's id."""
    lines = [",".join(HEADER)]
    for app_id, rows in apps:
        cell = csvs.cell(app_id)
        lines += [f"{cell},{row}" for row in rows]
    return "\r\n".join(lines) + "\r\n"
