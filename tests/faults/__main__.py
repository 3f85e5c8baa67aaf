"""`make faults`: every fault, and kills at random instants of the night; each ends with a run that mends it.

Prints a table, and writes it to `build/faults/faults.md` and `.json`. A second call goes on where the last
one stopped; `--fresh` begins anew, as one must after a change of the code.
"""

import argparse
import json
import random
import shutil
import sys
import time
import traceback
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from functools import partial
from itertools import groupby
from pathlib import Path

from tests.faults.fault import Fault, SkippedError
from tests.faults.homes import STAGES, Home, prepare
from tests.faults.kinds import FAULTS, ROOT, killed_after, killed_in

KILLS = 50
SEED = 6
FOLDER = ROOT / "build" / "faults"


@dataclass(frozen=True)
class Outcome:
    """What became of a fault; `wrong` is empty where the next run made all whole."""

    name: str
    said: str
    wrong: list[str]
    seconds: float
    skipped: str = ""

    @property
    def rows_lost(self) -> int:
        return sum(
            "balance" in each or "rows only" in each or each.startswith("lake/") for each in self.wrong
        )

    @property
    def invoices_changed(self) -> int:
        return sum(each.startswith("ledger/") for each in self.wrong)


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="make faults", description=__doc__)
    parser.add_argument("--kills", type=int, default=KILLS)
    parser.add_argument("--only", default="", help="faults whose name has this in it")
    parser.add_argument("--folder", type=Path, default=FOLDER)
    parser.add_argument("--fresh", action="store_true")
    asked = parser.parse_args()
    folder = asked.folder.resolve()
    if asked.fresh:
        shutil.rmtree(folder, ignore_errors=True)
    make = prepare(folder / "homes")
    done = read(folder)
    for number, fault in enumerate(every(asked.kills)):
        key = f"{number} {fault.name}" if fault.name == KILLED else fault.name
        if asked.only not in fault.name or (key in done and not done[key].wrong):
            continue
        done[key] = tried(fault, make("spoiled"))
        write(folder, done)
        word = "SKIPPED" if done[key].skipped else "FAILED" if done[key].wrong else "whole"
        print(f"{word:8}{done[key].seconds:6.0f} s  {key}: {done[key].said.splitlines()[:1]}", flush=True)
        for each in done[key].wrong[:20]:
            print(f"    {each}", flush=True)
    print("\n" + table(done.values()))
    sys.exit(any(outcome.wrong for outcome in done.values()))


KILLED = "killed at a random instant"


def every(kills: int) -> Iterator[Fault]:
    """All faults; the kills are spread evenly over the night, each at random within its share of it."""
    chance = random.Random(SEED)
    for number in range(kills):
        share = (number + chance.random()) / kills
        yield Fault(KILLED, partial(killed_after, share))
    yield from (Fault(f"killed in {stage}", partial(killed_in, stage)) for stage in STAGES)
    yield from FAULTS


def tried(fault: Fault, home: Home) -> Outcome:
    """The fault, and the next run, which must make it whole."""
    began = time.monotonic()
    said, wrong, skipped = "", [], ""
    try:
        said = fault.do(home)
        # After a kill nobody need know which night it was: what waits, and what is left, is seen.
        ran = home.run("run") if fault.name.startswith("killed") else home.run()
        wrong = [f"the next run failed: {ran.said}"] if ran.code else home.faults(due_of(fault, home))
    except SkippedError as reason:
        skipped = str(reason)
    except Exception:
        wrong = [traceback.format_exc()]
    return Outcome(fault.name, said, wrong, round(time.monotonic() - began, 1), skipped)


def due_of(fault: Fault, home: Home) -> Path | None:
    """The home that is due after the fault, where it is not that of an undisturbed night."""
    if fault.due is None:
        return None
    folder = home.path.with_name(f"{home.path.name}-due")
    shutil.rmtree(folder, ignore_errors=True)
    fault.due(home, folder)
    return folder


def read(folder: Path) -> dict[str, Outcome]:
    """What earlier calls did."""
    path = folder / "faults.json"
    kept = json.loads(path.read_text()) if path.exists() else {}
    return {name: Outcome(**each) for name, each in kept.items()}


def write(folder: Path, done: dict[str, Outcome]) -> None:
    """Keeps what is done, and the table."""
    (folder / "faults.json").write_text(
        json.dumps({name: asdict(each) for name, each in done.items()}, indent=1)
    )
    (folder / "faults.md").write_text(table(done.values()))


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
        said = its[0].said.splitlines()[-1] if its[0].said else ""
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


if __name__ == "__main__":
    main()
