"""The folder of the site: what is written into it, what goes, and what is never touched."""

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from orchestration.console.assets import assets
from orchestration.console.files import File, OnceFile
from orchestration.console.tree import SiteResult, Tree, files_in
from reports.names import account_folder

ACME = f"{account_folder('acme', 'Acme')}/admin"
GONE = f"{account_folder('gone', 'Gone')}/shared"


def put(root: Path, *files: File | OnceFile, below: str = ACME, prunes: bool = True) -> SiteResult:
    tree = Tree(root)
    for file in files:
        tree.put(file, below)
    if prunes:
        tree.prune()
    return tree.result(1)


def stamps(root: Path) -> dict[str, tuple[int, int]]:
    """Inode and time of each file: a file that is written gets others."""
    return {
        path.relative_to(root).as_posix(): (path.stat().st_ino, path.stat().st_mtime_ns)
        for path in sorted(root.rglob("*"))
        if path.is_file()
    }


def test_only_what_changed_is_written(tmp_path: Path) -> None:
    put(tmp_path, File("usage.html", "old"), File("csv/days.csv", b"1"))
    before = stamps(tmp_path)
    result = put(tmp_path, File("usage.html", "new"), File("csv/days.csv", b"1"))
    after = stamps(tmp_path)
    assert (result.pages_written, result.pages_unchanged, result.bytes) == (1, 1, 4)
    assert (tmp_path / ACME / "usage.html").read_text() == "new"
    assert after[f"{ACME}/csv/days.csv"] == before[f"{ACME}/csv/days.csv"]
    assert after[f"{ACME}/usage.html"] != before[f"{ACME}/usage.html"]


def test_a_change_of_the_same_length_is_seen(tmp_path: Path) -> None:
    put(tmp_path, File("usage.html", "aa"))
    assert put(tmp_path, File("usage.html", "ab")).pages_written == 1


def test_what_is_no_longer_made_goes_with_its_folders(tmp_path: Path) -> None:
    put(tmp_path, File("usage.html", ""), File("data/2026-01.js", ""))
    put(tmp_path, File("usage.html", ""), below=GONE, prunes=False)
    result = put(tmp_path, File("usage.html", ""))
    assert result.pages_removed == 2
    assert list(stamps(tmp_path)) == [f"{ACME}/usage.html"]
    assert not (tmp_path / ACME / "data").exists()
    assert not (tmp_path / GONE).parent.exists()


def test_pages_of_older_versions_in_an_account_s_folder_go(tmp_path: Path) -> None:
    older = tmp_path / Path(ACME).parent / "1999-02" / "invoice.html"
    older.parent.mkdir(parents=True)
    older.write_text("")
    put(tmp_path, File("usage.html", ""))
    assert not older.parent.exists()


@pytest.mark.parametrize(
    "path",
    [
        "CNAME",
        ".git/config",
        "notes/admin/usage.html",
        "robots.txt",
        f"{Path(ACME).parent}/logo.svg",
        f"{Path(ACME).parent}/mine/logo.svg",
    ],
)
def test_what_others_put_there_stays(tmp_path: Path, path: str) -> None:
    foreign = tmp_path / path
    foreign.parent.mkdir(parents=True, exist_ok=True)
    foreign.write_text("mine")
    put(tmp_path, File("usage.html", ""))
    assert foreign.read_text() == "mine"


def test_a_file_that_never_changes_is_made_once(tmp_path: Path) -> None:
    made: list[str] = []

    def once(content: str) -> OnceFile:
        return OnceFile("documents/i.pdf", lambda: made.append(content) or content.encode())

    put(tmp_path, once("first"))
    before = stamps(tmp_path)
    result = put(tmp_path, once("second"))
    assert made == ["first"]
    assert (result.pages_unchanged, result.pages_removed, result.bytes) == (1, 0, 5)
    assert stamps(tmp_path) == before


def test_an_empty_file_that_a_machine_left_that_went_down_is_made_again(tmp_path: Path) -> None:
    once = OnceFile("documents/i.pdf", lambda: b"whole")
    put(tmp_path, once)
    (path,) = (path for path in tmp_path.rglob("i.pdf"))
    path.write_bytes(b"")
    put(tmp_path, once)
    assert path.read_bytes() == b"whole"


def test_a_file_that_cannot_be_made_leaves_nothing(tmp_path: Path) -> None:
    def fails() -> bytes:
        raise OSError("no pango")

    with pytest.raises(OSError, match="pango"):
        put(tmp_path, OnceFile("documents/i.pdf", fails))
    assert stamps(tmp_path) == {}


KILLED = """
import os, signal, sys
from pathlib import Path
from orchestration.console import tree
os.replace = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
tree.Tree(Path(sys.argv[1])).put(tree.File("usage.html", "new"), sys.argv[2])
"""


def killed(arguments: Sequence[str]) -> None:
    ran = subprocess.run([sys.executable, "-c", KILLED, *arguments], check=False)
    assert ran.returncode == -signal.SIGKILL


def test_a_process_killed_while_it_writes_leaves_the_old_page_and_the_next_one_clears_up(
    tmp_path: Path,
) -> None:
    put(tmp_path, File("usage.html", "old"))
    killed([str(tmp_path), ACME])
    assert (tmp_path / ACME / "usage.html").read_text() == "old"
    assert len(os.listdir(tmp_path / ACME)) == 2  # what the killed process had written beside it
    put(tmp_path, File("usage.html", "new"))
    assert list(stamps(tmp_path)) == [f"{ACME}/usage.html"]


def test_the_assets_are_there_once_and_ask_no_host_for_anything() -> None:
    files = {file.path: file.content for file in assets()}
    assert {"assets/site.css", "assets/index.js", "assets/vega.js"} <= set(files)
    style = files["assets/site.css"]
    assert isinstance(style, bytes)
    assert b"http" not in style
    assert b"@import" not in style
    assert b"url(" not in style


def test_a_folders_files_are_known_without_its_folders(tmp_path: Path):
    (tmp_path / "day.csv").touch()
    (tmp_path / "day.js").mkdir()
    assert files_in(str(tmp_path)) == {"day.csv"}
    assert files_in(str(tmp_path / "nowhere")) == set()
