"""Runs the stages of a plan and writes down what they found."""

import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from orchestration.bench.chart import svg
from orchestration.bench.compare_blocks import bursts_stage, sessions_stage
from orchestration.bench.compare_ingest import ingest_stage
from orchestration.bench.compare_late import late_stage
from orchestration.bench.compare_lineage import lineage_stage
from orchestration.bench.compare_night import night_stage, size_of
from orchestration.bench.compare_pages import pages_stage
from orchestration.bench.plan import Plan
from orchestration.bench.report import markdown, merged
from orchestration.bench.results import Stage

RUN: dict[str, Callable[[Plan], Stage]] = {
    "ingest": ingest_stage,
    "sessions": sessions_stage,
    "bursts": bursts_stage,
    "night": night_stage,
    "late": late_stage,
    "lineage": lineage_stage,
    "pages": pages_stage,
}


@dataclass(frozen=True)
class Written:
    """Where the figures are: all of them, as tables, and as a chart."""

    figures: Path
    tables: Path
    chart: Path


def run_stages(plan: Plan) -> Iterator[Stage]:
    """The stages of the plan, one after the other; where all went well, lakes and answers are removed."""
    plan.fresh()
    for key, stage in RUN.items():
        if key in plan.stages:
            yield stage(plan)
    plan.fresh()


def write(plan: Plan, stage: Stage, out: Path) -> Written:
    """Writes `<size>.json`, `.md` and `.svg`; other stages keep what they have."""
    out.mkdir(parents=True, exist_ok=True)
    name = size_of(plan.events).replace(" ", "")
    written = Written(*(out / f"{name}.{suffix}" for suffix in ("json", "md", "svg")))
    facts = merged(written.figures, stage, {"events": plan.events, "days": plan.days})
    facts["stages"] = {key: facts["stages"][key] for key in RUN if key in facts["stages"]}
    told = facts["machine"]
    caption = (
        f"{size_of(plan.events)} interactions in {plan.days} days; seconds of work, start-up left out; "
        f"{told['cores']} cores, {told['memory_gb']:g} GB; blue is ours"
    )
    _replace(written.figures, json.dumps(facts, indent=2, ensure_ascii=False) + "\n")
    _replace(written.tables, markdown(facts))
    _replace(written.chart, svg(facts["stages"].values(), caption))
    return written


def _replace(path: Path, text: str) -> None:
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    beside.write_text(text)
    os.replace(beside, path)
