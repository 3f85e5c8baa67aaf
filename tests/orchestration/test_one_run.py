"""One run at a time in a home: who comes second waits, says for whom, and buries the killed."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from threading import Event, Thread

import dagster as dg
import pytest

from orchestration.runs.alive import alive, killed_runs
from orchestration.runs.burying import bury
from orchestration.runs.one_run import LOCK, holder_of, if_free, only_run

HOLDING = """
import sys, time
from pathlib import Path
from orchestration.runs.one_run import only_run
with only_run(Path(sys.argv[1]), "another run", print):
    print("holds", flush=True)
    time.sleep(600)
"""
WORKING = """
import sys, time
from contextlib import ExitStack
from pathlib import Path
from orchestration.runs.alive import alive
with ExitStack() as held:
    for run_id in sys.argv[2:]:
        held.enter_context(alive(Path(sys.argv[1]), run_id))
    print("holds", flush=True)
    time.sleep(600)
"""


def held_elsewhere(home: Path) -> AbstractContextManager[subprocess.Popen[str]]:
    """Another process has the home."""
    return elsewhere(HOLDING, str(home))


def alive_elsewhere(home: Path, *run_ids: str) -> AbstractContextManager[subprocess.Popen[str]]:
    """Another process works on runs of Dagster."""
    return elsewhere(WORKING, str(home), *run_ids)


@contextmanager
def elsewhere(program: str, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-c", program, *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "holds\n"
        try:
            yield process
        finally:
            process.kill()


def test_the_second_waits_says_for_whom_and_goes_on_when_the_first_is_killed(tmp_path: Path) -> None:
    told: list[str] = []
    waits, went_on = Event(), Event()

    def hear(text: str) -> None:
        told.append(text)
        waits.set()

    def second() -> None:
        with only_run(tmp_path, "the second", hear):
            went_on.set()

    with held_elsewhere(tmp_path) as first:
        Thread(target=second, daemon=True).start()
        assert waits.wait(20)
        assert not went_on.is_set()
        assert told[0].startswith(f"waits for another run (process {first.pid}, since 20")
        first.send_signal(signal.SIGKILL)
        assert went_on.wait(20)
    assert len(told) == 1


def test_nobody_is_noted_after_a_run_that_ended_also_by_a_fault(tmp_path: Path) -> None:
    def fail() -> None:
        with only_run(tmp_path, "a run", print):
            holder = holder_of(tmp_path)
            assert holder is not None
            assert (holder.what, holder.pid) == ("a run", os.getpid())
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert holder_of(tmp_path) is None
    with only_run(tmp_path, "the next", pytest.fail):
        pass


def test_a_part_of_a_run_does_not_wait_for_it_and_leaves_it_its_home(tmp_path: Path) -> None:
    with only_run(tmp_path, "the whole", print):
        with only_run(tmp_path, "a part", pytest.fail):
            pass
        with if_free(tmp_path) as is_free:
            assert not is_free
        assert holder_of(tmp_path) is not None
    with if_free(tmp_path) as is_free:
        assert is_free


@pytest.mark.parametrize("left", ["", "{", '"text"', '{"what": 1}', json.dumps({"x": 2})])
def test_what_is_half_written_in_the_file_of_the_lock_harms_nobody(tmp_path: Path, left: str) -> None:
    (tmp_path / LOCK).write_text(left)
    assert holder_of(tmp_path) is None
    with only_run(tmp_path, "a run", pytest.fail):
        pass


def test_dagster_is_told_of_killed_runs_and_of_no_others(tmp_path: Path) -> None:
    @dg.job
    def night() -> None:
        """A job that never gets to run."""

    with dg.DagsterInstance.ephemeral() as instance:
        killed, ended, unknown, other = (
            instance.create_run_for_job(night, status=dg.DagsterRunStatus.STARTED).run_id for _ in range(4)
        )
        instance.report_run_canceled(instance.get_run_by_id(ended))
        instance.delete_run(unknown)
        with alive_elsewhere(tmp_path, killed, ended, unknown) as process:
            with alive(tmp_path, other), alive(tmp_path, other):
                assert bury(tmp_path, instance) == []
                process.kill()
                process.wait()
                assert killed_runs(tmp_path) == sorted([killed, ended, unknown])
                assert bury(tmp_path, instance) == [killed]
            assert killed_runs(tmp_path) == bury(tmp_path, instance) == []
        with pytest.raises(OSError, match="full"), alive(tmp_path, other):  # Dagster could not note it
            raise OSError("full")
        assert bury(tmp_path, instance) == [other]
        statuses = {run.run_id: run.status for run in instance.get_runs()}
    assert statuses == {
        killed: dg.DagsterRunStatus.FAILURE,
        ended: dg.DagsterRunStatus.CANCELED,
        other: dg.DagsterRunStatus.FAILURE,
    }
