"""A warehouse with just the tables that the console's usage pages read, made up by DuckDB: small or huge."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb

WAREHOUSE = "warehouse.duckdb"

COUNTS = (
    "billing_sessions",
    "usage_sessions",
    "request_sessions",
    "alert_sessions",
    "voice_sessions",
    "proactive_notifications",
)
_SUMS = ", ".join(f"cast(sum({count}) as bigint) as {count}" for count in (*COUNTS, "provisional_sessions"))

EMPTY = """
create table file_ledger (stream varchar, arrival_day date, file varchar, account_id varchar, rows bigint,
    accepted bigint, duplicate bigint, superseded bigint, excluded bigint, quarantined bigint,
    problem varchar);
create table quarantine_reasons (stream varchar, account_id varchar, arrival_month date, reason varchar,
    rows bigint);
create table account_event_refusals (account_id varchar, event_id varchar, app_id varchar,
    occurred_at timestamptz, event_type varchar, refusal_reason varchar);
"""


@dataclass(frozen=True)
class Shape:
    """How much there is of everything; `hours` of a day have usage, in each app."""

    accounts: int
    apps: int
    first: date
    last: date
    hours: int = 6
    zones: tuple[str, ...] = ("Europe/Berlin", "America/New_York", "Asia/Kolkata", "UTC")
    locales: tuple[str, ...] = ("de_DE", "en_US", "en_IN", "he_IL", "ar_KW")


def build(home: Path, shape: Shape) -> None:
    """Writes the warehouse; every fifth account is an Enterprise one."""
    home.mkdir(parents=True, exist_ok=True)
    with duckdb.connect(str(home / WAREHOUSE)) as warehouse:
        warehouse.execute("set TimeZone = 'UTC'")
        warehouse.execute(EMPTY)
        for statement in _book(shape):
            warehouse.execute(statement)
        for statement in _hours(shape):
            warehouse.execute(statement)
        add_up(warehouse)


def _book(shape: Shape) -> tuple[str, ...]:
    return (
        f"""
        create table accounts as
        select
            format('account-{{:04d}}', number) as account_id,
            format('Account {{}}', number) as account_name,
            list_extract({list(shape.zones)}, 1 + number % {len(shape.zones)}) as zone,
            'USD' as currency,
            if(number % 5 = 4, 'enterprise', 'standard') as account_kind,
            list_extract({list(shape.locales)}, 1 + number % {len(shape.locales)}) as locale
        from range({shape.accounts}) as numbers (number)
        """,
        f"""
        create table apps as
        select account_id, format('app-{{:04d}}', number) as app_id, format('Helper {{}}', number) as app_name
        from accounts, range({shape.apps}) as numbers (number)
        order by all
        """,
        """
        create table int_account_zones as
        select
            account_id, zone, timestamptz '0001-01-01 00:00:00+00' as from_at,
            timestamptz '9999-01-01 00:00:00+00' as until_at, date '0001-01-01' as first_local_date
        from accounts
        """,
        f"""
        create table int_watermark as
        select timezone('UTC', cast(date '{shape.last}' + 1 as timestamp)) as watermark_at
        """,
    )


def _hours(shape: Shape) -> tuple[str, ...]:
    """Hours with usage, and the days that they fall on: without gaps, and seats that change now and then."""
    return (
        f"""
        create table found as
        select
            apps.account_id, apps.app_id, accounts.zone,
            timezone('UTC', cast(days.day as timestamp)) + to_hours(hour) as usage_hour_at,
            hash(apps.account_id, apps.app_id, days.day, hour) as dice
        from apps
        inner join accounts using (account_id),
            generate_series(date '{shape.first}', date '{shape.last}', interval 1 day) as days (day),
            range(0, 24, greatest(1, cast(24 / {shape.hours} as integer))) as hours (hour)
        """,
        """
        create table counted as
        select
            account_id, app_id, usage_hour_at,
            cast(timezone(zone, usage_hour_at) as date) as usage_date,
            cast(dice % 9 + dice // 9 % 3 + dice // 27 % 4 as bigint) as billing_sessions,
            cast(dice % 9 as bigint) as usage_sessions,
            cast(dice // 9 % 3 as bigint) as request_sessions,
            cast(dice // 27 % 4 as bigint) as alert_sessions,
            cast(if(dice // 108 % 3 = 0, dice // 324 % 4, 0) as bigint) as voice_sessions,
            cast(dice // 1296 % 2 as bigint) as proactive_notifications,
            cast(if(dice // 2592 % 200 = 0, 1, 0) as bigint) as provisional_sessions
        from found
        """,
        f"""
        create table usage_daily as
        with days as (
            select account_id, app_id, cast(day as date) as usage_date
            from apps,
                generate_series(date '{shape.first}' - 1, date '{shape.last}', interval 1 day) as days (day)
        ),
        sums as (
            select account_id, app_id, usage_date, {_SUMS} from counted group by all
        )
        select
            account_id, app_id, usage_date,
            {", ".join(f"coalesce({count}, 0) as {count}" for count in COUNTS)},
            cast(hash(app_id, date_trunc('month', usage_date)) % 7 as bigint) as agent_seats,
            coalesce(provisional_sessions, 0) as provisional_sessions
        from days left join sums using (account_id, app_id, usage_date)
        order by account_id, app_id, usage_date
        """,
        f"""
        create table usage_hourly as
        select
            counted.account_id, counted.app_id, usage_hour_at,
            {", ".join(f"counted.{count}" for count in COUNTS)},
            usage_daily.agent_seats, counted.provisional_sessions
        from counted inner join usage_daily using (account_id, app_id, usage_date)
        order by counted.account_id, counted.app_id, usage_hour_at
        """,
        "drop table counted",
        "drop table found",
    )


def add_up(warehouse: duckdb.DuckDBPyConnection) -> None:
    """The marts that follow from `usage_daily`, as the models have them."""
    rows = (
        ("usage_account_daily", "account_id, usage_date", "usage_daily", "sum"),
        ("usage_monthly", "account_id, app_id, date_trunc('month', usage_date)", "usage_daily", "max"),
        ("usage_weekly", "account_id, app_id, date_trunc('week', usage_date)", "usage_daily", "max"),
        (
            "usage_account_monthly",
            "account_id, date_trunc('month', usage_date)",
            "usage_account_daily",
            "max",
        ),
        ("usage_account_weekly", "account_id, date_trunc('week', usage_date)", "usage_account_daily", "max"),
    )
    for table, keys, source, agents in rows:
        named = keys.replace(
            "date_trunc('month', usage_date)",
            "cast(date_trunc('month', usage_date) as date) as usage_month_date",
        )
        named = named.replace(
            "date_trunc('week', usage_date)",
            "cast(date_trunc('week', usage_date) as date) as usage_week_date",
        )
        warehouse.execute(f"""
            create or replace table {table} as
            select {named}, {_SUMS}, cast({agents}(agent_seats) as bigint) as agent_seats
            from {source} group by all order by all
        """)
