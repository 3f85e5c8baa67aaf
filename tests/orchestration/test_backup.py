"""Backups: made while runs write, whole or not there, and a home again that goes on as the first one does."""

import os
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path
from threading import Event, Thread
from unittest import mock

import dagster as dg
import duckdb
import pytest

from orchestration.backup import backing_up, restoring
from orchestration.backup.backing_up import SECOND_NAMES, back_up
from orchestration.backup.listing import LIST, backup_at, backups_in, read_backup
from orchestration.backup.restoring import restore, verify
from orchestration.cli import main
from orchestration.errors import RunError, UsageError
from orchestration.home import WAREHOUSE, dagster_home
from orchestration.ledger import Ledger
from orchestration.runs.alive import SIGNS
from orchestration.runs.one_run import only_run
from tests.orchestration.nights import Landing, arrive, night

FIRST, LAST, NEXT = date(2026, 9, 1), date(2026, 10, 8), date(2026, 10, 9)


def lands(home: Path) -> None:
    """A month of an account, and eight days after it: its invoice is due."""
    landing = Landing(home)
    landing.event(
        "2026-09-01", "account_opened", account_name="Acme", zone="UTC", currency="USD", kind="standard"
    )
    landing.event("2026-09-01", "plan_subscribed", "help", plan_id="essential_usd")
    for day in ("2026-09-02", "2026-09-20", "2026-10-08"):
        landing.alerts("help", day, 40)


def lands_next(home: Path) -> None:
    landing = Landing(home, count=100)
    landing.alerts("help", "2026-09-20", 7, arrives=str(NEXT))
    landing.alerts("help", str(NEXT), 5)


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home after a night that issued."""
    home = tmp_path_factory.mktemp("lived")
    lands(home)
    (home / "quarterhour.toml").write_text('first_day = "2026-09-01"\n')
    assert night(home, FIRST, LAST).entries
    (home / "outbox" / ".sent").mkdir(parents=True)
    (home / "outbox" / ".sent" / "INV-1.command.json").write_text('{"state": "done"}\n')
    return home


@pytest.fixture(autouse=True)
def _no_sync(monkeypatch: pytest.MonkeyPatch) -> None:
    """It waits for whatever else this machine writes."""
    monkeypatch.setattr(os, "sync", lambda: None)


@pytest.fixture
def home(lived: Path, tmp_path: Path) -> Path:
    shutil.copytree(lived, tmp_path / "home")
    return tmp_path / "home"


def marts(home: Path) -> dict[str, list[tuple]]:
    with duckdb.connect(str(home / WAREHOUSE), read_only=True) as warehouse:
        names = [name for (name,) in warehouse.execute("select table_name from duckdb_tables()").fetchall()]
        return {name: warehouse.execute(f'from "{name}" order by all').fetchall() for name in sorted(names)}


def held(home: Path) -> dict[str, bytes]:
    """What a backup of a home has to hold."""
    return {
        path.relative_to(home).as_posix(): path.read_bytes()
        for top in ("landing", "lake", "ledger", "outbox", "quarterhour.toml")
        for path in [home / top, *(home / top).rglob("*")]
        if path.is_file() and not path.name.startswith(".")
    }


def test_a_home_restored_goes_on_as_the_first_one_does(home: Path, tmp_path: Path) -> None:
    """The backup is asked for while a night works, and is made of what stands after it; files land, too."""
    waits, done = Event(), []
    other = tmp_path / "other"
    thread = Thread(target=lambda: done.append(back_up(home, tmp_path / "backups", lambda _: waits.set())))
    with only_run(home, "the night", print):
        thread.start()
        assert waits.wait(20)
        arrive(home, FIRST, LAST)
        lands_next(home)
    thread.join(60)
    expected = held(home)
    restored = restore(backup_at(tmp_path / "backups"), other)
    assert held(other) == expected
    assert (restored.findings, restored.entries) == ([], len(Ledger(home).entries()))
    assert restored.next_command == f"QUARTERHOUR_HOME={other} quarterhour run"
    assert (other / "outbox" / ".sent" / "INV-1.command.json").exists()
    assert not (other / WAREHOUSE).exists()
    for each in (home, other):
        night(each, NEXT, NEXT)
    assert marts(other) == marts(home)
    assert Ledger(other).verify() == []
    assert Ledger(other).version() == Ledger(home).version()
    assert not (home / SECOND_NAMES).exists()


def test_runs_go_on_while_files_are_copied(home: Path, tmp_path: Path) -> None:
    """What they replace meanwhile is in the backup as it was; and what lands is not, or whole."""
    expected, real = held(home), backing_up.copied
    worked = Event()

    def run_and_copy(source: Path, to: Path | None) -> tuple[int, str]:
        if not worked.is_set():
            worked.set()
            with only_run(home, "a run", pytest.fail):
                lands_next(home)
                arrive(home, NEXT, NEXT)
                for path in (home / "lake" / "alerts").rglob("*.parquet"):
                    path.unlink()
        return real(source, to)

    with mock.patch.object(backing_up, "copied", run_and_copy):
        back_up(home, tmp_path / "backups")
    restore(backup_at(tmp_path / "backups"), tmp_path / "other")
    assert held(tmp_path / "other") == expected


def test_what_did_not_change_is_shared_with_the_last_backup(home: Path, tmp_path: Path) -> None:
    to = tmp_path / "backups"
    first = back_up(home, to, now=datetime(2026, 10, 9, tzinfo=UTC))
    assert (first.copied_files, first.copied_bytes) == (first.files, first.bytes)
    (home / "landing" / "alerts" / "2026-10-08" / "acme-0099.jsonl").write_text("{}\n")
    toml = home / "quarterhour.toml"
    toml.write_text(toml.read_text().replace("01", "02"))
    second = back_up(home, to, now=datetime(2026, 10, 10, tzinfo=UTC))
    assert (second.copied_files, second.files) == (2, first.files + 1)
    assert held(second.folder / "home") == held(home)
    shutil.rmtree(first.folder)
    verify(read_backup(second.folder))
    third = back_up(home, to, now=datetime(2026, 10, 10, tzinfo=UTC))
    assert (third.copied_files, third.folder.name) == (0, "2026-10-10T000000Z-2")


def test_dagsters_databases_are_copied_whole_while_they_are_written(home: Path, tmp_path: Path) -> None:
    path = home / "dagster" / "history" / "runs.db"
    path.parent.mkdir(parents=True)
    (home / "dagster" / "dagster.yaml").write_text("telemetry: {enabled: false}\n")
    (path.parent / "broken.db").write_bytes(b"not a database" * 100)
    with closing(sqlite3.connect(path)) as writer:
        writer.execute("pragma journal_mode = wal")
        writer.execute("create table runs (id)")
        writer.execute("insert into runs values (1)")
        writer.commit()
        writer.execute("insert into runs values (2)")
        done = back_up(home, tmp_path / "backups")
        writer.commit()
        again = back_up(home, tmp_path / "backups")
    assert [each for each in done.left_out if each.startswith("dagster/history/broken.db: file is not")]
    for each, rows in ((done, [(1,)]), (again, [(1,), (2,)])):
        other = tmp_path / each.folder.name
        restore(read_backup(each.folder), other)
        with closing(sqlite3.connect(other / "dagster" / "history" / "runs.db")) as reader:
            assert reader.execute("select * from runs").fetchall() == rows
        assert (other / "dagster" / "dagster.yaml").exists()


def test_dagster_hears_of_a_run_that_was_killed_from_a_backup_too(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DAGSTER_HOME", str(home))

    @dg.job
    def a_job() -> None:
        """A job that never gets to run."""

    dagster_home(home)
    with dg.DagsterInstance.get() as instance:
        run_id = instance.create_run_for_job(a_job, status=dg.DagsterRunStatus.STARTED).run_id
        (home / SIGNS).mkdir()
        (home / SIGNS / run_id).touch()  # nobody holds it
        monkeypatch.setenv("QUARTERHOUR_NOTIFY", f'{{command = ["tee", "{tmp_path / "told"}"]}}')
        back_up(home, tmp_path / "backups")
        run = instance.get_run_by_id(run_id)
    assert run is not None
    assert run.status == dg.DagsterRunStatus.FAILURE
    assert f"Run {run_id}, job a_job: failed" in (tmp_path / "told").read_text()


def truncated(path: Path) -> None:
    os.truncate(path, path.stat().st_size - 1)


def flipped(path: Path) -> None:
    content = path.read_bytes()
    path.write_bytes(bytes([content[0] ^ 1]) + content[1:])


@pytest.mark.parametrize(
    ("harm", "told"),
    [
        (truncated, "is damaged: it has"),
        (flipped, "were backed up, and they are others"),
        (Path.unlink, "is missing"),
    ],
)
def test_a_damaged_backup_is_refused_by_the_names_of_its_files(
    home: Path, tmp_path: Path, harm: Callable[[Path], None], told: str
) -> None:
    backup = backup_at(back_up(home, tmp_path / "backups").folder)
    victim = backup.folder / "home" / "ledger" / "00000001.json"
    harm(victim)
    for attempt in (lambda: verify(backup), lambda: restore(backup, tmp_path / "other")):
        with pytest.raises(RunError) as caught:
            attempt()
        assert str(caught.value).startswith(
            f"{backup.folder} is not whole, nothing was restored\n{victim} is "
        )
        assert told in str(caught.value)
    assert [path.name for path in (tmp_path / "other").iterdir()] == [".run.lock"]


@pytest.mark.parametrize("content", ["", "{", "[]", '{"format": 1}', '{"format": 9}'])
def test_a_damaged_list_is_no_list(home: Path, tmp_path: Path, content: str) -> None:
    folder = back_up(home, tmp_path / "backups").folder
    (folder / LIST).write_text(content)
    with pytest.raises(RunError, match=f"{LIST} is "):
        backup_at(folder)


def test_a_backup_that_leads_out_of_itself_is_refused(home: Path, tmp_path: Path) -> None:
    path = back_up(home, tmp_path / "backups").folder / LIST
    path.write_text(path.read_text().replace("quarterhour.toml", "../../../etc/passwd"))
    with pytest.raises(RunError, match="is no file of a home"):
        backup_at(path.parent)


def test_a_backup_that_dies_is_not_there(home: Path, tmp_path: Path) -> None:
    to = tmp_path / "backups"

    class Killed(BaseException):
        """Stands for the end of a process, which removes nothing."""

    real = backing_up.copied
    calls = iter(range(1000))

    def dies(source: Path, target: Path | None) -> tuple[int, str]:
        if next(calls) == 5:
            raise Killed
        return real(source, target)

    with (
        mock.patch.object(backing_up, "copied", dies),
        mock.patch.object(backing_up.shutil, "rmtree"),
        pytest.raises(Killed),
    ):
        back_up(home, to)
    assert [path.name for path in to.iterdir() if path.is_dir()] != []
    assert backups_in(to) == []
    assert (home / SECOND_NAMES).exists()
    with pytest.raises(UsageError, match="there is no backup in"):
        backup_at(to)
    done = back_up(home, to)
    assert [path for path in to.iterdir() if path.is_dir()] == [done.folder]
    assert not (home / SECOND_NAMES).exists()


def test_a_full_disk_is_told_and_leaves_the_last_backup(home: Path, tmp_path: Path) -> None:
    to = tmp_path / "backups"
    first = back_up(home, to)
    (home / "quarterhour.toml").write_text("schedule = true\n")
    full = OSError(28, "No space left on device", str(to / "x"))
    with (
        mock.patch.object(backing_up, "copied", side_effect=full),
        pytest.raises(RunError, match=r"no backup was made: No space left on device: .*bytes free"),
    ):
        back_up(home, to)
    assert backups_in(to) == [first.folder]
    verify(read_backup(first.folder))


def test_files_on_another_disk_are_copied_at_once(home: Path, tmp_path: Path) -> None:
    expected = held(home)
    with mock.patch.object(backing_up.os, "link", side_effect=OSError(18, "Invalid cross-device link")):
        back_up(home, tmp_path / "backups")
        again = back_up(home, tmp_path / "backups")
    assert again.copied_files == again.files
    restore(backup_at(tmp_path / "backups"), tmp_path / "other")
    assert held(tmp_path / "other") == expected


def test_links_in_landing_are_followed_as_an_ingest_follows_them(home: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    shutil.move(home / "landing" / "alerts", elsewhere)
    (home / "landing" / "alerts").symlink_to(elsewhere)
    (elsewhere / "2026-10-08" / "loop").symlink_to(home)
    expected = held(home) | {
        f"landing/alerts/{path.relative_to(elsewhere)}": path.read_bytes()
        for path in elsewhere.rglob("*.jsonl")
    }
    back_up(home, tmp_path / "backups")
    restore(backup_at(tmp_path / "backups"), tmp_path / "other")
    assert held(tmp_path / "other") == expected


def test_a_restore_replaces_nothing(home: Path, tmp_path: Path) -> None:
    backup = backup_at(back_up(home, tmp_path / "backups").folder)
    before = held(home)
    with pytest.raises(UsageError, match="is not empty, and a restore replaces nothing; name a new folder"):
        restore(backup, home)
    assert held(home) == before


def test_a_restore_that_died_is_done_again(home: Path, tmp_path: Path) -> None:
    backup, other = backup_at(back_up(home, tmp_path / "backups").folder), tmp_path / "other"
    (other / restoring.COMING / "lake").mkdir(parents=True)
    restore(backup, other)
    assert held(other) == held(home)
    (other / restoring.COMING).mkdir()
    with pytest.raises(UsageError, match="a restore into it died, so remove all of it"):
        restore(backup, other)


def test_what_is_no_home_or_lies_in_it_is_refused(home: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is no home"):
        back_up(tmp_path, tmp_path / "backups")
    with pytest.raises(UsageError, match="lies in the home"):
        back_up(home, home / "backups")


def test_the_commands(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (home / "bank" / "landing").mkdir(parents=True)
    monkeypatch.setenv("QUARTERHOUR_HOME", str(home))
    main_of("backup", "--to", tmp_path / "backups")
    main_of("restore", "--from", tmp_path / "backups", "--check")
    monkeypatch.setenv("QUARTERHOUR_HOME", str(tmp_path / "other"))
    main_of("restore", "--from", tmp_path / "backups")
    told = capsys.readouterr()
    assert "bank/ is a home of its own" in told.err
    assert "is whole: " in told.out
    assert told.out.splitlines()[-1].endswith(
        f"QUARTERHOUR_HOME={tmp_path / 'other'} quarterhour run --date {LAST}"
    )
    assert held(tmp_path / "other") == held(home)
    with pytest.raises(SystemExit) as end:
        main(["restore", "--from", str(tmp_path / "backups")])
    assert end.value.code == 2


def main_of(*arguments: object) -> None:
    with pytest.raises(SystemExit) as end:
        main([str(argument) for argument in arguments])
    assert end.value.code in (0, None)
