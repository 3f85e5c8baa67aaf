"""`quarterhour bench`: every stage measured beside what else could do its work."""

import sys
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from rich.console import Console

Stages = Annotated[list[str], Parameter(consume_multiple=True, negative="")]
"""Names of stages, as many as wanted."""


def bench(*, events: int = 1_000_000, days: int = 10, stages: Stages | None = None,
          night: Annotated[list[int] | None, Parameter(consume_multiple=True, negative="")] = None,
          rows_per_day: int | None = None, late_days: int = 60, repeat: int = 3,
          out: Path = Path("bench/results"), home: Path = Path("build/bench"),
          with_spark: Annotated[bool, Parameter(negative="")] = False,
          spark_python: Path | None = None) -> None:  # fmt: skip
    """Measure every stage on generated logs, and what else could do its work, on the same files.

    Writes a table to the terminal, and `<size>.json`, `.md` and `.svg`; docs/performance.md tells the method.

    Parameters
    ----------
    events
        About how many interactions.
    days
        Over how many days.
    stages
        Some of ingest, sessions, bursts, night, late, lineage, pages; by default all.
    night
        Sizes of the night; by default the number of events alone.
    rows_per_day
        Of the days that one late row is compared with; by default a tenth of the events, at most a million.
    late_days
        How many such days.
    repeat
        How often the short stages run; the median counts.
    out
        Folder for the results.
    home
        Folder to work in; generated logs stay there for the next time.
    with_spark
        Compare with PySpark too (an extra: `pip install pyspark`, and Java 17).
    spark_python
        The interpreter that has PySpark, if not this one.
    """
    from orchestration.bench.plan import plan_of
    from orchestration.bench.report import show
    from orchestration.bench.run import run_stages, write

    def tell(text: str) -> None:
        Console(stderr=True).print(text, highlight=False)

    plan = plan_of(
        events=events, days=days, stages=stages, night_events=night, rows_per_day=rows_per_day,
        late_days=late_days, repeat=repeat, home=home, tell=tell,
        spark_python=str(spark_python or sys.executable) if with_spark or spark_python else None,
    )  # fmt: skip
    terminal = Console(width=None if sys.stdout.isatty() else 120)
    for stage in run_stages(plan):
        show(stage, terminal)
        written = write(plan, stage, out)
        print(f"written to {written.figures}, {written.tables} and {written.chart}")
