"""What a night does to the lake after some files came: ingest them, then rebuild what they changed."""

import time
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

from orchestration.counting import fragmenting, sessionizing
from orchestration.counting.terms import terms_of
from orchestration.counting.workers import in_parallel
from orchestration.lake import Lake
from orchestration.lake.tables import TABLES
from orchestration.landing.ingest import ingest
from orchestration.settings.loading import Settings


def run(arguments: dict[str, Any]) -> dict[str, Any]:
    """Ingests `arrivals`, pairs of stream and day, from `landing`; rebuilds the days that they changed."""
    home = Path(arguments["home"])
    lake, landing = Lake(home), Path(arguments["landing"])
    lake.ensure(TABLES)
    began = time.perf_counter()
    for stream, day in arguments["arrivals"]:
        ingest(lake, landing, stream, date.fromisoformat(day))
    ingested_at = time.perf_counter()
    changed = fragmenting.dirty_days(lake)
    rows = sum(told["rows"] for told in in_parallel(partial(fragmenting.build_fragments, lake), changed))
    fragmented_at = time.perf_counter()
    terms = terms_of(lake, Settings(home))
    rebuilt = sessionizing.rebuild(lake, sessionizing.dirty_days(lake, terms), terms)
    ended_at = time.perf_counter()
    return {
        "rows": rows,
        "days_of_fragments": [str(day) for day in changed],
        "days_of_sessions": [str(day) for day in rebuilt.days],
        "parts": {
            "ingest": ingested_at - began,
            "fragments": fragmented_at - ingested_at,
            "sessions": ended_at - fragmented_at,
        },
    }
