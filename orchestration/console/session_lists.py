"""The sessions of local days, read from the lake in bulk: as a script for the page, and whole as CSV (I6).

A session's day is that of its start in the account's zone (R11, R17). A local day touches three days of the
lake, and is read again only where one of their partitions has changed.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby
from pathlib import Path
from typing import Any

import duckdb

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

_SESSIONS = """
    create or replace temp table listed as
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
        where ?::varchar[] is null or list_contains(?, sessions.account_id)
    ),

    dated as (
        select *, greatest(cast(started as date), first_local_date) as usage_date from placed
    )

    select
        *,
        row_number() over (
            partition by account_id, usage_date, app_id
            order by started_at, session_type, conversation_id, block_index
        ) as place
    from dated
    where list_contains(?::date[], usage_date)
"""
_TYPES = ("usage", "request", "alert", "voice")


def _counts(which: str) -> str:
    return ", ".join(f"count(*) filter (where session_type = '{type_}' and {which})" for type_ in _TYPES)


_SCRIPTS = f"""
    with bounds as (
        select
            account_id,
            usage_date,
            greatest({FEWEST_OF_APP}, least({SHOWN_OF_APP}, {SHOWN_OF_DAY} // count(distinct app_id)))
                as shown
        from listed
        group by account_id, usage_date
    )

    select
        listed.account_id,
        listed.usage_date,
        any_value(listed.zone),
        listed.app_id,
        {_counts("is_complete")},
        {_counts("not is_complete")},
        coalesce(string_agg(epoch_ms(started_at), ',' order by place) filter (where place <= shown), ''),
        coalesce(
            string_agg(epoch_ms(ended_at) - epoch_ms(started_at), ',' order by place)
                filter (where place <= shown), ''
        ),
        coalesce(string_agg(session_type[1], '' order by place) filter (where place <= shown), ''),
        coalesce(string_agg(conversation_id, ' ' order by place) filter (where place <= shown), ''),
        coalesce(string_agg(block_index, ',' order by place) filter (where place <= shown), ''),
        coalesce(
            string_agg(place - 1, ',' order by place) filter (where place <= shown and not is_complete), ''
        )
    from listed
    inner join bounds on listed.account_id = bounds.account_id and listed.usage_date = bounds.usage_date
    group by listed.account_id, listed.usage_date, listed.app_id
    order by listed.account_id, listed.usage_date, listed.app_id
"""
_DISTANCE = """
    format(
        '{}{:02d}:{:02d}',
        case when started < timezone('UTC', started_at) then '-' else '+' end,
        cast(abs(date_diff('minute', timezone('UTC', started_at), started)) // 60 as integer),
        cast(abs(date_diff('minute', timezone('UTC', started_at), started)) % 60 as integer)
    )
"""
_ROWS = f"""
    select
        account_id,
        usage_date,
        app_id,
        string_agg(
            concat_ws(
                ',',
                session_type,
                strftime(started, '%Y-%m-%dT%H:%M:%S.%g') || {_DISTANCE},
                strftime(ended, '%Y-%m-%dT%H:%M:%S.%g') || {_DISTANCE.replace("started", "ended")},
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
            ),
            chr(10) order by place
        )
    from listed
    group by account_id, usage_date, app_id
    order by account_id, usage_date, app_id
"""


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
        return cls(account_id, day, day_script(day, "UTC", ()), _table(()))


class SessionLists:
    """The sessions of the lake, by account and local day."""

    def __init__(self, home: Path, warehouse: duckdb.DuckDBPyConnection):
        self._lake = Lake(home)
        self._warehouse = warehouse

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
            self._warehouse.execute(_SESSIONS, values)
            yield from self._listed()
        self._warehouse.execute("drop table if exists listed")

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

    def _listed(self) -> Iterator[DayList]:
        """What has just been read, account by account and day by day."""
        scripts = self._warehouse.execute(_SCRIPTS).fetchall()
        rows = self._warehouse.execute(_ROWS).fetchall()
        by_day = groupby(scripts, key=lambda row: row[:3])
        tables = groupby(rows, key=lambda row: row[:2])
        for ((account_id, day, zone), apps), (_, found) in zip(by_day, tables, strict=True):
            yield DayList(
                account_id,
                day,
                day_script(day, zone, [_app(row) for row in apps]),
                _table((app_id, text) for _, _, app_id, text in found),
            )


def _app(row: tuple[Any, ...]) -> AppSessions:
    _, _, _, app_id, *told = row
    counts, provisional = (dict(zip(_TYPES, found, strict=True)) for found in (told[:4], told[4:8]))
    return AppSessions(app_id, counts, provisional, *told[8:])


def _table(apps: Iterable[tuple[str, str]]) -> str:
    """Rows that are texts already, each behind its app's id."""
    lines = [",".join(HEADER)]
    for app_id, rows in apps:
        cell = csvs.cell(app_id)
        lines += [f"{cell},{row}" for row in rows.split("\n")]
    return "\r\n".join(lines) + "\r\n"
