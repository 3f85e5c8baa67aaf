"""What an operator is told to do about damage of the lake is done, and the lake is as it was.

The home has rows of an event day before its first day: they arrived late, and no command takes that day.
"""

import os
import shutil
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from datetime import date
from pathlib import Path

import pytest

from orchestration.doctor import examine
from orchestration.doctor.partitions import run_command
from orchestration.errors import RunError
from orchestration.privacy.dropped import Request
from orchestration.privacy.retention import retain
from tests.orchestration.nights import Landing
from tests.orchestration.runs import bytes_of, dagster_process, night, plain_run

BEFORE, FIRST, LAST = date(2026, 2, 28), date(2026, 3, 1), date(2026, 3, 3)


@pytest.fixture(scope="module")
def dagster() -> Iterator[ProcessPoolExecutor]:
    with dagster_process(FIRST, LAST) as pool:
        yield pool


@pytest.fixture(scope="module")
def whole(dagster: ProcessPoolExecutor, tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("whole")
    landing = Landing(home)
    landing.event("2026-03-01", "account_opened", account_name="A", zone="UTC", currency="USD")
    landing.event("2026-03-01", "plan_subscribed", "help", plan_id="essential_usd")
    landing.alerts("help", str(BEFORE), 4, arrives=str(FIRST))
    for day in (FIRST, LAST):
        landing.alerts("help", str(day), 3)
    for arrival, day in ((FIRST, BEFORE), (FIRST, FIRST), (LAST, LAST)):
        landing.land("interactions", arrival, messages(day))
    dagster.submit(night, home, FIRST, LAST).result()
    return home


def messages(day: date) -> list[dict[str, object]]:
    """A short conversation."""
    who = {"account_id": "acme", "app_id": "help", "user_id": "ann", "channel": "web", "kind": "message"}
    return [
        {**who, "event_id": f"{day}-{minute}", "occurred_at": f"{day}T10:{minute:02}:00Z", "actor": actor}
        for minute, actor in enumerate(("user", "agent"))
    ]


@pytest.fixture
def home(whole: Path, tmp_path: Path) -> Path:
    shutil.copytree(whole, tmp_path / "home")  # with the times of the files: by them a home is whole
    return tmp_path / "home"


def faults(home: Path) -> list[str]:
    return [each.what for each in examine(home, thorough=True) if not each.is_note]


def test_a_night_without_what_is_left_of_dropped_rows_stops_until_it_is_put_back(
    home: Path, dagster: ProcessPoolExecutor, tmp_path: Path
) -> None:
    retain(home, 1, Request("ann", None, "2026-03-03T22:00:00.000+00:00"))
    dagster.submit(plain_run, home).result()
    before, marts = bytes_of(home / "lake"), (home / "warehouse.duckdb").stat().st_ino
    assert faults(home) == []
    (home / "lake").rename(tmp_path / "backup")
    with pytest.raises(RunError) as told:
        dagster.submit(plain_run, home).result()
    assert "lacks 11 of 11 rows of acme that arrived before 2026-03-03" in str(told.value)
    assert "put lake/settled back from a backup" in str(told.value)
    assert (home / "warehouse.duckdb").stat().st_ino == marts
    assert any("lacks 11 of 11 rows of acme" in each for each in faults(home))
    shutil.copytree(tmp_path / "backup" / "settled", home / "lake" / "settled")
    assert "done: 2026-03-01 to 2026-03-03" in dagster.submit(plain_run, home).result()
    assert bytes_of(home / "lake") == before
    assert faults(home) == []


@pytest.mark.parametrize(
    ("name", "command"),
    [
        (f"interactions/{BEFORE}/{FIRST}.parquet", f"quarterhour run --date {FIRST}"),
        (f"copies/alerts/{BEFORE}.parquet", "quarterhour run"),
        (f"stretches/{BEFORE}.parquet", "quarterhour run"),
        (f"billing_sessions/{BEFORE}.parquet", "quarterhour run"),
        ("ledger_state/all.parquet", "quarterhour run"),
    ],
)
def test_a_damaged_file_is_as_it_was_after_what_is_told(
    home: Path, dagster: ProcessPoolExecutor, name: str, command: str
) -> None:
    path, before = home / "lake" / name, bytes_of(home / "lake")
    os.truncate(path, path.stat().st_size // 2)
    (found,) = (each for each in examine(home) if str(path) in each.what)
    assert found.remedy == f"Remove it, then make it again with: {command}"
    path.unlink()
    dated = command.partition(" --date ")[2]
    if dated:
        dagster.submit(night, home, *[date.fromisoformat(dated)] * 2).result()
    else:
        assert "done: " in dagster.submit(plain_run, home).result()
    assert bytes_of(home / "lake") == before
    assert faults(home) == []


def test_the_run_that_the_doctor_names_is_of_a_day_that_can_be_run(home: Path) -> None:
    """An event of today in the book lies beyond `last_day`: a `forget` or `retain` wrote it."""
    (home / "quarterhour.toml").write_text(f"last_day = {LAST}\n")
    Landing(home, count=50).event("2026-10-01", "person_forgotten")
    assert run_command(home) == f"quarterhour run --date {LAST}"
    (home / "quarterhour.toml").write_text(f"last_day = {FIRST}\n")
    assert run_command(home) == f"quarterhour run --date {FIRST}"
