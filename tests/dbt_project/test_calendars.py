"""Local days of every zone that changes its clock: they partition time, and totals hold through it (R17)."""

from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.dbt_project.calendars import (
    calendar_of,
    changing_zones,
    local_date,
    local_midnight_at,
    month_of,
    next_month_of,
)
from tests.running import frames_of, sessionized
from tests.strategies import crowd

FIRST_YEAR, LAST_YEAR = 2020, 2030


@pytest.fixture(scope="module")
def calendar() -> duckdb.DuckDBPyConnection:
    """All local days, and `quarters`: usage in each quarter hour near a change of clocks."""
    zones = changing_zones(FIRST_YEAR, LAST_YEAR)
    connection = calendar_of(zones, f"{FIRST_YEAR}-01-01", f"{LAST_YEAR + 1}-01-01")
    connection.execute(
        f"""
        create table quarters as
        select distinct
            zone,
            unnest(
                generate_series(begins_at - interval 1 day, ends_at + interval 1 day, interval 15 minute)
            ) as quarter_at,
            {local_date("quarter_at")} as usage_date,
            1 + epoch(quarter_at) // 900 % 7 as sessions
        from local_days
        where ends_at - begins_at != interval 24 hour
        """
    )
    connection.execute(
        f"delete from quarters where usage_date not between '{FIRST_YEAR}-01-01' and '{LAST_YEAR}-12-31'"
    )
    return connection


def found(calendar: duckdb.DuckDBPyConnection, sql: str) -> list[tuple[Any, ...]]:
    return calendar.execute(sql).fetchall()


def test_the_zones_that_change_their_clocks_are_all_known_to_the_marts(
    calendar: duckdb.DuckDBPyConnection,
) -> None:
    unknown = "select zone from zones anti join pg_timezone_names() as known on zones.zone = known.name"
    assert found(calendar, unknown) == []
    assert found(calendar, "select count(*) > 200, count(distinct zone) > 200 from zones") == [(True, True)]


def test_local_days_follow_each_other_without_gap_or_overlap(calendar: duckdb.DuckDBPyConnection) -> None:
    """A day begins with its first instant: the millisecond before belongs to an earlier day."""
    wrong = f"""
        select zone, day, begins_at, ends_at from local_days
        where begins_at >= ends_at
            or {local_date("begins_at")} != day
            or {local_date("begins_at - interval 1 millisecond")} >= day
            or {local_date("ends_at - interval 1 millisecond")} != day
    """
    assert found(calendar, wrong) == []


def test_a_local_day_lasts_24_hours_but_for_what_its_zone_moves_the_clock(
    calendar: duckdb.DuckDBPyConnection,
) -> None:
    """A change at midnight itself makes the day before or the day after longer or shorter."""
    before, after = (
        f"(timezone(zone, {at}) - timezone('UTC', {at}))"
        for at in ("(begins_at - interval 1 millisecond)", "ends_at")
    )
    wrong = f"""
        select zone, day, ends_at - begins_at from local_days
        where ends_at - begins_at not in (interval 24 hour, interval 24 hour - ({after} - {before}))
    """
    assert found(calendar, wrong) == []
    lengths = """
        select epoch(ends_at - begins_at) / 3600, count(*) from local_days
        where zone in ('Europe/Paris', 'Australia/Lord_Howe') group by 1 order by 1
    """
    years = LAST_YEAR + 1 - FIRST_YEAR
    assert [hours for hours, _ in found(calendar, lengths)] == [23, 23.5, 24, 24.5, 25]
    assert [days for hours, days in found(calendar, lengths) if hours != 24] == [years] * 4


def test_a_quarter_hour_lies_in_one_local_day(calendar: duckdb.DuckDBPyConnection) -> None:
    """What int_usage_quarter_hours relies on."""
    assert found(calendar, "from local_days where epoch(begins_at) % 900 != 0") == []
    end = "quarter_at + interval '14 minutes 59.999 seconds'"
    assert found(calendar, f"from quarters where {local_date(end)} != usage_date") == []


BUCKETS = {
    "day": ("usage_date", "bucket + interval 1 day"),
    "week": ("cast(date_trunc('week', usage_date) as date)", "bucket + interval 7 day"),
    "month": (month_of("usage_date"), next_month_of("bucket")),
}


@pytest.mark.parametrize("bucket", BUCKETS)
def test_totals_by_local_date_are_those_from_midnight_to_midnight(
    calendar: duckdb.DuckDBPyConnection, bucket: str
) -> None:
    """R17: the sessions of a bucket's days are those of the half-open stretch of time that it is."""
    bucket_of, next_bucket = BUCKETS[bucket]
    sums = f"""
        with summed as (
            select zone, {bucket_of} as bucket, sum(sessions) as sessions from quarters group by all
        ),
        bounded as (
            select
                *,
                {local_midnight_at("bucket")} as begins_at,
                {local_midnight_at(f"cast({next_bucket} as date)")} as ends_at
            from summed
        ),
        counted as (
            select bounded.zone, bounded.bucket, bounded.sessions, sum(quarters.sessions) as in_time
            from bounded
            inner join quarters
                on bounded.zone = quarters.zone and quarter_at >= begins_at and quarter_at < ends_at
            group by all
        )
    """
    assert found(calendar, sums + "select * from counted where sessions != in_time") == []
    totals = "select (select sum(sessions) from summed) = (select sum(sessions) from quarters)"
    assert found(calendar, f"{sums} {totals}") == [(True,)]
    assert found(calendar, f"{sums} select count(*) > 4000 from counted") == [(True,)]


def test_hours_of_utc_add_up_to_the_local_days_where_those_begin_on_the_hour(
    calendar: duckdb.DuckDBPyConnection,
) -> None:
    sums = f"""
        with whole_hours as (
            select zone from local_days group by all having bool_and(epoch(begins_at) % 3600 = 0)
        ),
        hours as (
            select zone, date_trunc('hour', quarter_at) as usage_hour_at, sum(sessions) as sessions
            from quarters semi join whole_hours using (zone) group by all
        ),
        by_hour as (
            select zone, {local_date("usage_hour_at")} as usage_date, sum(sessions) as sessions
            from hours group by all
        ),
        by_day as (
            select zone, usage_date, sum(sessions) as sessions
            from quarters semi join whole_hours using (zone) group by all
        )
    """
    assert (
        found(
            calendar, f"{sums} (from by_hour except from by_day) union all (from by_day except from by_hour)"
        )
        == []
    )
    assert found(calendar, f"{sums} select count(*) > 4000 from by_hour") == [(True,)]


ZONES = ["UTC", "America/Havana", "Asia/Kathmandu", "Asia/Gaza", "Australia/Lord_Howe", "Pacific/Apia"]


@pytest.mark.parametrize("seed", range(3))
def test_each_block_starts_in_one_day_week_and_month_of_any_zone(tmp_path: Path, seed: int) -> None:
    """R11: by their starts, the blocks of days add up to those of weeks and months, and to all."""
    log = crowd(seed, 300)
    blocks = sessionized(log, *frames_of(log)).billing_sessions
    blocks.select("started_at").write_parquet(tmp_path / "blocks.parquet")
    day = blocks["started_at"].dt.date()
    calendar = calendar_of(ZONES, f"{day.min().year - 1}-12-01", f"{day.max().year + 1}-02-01")
    sums = f"""
        with blocks as (from read_parquet('{tmp_path / "blocks.parquet"}')),
        dated as (
            select zones.zone, started_at, {local_date("started_at")} as usage_date from blocks, zones
        ),
        by_day as (
            select zone, day, count(started_at) as blocks
            from local_days inner join dated using (zone)
            where started_at >= begins_at and started_at < ends_at
            group by all
        ),
        by_week as (
            select zone, date_trunc('week', usage_date) as week, count(*) as blocks from dated group by all
        ),
        by_month as (
            select zone, {month_of("usage_date")} as month, count(*) as blocks from dated group by all
        )
    """
    weeks = "select zone, date_trunc('week', day), sum(blocks) from by_day group by all"
    assert found(calendar, f"{sums} {weeks} except from by_week") == []
    months = f"select zone, {month_of('day')}, sum(blocks) from by_day group by all"
    assert found(calendar, f"{sums} {months} except from by_month") == []
    for bucket in ("by_day", "by_week", "by_month"):
        totals = f"{sums} select zone, sum(blocks) from {bucket} group by all order by zone"
        assert found(calendar, totals) == [(zone, blocks.height) for zone in sorted(ZONES)]
