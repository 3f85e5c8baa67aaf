"""Nights without Dagster: what lands, and what becomes of it."""

import json
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from orchestration import dbt
from orchestration.billing.issuing import Issued, issue
from orchestration.counting import fragmenting
from orchestration.counting.sessionizing import dirty_days, rebuild
from orchestration.counting.terms import terms_of
from orchestration.lake import Lake
from orchestration.lake.tables import TABLES
from orchestration.landing.ingest import ingest
from orchestration.settings.loading import Settings


@dataclass
class Landing:
    """What arrives, by stream and day."""

    home: Path
    account_id: str = "acme"
    count: int = 0

    def land(self, stream: str, arrival: date, rows: list[dict[str, Any]]) -> None:
        self.count += 1
        path = self.home / "landing" / stream / str(arrival) / f"{self.account_id}-{self.count:04}.jsonl"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))

    def event(self, at: str, type_: str, app_id: str | None = None, **fields: object) -> None:
        """An event of the book, at noon UTC."""
        row = {"event_id": f"e{self.count}", "account_id": self.account_id, "occurred_at": f"{at}T12:00:00Z"}
        row |= {"type": type_, **fields} | ({"app_id": app_id} if app_id else {})
        self.land("account_events", date.fromisoformat(at), [row])

    def alerts(self, app_id: str, at: str, count: int, arrives: str | None = None) -> None:
        """Sessions that need no conversation: alerts delivered at noon UTC (R15)."""
        who = {
            "account_id": self.account_id,
            "app_id": app_id,
            "user_id": "ann",
            "status": "delivered",
            "kind": "alert",
        }
        rows = [
            {**who, "delivery_id": f"{app_id}-{self.count}-{n}", "delivered_at": f"{at}T12:00:00Z"}
            for n in range(count)
        ]
        self.land("alerts", date.fromisoformat(arrives or at), rows)


def night(home: Path, first: date, last: date) -> Issued:
    """What a night does, without Dagster: arrivals of some days, sessions, marts, documents."""
    arrive(home, first, last)
    return issue(home)


def arrive(home: Path, first: date, last: date) -> None:
    """The night up to its marts."""
    count(home, first, last)
    dbt.build(home).raise_if_failed()


def count(home: Path, first: date, last: date) -> None:
    """The night up to its sessions."""
    lake, settings = Lake(home), Settings(home)
    lake.ensure(TABLES)
    for stream in ("interactions", "alerts", "account_events"):
        for folder in sorted((home / "landing" / stream).glob("*")):
            if first <= date.fromisoformat(folder.name) <= last:
                ingest(lake, home / "landing", stream, date.fromisoformat(folder.name))
    for day in fragmenting.dirty_days(lake):
        fragmenting.build_fragments(lake, day)
    terms = terms_of(lake, settings)
    rebuild(lake, dirty_days(lake, terms), terms)
