"""Logs delivered into a landing folder and brought through the lake, without Dagster."""

import json
import random
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl

from orchestration.counting import fragmenting
from orchestration.counting.fragmenting import build_fragments
from orchestration.counting.sessionizing import dirty_days, rebuild
from orchestration.counting.terms import Terms, terms_of
from orchestration.lake import Lake
from orchestration.lake.tables import SESSIONS, TABLES
from orchestration.landing.ingest import ingest
from orchestration.settings.loading import Settings
from tests.frames import handoffs_frame, interactions_frame, lake_frame
from tests.strategies import Log
from transforms.alerts import as_billing_sessions, delivered
from transforms.contracts import contract_of
from transforms.sessions import sessions_of

Row = dict[str, Any]
PLACE = ("arrival_day", "file", "line", "raw")
ALWAYS = int(datetime(2024, 2, 1, tzinfo=UTC).timestamp()) * 1000


def events_of(log: Log) -> list[Row]:
    """The log's timeouts as the account's book tells them."""
    return [
        {
            "event_id": f"timeout-{number}",
            "account_id": value["account_id"],
            "app_id": value["app_id"],
            "occurred_at": ALWAYS if value["effective_at"] is None else value["effective_at"],
            "type": "inactivity_minutes_set",
            "inactivity_minutes": value["inactivity_minutes"],
        }
        for number, value in enumerate(log.timeouts)
    ]


def alerts_of(log: Log) -> list[Row]:
    """An alert or proactive notification beside every fifth row, delivered or not."""
    return [
        {
            **{name: row[name] for name in ("account_id", "app_id", "user_id", "channel")},
            "delivery_id": f"alert-{row['event_id']}",
            "delivered_at": row["occurred_at"],
            "status": "failed" if number % 3 == 0 else "delivered",
            "kind": "proactive" if number % 4 == 0 else "alert",
        }
        for number, row in enumerate(log.rows[::5])
    ]


def streams_of(log: Log) -> dict[str, list[Row]]:
    """What a log delivers."""
    told = {"alerts": alerts_of(log), "account_events": events_of(log)}
    return {"interactions": log.rows, "handoffs": log.legs, **told}


def day_of(at: int) -> date:
    """The UTC day of an instant."""
    return datetime.fromtimestamp(at // 1000, UTC).date()


@dataclass
class Delivery:
    """The files of a landing folder: rows by stream, arrival day and name."""

    files: dict[tuple[str, date, str], list[Row]] = field(default_factory=lambda: defaultdict(list))

    def put(self, stream: str, row: Row, late_days: int = 0, name: str = "part-0") -> None:
        """Adds a row to the file that arrives some days after the row's own."""
        day = day_of(row[contract_of(stream).time_column])
        self.files[stream, day + timedelta(days=late_days), name].append(row)

    def land(self, home: Path) -> list[Path]:
        """Writes the files."""
        paths = []
        for (stream, day, name), rows in self.files.items():
            path = home / "landing" / stream / str(day) / f"{name}.jsonl"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("".join(json.dumps(row) + "\n" for row in rows))
            paths.append(path)
        return paths


def in_time(streams: dict[str, list[Row]]) -> Delivery:
    """One file per stream and day, each on the day of its rows."""
    plan = Delivery()
    for stream, rows in streams.items():
        for row in rows:
            plan.put(stream, row)
    return plan


def scattered(streams: dict[str, list[Row]], dice: random.Random) -> Delivery:
    """The same rows in any order, in files that arrive in time or two days late."""
    plan = Delivery()
    for stream, rows in streams.items():
        for row in dice.sample(rows, len(rows)):
            plan.put(stream, row, dice.choice([0, 0, 0, 2]), dice.choice(["a", "b"]))
    return plan


@dataclass
class Home:
    """A home with its lake, under the rules of a log."""

    folder: Path
    log: Log

    @property
    def lake(self) -> Lake:
        return Lake(self.folder)

    @property
    def settings(self) -> Settings:
        rules = self.log.rules
        return Settings(self.folder, anchor=rules.anchor, handoff_starts_at=rules.handoff_starts_at)

    @property
    def terms(self) -> Terms:
        return terms_of(self.lake, self.settings)

    @property
    def last_arrival(self) -> date:
        """A day after everything, on which an empty file moves the watermark of every plan to one place."""
        times = [row["occurred_at"] for row in self.log.rows] or [ALWAYS]
        times += [leg["transferred_at"] for leg in self.log.legs]
        return day_of(max(times)) + timedelta(days=4)

    def receive(self, delivery: Delivery) -> list[Path]:
        """Lands files, and an empty one on the last day; gives their paths."""
        last = Delivery({("interactions", self.last_arrival, "empty"): []})
        return delivery.land(self.folder) + last.land(self.folder)

    def ingest(self, paths: Iterable[Path]) -> None:
        """Ingests the streams and arrival days of some files, in the order of the files."""
        self.lake.ensure(TABLES)
        for stream, day in dict.fromkeys((path.parent.parent.name, path.parent.name) for path in paths):
            ingest(self.lake, self.folder / "landing", stream, date.fromisoformat(day))

    def catch_up(self) -> None:
        """Builds what is dirty, as a night does."""
        for day in fragmenting.dirty_days(self.lake):
            build_fragments(self.lake, day)
        rebuild(self.lake, dirty_days(self.lake, self.terms), self.terms)

    def sessions(self) -> dict[str, list[Row]]:
        """The sessions in the lake, without the places that they came from."""
        return {table: comparable(self.lake.scan(table).collect()) for table in SESSIONS}

    def in_one_call(self) -> dict[str, list[Row]]:
        """What one call makes of the log under the lake's terms."""
        terms = self.terms
        frames = interactions_frame(self.log.rows), handoffs_frame(self.log.legs)
        whole = sessions_of(*frames, terms.timeouts, terms.rules, terms.watermark)
        alerts = as_billing_sessions(delivered(lake_frame(alerts_of(self.log), "alerts")))
        found = {table: getattr(whole, table) for table in SESSIONS}
        found["billing_sessions"] = pl.concat([whole.billing_sessions, alerts])
        return {table: comparable(frame) for table, frame in found.items()}

    def files(self) -> dict[str, bytes]:
        """The bytes of each partition."""
        root = self.lake.root
        return {str(path.relative_to(root)): path.read_bytes() for path in sorted(root.rglob("*.parquet"))}


def comparable(frame: pl.DataFrame) -> list[Row]:
    return frame.drop(PLACE, strict=False).sort(pl.all()).to_dicts()


def home_of(folder: Path, log: Log) -> Home:
    """A new home for a log, whose rules are those that settings can give."""
    folder.mkdir(parents=True)
    return Home(folder, replace(log, rules=replace(log.rules, default_inactivity_minutes=15)))


def some_order(days: Iterable[date], dice: random.Random) -> Iterator[list[date]]:
    """Days in any order and any groups."""
    left = list(days)
    dice.shuffle(left)
    while left:
        count = dice.randint(1, len(left))
        yield left[:count]
        left = left[count:]
