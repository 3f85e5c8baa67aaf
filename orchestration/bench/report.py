"""The benchmark's figures as tables for the terminal, as JSON, and as Markdown."""

import json
import os
import platform
from collections.abc import Iterable
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from orchestration.bench.results import Comparison, Figure, Stage

PARTS = ("polars", "duckdb", "dagster", "dbt-core")
MEGA = 1e6
_WORDS = {None: "", True: "met", False: "not met"}


def as_facts(stage: Stage) -> dict[str, Any]:
    """A stage as JSON holds it, with the rates that follow from its figures."""
    facts = asdict(stage)
    for told, figure in zip(facts["figures"], stage.figures, strict=True):
        told["rows_per_second"] = round(figure.rows_per_second)
    return {"measured_on": datetime.now(UTC).date().isoformat(), **facts}


def merged(path: Path, stage: Stage, parameters: dict[str, Any]) -> dict[str, Any]:
    """What stands in the file, with a stage that ran just now in the place of its older figures."""
    held: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {}
    kept = held.get("stages", {}) if held.get("parameters") == parameters else {}
    return {"machine": machine(), "parameters": parameters, "stages": {**kept, stage.key: as_facts(stage)}}


def machine() -> dict[str, Any]:
    """What it ran on: kind of processor, cores, memory, versions; no name of anything."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "memory_gb": round(memory / 1e9, 1),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        **{name: version(name) for name in PARTS},
    }


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or "unknown"


def show(stage: Stage, console: Console) -> None:
    """A stage as tables."""
    console.print(_figures(stage))
    for figure in stage.figures:
        if figure.parts:
            console.print(f"  {figure.program}: {_parts(figure.parts)}", highlight=False)
    if stage.comparisons:
        console.print(_comparisons(stage.comparisons))
    for answer in stage.answers:
        console.print(f"  same rows as ours: {answer.program}, {answer.rows:,} blocks", highlight=False)


def markdown(facts: dict[str, Any]) -> str:
    """What the JSON holds as tables for a page of documentation."""
    lines: list[str] = []
    for stage in facts["stages"].values():
        lines += [f"### {stage['title']}", "", "| program | seconds | CPU s | M rows/s | start s | peak MB |"]
        lines.append("|---|---:|---:|---:|---:|---:|")
        for held in stage["figures"]:
            figure = Figure(**{name: held[name] for name in held if name != "rows_per_second"})
            cells = _cells(figure)
            lines.append(f"| {' | '.join([cells[0], *cells[2:]])} |")
        lines.append("")
        if stage["comparisons"]:
            lines += ["| comparison | value | goal | |", "|---|---:|---|---|"]
        for each in stage["comparisons"]:
            told = [
                each["what"],
                f"{each['value']:,.2f} {each['unit']}",
                each["goal"],
                _WORDS[each["is_met"]],
            ]
            lines.append(f"| {' | '.join(told)} |")
        lines += [""] if stage["comparisons"] else []
    return "\n".join(lines)


def _parts(parts: dict[str, float]) -> str:
    """The longest parts of the work first."""
    longest = sorted(parts.items(), key=lambda part: -part[1])
    return ", ".join(f"{name} {seconds:,.2f} s" for name, seconds in longest)


def _figures(stage: Stage) -> Table:
    table = Table(title=stage.title, title_justify="left", title_style="bold")
    table.add_column("program")
    for name in ("rows", "seconds", "CPU s", "M rows/s", "start s", "peak MB"):
        table.add_column(name, justify="right")
    for figure in stage.figures:
        table.add_row(*_cells(figure), style="bold" if figure.is_ours else None)
    return table


def _cells(figure: Figure) -> list[str]:
    cpu = "" if figure.cpu_seconds is None else f"{figure.cpu_seconds:,.2f}"
    rate, peak = figure.rows_per_second / MEGA, figure.peak_bytes / MEGA
    numbers = [
        f"{figure.seconds:,.2f}",
        cpu,
        f"{rate:,.2f}",
        f"{figure.startup_seconds:,.1f}",
        f"{peak:,.0f}",
    ]
    return [figure.program, f"{figure.rows:,}", *numbers]


def _comparisons(comparisons: Iterable[Comparison]) -> Table:
    table = Table(box=None, padding=(0, 2))
    for name in ("comparison", "value", "goal", ""):
        table.add_column(name, justify="right" if name == "value" else "left")
    for each in comparisons:
        colour = {None: "", True: "green", False: "red"}[each.is_met]
        table.add_row(
            each.what, f"{each.value:,.2f} {each.unit}", each.goal, Text(_WORDS[each.is_met], colour)
        )
    return table
