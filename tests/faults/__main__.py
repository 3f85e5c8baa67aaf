"""`make faults`: every fault, and kills at random instants of the night; each ends with a run that mends it.

Prints a table, and writes it to `build/faults/faults.md` and `.json`. A second call goes on where the last
one stopped, and tries again what failed or was skipped; after any change of the code, and with `--fresh`, it
begins anew.
"""

import argparse
import random
import shutil
import sys
import time
import traceback
from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path

from tests.faults.fault import Fault, NotWholeError, SkippedError
from tests.faults.homes import STAGES, Home, prepare
from tests.faults.kinds import FAULTS, ROOT, killed_after, killed_in
from tests.faults.outcomes import KILLED, Kept, Outcome, table, version_of

KILLS = 50
SEED = 6
FOLDER = ROOT / "build" / "faults"


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="make faults", description=__doc__)
    parser.add_argument("--kills", type=int, default=KILLS)
    parser.add_argument("--only", default="", help="faults whose name has this in it")
    parser.add_argument("--folder", type=Path, default=FOLDER)
    parser.add_argument("--fresh", action="store_true")
    asked = parser.parse_args()
    folder = asked.folder.resolve()
    kept = Kept(folder, version_of(ROOT))
    if asked.fresh or not kept.is_of_now():
        kept.begin_anew()
    make = prepare(kept.homes)
    done = kept.read()
    for key, fault in to_do(every(asked.kills), asked.only, done):
        done[key] = tried(fault, make("spoiled"))
        kept.write(done)
        word = "SKIPPED" if done[key].skipped else "FAILED" if done[key].wrong else "whole"
        print(f"{word:8}{done[key].seconds:6.0f} s  {key}: {done[key].said.splitlines()[:1]}", flush=True)
        for each in done[key].wrong[:20]:
            print(f"    {each}", flush=True)
    print("\n" + table(done.values()))
    sys.exit(any(outcome.wrong for outcome in done.values()))


def to_do(faults: Iterable[Fault], only: str, done: Mapping[str, Outcome]) -> Iterator[tuple[str, Fault]]:
    """Those that are asked for and are not done yet, each by the name under which it is kept."""
    for number, fault in enumerate(faults):
        key = f"{number} {fault.name}" if fault.name == KILLED else fault.name
        if only in fault.name and not (key in done and done[key].is_whole):
            yield key, fault


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
    except NotWholeError as error:
        wrong = error.found
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


if __name__ == "__main__":
    main()
