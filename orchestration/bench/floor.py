"""The floor of ingest: Polars scans the landed files and writes the same columns, typed, and nothing else.

No contract, no test rows, no quarantine, no ledger, no key, no copies, no event days: one file per arrival
day, as many days at once as there are cores.
"""

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import polars as pl

COLUMNS = dict.fromkeys(
    ("event_id", "account_id", "app_id", "user_id", "channel", "session_id", "occurred_at", "actor", "kind",
     "modified_at"),
    pl.String,
)  # fmt: skip
"""The delivered columns that the lake keeps, as JSON carries them."""
TIMES = ("occurred_at", "modified_at")
TIME_FORMAT = "%Y-%m-%dT%H:%M:%S%.3fZ"
"""The one way in which generated logs write times; our ingest must take any."""


def run(arguments: dict[str, Any]) -> dict[str, Any]:
    """Reads the interactions below `landing`, writes `out`/<arrival day>.parquet."""
    out = Path(arguments["out"])
    out.mkdir(parents=True, exist_ok=True)
    days = sorted(Path(arguments["landing"], "interactions").iterdir())
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        written = list(pool.map(lambda day: _copied(day, out / f"{day.name}.parquet"), days))
    return {"rows": sum(written)}


def _copied(day: Path, out: Path) -> int:
    rows = pl.scan_ndjson(sorted(day.iterdir()), schema=COLUMNS)
    typed = rows.with_columns(
        pl.col(name).str.to_datetime(TIME_FORMAT, time_unit="ms", time_zone="UTC") for name in TIMES
    )
    typed.sink_parquet(out, compression="zstd", compression_level=1)
    return int(pl.scan_parquet(out).select(pl.len()).collect().item())
