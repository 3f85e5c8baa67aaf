"""What it costs that every row of the lake knows its file and line: bytes, and the time to write them."""

import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import polars as pl

from orchestration.lake import Lake

LINEAGE = ("file", "line")
TRIES = 3
"""The difference is small against the noise of one: the quickest counts."""


def run(arguments: dict[str, Any]) -> dict[str, Any]:
    """Publishes the rows of lake/interactions of `home` again, with `LINEAGE` and without."""
    held = Lake(Path(arguments["home"]))
    took = {"with": 0.0, "without": 0.0}
    size = {"with": 0, "without": 0}
    rows = 0
    with TemporaryDirectory(dir=arguments["home"]) as folder:
        beside = Lake(Path(folder))
        for day in held.days("interactions"):
            for path in held.arrivals("interactions", day):
                frame = pl.read_parquet(path)
                rows += frame.height
                for name, columns in (("with", frame), ("without", frame.drop(LINEAGE))):
                    took[name] += min(_publishing(beside, name, columns) for _ in range(TRIES))
                    size[name] += beside.file(name).stat().st_size
    return {"rows": rows, "write_seconds": took, "written_bytes": size}


def _publishing(lake: Lake, name: str, rows: pl.DataFrame) -> float:
    began = time.perf_counter()
    lake.publish(lake.file(name), rows)
    return time.perf_counter() - began
