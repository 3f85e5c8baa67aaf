"""A real month through Dagster, day by day, backwards and as one run: the rows of the direct call."""

import json
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb
import polars as pl
import pytest

from orchestration.counting.direct import sessionize_files
from orchestration.ledger import Ledger
from tests.orchestration.runs import SESSIONS, dagster_process, each_day, lake_runs, night
from transforms.rules import Rules
from transforms.sessions import Sessions

BANK = Path(__file__).parents[3] / "shared" / "data" / "bank_1999_february" / "landing"
FIRST, LAST = date(1999, 1, 31), date(1999, 2, 28)
ISSUED = date(1999, 3, 4)
"""February has ended in Jerusalem, and its three days of grace lie before the arrivals of this day."""

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
    *(
        {
            "event_id": f"b-{app}",
            "account_id": "bank",
            "app_id": f"ivr-{app}",
            "occurred_at": "1999-01-30T00:00:00Z",
            "type": "plan_subscribed",
            "plan_id": plan,
        }
        for app, plan in {
            "PS": "voice_ils",
            "NE": "essential_ils",
            "NW": "essential_ils",
            "IN": "advanced_ils",
            "PE": "advanced_ils",
            "TT": "advanced_ils",
        }.items()
    ),
]
PROFILE = {
    "event_id": "b3",
    "account_id": "bank",
    "occurred_at": f"{ISSUED}T00:00:00Z",
    "type": "billing_profile_set",
    "legal_name": "Anonymous Bank Ltd",
}
USAGE = {
    ("ivr-IN", "billing_sessions"): (293, "123.06"),  # 293 x 0.42
    ("ivr-IN", "voice_sessions"): (310, "0.00"),  # of 5,000 included
    ("ivr-NE", "billing_sessions"): (2_744, "784.80"),  # 1,744 beyond 1,000 included x 0.45
    ("ivr-NE", "voice_sessions"): (2_896, "521.28"),  # x 0.18
    ("ivr-NW", "billing_sessions"): (7_564, "2900.60"),  # 5,000 x 0.45 + 25 + 1,564 x 0.40
    ("ivr-NW", "voice_sessions"): (7_609, "1369.62"),  # x 0.18
    ("ivr-PE", "billing_sessions"): (149, "62.58"),  # x 0.42
    ("ivr-PE", "voice_sessions"): (153, "0.00"),
    ("ivr-PS", "billing_sessions"): (21_246, "9029.55"),  # x 0.425
    ("ivr-PS", "voice_sessions"): (21_649, "3572.09"),  # x 0.165 is 3,572.085
    ("ivr-TT", "billing_sessions"): (1_047, "439.74"),  # x 0.42
    ("ivr-TT", "voice_sessions"): (1_058, "0.00"),
}
"""February by app and metric: sessions, and what three plans ask for them, worked out by hand."""

FEES = Decimal("5500.00")
"""March in advance: 1,500 for voice, twice 350 for Essential, three times 1,100 for Advanced."""

ASSETS = ["ingest/interactions", "ingest/handoffs", *SESSIONS]
pytestmark = pytest.mark.skipif(not BANK.exists(), reason="the bank's month is not beside this folder")


@pytest.fixture(scope="module")
def dagster() -> Iterator[ProcessPoolExecutor]:
    with dagster_process(FIRST, ISSUED) as pool:
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


def test_one_ranged_night_gives_the_rows_of_one_call_and_an_invoice_that_adds_up_to_them(
    dagster: ProcessPoolExecutor, direct: Sessions, tmp_path: Path
) -> None:
    home = home_of(tmp_path)
    book = home / "landing" / "account_events" / str(FIRST) / "book.jsonl"
    later = home / "landing" / "account_events" / str(ISSUED) / "profile.jsonl"
    for path, rows in ((book, BOOK), (later, [PROFILE])):
        path.parent.mkdir(parents=True)
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    (warning,) = dagster.submit(night, home, FIRST, ISSUED).result()
    assert warning.startswith("lake/fragments: files_arrived: interactions: no files on 1999-03-01")
    same_rows(home, direct)

    with duckdb.connect(str(home / "warehouse.duckdb"), read_only=True) as marts:
        usage = marts.sql(
            "select strftime(usage_month_date, '%Y-%m'), sum(billing_sessions), sum(voice_sessions),"
            " sum(provisional_sessions) from usage_monthly group by 1 having sum(billing_sessions) > 0"
        ).fetchall()
    assert usage == [("1999-02", 33_043, 33_675, 0)]

    entries = {entry.body["document_id"]: entry for entry in Ledger(home).entries()}
    february = entries["bank-1999-02"]
    lines = february.body["lines"]
    charged = {
        (line["app_id"], line["metric"]): (line["quantity"], f"{Decimal(line['amount']):.2f}")
        for line in lines
        if line["line_kind"] == "usage"
    }
    assert charged == USAGE
    assert sum(Decimal(line["amount"]) for line in lines if line["line_kind"] == "fee") == FEES
    assert Decimal(february.body["total"]) == Decimal("24303.32")
    assert february.body["currency"] == "ILS"
    assert Ledger(home).verify() == []

    (tree,) = (home / "reports").glob("*/admin")
    assert "33,043" in (tree / "usage.html").read_text()
    invoice_page = (tree / "documents" / f"{february.number}.html").read_text()
    for text in ("21,246", "21,649", "3,572.09", "24,303.32", february.number, february.hash):
        assert text in invoice_page
