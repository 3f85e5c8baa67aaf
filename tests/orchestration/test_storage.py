"""Dagster's storage with its connections kept: the same databases, few of them open."""

import errno
import shutil
import sqlite3
import threading
from contextlib import closing
from pathlib import Path
from queue import SimpleQueue
from unittest import mock

import dagster as dg
import pytest
from dagster._core.storage.event_log.sqlite.sqlite_event_log import SqliteEventLogStorage

from orchestration import home as of_home
from orchestration.home import dagster_home
from orchestration.runs.storage import MOST_KEPT, SECONDS_TO_WAIT, EventLog


@dg.asset
def counted() -> dg.MaterializeResult:
    return dg.MaterializeResult(metadata={"rows": 3})


@dg.job
def job() -> None:
    """Nothing."""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DAGSTER_HOME", "")  # put back at the end
    dagster_home(tmp_path)
    return tmp_path


def materialized(instance: dg.DagsterInstance) -> str:
    return dg.materialize([counted], instance=instance).run_id


def open_databases() -> set[str]:
    """The databases that this process has open."""
    found = set()
    for link in Path("/proc/self/fd").iterdir():
        target = Path(link.resolve())
        if target.suffix == ".db" and target.parent.name == "runs":
            found.add(target.name)
    return found


def test_a_home_has_it_and_dagsters_own_reads_what_it_wrote(home: Path) -> None:
    with dg.DagsterInstance.get() as instance:
        assert isinstance(instance.event_log_storage, EventLog)
        run_id = materialized(instance)
        told = [entry.message for entry in instance.all_logs(run_id)]
    (home / "dagster" / "dagster.yaml").write_text("telemetry:\n  enabled: false\n")
    with dg.DagsterInstance.get() as plain:
        assert type(plain.event_log_storage) is SqliteEventLogStorage
        assert [entry.message for entry in plain.all_logs(run_id)] == told
        event = plain.get_latest_materialization_event(counted.key)
    assert event is not None
    assert event.asset_materialization is not None
    assert event.asset_materialization.metadata["rows"].value == 3


def test_whoever_watches_a_run_hears_of_each_event_while_it_works(home: Path) -> None:
    """As its page in the UI does: both keep the run's database open, so that only its journal grows."""
    heard: SimpleQueue[str] = SimpleQueue()
    with dg.DagsterInstance.get() as webserver, dg.DagsterInstance.get() as worker:
        run = worker.create_run_for_job(job)
        assert webserver.all_logs(run.run_id) == []
        webserver.watch_event_logs(run.run_id, None, lambda entry, _: heard.put(entry.message))
        for message in ("first", "second"):
            worker.report_engine_event(message, run)
            assert heard.get(timeout=20) == message


def databases(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*.db")}


@pytest.mark.parametrize("lost", ["history", "schedules", "history/runs"])
def test_tables_are_laid_out_where_the_settings_stand_without_them(home: Path, lost: str) -> None:
    """As after the remedy for a damaged record: two processes that made them would break each other's."""
    folder = home / "dagster"
    config, whole = folder / "dagster.yaml", databases(folder)
    config.write_text(config.read_text() + "# kept\n")
    settings = config.read_text()
    shutil.rmtree(folder / lost)
    assert databases(folder) < whole
    dagster_home(home)
    assert databases(folder) == whole
    assert config.read_text() == settings
    with mock.patch.object(of_home, "_lay_out", pytest.fail):
        dagster_home(home)


@pytest.mark.parametrize("settings", ["storage: {custom: {module: no.such}}\n", "storage: [\n", "", "\x80"])
def test_no_tables_are_made_for_a_storage_elsewhere(home: Path, settings: str) -> None:
    folder = home / "dagster"
    shutil.rmtree(folder / "history")
    (folder / "dagster.yaml").write_bytes(settings.encode("latin-1"))
    dagster_home(home)
    assert databases(folder) == {"schedules/schedules.db"}


def test_settings_are_written_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DAGSTER_HOME", "")  # put back at the end
    write = Path.write_text

    def fill_the_disk(path: Path, text: str) -> None:
        write(path, text[:20])
        raise OSError(errno.ENOSPC, "No space left on device")

    with mock.patch.object(Path, "write_text", fill_the_disk), pytest.raises(OSError, match="No space"):
        dagster_home(tmp_path)
    assert not (tmp_path / "dagster" / "dagster.yaml").exists()
    dagster_home(tmp_path)
    assert (tmp_path / "dagster" / "dagster.yaml").read_text() == of_home.INSTANCE
    assert not list((tmp_path / "dagster").glob(".dagster.yaml*"))


def test_it_goes_on_where_dagsters_own_stopped(home: Path) -> None:
    config = home / "dagster" / "dagster.yaml"
    ours = config.read_text()
    config.write_text("telemetry:\n  enabled: false\n")
    with dg.DagsterInstance.get() as plain:
        run_id = materialized(plain)
        told = [entry.message for entry in plain.all_logs(run_id)]
    config.write_text(ours)
    with dg.DagsterInstance.get() as instance:
        assert [entry.message for entry in instance.all_logs(run_id)] == told


@pytest.mark.usefixtures("home")
def test_few_databases_stay_open_and_none_at_its_end() -> None:
    before = open_databases()
    with dg.DagsterInstance.get() as instance:
        runs = [materialized(instance) for _ in range(MOST_KEPT + 2)]
        assert f"{runs[-1]}.db" in open_databases()
        assert len(open_databases() - before) <= MOST_KEPT
    assert open_databases() == before


@pytest.mark.usefixtures("home")
def test_what_was_wiped_is_gone_at_once() -> None:
    with dg.DagsterInstance.get() as instance:
        run_id = materialized(instance)
        assert instance.all_logs(run_id)
        instance.wipe()
        assert instance.all_logs(run_id) == []


def test_who_finds_a_database_locked_waits_for_it(home: Path) -> None:
    """Longer than the five seconds of SQLite; of runs and schedules as of events."""
    with dg.DagsterInstance.get() as instance:
        run_id = materialized(instance)
        runs = home / "dagster" / "history" / "runs.db"
        storages = (instance.run_storage, instance.schedule_storage)
        assert all(f"?timeout={SECONDS_TO_WAIT}" in storage._conn_string for storage in storages)
        with closing(sqlite3.connect(runs, isolation_level=None, check_same_thread=False)) as other:
            other.execute("begin exclusive")
            threading.Timer(6, other.close).start()
            instance.add_run_tags(run_id, {"waited": "yes"})
        assert instance.get_run_by_id(run_id).tags["waited"] == "yes"


@pytest.mark.usefixtures("home")
def test_the_database_of_a_run_is_as_dagster_makes_it(tmp_path: Path) -> None:
    """The same tables and columns, the same journal, and the migration that it is at."""

    def told(path: Path) -> list[object]:
        with closing(sqlite3.connect(path)) as connection:
            tables = connection.execute("select name, sql from sqlite_master order by name").fetchall()
            at = connection.execute("select version_num from alembic_version").fetchall()
            return [tables, at, connection.execute("pragma journal_mode").fetchall()]

    plain = SqliteEventLogStorage(str(tmp_path / "plain"))
    with plain.run_connection("first"):
        pass
    with dg.DagsterInstance.get() as instance:
        for run_id in (materialized(instance), materialized(instance)):
            path = Path(instance.event_log_storage.path_for_shard(run_id))
            assert told(path) == told(Path(plain.path_for_shard("first")))
            assert path.stat().st_mode == Path(plain.path_for_shard("first")).stat().st_mode
        assert not list(path.parent.glob(".*"))


@pytest.mark.usefixtures("home")
def test_what_is_not_there_yet_is_asked_for_again(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = iter([False, True])
    monkeypatch.setattr(SqliteEventLogStorage, "has_table", lambda *_: next(answers))
    with dg.DagsterInstance.get() as instance:
        log = instance.event_log_storage
        assert [log.has_table("to_come") for _ in range(3)] == [False, True, True]
