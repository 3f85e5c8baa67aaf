"""A real month through Dagster, day by day, backwards and as one run: the rows of the direct call."""

import json
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from datetime import date
from pathlib import Path

import duckdb
import polars as pl
import pytest

from orchestration.direct import sessionize_files
from tests.orchestration.runs import SESSIONS, dagster_process, each_day, lake_runs, night
from transforms.rules import Rules
from transforms.sessions import Sessions

BANK = Path(__file__).parents[3] / "shared" / "data" / "bank_1999_february" / "landing"
FIRST, LAST = date(1999, 1, 31), date(1999, 2, 28)
BOOK = [
    {
        "event_id": "b1",
        "account_id": "bank",
        "occurred_at": "1999-01-01T00:00:00Z",
        "type": "account_opened",
        "account_name": "Anonymous Bank",
        "zone": "Asia/Jerusalem",
        "currency": "ILS",
        "kind": "standard",
    },
    {
        "event_id": "b2",
        "account_id": "bank",
        "occurred_at": "1999-01-30T00:00:00Z",
        "type": "plan_subscribed",
        "plan_id": "voice_ils",
    },
]
ASSETS = ["ingest/interactions", "ingest/handoffs", *SESSIONS]
pytestmark = pytest.mark.skipif(not BANK.exists(), reason="the bank's month is not beside this folder")


@pytest.fixture(scope="module")
def dagster() -> Iterator[ProcessPoolExecutor]:
    with dagster_process(FIRST, date(1999, 3, 1)) as pool:
        yield pool


@pytest.fixture(scope="module")
def direct() -> Sessions:
    paths = {stream: [str(BANK / stream)] for stream in ("interactions", "handoffs")}
    return sessionize_files(paths, None, None, Rules()).sessions


def home_of(folder: Path) -> Path:
    (folder / "landing").mkdir()
    for stream in BANK.iterdir():
        (folder / "landing" / stream.name).symlink_to(stream)
    return folder


def same_rows(home: Path, direct: Sessions) -> None:
    for table in ("billing_sessions", "voice_sessions", "conversations", "unmatched_legs"):
        found = pl.read_parquet(home / "lake" / table / "**/*.parquet")
        assert found.sort(pl.all()).equals(getattr(direct, table).sort(pl.all())), table


@pytest.mark.parametrize("backwards", [False, True])
def test_day_by_day_in_either_direction_gives_the_rows_of_one_call(
    dagster: ProcessPoolExecutor, direct: Sessions, tmp_path: Path, backwards: bool
) -> None:
    home = home_of(tmp_path)
    days = each_day(FIRST, LAST)[:: -1 if backwards else 1]
    runs = dagster.submit(lake_runs, home, days, ASSETS, checks=False).result()
    assert all(run.success for run in runs)
    same_rows(home, direct)


def test_one_ranged_night_gives_the_rows_of_one_call_and_pages_that_add_up_to_them(
    dagster: ProcessPoolExecutor, direct: Sessions, tmp_path: Path
) -> None:
    home = home_of(tmp_path)
    book = home / "landing" / "account_events" / str(FIRST) / "book.jsonl"
    book.parent.mkdir(parents=True)
    book.write_text("".join(json.dumps(event) + "\n" for event in BOOK))
    assert dagster.submit(night, home, FIRST, LAST).result() == []
    same_rows(home, direct)

    with duckdb.connect(str(home / "warehouse.duckdb"), read_only=True) as marts:
        usage = marts.sql(
            "select strftime(usage_month_date, '%Y-%m'), sum(billing_sessions), sum(voice_sessions),"
            " sum(provisional_sessions) from usage_monthly group by 1 having sum(billing_sessions) > 0"
        ).fetchall()
        invoiced = marts.sql(
            "select metric, sum(quantity)::int from invoice_line_items where metric <> 'base_fee' group by 1"
        ).fetchall()
    assert usage == [("1999-02", 33_043, 33_675, 0)]
    assert dict(invoiced) == {"billing_sessions": 33_043, "voice_sessions": 33_675}

    (month,) = (home / "reports").glob("*/1999-02")
    usage_page = (month / "usage.html").read_text()
    assert "33,043" in usage_page
    assert "33,675" in usage_page
    invoice_page = (month / "invoice.html").read_text()
    assert "21,246" in invoice_page  # of the app ivr-PS
    assert "21,649" in invoice_page
