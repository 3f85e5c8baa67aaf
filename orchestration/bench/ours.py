"""Lake to blocks as a night does it: fragments and sessions of all days, every table published whole."""

import time
from functools import partial
from pathlib import Path
from typing import Any

from orchestration.fragmenting import build_fragments
from orchestration.lake import Lake
from orchestration.sessionizing import rebuild
from orchestration.settings import Settings
from orchestration.tables import TABLES
from orchestration.terms import terms_of
from orchestration.workers import in_parallel


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
