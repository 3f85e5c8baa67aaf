"""The programs that the benchmark measures, each run as `python -m orchestration.bench.programs <name>`.

A program is a module with `run(arguments) -> dict`; what it imports counts as its start, `run` as its work.
"""

import json
import resource
import sys
import time
from importlib import import_module
from pathlib import Path

from orchestration.bench.measure import own_peak_bytes

PROGRAMS = {
    "floor": "floor",
    "ingest": "ingesting",
    "blocks, published": "ours",
    "blocks, in memory": "ours_in_memory",
    "duckdb": "peer_duckdb",
    "polars": "peer_polars",
    "night": "night",
    "days": "late",
    "lineage": "lineage",
    "pages": "pages",
}
"""The module of each program in this package; PySpark's is a script under an interpreter of its own."""


def main(name: str, asked: Path, answer: Path) -> None:
    """Runs a program and writes down what it took."""
    program = import_module(f"orchestration.bench.{PROGRAMS[name]}")
    arguments = json.loads(asked.read_text())
    ready_at, began, cpu = time.time(), time.perf_counter(), _cpu_seconds()
    told = program.run(arguments)
    took = {
        "ready_at": ready_at,
        "seconds": time.perf_counter() - began,
        "cpu_seconds": _cpu_seconds() - cpu,
        "peak_bytes": own_peak_bytes(),
    }
    answer.write_text(json.dumps({**took, **told}))


def _cpu_seconds() -> float:
    """User and system time of all threads, and of all processes that were started and have ended."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))
