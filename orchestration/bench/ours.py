"""Lake to blocks as a night does it: fragments and sessions of all days, every table published whole."""

import time
from functools import partial
from pathlib import Path
from typing import Any

from orchestration.counting.fragmenting import build_fragments
from orchestration.counting.sessionizing import rebuild
from orchestration.counting.terms import terms_of
from orchestration.counting.workers import in_parallel
from orchestration.lake import Lake
from orchestration.lake.tables import TABLES
from orchestration.settings.loading import Settings


def run(arguments: dict[str, Any]) -> dict[str, Any]:
    """Works the lake of `home`; tells the seconds of either part and how many days there were."""
    home = Path(arguments["home"])
    lake = Lake(home)
    lake.ensure(TABLES)
    began = time.perf_counter()
    days = lake.days("interactions")
    list(in_parallel(partial(build_fragments, lake), days))
    fragmented_at = time.perf_counter()
    rebuild(lake, days, terms_of(lake, Settings(home)))
    ended_at = time.perf_counter()
    return {
        "days": len(days),
        "parts": {"fragments": fragmented_at - began, "sessions": ended_at - fragmented_at},
    }
