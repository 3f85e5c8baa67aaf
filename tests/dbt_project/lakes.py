"""A tiny lake for the marts' tests: frames in, Parquet files where dbt looks for them."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import polars as pl

from orchestration.billing.issued import ISSUED
from orchestration.lake.tables import TABLES

TABLES_READ = (
    "account_events",
    "files",
    "copies",
    "quarantine",
    "rejected_handoffs",
    "billing_sessions",
    "voice_sessions",
    "alert_sessions",
    *ISSUED,
)
SCHEMAS = {table: TABLES[table] for table in TABLES_READ}


def at(text: str) -> datetime:
    """An instant of UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


class Lake:
    """Rows by table, written at once by `write`."""

    def __init__(self) -> None:
        self.rows: dict[str, list[dict[str, Any]]] = {table: [] for table in SCHEMAS}

    def event(
        self, account: str, when: str, event_type: str, app: str | None = None, /, **values: Any
    ) -> Lake:
        """An account event; its id is its place in the book unless it is given."""
        row = {
            "event_id": values.pop("event_id", f"e{len(self.rows['account_events']):04d}"),
            "account_id": account,
            "app_id": app,
            "occurred_at": at(when),
            "type": event_type,
            "modified_at": values.pop("modified_at", None),
            "extra": json.dumps(values),
            "file": "account_events/x.jsonl",
            "line": len(self.rows["account_events"]) + 1,
            "arrival_day": at(when).date(),
        }
        self.rows["account_events"].append(row)
        return self

    def sessions(
        self,
        account: str,
        app: str,
        *starts: str,
        kind: str = "usage",
        complete: bool = True,
        times: int = 1,
        table: str = "billing_sessions",
    ) -> Lake:
        """Sessions of ten minutes that start at each of `starts`, `times` of each."""
        for start in starts:
            for copy in range(times):
                row = {
                    "account_id": account,
                    "app_id": app,
                    "channel": "web",
                    "user_id": f"u{copy}",
                    "conversation_id": f"{account}/{app}/{start}/{copy}",
                    "block_index": 0,
                    "started_at": at(start),
                    "ended_at": at(start) + timedelta(minutes=10),
                    "session_type": kind,
                    "is_complete": complete,
                }
                self.rows[table].append(row)
        return self

    def voice(self, account: str, app: str, *starts: str, times: int = 1) -> Lake:
        """Voice sessions, counted apart."""
        return self.sessions(account, app, *starts, kind="voice", times=times, table="voice_sessions")

    def notification(self, account: str, app: str, when: str) -> Lake:
        """A proactive notification."""
        row = {
            "account_id": account,
            "app_id": app,
            "delivery_id": when,
            "delivered_at": at(when),
            "kind": "proactive",
        }
        self.rows["alert_sessions"].append(row)
        return self

    def add(self, table: str, **row: Any) -> Lake:
        """A row as it is."""
        self.rows[table].append(row)
        return self

    def arrived(self, last: str) -> Lake:
        """An empty file of that arrival day: the watermark is 00:00 UTC after it."""
        day = date.fromisoformat(last)
        return self.add(
            "files", stream="interactions", arrival_day=day, file=f"interactions/{last}/empty.jsonl",
            account_id="", rows=0, excluded=0, quarantined=0, problem=None,
        )  # fmt: skip

    def write(self, home: Path) -> Path:
        """Put the tables under `home`; return it."""
        for table, schema in SCHEMAS.items():
            folder = home / "lake" / table
            folder.mkdir(parents=True, exist_ok=True)
            pl.DataFrame(schema=schema).write_parquet(folder / "schema.parquet")
            if self.rows[table]:
                pl.DataFrame(self.rows[table], schema=schema).write_parquet(folder / "rows.parquet")
        return home


def rows(home: Path, sql: str) -> list[tuple[Any, ...]]:
    """What a query of the published marts returns."""
    with duckdb.connect(str(home / "warehouse.duckdb"), read_only=True) as connection:
        connection.execute("set TimeZone = 'UTC'")
        return connection.execute(sql).fetchall()
