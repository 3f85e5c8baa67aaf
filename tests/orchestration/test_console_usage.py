"""The usage section from made-up marts: what its files say, read back, is what the marts say."""

import csv
import io
import json
import re
import shutil
from collections import defaultdict
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration.console.files import File
from orchestration.console.reading import accounts_of
from orchestration.console.usage import Usage
from orchestration.console.usage_marts import UsageMarts
from reports.models import FiguresDisagreeError, Role
from tests.orchestration.usage_marts import COUNTS, WAREHOUSE, Shape, add_up, build
from tests.reports.html import Page

SHAPE = Shape(accounts=5, apps=3, first=date(2025, 9, 20), last=date(2026, 1, 7))
"""Four zones, five locales; the fifth account is an Enterprise one."""

STANDARD, INDIAN, ENTERPRISE = "account-0000", "account-0002", "account-0004"
ONE_MORE = "billing_sessions = billing_sessions + 1, usage_sessions = usage_sessions + 1"
MEASURES = (*COUNTS, "provisional_sessions", "agent_seats")
HOSTILE = '<script>alert("\u202e")</script>'


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("built")
    build(home, SHAPE)
    with duckdb.connect(str(home / WAREHOUSE)) as warehouse:
        warehouse.execute("update apps set app_name = ? where app_id = 'app-0001'", [HOSTILE])
        warehouse.execute("update apps set app_name = '=1+1' where app_id = 'app-0002'")
        warehouse.execute("""
            insert into file_ledger values
                ('interactions', '2026-01-03', 'interactions/a', 'account-0000', 50, 40, 5, 2, 1, 2, null),
                ('interactions', '2026-01-03', 'interactions/a', '', 3, 0, 0, 0, 0, 3, 'gzip ends early'),
                ('alerts', '2025-12-03', 'alerts/b', 'account-0000', 7, 7, 0, 0, 0, 0, null),
                ('alerts', '2025-11-03', 'alerts/b', 'account-0000', 8, 8, 0, 0, 0, 0, null),
                ('alerts', '2025-10-03', 'alerts/b', 'account-0000', 9, 9, 0, 0, 0, 0, null)
        """)
        warehouse.execute("""
            insert into quarantine_reasons values
                ('interactions', 'account-0000', date '2026-01-01', 'unknown actor', 2)
        """)
        warehouse.execute("""
            insert into account_event_refusals
            select
                'account-0000', 'e' || number, null,
                timestamptz '2026-01-01 00:00:00+00' + to_hours(number),
                'app_closed', 'it is closed: ' || number
            from range(60) as numbers (number)
        """)
    return home


@pytest.fixture
def home(tmp_path: Path, built: Path) -> Path:
    """A copy of the marts that a test may change."""
    shutil.copy(built / WAREHOUSE, tmp_path)
    return tmp_path


@pytest.fixture(scope="module")
def made(built: Path) -> dict[str, dict[str, str]]:
    """The files of all accounts, as an admin sees them."""
    return rendered(built)


def rendered(home: Path, role: Role = Role.ADMIN) -> dict[str, dict[str, str]]:
    with duckdb.connect(str(home / WAREHOUSE), read_only=True) as warehouse:
        section = Usage(home, warehouse)
        return {
            account.account_id: {file.path: text(file) for file in section.files(account, role)}
            for account in accounts_of(warehouse)
        }


def text(file: File) -> str:
    return file.content.decode() if isinstance(file.content, bytes) else file.content


def change(home: Path, statement: str) -> None:
    with duckdb.connect(str(home / WAREHOUSE)) as warehouse:
        warehouse.execute(statement)
        add_up(warehouse)


def asked(home: Path, query: str) -> list[tuple]:
    with duckdb.connect(str(home / WAREHOUSE), read_only=True) as warehouse:
        warehouse.execute("set TimeZone = 'UTC'")
        return warehouse.execute(query).fetchall()


def handed_over(files: dict[str, str]) -> dict[str, Any]:
    """The months' data, by month."""
    found = {}
    for path, content in files.items():
        if path.startswith("data/"):
            month, data = json.loads(f"[{content[content.index('(') + 1 : content.rindex(')')]}]")
            found[month] = data
    return found


def rows_of(data: dict[str, Any], at: str) -> Iterator[tuple[str, int, dict[str, int]]]:
    """App, day or hour in the month, and measures; a column that is left out is zero."""
    places = iter(range(len(data[at]) if at in data else sum(data.get("rows", []))))
    for app_id, count in zip(data["apps"], data.get("rows", []), strict=True):
        for _ in range(count):
            place = next(places)
            yield (
                app_id,
                data.get(at, defaultdict(int))[place],
                {measure: data[measure][place] if measure in data else 0 for measure in MEASURES},
            )


def page_data(files: dict[str, str]) -> dict[str, Any]:
    found = re.search(r'<script type="application/json" id="usage-data">(.*)</script>', files["usage.html"])
    assert found
    return json.loads(found[1])


@pytest.mark.parametrize("account_id", [STANDARD, INDIAN])
def test_the_months_by_app_are_the_daily_mart(built: Path, made: dict, account_id: str):
    found = {
        (date.fromisoformat(f"{month}-01") + timedelta(days=day), app_id): tuple(counts.values())
        for month, data in handed_over(made[account_id]).items()
        for app_id, day, counts in rows_of(data, "day")
    }
    mart = asked(
        built,
        f"""
        select usage_date, app_id, {", ".join(MEASURES)} from usage_daily where account_id = '{account_id}'
        """,
    )
    assert found == {row[:2]: row[2:] for row in mart}


@pytest.mark.parametrize("account_id", [STANDARD, INDIAN, ENTERPRISE])
def test_the_months_hours_are_the_hourly_mart(built: Path, made: dict, account_id: str):
    """India's first hour of UTC begins a day before the first local day: it stands in that day's first."""
    by_app, together = defaultdict(int), defaultdict(int)
    first = page_data(made[account_id])["firstHour"]
    for data in handed_over(made[account_id]).values():
        for app_id, hour, counts in rows_of(data["byHour"], "hour"):
            by_app[data["hours"]["first"] + hour, app_id] += counts["billing_sessions"]
        for place, hour in enumerate(data["all"].get("hour", [])):
            together[data["hours"]["first"] + hour] += data["all"]["billing_sessions"][place]
    expected, sums = defaultdict(int), defaultdict(int)
    query = f"""
        select epoch_ms(usage_hour_at) // 3600000, app_id, billing_sessions from usage_hourly
        where account_id = '{account_id}'
    """
    for hour, app_id, count in asked(built, query):
        expected[max(hour, first), app_id] += count
        sums[max(hour, first)] += count
    assert (dict(by_app), dict(together)) == (dict(expected), dict(sums))


def test_the_pages_days_are_the_accounts(built: Path, made: dict):
    for account_id, files in made.items():
        data = page_data(files)
        query = f"""
            select usage_date, {", ".join(MEASURES)} from usage_account_daily
            where account_id = '{account_id}' order by usage_date
        """
        for place, (day, *figures) in enumerate(asked(built, query)):
            month = data["days"]["months"]["ids"].index(day.isoformat()[:7])
            assert data["days"]["months"]["starts"][month] + day.day - 1 == place
            shown = [data["all"].get(measure, defaultdict(int))[place] for measure in MEASURES]
            if account_id == ENTERPRISE:
                figures[-1] = 0
            assert shown == figures


def test_weeks_and_months_of_the_calendar_add_up_to_the_marts(built: Path, made: dict):
    data = page_data(made[STANDARD])
    for mart, key, buckets in (
        ("usage_account_weekly", "strftime(usage_week_date, '%G-W%V')", "weeks"),
        ("usage_account_monthly", "strftime(usage_month_date, '%Y-%m')", "months"),
    ):
        names = data["days"][buckets]
        query = f"select {key}, billing_sessions, agent_seats from {mart} where account_id = '{STANDARD}'"
        for name, sessions, agents in asked(built, query):
            place = names["ids"].index(name)
            start = names["starts"][place]
            part = slice(max(0, start), start + names["sizes"][place])
            assert sum(data["all"]["billing_sessions"][part]) == sessions
            assert max(data["all"]["agent_seats"][part]) == agents


def test_csv_says_what_the_marts_say(built: Path, made: dict):
    for table, key, kind in (
        ("usage_daily", "usage_date", "daily"),
        ("usage_monthly", "strftime(usage_month_date, '%Y-%m')", "monthly"),
    ):
        found = [
            (
                str(row["usage_date" if kind == "daily" else "usage_month"]),
                row["app_id"],
                *(int(row[measure]) for measure in MEASURES),
            )
            for path, content in made[STANDARD].items()
            if path.startswith(f"csv/usage-{kind}")
            for row in csv.DictReader(io.StringIO(content, newline=""))
        ]
        mart = asked(
            built, f"select {key}, app_id, {', '.join(MEASURES)} from {table} where account_id = '{STANDARD}'"
        )
        assert sorted(found) == sorted((str(row[0]), *row[1:]) for row in mart)
    hourly = [path for path in made[STANDARD] if "hourly" in path]
    assert hourly == ["csv/usage-hourly-2026-01.csv"]
    rows = list(csv.DictReader(io.StringIO(made[STANDARD][hourly[0]], newline="")))
    query = f"""
        select sum(billing_sessions) from usage_hourly
        where account_id = '{STANDARD}' and usage_hour_at >= timestamptz '2025-12-31 23:00:00+00'
    """
    assert sum(int(row["billing_sessions"]) for row in rows) == asked(built, query)[0][0]
    assert rows[0]["usage_hour"] == "2026-01-01T01:00+01:00"


def test_a_day_is_complete_when_it_lies_before_the_watermark(made: dict):
    """In New York the last day is over five hours after the watermark."""
    rows = list(csv.DictReader(io.StringIO(made["account-0001"]["csv/usage-daily-2026-01.csv"], newline="")))
    assert {row["usage_date"] for row in rows if row["is_complete"] == "false"} == {"2026-01-07"}
    data = page_data(made["account-0001"])
    assert data["presets"]["7d"] == [data["through"] - 6, data["through"]]
    assert data["days"]["names"][data["through"]] == "Tue, Jan 6, 2026"


def test_an_enterprise_accounts_agents_are_in_none_of_its_files(home: Path):
    change(home, f"update usage_daily set agent_seats = 4711 where account_id = '{ENTERPRISE}'")
    change(home, f"update usage_hourly set agent_seats = 4711 where account_id = '{ENTERPRISE}'")
    files = rendered(home)[ENTERPRISE]
    assert not any(re.search("4.?711|agent_seats", content) for content in files.values())
    assert "agent_seats" in rendered(home)[STANDARD]["csv/usage-monthly.csv"]


def test_without_a_script_there_are_90_days_and_the_months_by_app(built: Path, made: dict):
    page = Page(made["account-0001"]["usage.html"])
    days = page.tables["days"][1:]
    query = """
        select billing_sessions, voice_sessions from usage_account_daily
        where account_id = 'account-0001' and usage_date <= '2026-01-06' order by usage_date desc limit 90
    """
    assert [(int(row[1].replace(",", "")), int(row[5])) for row in days] == asked(built, query)
    query = """
        select app_id, usage_month_date, billing_sessions from usage_monthly
        where account_id = 'account-0001' order by app_id, usage_month_date desc
    """
    months = [(row[0].split()[-1], count) for row in page.tables["months"][1:-1] for count in row[1:]]
    assert [(app, int(count.replace(",", ""))) for app, count in months] == [
        (app, count) for app, _, count in asked(built, query)
    ]


def test_both_roles_have_the_same_figures(built: Path, made: dict):
    shared = rendered(built, Role.SHARED)
    for account_id, files in made.items():
        assert set(files) == set(shared[account_id])
        different = {path for path in files if files[path] != shared[account_id][path]}
        assert different == {"usage.html"}
        assert "plan.html" not in shared[account_id]["usage.html"]


def test_an_accounts_files_are_the_same_in_whatever_order_they_are_asked_for(built: Path, made: dict):
    with duckdb.connect(str(built / WAREHOUSE), read_only=True) as warehouse:
        section = Usage(built, warehouse)
        for account in (*reversed(accounts_of(warehouse)), *accounts_of(warehouse)[::2]):
            files = {file.path: text(file) for file in section.files(account, Role.ADMIN)}
            assert files == made[account.account_id]


def test_accounts_are_read_in_batches_and_rows_in_any_order(home: Path, built: Path):
    with duckdb.connect(str(home / WAREHOUSE)) as warehouse:
        for table in ("usage_daily", "usage_hourly", "usage_account_daily"):
            warehouse.execute(f"create or replace table {table} as from {table} order by hash({table})")
    found = []
    for folder, at_once in ((built, 2_000_000), (home, 1)):
        with duckdb.connect(str(folder / WAREHOUSE), read_only=True) as warehouse:
            marts = UsageMarts(warehouse, at_once)
            ids = [account.account_id for account in accounts_of(warehouse)]
            found.append(
                [
                    (account_id, [[*rows.apps], [*rows.at], [*rows.columns["billing_sessions"]]])
                    for account_id, parts in marts.read(ids)
                    for rows in (parts.totals, parts.days, parts.hours)
                ]
            )
    assert found[0] == found[1]


def test_a_night_changes_the_files_of_its_month_alone(home: Path, made: dict):
    change(
        home,
        f"update usage_daily set {ONE_MORE} "
        f"where account_id = '{STANDARD}' and usage_date = '2026-01-05' and app_id = 'app-0000'",
    )
    change(
        home,
        f"update usage_hourly set {ONE_MORE} where account_id = '{STANDARD}' "
        "and usage_hour_at = '2026-01-05 12:00:00+00' and app_id = 'app-0000'",
    )
    again = rendered(home)
    changed = {
        (account_id, path)
        for account_id, files in made.items()
        for path in files
        if again[account_id][path] != files[path]
    }
    assert changed == {
        (STANDARD, path)
        for path in (
            "usage.html",
            "data/2026-01.js",
            "csv/usage-daily-2026-01.csv",
            "csv/usage-hourly-2026-01.csv",
            "csv/usage-monthly.csv",
        )
    }


@pytest.mark.parametrize(
    ("statement", "problem"),
    [
        ("update usage_account_daily set voice_sessions = voice_sessions + 1", "not the sum of its apps"),
        ("update usage_account_daily set agent_seats = agent_seats + 1", "agent_seats .* not the sum"),
        (
            "delete from usage_hourly where usage_hour_at = (select max(usage_hour_at) from usage_hourly)",
            "hours",
        ),
        ("update usage_account_monthly set billing_sessions = 0", "in all"),
    ],
)
def test_figures_that_disagree_are_not_published(home: Path, statement: str, problem: str):
    with duckdb.connect(str(home / WAREHOUSE)) as warehouse:
        warehouse.execute(statement)
    with pytest.raises(FiguresDisagreeError, match=problem):
        rendered(home)


def test_an_account_without_usage_has_a_page(home: Path):
    with duckdb.connect(str(home / WAREHOUSE)) as warehouse:
        warehouse.execute("insert into accounts values ('new', 'New', 'UTC', 'USD', 'standard', 'en_US')")
    files = rendered(home)["new"]
    assert list(files) == ["usage.html"]
    assert "No usage yet" in files["usage.html"]


def test_a_closed_accounts_ranges_still_end_with_the_last_complete_day(home: Path):
    change(home, f"delete from usage_daily where account_id = '{STANDARD}' and usage_date > '2025-11-11'")
    change(
        home,
        f"delete from usage_hourly where account_id = '{STANDARD}' "
        "and usage_hour_at >= '2025-11-11 23:00:00+00'",
    )
    files = rendered(home)[STANDARD]
    data = page_data(files)
    assert data["days"]["names"][data["through"]] == "Mi., 7. Jan. 2026"
    assert sum(data["all"]["billing_sessions"][slice(*data["presets"]["7d"])]) == 0
    assert "csv/usage-daily-2025-12.csv" not in files
    assert "data/2025-12.js" in files


def test_what_became_of_the_rows_stands_at_the_foot(made: dict):
    page = Page(made[STANDARD]["usage.html"])
    assert page.tables["rows-of-month"][1] == ["Interactions", "50", "40", "5", "2", "1", "2", "Balanced"]
    assert page.text.count("Arrived in") == 3
    assert "Arrived in Oktober" not in page.text
    assert "unknown actor" in page.text
    assert "gzip ends early" in page.text
    assert "60 account events without effect" in page.text
    assert "it is closed: 59" in page.text
    assert "it is closed: 9" not in page.text.replace("it is closed: 59", "")
    assert "No row has arrived yet" in Page(made[INDIAN]["usage.html"]).text


def test_names_are_harmless_in_every_file(made: dict):
    for path, content in made[STANDARD].items():
        assert "<script>alert" not in (content if not path.endswith(".csv") else ""), path
        assert "\u202e" not in content, path
    assert '"\'=1+1"' in made[STANDARD]["csv/usage-monthly.csv"]
