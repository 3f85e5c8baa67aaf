"""Many accounts are rendered by several processes: the same bytes and count, and none outlives its parent."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from orchestration.bench.crowds import Crowd, home_of
from orchestration.console import shares
from orchestration.console.site import render_site
from orchestration.errors import RunError
from reports.models import Role

ACCOUNTS = 3
DAYS = 40


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return home_of(tmp_path_factory.mktemp("crowds"), Crowd(ACCOUNTS, 2, DAYS))


@pytest.fixture
def home(built: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(shares, "FEW", 1)
    monkeypatch.setattr(shares.os, "cpu_count", lambda: 2)
    return shutil.copytree(built, tmp_path / "home")


def files(home: Path) -> dict[str, bytes]:
    root = home / "reports"
    return {
        path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()
    }


def test_processes_write_the_same_bytes_and_count_the_same(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = render_site(home)
    by_processes, again = files(home), render_site(home)
    assert (again.pages_written, again.pages_removed, again.accounts) == (0, 0, ACCOUNTS)
    shutil.rmtree(home / "reports")
    monkeypatch.setattr(shares, "FEW", 1_000)
    assert render_site(home) == made
    assert files(home) == by_processes
    assert made.accounts == len({path.split("/")[0] for path in by_processes if "/admin/" in path})


def test_what_is_no_longer_made_goes_and_what_is_lost_is_made_again(home: Path) -> None:
    render_site(home)
    before = files(home)
    one, other = sorted({path.split("/")[0] for path in before if "/admin/" in path})[:2]
    for lost in (next((home / "reports" / one / "admin" / "sessions").glob("*.js")),
                 home / "reports" / other / "admin" / "usage.html"):  # fmt: skip
        lost.unlink()
    (home / "reports" / one / "admin" / "old.html").write_text("")
    gone = home / "reports" / f"gone-{'a' * 16}" / "admin" / "usage.html"
    gone.parent.mkdir(parents=True)
    gone.write_text("")
    assert render_site(home).pages_removed == 2
    assert files(home) == before
    render_site(home, [Role.ADMIN])
    assert files(home) == {path: content for path, content in before.items() if "/shared/" not in path}


def test_what_goes_wrong_in_a_process_is_said_and_the_lists_are_not_taken_for_made(home: Path) -> None:
    path = home / "ledger" / "00000002.json"  # the first invoice
    path.write_text(path.read_text().replace(json.loads(path.read_text())["hash"], "0" * 64))
    with pytest.raises(RunError, match="is not the entry that the marts know"):
        render_site(home)
    assert not (home / "reports" / ".sessions.json").exists()


def test_a_process_ends_with_the_one_that_started_it(home: Path) -> None:
    asked = json.dumps({"home": str(home), "roles": ["admin"], "place": 0, "count": 1})
    command = [sys.executable, "-m", "orchestration.console.shares", asked]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as worker:
        assert worker.stdin
        worker.stdin.close()
        assert worker.wait(60) == 1
