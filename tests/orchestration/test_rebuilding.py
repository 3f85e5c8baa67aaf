"""A home built anew from landing tells what the nights told, late files and all; what was issued stays."""

import json
import shutil
from datetime import date, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from orchestration.billing.issuing import issue
from orchestration.errors import UsageError
from orchestration.lake import Lake, days_between
from orchestration.ledger import Ledger
from orchestration.runs.one_run import LOCK
from orchestration.runs.rebuilding import bring, differences
from tests.orchestration.nights import Landing, count, night
from tests.orchestration.runs import bytes_of, dagster_process, rebuild

FIRST, LAST = date(2026, 2, 27), date(2026, 3, 6)
ISSUED = date(2026, 3, 4)
"""The night that issues February."""


def say(landing: Landing, arrives: date, user_id: str, *at: str, channel: str = "web") -> None:
    """Messages of a user; a minute later the app answers each."""
    who = {"account_id": "acme", "app_id": "shop", "user_id": user_id, "channel": channel, "kind": "message"}
    rows = [
        {**who, "event_id": f"{user_id}-{time}-{actor}", "actor": actor}
        | {"occurred_at": (datetime.fromisoformat(time) + timedelta(minutes=minute)).isoformat() + "Z"}
        for time in at
        for minute, actor in enumerate(("user", "app"))
    ]
    landing.land("interactions", arrives, rows)


def land(home: Path) -> None:
    """What arrives: in time, late by days, twice, over midnight; and the book, with late events too."""
    landing = Landing(home)
    for type_, app_id, fields in (
        ("account_opened", None, {"zone": "Europe/Berlin", "currency": "EUR"}),
        ("plan_subscribed", "shop", {"plan_id": "payg_eur"}),
        ("order_placed", "shop", {"order_id": "o1", "amount": "20"}),
        ("order_cleared", "shop", {"order_id": "o1"}),
        ("plan_subscribed", "bank", {"plan_id": "essential_eur"}),
    ):
        landing.event("2026-02-27", type_, app_id, **fields)
    say(landing, date(2026, 2, 27), "ann", "2026-02-27T10:00", "2026-02-27T10:10", "2026-02-27T23:55")
    say(landing, date(2026, 2, 28), "ann", "2026-02-28T00:05", "2026-02-28T12:00")
    say(landing, date(2026, 2, 28), "vera", "2026-02-28T09:00", "2026-02-28T09:14", channel="voice")
    landing.alerts("bank", "2026-02-28", 30)
    say(landing, date(2026, 3, 2), "bob", "2026-02-28T12:00", "2026-02-28T12:14")  # late
    say(landing, date(2026, 3, 3), "ann", "2026-02-28T00:15", "2026-03-03T10:00")  # late, joins two days
    landing.alerts("bank", "2026-03-04", 5)
    landing.event("2026-03-04", "inactivity_minutes_set", "shop", inactivity_minutes="30")
    say(landing, date(2026, 3, 5), "cleo", "2026-02-28T18:00", "2026-02-28T19:00")  # after the issuing
    say(landing, date(2026, 3, 5), "cleo", "2026-02-28T18:00", "2026-02-28T18:29")  # in part a copy
    landing.alerts("bank", "2026-02-27", 4, arrives="2026-03-05")
    say(landing, date(2026, 3, 6), "ann", "2026-03-05T23:50", "2026-03-06T00:10", "2026-03-06T00:40")
    broken = home / "landing" / "interactions" / "2026-03-06" / "broken.jsonl"
    broken.write_text(json.dumps({"event_id": "x", "account_id": "acme"}) + "\n{\n")


@pytest.fixture(scope="module")
def old(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home after eight nights, two of them with marts: the one that issued February, and the last."""
    home = tmp_path_factory.mktemp("old")
    land(home)
    for day in days_between(FIRST, LAST):
        (night if day in (ISSUED, LAST) else count)(home, day, day)
    (home / "outbox" / ".sent").mkdir(parents=True)
    return home


@pytest.fixture(scope="module")
def new(old: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same, built anew through Dagster."""
    home = tmp_path_factory.mktemp("new") / "home"
    bring(old, home, pytest.fail)
    with dagster_process(FIRST, LAST + timedelta(days=1)) as pool:
        warnings = pool.submit(rebuild, home, FIRST, LAST).result()
    assert "interactions/2026-03-06/broken.jsonl: 2 rows in quarantine" in warnings
    return home


def test_the_new_home_tells_what_the_nights_told(old: Path, new: Path) -> None:
    assert Lake(new).scan("billing_sessions").collect().height > 40
    assert Lake(new).scan("voice_sessions").collect().height > 0
    assert differences(old, new) == []
    assert (new / "reports" / "index.html").exists()


def test_nothing_that_was_issued_changes_and_nothing_is_issued_again(old: Path, new: Path) -> None:
    before = bytes_of(old / "ledger")
    assert any(entry.number for entry in Ledger(old).entries())
    assert bytes_of(new / "ledger") == before
    assert issue(new).entries == []
    assert bytes_of(new / "ledger") == before
    assert Ledger(new).verify() == []


def test_rows_that_differ_are_told_by_table_and_day(old: Path, new: Path, tmp_path: Path) -> None:
    shutil.copytree(old, tmp_path / "other")
    lake = Lake(tmp_path / "other")
    path = lake.file("conversations", date(2026, 2, 28))
    rows = pl.read_parquet(path)
    lake.publish(path, rows.reverse())
    assert differences(lake.home, new) == []
    lake.publish(path, rows.head(-1))
    assert differences(lake.home, new) == ["lake/conversations: 2026-02-28"]
    lake.file("voice_sessions", date(2026, 2, 28)).unlink()
    (lake.home / "warehouse.duckdb").unlink()
    assert differences(lake.home, new) == [
        "lake/conversations: 2026-02-28",
        "lake/voice_sessions: 2026-02-28",
        f"{lake.home / 'warehouse.duckdb'} is not there",
    ]


def test_a_home_is_built_in_an_empty_folder_beside_the_old_one_alone(old: Path, tmp_path: Path) -> None:
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept" / "file").touch()
    for folder, why in ((tmp_path / "kept", "is not empty"), (old / "new", "lies within")):
        with pytest.raises(UsageError, match=why):
            bring(old, folder, pytest.fail)
    with pytest.raises(UsageError, match="has no landing folder"):
        bring(tmp_path / "kept", tmp_path / "new", pytest.fail)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["kept"]
    assert not (tmp_path / "kept" / LOCK).exists()
