"""One headless run at a time in a home; one whose process was killed is told to Dagster."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import dagster as dg

TAG = {"quarterhour/headless": "true"}
"""Runs without a launcher carry it: Dagster's monitoring cannot see whether their process lives."""
UNFINISHED = [dg.DagsterRunStatus.STARTING, dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.CANCELING]


@contextmanager
def only_headless(home: Path, instance: dg.DagsterInstance) -> Iterator[None]:
    """Waits for another headless run of this home; whatever is left unfinished then, nobody works on.

    Runs that the UI has queued would wait for such a run for ever.
    """
    with (home / ".headless").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        for run in instance.get_runs(filters=dg.RunsFilter(tags=TAG, statuses=UNFINISHED)):
            instance.report_run_failed(run, "The process of this run was killed.")
        yield
