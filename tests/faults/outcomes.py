"""What became of the faults, kept for the code that they were done to: of other code it says nothing."""

import json
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from hashlib import blake2b
from itertools import groupby
from pathlib import Path
from typing import Any

KILLED = "killed at a random instant"
RUN = ("orchestration", "transforms", "dbt_project", "reports", "tests/faults")
"""The packages that a fault runs."""
MADE = {"__pycache__", "target", "logs"}
"""Folders in them that hold nothing of their own."""


@dataclass(frozen=True)
class Outcome:
    """What became of a fault; `wrong` is empty where the next run made all whole."""

    name: str
    said: str
    wrong: list[str]
    seconds: float
    skipped: str = ""

    @property
    def is_whole(self) -> bool:
        """Whether it was done, and mended: what failed, or could not be done then, is tried again."""
        return not self.wrong and not self.skipped

    @property
    def rows_lost(self) -> int:
        return sum(
            "balance" in each or "rows only" in each or each.startswith("lake/") for each in self.wrong
        )

    @property
    def invoices_changed(self) -> int:
        return sum(each.startswith("ledger/") for each in self.wrong)


def version_of(root: Path) -> str:
    """A hash of the names and bytes of all that runs."""
    digest = blake2b(digest_size=8)
    files = (path for package in RUN for path in (root / package).rglob("*") if path.is_file())
    for path in sorted(files):
        name = path.relative_to(root)
        if MADE.isdisjoint(name.parts):
            content = path.read_bytes()
            digest.update(f"{name.as_posix()}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()


@dataclass(frozen=True)
class Kept:
    """What earlier calls have left in a folder, if it is of this version."""

    folder: Path
    version: str

    @property
    def homes(self) -> Path:
        """Where the homes lie that the faults begin from: made by the same code."""
        return self.folder / "homes"

    def is_of_now(self) -> bool:
        """Whether it was left by this version; nothing at all was not."""
        return bool(self._told()["version"] == self.version)

    def begin_anew(self) -> None:
        """Removes what earlier calls have left."""
        shutil.rmtree(self.homes, ignore_errors=True)
        for name in ("faults.json", "faults.md"):
            (self.folder / name).unlink(missing_ok=True)
        self.write({})

    def read(self) -> dict[str, Outcome]:
        """What earlier calls did, by the names of the faults."""
        done = self._told()["done"] if self.is_of_now() else {}
        return {name: Outcome(**each) for name, each in done.items()}

    def write(self, done: Mapping[str, Outcome]) -> None:
        """Keeps what is done, and the table."""
        told = {"version": self.version, "done": {name: asdict(each) for name, each in done.items()}}
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "faults.md").write_text(table(done.values()))
        (self.folder / "faults.json").write_text(json.dumps(told, indent=1))

    def _told(self) -> dict[str, Any]:
        """The file; that of a call that broke off, or of before there were versions, tells nothing."""
        try:
            told = json.loads((self.folder / "faults.json").read_bytes())
        except (FileNotFoundError, ValueError):
            told = {}
        return told if "done" in told else {"version": None, "done": {}}


def table(outcomes: Iterable[Outcome]) -> str:
    """The faults: how often, what was lost, what the operator is told."""
    lines = [
        "| fault | times | rows lost or counted twice | invoices changed | what the operator is told |",
        "|---|---:|---:|---:|---|",
    ]
    by_name = groupby(sorted(outcomes, key=lambda each: each.name), key=lambda each: each.name)
    for name, group in by_name:
        its = list(group)
        if its[0].skipped:
            lines.append(f"| {name} | 0 |  |  | skipped: {its[0].skipped} |")
            continue
        *_, said = ["", *its[0].said.strip().splitlines()]
        if name == KILLED:
            stages = sorted(each.said.removeprefix("killed in ") for each in its)
            said = ", ".join(f"{len(list(same))} × {stage}" for stage, same in groupby(stages))
        failed = "" if not any(each.wrong for each in its) else " **FAILED**"
        lost, changed = (
            sum(getattr(each, what) for each in its) for what in ("rows_lost", "invoices_changed")
        )
        lines.append(
            f"| {name}{failed} | {len(its)} | {lost} | {changed} | {said.strip().replace('|', '/')} |"
        )
    return "\n".join(lines) + "\n"
