"""One run at a time in a home: who comes second waits, says for whom, and buries the killed."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread

import dagster as dg
import pytest

from orchestration.runs.headless import TAG, bury, bury_if_free
from orchestration.runs.one_run import LOCK, Turn, holder_of, if_free, only_run

HOLDING = """
import sys, time
from pathlib import Path
from orchestration.runs.one_run import only_run
with only_run(Path(sys.argv[1]), "another run", print, sys.argv[2]):
    print("holds", flush=True)
    time.sleep(600)
"""


@contextmanager
def held_elsewhere(home: Path, run_id: str = "r1") -> Iterator[subprocess.Popen[str]]:
    """Another process has the home."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLDING, str(home), run_id], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "holds\n"
        try:
            yield process
        finally:
            process.kill()


def test_the_second_waits_says_for_whom_and_goes_on_when_the_first_is_killed(tmp_path: Path) -> None:
    told: list[str] = []
    waits, went_on = Event(), Event()
    turns: list[Turn] = []

    def hear(text: str) -> None:
        told.append(text)
        waits.set()

    def second() -> None:
        with only_run(tmp_path, "the second", hear) as turn:
            turns.append(turn)
            went_on.set()

    with held_elsewhere(tmp_path) as first:
        Thread(target=second, daemon=True).start()
        assert waits.wait(20)
        assert not went_on.is_set()
        assert told[0].startswith(f"waits for another run (process {first.pid}, since 20")
        first.send_signal(signal.SIGKILL)
        assert went_on.wait(20)
    killed = turns[0].killed
    assert killed is not None
    assert (killed.what, killed.pid, killed.run_id) == ("another run", first.pid, "r1")
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
    with only_run(tmp_path, "the next", pytest.fail) as turn:
        assert turn == Turn(is_part=False)


def test_a_part_of_a_run_does_not_wait_for_it_and_leaves_it_its_home(tmp_path: Path) -> None:
    with only_run(tmp_path, "the whole", print):
        with only_run(tmp_path, "a part", pytest.fail) as turn:
            assert turn == Turn(is_part=True)
        with if_free(tmp_path) as is_free:
            assert not is_free
        assert holder_of(tmp_path) is not None
    with if_free(tmp_path) as is_free:
        assert is_free


@pytest.mark.parametrize("left", ["", "{", '"text"', '{"what": 1}', json.dumps({"x": 2})])
def test_what_is_half_written_in_the_file_of_the_lock_harms_nobody(tmp_path: Path, left: str) -> None:
    (tmp_path / LOCK).write_text(left)
    with only_run(tmp_path, "a run", pytest.fail) as turn:
        assert turn.killed is None


def test_dagster_is_told_of_killed_runs_when_nobody_works_and_not_before(tmp_path: Path) -> None:
    started = dg.DagsterRunStatus.STARTED

    @dg.job
    def night() -> None:
        """A job that never gets to run."""

    with dg.DagsterInstance.ephemeral() as instance:
        of_command = instance.create_run_for_job(night, tags=TAG, status=started)
        of_ui = instance.create_run_for_job(night, status=started)
        other = instance.create_run_for_job(night, status=started)
        with held_elsewhere(tmp_path, of_ui.run_id) as process:
            assert bury_if_free(tmp_path, instance) == []
            process.kill()
            process.wait()
        with (
            only_run(tmp_path, "the command itself", pytest.fail),
            only_run(tmp_path, "its part", print) as part,
        ):
            assert bury(instance, part) == []
        with held_elsewhere(tmp_path, of_ui.run_id):
            pass
        assert bury_if_free(tmp_path, instance) == sorted([of_command.run_id, of_ui.run_id])
        assert bury_if_free(tmp_path, instance) == []
        left = instance.get_run_by_id(other.run_id)
        assert left is not None
        assert left.status == started
