"""What killed runs were writing: hidden files that no reader looks at, left over when no run works."""

import re
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

from orchestration.backup.backing_up import SECOND_NAMES
from orchestration.backup.restoring import COMING
from orchestration.doctor.finding import Finding
from orchestration.lake import packs
from orchestration.privacy.dropped import JOURNAL as RETAINING
from orchestration.privacy.forgetting import UNFINISHED_JOURNAL
from orchestration.runs.one_run import only_run

SAFE_SECONDS = 600
"""The book is written beside a run: what it writes takes no longer than that."""
_BESIDE = re.compile(r"\..+\.[0-9]+(\.[0-9]+)?|\..+\.tmp")
"""`.name.<process>`, `.name.<process>.<thread>`, `.name.tmp`: how we write beside a place."""
_OTHERS_DAY = 86_400


def found(home: Path) -> Iterator[Finding]:
    """Leftovers, and files that who delivers them never finished."""
    listed = list(removable(home))
    for path in listed:
        yield Finding(f"{path} is half-written: its run was killed", "quarterhour doctor --fix removes it")
    if (home / COMING).exists():
        told = f"{home / COMING}: a restore died; this is no whole home"
        yield Finding(told, f"rm -rf {home} && quarterhour restore --from …")
    for path in _unfinished(home, set(listed)):
        yield Finding(
            f"{path} has lain there for a day under a name that no ingest reads",
            "ask who delivers it; renamed without `.`, `_` or `.tmp` it counts with the next run",
            is_note=True,
        )


def removable(home: Path) -> Iterator[Path]:
    """What may be removed while nobody else works in the home."""
    for name in (".building", SECOND_NAMES, UNFINISHED_JOURNAL, f"{RETAINING}.new"):
        if (home / name).exists():
            yield home / name
    for name in ("lake", packs.FOLDER, "reports", "outbox", "ledger"):
        yield from _beside(home / name)
    yield from (
        path
        for path in _beside(home / "landing" / "account_events")
        if time.time() - path.stat().st_mtime > SAFE_SECONDS
    )


def remove(home: Path) -> list[Path]:
    """Removes just those; gives them. Waits for a run."""
    with only_run(home, "quarterhour doctor --fix", lambda _: None):
        listed = list(removable(home))
        for path in listed:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    return listed


def _beside(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob(".*") if path.is_file() and _BESIDE.fullmatch(path.name))


def _unfinished(home: Path, ours: set[Path]) -> Iterator[Path]:
    before = time.time() - _OTHERS_DAY
    for path in sorted((home / "landing").glob("*/*/*")):
        hidden = path.name.startswith((".", "_")) or path.suffix == ".tmp"
        if hidden and path not in ours and path.is_file() and path.stat().st_mtime < before:
            yield path
