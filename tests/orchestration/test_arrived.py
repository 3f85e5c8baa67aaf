"""Landed files that have more to say than was read of them."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import polars as pl

from orchestration.home import waiting_days
from orchestration.lake import Lake
from orchestration.lake.tables import TABLES
from orchestration.landing.arrived import unread
from orchestration.landing.ingest import ingest
from orchestration.landing.late_files import late_days
from tests.orchestration.nights import Landing

DAY = date(2026, 3, 2)


def messages(count: int) -> list[dict[str, Any]]:
    """A user's messages, a minute apart."""
    who = {"account_id": "acme", "app_id": "chat", "user_id": "ann", "channel": "web", "actor": "user"}
    return [
        {**who, "kind": "message", "event_id": f"e{n}", "occurred_at": f"{DAY}T10:{n:02}:00Z"}
        for n in range(count)
    ]


def landed(home: Path) -> Path:
    """A file of two rows, ingested."""
    Landing(home).land("interactions", DAY, messages(2))
    lake = Lake(home)
    lake.ensure(TABLES)
    ingest(lake, home / "landing", "interactions", DAY)
    assert waiting_days(home) == []
    return next((home / "landing").rglob("*.jsonl"))


def test_a_file_that_has_grown_since_it_was_read_waits_until_it_is_read_whole(tmp_path: Path) -> None:
    path, lake = landed(tmp_path), Lake(tmp_path)
    with path.open("a") as file:
        file.write(path.read_text().replace('"e0"', '"e2"').replace('"e1"', '"e3"'))
    assert unread(lake, tmp_path / "landing", "interactions", DAY) == [path]
    assert waiting_days(tmp_path) == [DAY]
    assert list(late_days(tmp_path, datetime(2026, 3, 9, tzinfo=UTC))) == [DAY]
    ingest(lake, tmp_path / "landing", "interactions", DAY)
    assert waiting_days(tmp_path) == []
    assert lake.scan("files").select(pl.col("rows").sum()).collect().item() == 4


def test_where_the_quarantine_of_a_day_is_gone_its_files_are_read_again(tmp_path: Path) -> None:
    landed(tmp_path)
    lake = Lake(tmp_path)
    lake.file("quarantine", "interactions", DAY).unlink()
    assert waiting_days(tmp_path) == [DAY]
    ingest(lake, tmp_path / "landing", "interactions", DAY)
    assert waiting_days(tmp_path) == []
