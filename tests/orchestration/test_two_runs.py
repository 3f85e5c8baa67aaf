"""Two runs at once, of the command and of Dagster: both wait, neither fails, and they never mix."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from datetime import date, timedelta
from pathlib import Path
from unittest import mock

import dagster as dg
import pytest

from orchestration.doctor import examine
from orchestration.home import dagster_home
from orchestration.runs import burying
from orchestration.runs.alive import has_sign, runs_let_go
from orchestration.runs.burying import NO_SIGN_FOR, NUMBER_COUNTS_FOR, bury
from orchestration.runs.one_run import only_run
from orchestration.runs.rebuilding import differences
from tests.orchestration.nights import Landing, night
from tests.orchestration.webhooks import webhook

ROOT = Path(__file__).parents[2]
DAYS = [date(2026, 3, day) for day in (1, 2, 3)]
PATIENCE = 240
"""Seconds after which a test gives up; nothing here takes as long."""
SMALL = """
import dagster as dg
from orchestration.defs.resources import Home

@dg.op
def nothing(home: Home) -> None:
    print("works", flush=True)

@dg.job(resource_defs={"home": Home()})
def small():
    nothing()

with dg.DagsterInstance.get() as instance:
    small.execute_in_process(instance=instance)
"""
BEFORE_ITS_SIGN, AFTER_ITS_WORK = "RESOURCE_INIT_STARTED", "PIPELINE_SUCCESS"
STOPS_AT = """
import os, sys, time
from orchestration.runs.storage import EventLog
store = EventLog.store_event
def stop_or_store(self, event):
    if event.dagster_event and event.dagster_event.event_type_value == sys.argv[1]:
        print("stops", flush=True)
        while not os.path.exists(os.environ["DAGSTER_HOME"] + "/go-on"):
            time.sleep(0.1)
    store(self, event)
EventLog.store_event = stop_or_store
"""
"""Before Dagster notes an event, the process of a run stops until a test lets it go on."""


def land(home: Path) -> None:
    """Alerts of three days; those of the first come on the third too."""
    landing = Landing(home)
    landing.event("2026-03-01", "account_opened", zone="UTC", currency="EUR")
    for day in DAYS:
        landing.alerts("shop", str(day), 3)
    landing.alerts("shop", str(DAYS[0]), 2, arrives=str(DAYS[2]))


@contextmanager
def started(home: Path, out: Path, *command: str) -> Iterator[subprocess.Popen[bytes]]:
    """A process of an operator in the home; what it says goes into a file."""
    env = os.environ | {
        "QUARTERHOUR_HOME": str(home),
        "DAGSTER_HOME": str(home / "dagster"),
        "QUARTERHOUR_FIRST_DAY": str(DAYS[0]),
        "DAGSTER_DISABLE_TELEMETRY": "1",
        "COLUMNS": "500",
    }
    with out.open("wb") as file:
        process = subprocess.Popen(command, cwd=ROOT, env=env, stdout=file, stderr=subprocess.STDOUT)
        try:
            yield process
        finally:
            process.kill()
            process.wait()


def until(holds: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < deadline, f"{what}: not within {PATIENCE} s"
        time.sleep(0.1)


def says(out: Path, text: str) -> Callable[[], bool]:
    return lambda: text in out.read_text()


def span_of(instance: dg.DagsterInstance, runs: list[dg.DagsterRun]) -> tuple[float, float]:
    """From when runs had the home until they had ended."""
    events = [entry for run in runs for entry in instance.all_logs(run.run_id)]
    times = {
        kind: [entry.timestamp for entry in events if entry.dagster_event_type == kind]
        for kind in (dg.DagsterEventType.RESOURCE_INIT_SUCCESS, dg.DagsterEventType.RUN_SUCCESS)
    }
    return min(times[dg.DagsterEventType.RESOURCE_INIT_SUCCESS]), max(times[dg.DagsterEventType.RUN_SUCCESS])


def test_a_command_and_a_run_of_dagster_wait_for_each_other_and_lose_nothing(tmp_path: Path) -> None:
    home, one_by_one = tmp_path / "home", tmp_path / "one-by-one"
    land(home)
    land(one_by_one)
    bin_folder = Path(sys.executable).parent
    command = [str(bin_folder / "quarterhour"), "run", "--from", str(DAYS[0]), "--to", str(DAYS[1])]
    launch = [str(bin_folder / "dg"), "launch", "--job", "night", "--partition", str(DAYS[2])]
    outs = [tmp_path / name for name in ("command", "launch", "small")]
    dagster_home(home)
    with (
        started(home, outs[0], *command) as of_command,
        started(home, outs[1], *launch) as of_dagster,
        started(home, outs[2], sys.executable, "-c", SMALL) as small,
    ):
        with only_run(home, "the operator's own work", lambda _: None):
            for out in outs:
                until(says(out, f"waits for the operator's own work (process {os.getpid()}, since"), out.name)
            small.send_signal(signal.SIGINT)
            assert small.wait(PATIENCE) != 0
        assert of_command.wait(PATIENCE) == 0, outs[0].read_text()
        assert outs[0].read_text().splitlines()[-1].startswith("reports: ")  # no library has the last word
        assert of_dagster.wait(PATIENCE) == 0, outs[1].read_text()

    with dg.DagsterInstance.get() as instance:
        runs = instance.get_runs()
        [cancelled] = [run for run in runs if run.job_name == "small"]
        assert cancelled.status in (dg.DagsterRunStatus.CANCELED, dg.DagsterRunStatus.FAILURE)
        headless = [run for run in runs if "quarterhour/headless" in run.tags]
        launched = [run for run in runs if run not in headless and run is not cancelled]
        assert (len(headless), len(launched)) == (2, 1)
        assert all(run.is_success for run in headless + launched)
        events = [
            entry.dagster_event_type for run in headless + launched for entry in instance.all_logs(run.run_id)
        ]
        assert dg.DagsterEventType.RUN_FAILURE not in events
        first, second = sorted([span_of(instance, headless), span_of(instance, launched)])
        assert first[1] <= second[0]

    night(one_by_one, DAYS[0], DAYS[-1])
    assert differences(home, one_by_one) == []


def test_a_run_of_dagster_that_is_killed_while_it_waits_is_failed_and_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Dagster cannot see that; it would stand in the way of the sensor for late files, and of the queue."""
    home, out = tmp_path / "home", tmp_path / "out"
    dagster_home(home)
    monkeypatch.setenv("DAGSTER_HOME", str(home / "dagster"))
    monkeypatch.setenv("no_proxy", "*")
    with (
        webhook() as hook,
        dg.DagsterInstance.get() as instance,
        started(home, out, sys.executable, "-c", SMALL) as waiting,
        only_run(home, "the operator's own work", lambda _: None),
    ):
        monkeypatch.setenv("QUARTERHOUR_NOTIFY", f'{{webhook = "{hook.url}"}}')
        until(says(out, "waits for the operator's own work"), out.name)
        [run] = instance.get_runs()
        assert bury(home, instance, pytest.fail) == []
        assert _killed(home) == []
        waiting.kill()
        waiting.wait()
        [told] = _killed(home)
        assert f"Dagster's run {run.run_id} broke off or was killed" in told
        assert bury(home, instance, pytest.fail) == [run.run_id]
        [(_, body)] = hook.posts
        [now] = instance.get_runs()
    assert now.status == dg.DagsterRunStatus.FAILURE
    assert body["runs"][0]["run_id"] == run.run_id
    assert "The process of this run was killed" in body["text"]
    assert body["repeat"].endswith("quarterhour run")


@pytest.mark.parametrize("where", [BEFORE_ITS_SIGN, AFTER_ITS_WORK])
def test_a_run_of_dagster_that_is_killed_before_its_sign_or_after_its_work_is_failed_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    home, out = tmp_path / "home", tmp_path / "out"
    dagster_home(home)
    monkeypatch.setenv("DAGSTER_HOME", str(home / "dagster"))
    with (
        dg.DagsterInstance.get() as instance,
        started(home, out, sys.executable, "-c", STOPS_AT + SMALL, where) as process,
    ):
        until(says(out, "stops"), out.name)
        [run] = instance.get_runs()
        assert run.status == dg.DagsterRunStatus.STARTED
        assert has_sign(home, run.run_id) == (where == AFTER_ITS_WORK)
        with at(NO_SIGN_FOR * 2):
            assert bury(home, instance, pytest.fail) == []  # its process lives
        process.kill()
        process.wait()
        if where == BEFORE_ITS_SIGN:
            for too_soon in (NO_SIGN_FOR / 2, -NO_SIGN_FOR * 2):
                with at(too_soon):
                    assert bury(home, instance, pytest.fail) == []
        with at(NO_SIGN_FOR * 2) if where == BEFORE_ITS_SIGN else nullcontext():
            assert bury(home, instance, pytest.fail) == [run.run_id]
        [now] = instance.get_runs()
        assert now.status == dg.DagsterRunStatus.FAILURE
        with at(NO_SIGN_FOR * 2):
            assert bury(home, instance, pytest.fail) == []
    assert not has_sign(home, run.run_id)


def test_the_number_of_a_process_counts_no_longer_than_it_is_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home, out = tmp_path / "home", tmp_path / "out"
    dagster_home(home)
    monkeypatch.setenv("DAGSTER_HOME", str(home / "dagster"))
    with (
        dg.DagsterInstance.get() as instance,
        started(home, out, sys.executable, "-c", STOPS_AT + SMALL, BEFORE_ITS_SIGN) as process,
    ):
        until(says(out, "stops"), out.name)
        with at(NUMBER_COUNTS_FOR * 0.9):
            assert bury(home, instance, pytest.fail) == []
        with at(NUMBER_COUNTS_FOR * 1.1):  # a process goes on that the machine gave this number since
            assert len(bury(home, instance, pytest.fail)) == 1
        (home / "dagster" / "go-on").touch()
        assert process.wait(PATIENCE) != 0  # it was its own after all: others wait for it no longer
        assert "was ended before it began: it did nothing" in out.read_text()
        assert "works" not in out.read_text()


def test_what_a_run_that_ended_leaves_is_no_finding_and_goes_with_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home, out = tmp_path / "home", tmp_path / "out"
    dagster_home(home)
    monkeypatch.setenv("DAGSTER_HOME", str(home / "dagster"))
    with dg.DagsterInstance.get() as instance:
        for _ in range(2):
            with started(home, out, sys.executable, "-c", SMALL) as process:
                assert process.wait(PATIENCE) == 0, out.read_text()
            assert "works" in out.read_text()
            last = instance.get_runs()[0]
            assert last.is_success
            assert runs_let_go(home) == [last.run_id]
            assert _killed(home) == []
        assert bury(home, instance, pytest.fail) == []
        assert all(run.is_success for run in instance.get_runs())
    assert runs_let_go(home) == []


@contextmanager
def at(later: timedelta) -> Iterator[None]:
    """Whoever buries does so at another time than now."""
    with mock.patch.object(burying, "time", mock.Mock(time=lambda: time.time() + later.total_seconds())):
        yield


def _killed(home: Path) -> list[str]:
    """Whom the doctor takes for killed."""
    return [finding.what for finding in examine(home) if "was killed" in finding.what]
