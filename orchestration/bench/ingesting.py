"""Our ingest of a whole landing folder, then the choice among copies that building fragments makes (R18)."""

import time
from pathlib import Path
from typing import Any

from orchestration.counting.copies import resolved
from orchestration.lake import Lake
from orchestration.lake.tables import STREAMS, TABLES
from orchestration.landing.files import all_arrival_days
from orchestration.landing.ingest import ingest_days


def run(arguments: dict[str, Any]) -> dict[str, Any]:
    """Ingests `landing` into the lake of `home`; tells rows and the seconds of either part."""
    lake, landing = Lake(Path(arguments["home"])), Path(arguments["landing"])
    lake.ensure(TABLES)
    began = time.perf_counter()
    days = all_arrival_days(landing)
    done = {stream: [it for _, it in ingest_days(lake, landing, stream, days)] for stream in STREAMS}
    rows = sum(it.rows for it in done["interactions"])
    ingested_at = time.perf_counter()
    for day in lake.days("interactions"):
        resolved(lake, "interactions", day)
    ended_at = time.perf_counter()
    return {"rows": rows, "parts": {"ingest": ingested_at - began, "copies": ended_at - ingested_at}}
