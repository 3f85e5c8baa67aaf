"""What arrives is judged beside what usually arrives; a small or a young home does not cry wolf."""

from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from orchestration.errors import RunError
from orchestration.lake import Lake
from orchestration.lake.tables import FILES, TABLES
from orchestration.landing.ingest import ingest
from orchestration.watching import verdicts
from orchestration.watching.arrivals import Book
from orchestration.watching.settings import WatchSettings
from orchestration.watching.verdicts import Watched
from tests.orchestration.nights import Landing
from tests.orchestration.runs import dagster_process, lake_runs, night
from tests.orchestration.webhooks import webhook

DAY = timedelta(days=1)
TODAY = date(2026, 4, 30)
WEDNESDAY = date(2026, 4, 29)
BEFORE = [WEDNESDAY - timedelta(weeks=number) for number in (4, 3, 2, 1)]


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    found = Lake(tmp_path)
    found.ensure(TABLES)
    return found


def delivered(lake: Lake, day: date, rows: int | None, quarantined: int = 0) -> None:
    """A day was ingested: with one file of so many rows, or with none."""
    file = {
        "stream": "interactions", "arrival_day": day, "file": f"interactions/{day}/a.jsonl",
        "account_id": "acme", "rows": rows, "excluded": 0, "quarantined": quarantined, "problem": None,
    }  # fmt: skip
    files = pl.DataFrame([] if rows is None else [file], schema=FILES)
    lake.publish(lake.file("files", "interactions", day), files)


def judged(lake: Lake, *days: date, **limits: Any) -> Watched:
    return Watched(lake, "interactions", days, TODAY, replace(WatchSettings(), **limits), Book(lake))


def usual(lake: Lake, *rows: int | None) -> None:
    for day, count in zip(BEFORE[-len(rows) :], rows, strict=True):
        delivered(lake, day, count)


# Files


def test_a_day_without_files_is_told_where_its_weekday_always_had_some(lake: Lake):
    usual(lake, 500, 510, 490, 500)
    delivered(lake, WEDNESDAY, None)
    verdict = verdicts.files_arrived(judged(lake, WEDNESDAY))
    assert not verdict.passed
    assert verdict.figures == {"days_without_files": 1, "days_compared": 1, "days_since_files": 7}
    assert "no files on 2026-04-29 (usually 500 rows; the last came on 2026-04-22)" in verdict.told
    assert "Ask the sender" in verdict.told
    delivered(lake, WEDNESDAY, 1)
    assert verdicts.files_arrived(judged(lake, WEDNESDAY)).passed


@pytest.mark.parametrize(
    "rows",
    [(500, 500, 500), (500, None, 500, 500), (2, 1, 3, 2)],
    ids=["three weeks of history", "a week without files", "so few that none is no news"],
)
def test_a_day_without_files_is_no_news_without_a_custom(lake: Lake, rows: tuple[int | None, ...]):
    usual(lake, *rows)
    delivered(lake, WEDNESDAY, None)
    verdict = verdicts.files_arrived(judged(lake, WEDNESDAY))
    assert verdict.passed
    assert verdict.figures["days_compared"] == 0
    assert "1 not compared" in verdict.told


def for_weeks(lake: Lake, weeks: int, outage: int) -> list[date]:
    """Every day so many weeks long 500 rows, at the end none for some days; gives these."""
    days = [TODAY - number * DAY for number in range(weeks * 7, 0, -1)]
    for day in days:
        delivered(lake, day, None if day >= TODAY - outage * DAY else 500)
    return days[-outage:]


@pytest.mark.parametrize(
    "is_run", [True, False], ids=["each day was run", "days without files were never run"]
)
def test_an_outage_is_told_for_as_long_as_it_lasts(lake: Lake, is_run: bool):
    silent = for_weeks(lake, 15, 45)
    if not is_run:
        for day in silent:
            lake.file("files", "interactions", day).unlink()
    for number, day in enumerate(silent):
        verdict = verdicts.files_arrived(judged(lake, day))
        assert not verdict.passed
        assert verdict.figures["days_since_files"] == number + 1
    few = silent[-1]
    delivered(lake, few, 5)
    assert not verdicts.volume_is_usual(judged(lake, few)).passed
    delivered(lake, few, 490)
    assert verdicts.volume_is_usual(judged(lake, few)).passed


def test_a_stream_that_turns_to_every_second_week_is_told_of_twice(lake: Lake):
    weeks = [WEDNESDAY - timedelta(weeks=number) for number in range(16, -1, -1)]
    for number, day in enumerate(weeks):
        delivered(lake, day, None if number > 4 and number % 2 else 500)
    told = [day for day in weeks if not verdicts.files_arrived(judged(lake, day)).passed]
    assert told == [weeks[5], weeks[7]]


def test_days_without_a_custom_cost_no_more_after_many_years(lake: Lake):
    """Of a weekday on which nothing ever comes, a year is looked at."""
    watched = judged(lake, WEDNESDAY)
    delivered(lake, WEDNESDAY - timedelta(weeks=600), 500)
    assert watched.usual(WEDNESDAY) is None
    assert len(watched.deliveries._known) < 60


def test_empty_files_make_silence_the_custom(lake: Lake):
    silent = for_weeks(lake, 15, 45)
    for day in silent[:21]:
        delivered(lake, day, 0)
    assert not verdicts.files_arrived(judged(lake, silent[0])).figures["days_without_files"]
    verdict = verdicts.files_arrived(judged(lake, *silent[21:]))
    assert verdict.passed
    assert verdict.figures["days_compared"] == 0


def test_other_weekdays_and_days_that_are_not_over_are_not_missed(lake: Lake):
    usual(lake, 500, 500, 500, 500)
    delivered(lake, WEDNESDAY, None)
    sunday = WEDNESDAY - 3 * DAY
    delivered(lake, sunday, None)
    assert verdicts.files_arrived(judged(lake, sunday)).passed
    assert verdicts.files_arrived(replace(judged(lake, WEDNESDAY), today=WEDNESDAY)).passed


# Volume


@pytest.mark.parametrize(
    ("rows", "before", "passed"),
    [
        (50, 500, False), (51, 500, True), (5000, 500, False), (4999, 500, True),
        (0, 99, True), (0, 100, False), (999, 5, True), (1000, 5, False),
    ],
)  # fmt: skip
def test_ten_times_fewer_or_more_rows_are_told(lake: Lake, rows: int, before: int, passed: bool):
    usual(lake, before, before, 1_000_000, before)  # one odd week moves no median
    delivered(lake, WEDNESDAY, rows)
    verdict = verdicts.volume_is_usual(judged(lake, WEDNESDAY))
    assert verdict.passed == passed
    assert verdict.figures["unusual_days"] == (not passed)
    assert passed or f"2026-04-29 ({rows:,} rows, usually {before:,})" in verdict.told


def test_how_unusual_is_a_setting(lake: Lake):
    usual(lake, 500, 500, 500, 500)
    delivered(lake, WEDNESDAY, 200)
    assert verdicts.volume_is_usual(judged(lake, WEDNESDAY)).passed
    assert not verdicts.volume_is_usual(judged(lake, WEDNESDAY, volume_factor=2.0)).passed


# Quarantine


@pytest.mark.parametrize(
    ("rows", "quarantined", "passed"),
    [(1000, 50, True), (1000, 51, False), (100, 9, True), (1, 1, False), (0, 0, True)],
    ids=["at the limit", "above it", "too few to say", "nothing readable", "empty"],
)
def test_many_rows_in_quarantine_are_told(lake: Lake, rows: int, quarantined: int, passed: bool):
    delivered(lake, WEDNESDAY, rows, quarantined)
    verdict = verdicts.quarantine_is_small(judged(lake, WEDNESDAY))
    assert verdict.passed == passed
    assert verdict.figures["days_above_limit"] == (not passed)
    assert verdicts.quarantine_is_small(judged(lake, WEDNESDAY, quarantine_limit=1.0)).passed


# Apps and clocks


def rows_at(day: date, count: int, name: str, app_id: str = "bot") -> list[dict[str, Any]]:
    return [
        {
            "event_id": f"{name}-{number}", "account_id": "acme", "app_id": app_id, "user_id": "ann",
            "channel": "web", "occurred_at": f"{day}T12:00:00Z", "actor": "user", "kind": "message",
        }
        for number in range(count)
    ]  # fmt: skip


def published_app(account_id: str, app_id: str) -> dict[str, Any]:
    who = {"event_id": app_id, "account_id": account_id, "app_id": app_id}
    return who | {"type": "app_published", "occurred_at": f"{WEDNESDAY}T00:00:00Z"}


def land(lake: Lake, *rows: dict[str, Any], stream: str = "interactions") -> None:
    Landing(lake.home).land(stream, WEDNESDAY, list(rows))
    ingest(lake, lake.home / "landing", stream, WEDNESDAY)


def test_an_app_that_no_book_has_is_told(lake: Lake):
    hostile = "b\x1b[31m" + "x" * 500
    land(lake, *rows_at(WEDNESDAY, 3, "a"), *rows_at(WEDNESDAY, 2, "b", hostile))
    verdict = verdicts.apps_are_known(judged(lake, WEDNESDAY))
    assert verdict.figures == {"unknown_apps": 2, "rows_of_unknown_apps": 5}
    assert "'bot' of 'acme' (3 rows)" in verdict.told
    assert "\x1b" not in verdict.told
    assert len(verdict.told) < 600
    published = [published_app("acme", app) for app in ("bot", hostile)]
    land(lake, *published, stream="account_events")
    assert verdicts.apps_are_known(judged(lake, WEDNESDAY)).passed


def test_an_app_of_another_account_is_unknown(lake: Lake):
    land(lake, published_app("zoe", "bot"), stream="account_events")
    land(lake, *rows_at(WEDNESDAY, 1, "a"))
    assert not verdicts.apps_are_known(judged(lake, WEDNESDAY)).passed


@pytest.mark.parametrize("marts", [b"", b"no database"])
def test_marts_that_cannot_be_read_know_no_apps(lake: Lake, marts: bytes):
    land(lake, *rows_at(WEDNESDAY, 1, "a"))
    (lake.home / "warehouse.duckdb").write_bytes(marts)
    assert verdicts.apps_are_known(judged(lake, WEDNESDAY)).figures["unknown_apps"] == 1


@pytest.mark.parametrize(
    ("late_days", "count", "passed"),
    [(0, 20, True), (7, 20, True), (8, 20, False), (8, 9, True), (-1, 20, False), (-2, 20, False)],
    ids=["in time", "a week late", "later", "few", "a day ahead", "refused, for it lies too far ahead"],
)
def test_rows_that_do_not_fit_their_arrival_are_told(lake: Lake, late_days: int, count: int, passed: bool):
    land(lake, *rows_at(WEDNESDAY - late_days * DAY, count, "odd"), *rows_at(WEDNESDAY, 60, "good"))
    verdict = verdicts.clocks_agree(judged(lake, WEDNESDAY))
    assert verdict.passed == passed
    assert verdict.figures["accounts_with_skew"] == (not passed)
    if not passed:
        assert verdict.figures["highest_share"] == 0.25
        assert "'acme'" in verdict.told


def test_the_median_lateness_is_told(lake: Lake):
    land(lake, *rows_at(WEDNESDAY - 30 * DAY, 40, "old"), *rows_at(WEDNESDAY, 20, "new"))
    figures = verdicts.clocks_agree(judged(lake, WEDNESDAY)).figures
    assert figures == {"accounts_with_skew": 1, "highest_share": 0.6667, "highest_median_days_late": 30}


def test_a_day_of_which_nothing_arrived_has_no_apps_and_no_clocks(lake: Lake):
    for check in (verdicts.apps_are_known, verdicts.clocks_agree, verdicts.quarantine_is_small):
        assert check(judged(lake, WEDNESDAY)).passed


# In Dagster


@pytest.fixture(scope="module")
def dagster() -> Iterator[ProcessPoolExecutor]:
    with dagster_process(BEFORE[0], WEDNESDAY + DAY) as process:
        yield process


def test_a_run_checks_its_days_and_a_failed_check_stops_nothing(tmp_path: Path, dagster: ProcessPoolExecutor):
    landing = Landing(tmp_path)
    for day in BEFORE:
        landing.land("interactions", day, rows_at(day, 120, str(day)))
    spans = [(BEFORE[0], BEFORE[-1]), (WEDNESDAY, WEDNESDAY)]
    first, second = dagster.submit(
        lake_runs, tmp_path, spans, ["ingest/interactions", "lake/fragments"]
    ).result()
    assert first.success
    assert first.checks == {
        "files_arrived": True, "volume_is_usual": True, "quarantine_is_small": True,
        "apps_are_known": False, "clocks_agree": True, "ids_stand_on_one_day": True,
    }  # fmt: skip
    assert second.success
    assert [name for name, passed in second.checks.items() if not passed] == ["files_arrived"]


def test_a_night_that_fails_is_told_when_it_ends(tmp_path: Path, dagster: ProcessPoolExecutor):
    (tmp_path / "lake").mkdir()
    (tmp_path / "lake" / "files").write_text("where a folder should be")
    with webhook() as hook:
        (tmp_path / "quarterhour.toml").write_text(f'[notify]\nwebhook = "{hook.url}"\ncommand = ["false"]\n')
        with pytest.raises(RunError) as ended:
            dagster.submit(night, tmp_path, WEDNESDAY, WEDNESDAY).result()
    assert ended.value.__notes__ == ["not told by command: false ended with 1"]
    [(_, body)] = hook.posts
    [run] = body["runs"]
    assert run["run_id"] in str(ended.value)
    assert "ingest__interactions" in {step["step"] for step in run["steps"]}
    assert body["repeat"] == f"QUARTERHOUR_HOME={tmp_path} quarterhour run --date {WEDNESDAY}"
