"""Runs whose process was killed: Dagster is told, or others would wait for ever; and so is the operator."""

import os
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import dagster as dg

from orchestration.notices.nights import tell_of_killed
from orchestration.runs.alive import has_sign, put_away, runs_let_go

NO_SIGN_FOR = timedelta(minutes=10)
"""A run lays its sign within a second of its start: who has none by then was killed before."""
NUMBER_COUNTS_FOR = timedelta(hours=12)
"""So long a process with the number that Dagster noted for a run is taken for its own; then for another."""


def bury(home: Path, instance: dg.DagsterInstance, tell: Callable[[str], None] = lambda _: None) -> list[str]:
    """Reports runs that nobody works on as failed, and gives their ids; clears the signs of ended ones.

    Whoever buries notifies the operator, as nobody finds them again; `tell` hears of channels that did not
    take it.
    """
    buried = []
    for run_id in [*_unsigned(home, instance), *runs_let_go(home)]:
        # Asked after its sign was looked at: who ends in good order has its end noted before that goes.
        run = instance.get_run_by_id(run_id)
        if run and not run.is_finished:
            instance.report_run_failed(run, "The process of this run was killed.")
            buried.append(run_id)
        put_away(home, run_id)
    for problem in tell_of_killed(home, instance, buried):
        tell(problem)
    return buried


def _unsigned(home: Path, instance: dg.DagsterInstance) -> Iterator[str]:
    """Runs that started and laid no sign in good time; where a clock went back they are not judged yet."""
    for run_id in instance.get_run_ids(dg.RunsFilter(statuses=[dg.DagsterRunStatus.STARTED])):
        if not has_sign(home, run_id):
            age = _age(instance, run_id)
            if age > NUMBER_COUNTS_FOR or (age > NO_SIGN_FOR and not _has_process(instance, run_id)):
                yield run_id


def _age(instance: dg.DagsterInstance, run_id: str) -> timedelta:
    record = instance.get_run_record_by_id(run_id)
    started = record.start_time if record else None
    return timedelta(seconds=time.time() - started) if started else timedelta(0)


def _has_process(instance: dg.DagsterInstance, run_id: str) -> bool:
    """Whether the process lives that Dagster noted for a run, as one that was stopped and goes on later."""
    noted = (entry.dagster_event for entry in instance.all_logs(run_id, dg.DagsterEventType.ENGINE_EVENT))
    numbers = (event.engine_event_data.metadata.get("pid") for event in noted if event)
    return any(_lives(int(str(number.value))) for number in numbers if number)


def _lives(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass  # it is another user's
    return True
