"""The night: landing to reports through Dagster, in a home of its own; its environment names the home."""

import time
from datetime import date
from pathlib import Path
from typing import Any

import dagster as dg

from orchestration.definitions import defs
from orchestration.runs.nightly import run_night

defs().get_repository_def()  # the start of a night, not its work


def run(arguments: dict[str, Any]) -> dict[str, Any]:
    """Runs the days from `first` to `last`; tells when the first step began, and each step's seconds."""
    first, last = (date.fromisoformat(arguments[name]) for name in ("first", "last"))
    warnings = run_night(Path(arguments["home"]), first, last)
    ended_at = time.time()
    steps = _steps()
    first_step_at = min(began_at for _, began_at, _ in steps)
    seconds: dict[str, float] = {}
    for step, began_at, step_ended_at in steps:
        seconds[step] = seconds.get(step, 0.0) + step_ended_at - began_at
    return {
        "ready_at": first_step_at,
        "seconds": ended_at - first_step_at,
        "parts": seconds,
        "warnings": len(warnings),
    }


def _steps() -> list[tuple[str, float, float]]:
    """Every step of the night's runs with its start and its end, from Dagster's event log."""
    with dg.DagsterInstance.get() as instance:
        return [
            (step.step_key, step.start_time, step.end_time)
            for record in instance.get_run_records()
            for step in instance.get_run_step_stats(record.dagster_run.run_id)
            if step.start_time and step.end_time
        ]
