"""Runs whose process was killed: Dagster is told, or others would wait for ever; and so is the operator."""

from collections.abc import Callable
from pathlib import Path

import dagster as dg

from orchestration.notices.nights import tell_of_killed
from orchestration.runs.alive import killed_runs, put_away


def bury(home: Path, instance: dg.DagsterInstance, tell: Callable[[str], None] = lambda _: None) -> list[str]:
    """Reports runs that nobody works on as failed, and gives their ids.

    Whoever buries notifies the operator, as nobody finds them again; `tell` hears of channels that did not
    take it.
    """
    buried = []
    for run_id in killed_runs(home):
        run = instance.get_run_by_id(run_id)
        if run and not run.is_finished:
            instance.report_run_failed(run, "The process of this run was killed.")
            buried.append(run_id)
        put_away(home, run_id)
    for problem in tell_of_killed(home, instance, buried):
        tell(problem)
    return buried
