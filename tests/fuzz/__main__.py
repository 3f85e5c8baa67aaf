"""`make fuzz`: hostile input for every reader, for an hour or as long as told; new input at each call.

Each target is searched in a process of its own, whose memory is bounded and which is ended when one input
takes a minute. What fails is told with the command that repeats it.
"""

import argparse
import faulthandler
import itertools
import json
import re
import resource
import subprocess
import sys
import time
from pathlib import Path

from hypothesis import HealthCheck, Phase, given, settings, strategies
from hypothesis import seed as seeded

from tests.fuzz.targets import BROKEN, EVERY, SLOW, tried

ROOT = Path(__file__).resolve().parents[2]
KEPT = ROOT / ".fuzz" / "seeds.json"
SECONDS_OF_INPUT = 60
MORE_MEMORY = 2 << 30
"""Resident bytes that a search may take beyond what its libraries do."""
ADDRESSES = 12 << 30
"""Beyond what is mapped at the start; the libraries reserve more than they use."""
TURN_SECONDS = 60


def search(name: str, seed: int, seconds: float, patience: float) -> int:
    """Searches one target for some time in this process; the number of inputs that held."""
    deadline, count = time.monotonic() + seconds, 0
    mapped = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (mapped + ADDRESSES, resource.getrlimit(resource.RLIMIT_AS)[1]))
    before = peak()
    options = settings(
        max_examples=1 if name in SLOW else 15,
        deadline=None,
        database=None,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
        print_blob=False,
    )
    for turn in itertools.count():

        @seeded(seed * 1_000_003 + turn)
        @options
        @given(strategies.data())
        def holds(data: strategies.DataObject) -> None:
            nonlocal count
            faulthandler.dump_traceback_later(patience, exit=True)
            tried((EVERY | BROKEN)[name], data)
            faulthandler.cancel_dump_traceback_later()
            count += 1

        holds()
        if peak() - before > MORE_MEMORY:
            raise MemoryError(f"{name} took {(peak() - before) >> 20} MiB")
        if time.monotonic() >= deadline:
            return count
    return count


def peak() -> int:
    """The most resident bytes so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def in_child(name: str, seed: int, seconds: float) -> tuple[int, str | None]:
    """A search in a process of its own: inputs that held, and what failed."""
    command = [sys.executable, "-m", "tests.fuzz", "--target", name, "--seed", str(seed)]
    command += ["--seconds", str(seconds)]
    again = " ".join(["python", *command[1:]])
    try:
        ran = subprocess.run(
            command,
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
            timeout=seconds + 600,
            errors="replace",
        )
    except subprocess.TimeoutExpired:
        return 0, f"{name} did not end\nagain: {again}"
    found = re.search(r"^held (\d+) ", ran.stdout, re.MULTILINE)
    if ran.returncode == 0 and found:
        return int(found[1]), None
    return (
        0,
        f"{ran.stdout[-3000:]}{ran.stderr[-6000:]}\nended with {ran.returncode}; again: {again}",
    )


def fuzz(minutes: float) -> int:
    """Searches each target in turn until the time is up; 1 where one failed."""
    deadline = time.monotonic() + minutes * 60
    held = dict.fromkeys(EVERY, 0)
    failures: list[str] = []
    first = json.loads(KEPT.read_text()) if KEPT.exists() else 1
    seconds = min(TURN_SECONDS, minutes * 60 / len(EVERY))
    for seed in itertools.count(first):
        for name in EVERY:
            if time.monotonic() >= deadline:
                return told(held, failures)
            count, failure = in_child(name, seed, seconds)
            held[name] += count
            failures += [failure] if failure else []
            print(f"{name} #{seed}: {'FAILED' if failure else f'{count} held'}", flush=True)
        KEPT.parent.mkdir(exist_ok=True)
        KEPT.write_text(json.dumps(seed + 1))
    return told(held, failures)


def told(held: dict[str, int], failures: list[str]) -> int:
    """The table, and the failures whole."""
    for name, count in held.items():
        print(f"{count:>9} {name}")
    for failure in failures:
        print(f"\n{failure}")
    print(f"{len(failures)} failed")
    return 1 if failures else 0


def main() -> None:
    """The command line."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--minutes", type=float, default=60)
    asked.add_argument("--target", nargs="+", help="only these, in this process")
    asked.add_argument("--seed", type=int, default=1)
    asked.add_argument("--seconds", type=float, default=TURN_SECONDS)
    asked.add_argument("--patience", type=float, default=SECONDS_OF_INPUT, help="seconds for one input")
    given = asked.parse_args()
    if given.target is None:
        sys.exit(fuzz(given.minutes))
    for name in given.target:
        print(f"held {search(name, given.seed, given.seconds, given.patience)} {name}", flush=True)


if __name__ == "__main__":
    main()
