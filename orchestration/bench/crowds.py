"""Homes with many accounts, or with one large one: a lake written by hand, marts and documents made of it."""

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from hashlib import blake2b
from pathlib import Path

import polars as pl

from orchestration import dbt
from orchestration.billing.issuing import code_version, issue
from orchestration.lake import Lake
from orchestration.lake.tables import TABLES
from orchestration.settings.loading import FILE_NAME

LAST_DAY = date(2026, 10, 12)
"""The last arrival: the month before is issued, this one is a draft."""
_ZONES = ("America/New_York", "Europe/Berlin", "UTC", "Asia/Kolkata", "Asia/Jerusalem")
_LOCALES = ("en_US", "de_DE", "en_GB", "en_IN", "he_IL")
_ENTERPRISE_EVERY = 20
_PREPAID_EVERY = 10
_MOST_A_DAY = 3
_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Crowd:
    """So many accounts of so many apps with usage on so many days."""

    accounts: int
    apps: int
    days: int

    @property
    def first_day(self) -> date:
        """The first day of usage."""
        return LAST_DAY - (self.days - 1) * _DAY

    @property
    def app_days(self) -> int:
        """Rows of usage by day."""
        return self.accounts * self.apps * self.days


def home_of(cache: Path, crowd: Crowd) -> Path:
    """The home with marts and issued documents, but without a site; made once per version of the SQL."""
    version = blake2b(f"{code_version()} {Path(__file__).read_text()}".encode(), digest_size=4).hexdigest()
    home = cache / f"crowd-{crowd.accounts}-{crowd.apps}-{crowd.days}-{version}"
    if not home.exists():
        beside = home.with_name(f".{home.name}.making")
        shutil.rmtree(beside, ignore_errors=True)
        _write_lake(Lake(beside), crowd)
        (beside / FILE_NAME).write_text("pdf = false\n")  # made once per document, and measured by nobody
        dbt.build_untested(beside / dbt.WAREHOUSE, "*")
        issue(beside)
        beside.rename(home)
    return home


def _write_lake(lake: Lake, crowd: Crowd) -> None:
    lake.ensure(TABLES)
    arrived = {"stream": "interactions", "arrival_day": LAST_DAY, "account_id": "",
               "file": f"interactions/{LAST_DAY}/empty.jsonl", "rows": 0, "excluded": 0,
               "quarantined": 0, "problem": None}  # fmt: skip
    lake.publish(lake.file("files", "interactions", LAST_DAY), pl.DataFrame([arrived], TABLES["files"]))
    book = pl.DataFrame(list(_book(crowd)), TABLES["account_events"])
    lake.publish(lake.file("account_events", crowd.first_day, crowd.first_day), book)
    apps = pl.DataFrame(
        {
            "account_id": [
                _account_id(number) for number in range(crowd.accounts) for _ in range(crowd.apps)
            ],
            "app_id": [f"app-{number}" for _ in range(crowd.accounts) for number in range(crowd.apps)],
        }
    )
    for back in range(crowd.days):
        day = LAST_DAY - back * _DAY
        for table, most in (("billing_sessions", _MOST_A_DAY), ("voice_sessions", 1)):
            lake.publish(lake.file(table, day), _sessions(apps, table, day, most))


def _sessions(apps: pl.DataFrame, table: str, day: date, most: int) -> pl.DataFrame:
    """Up to so many sessions of each app on a day, by a hash of who and when; fewer on weekends."""
    seed = day.toordinal()
    begins = datetime.combine(day, time(6), UTC)
    chance = pl.struct("account_id", "app_id").hash(seed=seed * 31 + len(table))
    drawn = apps.with_columns(chance=chance, kind=pl.lit("voice" if table == "voice_sessions" else "usage"))
    counted = drawn.with_columns(count=(pl.col("chance") % (most + (day.weekday() < 5))).cast(pl.Int64))
    rows = counted.filter(pl.col("count") > 0).with_columns(number=pl.int_ranges("count")).explode("number")
    minutes = (pl.col("chance") // 7 % 700).cast(pl.Int64) + 20 * pl.col("number")
    key = pl.concat_str("account_id", "app_id", "number", separator="-")
    told = rows.with_columns(
        started_at=(pl.lit(begins) + pl.duration(minutes=minutes)).cast(pl.Datetime("ms", "UTC")),
        channel=pl.lit("web"),
        user_id=key,
        session_id=key,
        conversation_id=pl.concat_str(key, pl.lit(f"-{day}")),
        block_index=pl.lit(0),
        session_type=pl.col("kind"),
        is_complete=pl.lit(True),
    ).with_columns(ended_at=pl.col("started_at") + timedelta(minutes=9))
    schema = TABLES[table]
    missing = [pl.lit(None).alias(name) for name in schema if name not in told.columns]
    return told.with_columns(missing).select(schema.names()).cast(schema)


def _account_id(number: int) -> str:
    return f"account-{number:04}"


def _book(crowd: Crowd) -> Iterator[dict[str, object]]:
    opened = datetime.combine(crowd.first_day, time(6), UTC)
    line = 0
    for number in range(crowd.accounts):
        for type_, app_id, told in _events(number, crowd.apps):
            line += 1
            yield {
                "event_id": f"e{line}",
                "account_id": _account_id(number),
                "app_id": app_id,
                "occurred_at": opened + timedelta(milliseconds=line % 1000),
                "type": type_,
                "modified_at": None,
                "extra": json.dumps(told),
                "file": "account_events/book.jsonl",
                "line": line,
                "arrival_day": crowd.first_day,
            }


def _events(number: int, apps: int) -> Iterator[tuple[str, str | None, dict[str, object]]]:
    is_enterprise = number % _ENTERPRISE_EVERY == _ENTERPRISE_EVERY - 1
    place = number % len(_ZONES)
    yield "account_opened", None, {
        "account_name": f"Customer {number} Company", "zone": _ZONES[place], "locale": _LOCALES[place],
        "currency": "USD", "kind": "enterprise" if is_enterprise else "standard",
    }  # fmt: skip
    yield "tax_set", None, {"tax_category": "S", "tax_rate": "10"}
    if is_enterprise:
        yield "plan_subscribed", None, {"plan_id": "enterprise_usd"}
    for app in range(apps):
        app_id = f"app-{app}"
        yield "app_published", app_id, {"app_name": f"App {app} of customer {number}"}
        if not is_enterprise:
            is_prepaid = app == apps - 1 and number % _PREPAID_EVERY == 0
            plan = "payg_usd" if is_prepaid else "advanced_usd" if app % 2 else "essential_usd"
            yield "plan_subscribed", app_id, {"plan_id": plan}
        yield "seats_set", app_id, {"seats": str(1 + app % 5)}
