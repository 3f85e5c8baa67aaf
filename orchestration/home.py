"""A home before a run: Dagster's folder in it, and what waits in its landing folder."""

import os
from datetime import date
from pathlib import Path

from orchestration.lake import Lake
from orchestration.lake.parts import settled_arrivals
from orchestration.lake.tables import STREAMS, TABLES
from orchestration.landing.arrived import unread
from orchestration.landing.files import all_arrival_days
from orchestration.locking import locked

WAREHOUSE = "warehouse.duckdb"
"""The file of the marts in a home."""
REPORTS = "reports"
"""The folder of the site in a home."""

INSTANCE = """\
storage:
  custom:
    module: orchestration.runs.storage
    class: Storage
    config:
      base_dir:
        env: DAGSTER_HOME
telemetry:
  enabled: false
nux:
  enabled: false
concurrency:
  pools:
    default_limit: 1
    granularity: run
run_monitoring:
  enabled: true
  poll_interval_seconds: 20
"""
"""Runs over the same lake wait for each other whole: between two steps it holds days that are half told.
A run that was launched and never started must be seen, or the others would wait for it for ever. Whether the
process of one that did start lives, Dagster cannot see: `orchestration/runs/alive.py` can."""
_STORES = ("history/runs.db", "history/runs/index.db", "schedules/schedules.db")
"""The databases of that storage, below Dagster's folder."""


def dagster_home(home: Path) -> Path:
    """Dagster's own folder within the home, its settings and tables laid out; made known to this process."""
    folder = home / "dagster"
    folder.mkdir(parents=True, exist_ok=True)
    config = folder / "dagster.yaml"
    os.environ["DAGSTER_HOME"] = str(folder)
    os.environ.setdefault("DAGSTER_DISABLE_TELEMETRY", "1")
    with locked(folder / ".laying-out.lock"):
        if not config.exists():
            beside = config.with_name(f".{config.name}.tmp")
            beside.write_text(INSTANCE)
            os.replace(beside, config)
        # Also where the settings alone stand: a record that is damaged is moved away without them.
        if not all((folder / store).exists() for store in _STORES) and names_our_storage(config):
            _lay_out()
    return folder


def names_our_storage(config: Path) -> bool:
    """Whether a `dagster.yaml` names the storage in the home; one elsewhere has its own tables."""
    import yaml  # noqa: PLC0415  # for a command that asks, which is seldom

    try:
        return bool(
            yaml.safe_load(config.read_text())["storage"]["custom"]["module"] == "orchestration.runs.storage"
        )
    except (OSError, KeyError, TypeError, UnicodeDecodeError, yaml.YAMLError):
        return False


def _lay_out() -> None:
    """Has Dagster make its tables: two processes that both did would break each other's."""
    import dagster as dg  # noqa: PLC0415  # seconds, for the first command in a home alone

    dg.DagsterInstance.get().dispose()


def earliest_arrival(home: Path) -> date | None:
    """The earliest arrival day in `landing/`, or of files whose raw rows were dropped."""
    settled = (settled_arrivals(Lake(home), stream) for stream in STREAMS)
    return min(set(all_arrival_days(home / "landing")).union(*settled), default=None)


def last_arrival(home: Path) -> date | None:
    """The last arrival day that was read; None where nothing was."""
    lake = Lake(home)
    return max((day for stream in STREAMS for day in lake.days("files", stream)), default=None)


def waiting_days(home: Path) -> list[date]:
    """The same as `unread_days`, of a home that is about to run: its tables are laid out."""
    Lake(home).ensure(TABLES)
    return unread_days(home)


def unread_days(home: Path) -> list[date]:
    """Arrival days with a file that no ingest has read: landed, or settled in a lake that is built anew."""
    landing, lake = home / "landing", Lake(home)
    landed = {
        day
        for day in all_arrival_days(landing)
        if any(unread(lake, landing, stream, day) for stream in STREAMS)
    }
    settled = {
        day
        for stream in STREAMS
        for day in settled_arrivals(lake, stream)
        if not lake.file("files", stream, day).exists()
    }
    return sorted(landed | settled)
