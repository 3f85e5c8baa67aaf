"""`make prove`: the long search, in shards that can be stopped and resumed.

A shard is a crowd of mean logs held against the reference, or one property searched by hypothesis under a
seed of its own. What was done is kept per version of the code under test, so that a second call goes on.
"""

import argparse
import itertools
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from dataclasses import asdict, dataclass, replace
from hashlib import blake2b
from multiprocessing import get_context
from pathlib import Path

from tests.running import differing
from tests.strategies import Log, members, together

ROOT = Path(__file__).resolve().parent.parent
KEPT = ROOT / ".prove"
LOGS = 100_000
CROWDS, CROWD = 10, 50
"""Crowds of a shard, and logs of a crowd, which share rules and watermark."""
REFERENCE = "logs against the reference"
SEARCHED = (
    "tests/transforms/test_sessions_against_reference.py",
    "tests/transforms/test_invariants.py",
    "tests/transforms/test_episodes.py",
    "tests/orchestration/test_invariants.py",
)
UNDER_TEST = (
    "transforms/**/*.py",
    "orchestration/counting/*.py",
    "orchestration/lake/*.py",
    "orchestration/landing/*.py",
    "tests/reference.py",
    "tests/strategies.py",
    "tests/comparison.py",
    "tests/frames.py",
    "tests/running.py",
    "tests/orchestration/lakes.py",
    *SEARCHED,
)
"""What a shard that held says nothing of any more once it has changed."""
BESIDE = "transforms/explaining*.py"
"""What counts nothing, and is not searched."""
ROUNDS = 3
"""How often each property is searched, each time under another seed."""
PASSING = re.compile(r"- (\d+) passing")
GUESSED_SECONDS = 120.0
"""How long a shard takes while none of its kind is done."""


@dataclass(frozen=True)
class Shard:
    """A part of the search: some crowds by their number, or a property (a test's node) by its round."""

    name: str
    number: int

    @property
    def label(self) -> str:
        return f"{told(self.name)} #{self.number}"


@dataclass(frozen=True)
class Outcome:
    """What became of a shard; `failure` tells it whole."""

    name: str
    logs: int
    seconds: float
    failure: str | None


def version() -> str:
    """A hash of the code under test and of what it is tested with."""
    digest = blake2b(digest_size=8)
    beside = set(ROOT.glob(BESIDE))
    for path in sorted({path for pattern in UNDER_TEST for path in ROOT.glob(pattern)} - beside):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def shards() -> Iterator[Shard]:
    """All shards, crowds and properties by turns, so that a search cut short has tried some of each."""
    crowds = [Shard(REFERENCE, number) for number in range(LOGS // (CROWDS * CROWD))]
    searches = [Shard(name, number) for number in range(ROUNDS) for name in properties()]
    for pair in itertools.zip_longest(crowds, searches):
        yield from (shard for shard in pair if shard is not None)


def properties() -> list[str]:
    """The tests that hypothesis searches."""
    found = pytest_run("--collect-only", "-m", "hypothesis", *SEARCHED)
    nodes = [line.strip() for line in found.stdout.splitlines() if "::" in line]
    if found.returncode or not nodes:
        raise SystemExit(f"no properties to search:\n{found.stdout}{found.stderr}")
    return nodes


def pytest_run(*asked: str) -> subprocess.CompletedProcess[str]:
    """pytest in a process of its own, under the profile for long searches."""
    environment = {name: value for name, value in os.environ.items() if name != "CI"}
    command = [sys.executable, "-m", "pytest", "-p", "no:xdist", "-p", "no:cacheprovider", *asked]
    return subprocess.run(
        command,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        env=environment | {"HYPOTHESIS_PROFILE": "prove"},
    )


def told(name: str) -> str:
    """A property's name without its file, which says no more."""
    return name.rpartition("::")[2].removeprefix("test_").replace("_", " ")


# A shard is worked in a process of its own.


def run(shard: Shard) -> Outcome:
    """The outcome of a shard."""
    began = time.monotonic()
    logs, failure = crowds_of(shard) if shard.name == REFERENCE else search(shard)
    return Outcome(shard.name, logs, round(time.monotonic() - began, 1), failure)


def crowds_of(shard: Shard) -> tuple[int, str | None]:
    """Crowds through both implementations; one that differs is narrowed to a smallest log."""
    for number in range(CROWDS):
        seed = shard.number * CROWDS + number
        found = members(seed, CROWD)
        if tables := differing(together(found)):
            return number * CROWD, f"crowd of seed {seed} differs in {tables}: {narrowed(found)}"
    return CROWDS * CROWD, None


def narrowed(found: list[Log]) -> str:
    """The smallest log that still differs, as a literal."""
    for log in found:
        if differing(alone := together([log])):
            return f"\n{smallest(alone)!r}"
    return f"no log of it differs by itself, so keys meddle with each other\n{together(found)!r}"


def smallest(log: Log) -> Log:
    """Leaves out rows, legs and timeouts one by one as long as the two still differ."""
    for part in ("rows", "legs", "timeouts"):
        for number in reversed(range(len(getattr(log, part)))):
            kept = getattr(log, part)
            less = replace(log, **{part: kept[:number] + kept[number + 1 :]})
            if differing(less):
                log = less
    return log


def search(shard: Shard) -> tuple[int, str | None]:
    """A property under a seed; hypothesis itself narrows what fails."""
    ran = pytest_run("-x", f"--hypothesis-seed={shard.number}", "--hypothesis-show-statistics", shard.name)
    passed = sum(int(count) for count in PASSING.findall(ran.stdout))
    return passed, ran.stdout + ran.stderr if ran.returncode else None


# What is kept and told.


def prove(minutes: float, processes: int) -> int:
    """Works shards until all are done or the time is up; 1 where one failed."""
    path = KEPT / f"{version()}.json"
    done = {label: outcome for label, outcome in read(path).items() if outcome.failure is None}
    every = list(shards())
    left = iter([shard for shard in every if shard.label not in done])
    deadline = time.monotonic() + minutes * 60
    print(f"{len(done)} of {len(every)} shards are done already; at most {minutes:g} minutes; {path.name}")
    working: dict[Future[Outcome], Shard] = {}
    with ProcessPoolExecutor(processes, get_context("spawn")) as pool:
        while True:
            while len(working) < processes and (shard := next_in_time(left, done, deadline)):
                working[pool.submit(run, shard)] = shard
            if not working:
                break
            for future in wait(working, return_when=FIRST_COMPLETED).done:
                label, outcome = working.pop(future).label, future.result()
                done[label] = outcome
                write(path, done)
                word = "FAILED" if outcome.failure else "held"
                print(f"{len(done)}/{len(every)} {label}: {word}, {outcome.logs} logs, {outcome.seconds} s")
    return tell(done, every)


def next_in_time(left: Iterator[Shard], done: dict[str, Outcome], deadline: float) -> Shard | None:
    """The next shard, unless it might not end before the deadline."""
    shard = next(left, None)
    if shard is None:
        return None
    taken = [outcome.seconds for outcome in done.values() if outcome.name == shard.name]
    return shard if time.monotonic() + max(taken, default=GUESSED_SECONDS) <= deadline else None


def read(path: Path) -> dict[str, Outcome]:
    """What earlier calls did with this version."""
    if not path.exists():
        return {}
    return {label: Outcome(**kept) for label, kept in json.loads(path.read_text()).items()}


def write(path: Path, done: dict[str, Outcome]) -> None:
    """Keeps what is done; a call that dies leaves the file whole."""
    path.parent.mkdir(exist_ok=True)
    beside = path.with_suffix(".new")
    beside.write_text(json.dumps({label: asdict(outcome) for label, outcome in done.items()}, indent=1))
    beside.replace(path)


def tell(done: dict[str, Outcome], every: list[Shard]) -> int:
    """The table, the failures whole; 1 if there are any."""
    names = dict.fromkeys(shard.name for shard in every)
    print(f"\n{'shards':>9} {'logs':>8} {'seconds':>8}  property")
    for name in names:
        its = [outcome for outcome in done.values() if outcome.name == name]
        whole = sum(shard.name == name for shard in every)
        word = "  FAILED" if any(outcome.failure for outcome in its) else ""
        logs, seconds = sum(outcome.logs for outcome in its), sum(outcome.seconds for outcome in its)
        print(f"{len(its):>4}/{whole:<4} {logs:>8} {seconds:>8.0f}  {told(name)}{word}")
    logs = sum(outcome.logs for outcome in done.values())
    print(f"{len(done):>4}/{len(every):<4} {logs:>8} {sum(o.seconds for o in done.values()):>8.0f}  all")
    failures = {label: outcome.failure for label, outcome in done.items() if outcome.failure}
    for label, failure in failures.items():
        print(f"\n{label}\n{failure}")
    if len(done) < len(every):
        print("the time is up; another call goes on from here")
    return 1 if failures else 0


def main() -> None:
    """The command line."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--minutes", type=float, default=90)
    asked.add_argument("--processes", type=int, default=2)
    given = asked.parse_args()
    sys.exit(prove(given.minutes, given.processes))


if __name__ == "__main__":
    main()
