"""Runs whose process was killed: Dagster is told, for it cannot see all of them, and others would wait."""

from pathlib import Path

import dagster as dg

from orchestration.runs.one_run import Turn, holder_of, if_free

TAG = {"quarterhour/headless": "true"}
"""Runs without a launcher carry it: Dagster's monitoring cannot see whether their process lives."""
UNFINISHED = [dg.DagsterRunStatus.STARTING, dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.CANCELING]


def bury(instance: dg.DagsterInstance, turn: Turn) -> list[str]:
    """Tells Dagster of runs that nobody works on, and gives their ids; only whoever holds the home may.

    Those are the run that held the home before and was killed, and all headless ones: they hold the home for
    as long as Dagster knows of them. Runs that the UI has queued would wait for them for ever.
    """
    if turn.is_part:
        return []  # the run that is under way is one of them
    found = [*instance.get_runs(filters=dg.RunsFilter(tags=TAG, statuses=UNFINISHED))]
    if turn.killed and turn.killed.run_id:
        found += instance.get_runs(filters=dg.RunsFilter(run_ids=[turn.killed.run_id], statuses=UNFINISHED))
    dead = {run.run_id: run for run in found}
    for run in dead.values():
        instance.report_run_failed(run, "The process of this run was killed.")
    return sorted(dead)


def bury_if_free(home: Path, instance: dg.DagsterInstance) -> list[str]:
    """The same for whoever does not want to run now; nothing while a run works in the home."""
    with if_free(home) as is_free:
        return bury(instance, Turn(is_part=False, killed=holder_of(home))) if is_free else []
