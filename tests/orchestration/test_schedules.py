"""When things run, and what they make: what the schedules ask Dagster for."""

from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from tests.orchestration.runs import assets_of, dagster_process, issuing, nightly

FIRST, LAST = date(2026, 3, 1), date(2026, 3, 31)


@pytest.fixture(scope="module")
def dagster() -> Iterator[ProcessPoolExecutor]:
    with dagster_process(FIRST, LAST) as pool:
        yield pool


@pytest.mark.parametrize(
    ("at", "day"),
    [
        (datetime(2026, 3, 6, 2, tzinfo=UTC), "2026-03-05"),
        (datetime(2026, 3, 2, 2, tzinfo=UTC), "2026-03-01"),  # the first that is a partition
        (datetime(2026, 4, 1, 2, tzinfo=UTC), "2026-03-31"),  # the last; the day of the tick is none
    ],
)
def test_a_night_asks_once_for_the_arrival_day_that_has_just_ended(
    dagster: ProcessPoolExecutor, tmp_path: Path, at: datetime, day: str
) -> None:
    assert dagster.submit(nightly, tmp_path, at).result() == ([("night", day, day)], None)


@pytest.mark.parametrize(
    ("at", "day"),
    [
        (datetime(2026, 3, 1, 2, tzinfo=UTC), "2026-02-28"),
        (datetime(2026, 4, 2, 2, tzinfo=UTC), "2026-04-01"),
    ],
)
def test_a_night_of_a_day_that_is_no_partition_says_which_settings_leave_it_out(
    dagster: ProcessPoolExecutor, tmp_path: Path, at: datetime, day: str
) -> None:
    runs, why = dagster.submit(nightly, tmp_path, at).result()
    assert runs == []
    assert why == f"{day} is no partition; see the settings first_day and last_day"


def test_a_night_makes_everything_and_an_issuing_ends_with_the_pages(
    dagster: ProcessPoolExecutor, tmp_path: Path
) -> None:
    whole = dagster.submit(assets_of, tmp_path, "night").result()
    behind = dagster.submit(assets_of, tmp_path, "after_lake").result()
    assert {"ingest/interactions", "lake/billing_sessions", "invoices", "pages"} <= set(whole)
    assert set(behind) == {key for key in whole if not key.startswith(("ingest/", "lake/"))}
    issued = dagster.submit(assets_of, tmp_path, "issue").result()
    assert issued == ["ledger/documents", "outbox/documents", "pages"]


def test_the_issuing_that_is_told_apart_is_on_the_fifth_at_six(
    dagster: ProcessPoolExecutor, tmp_path: Path
) -> None:
    assert dagster.submit(issuing, tmp_path).result() == ("issue", "0 6 5 * *", "UTC")
