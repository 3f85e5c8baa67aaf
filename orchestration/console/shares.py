"""A site of many accounts is rendered by as many processes as there are processors, each with its share.

Python lets one thread at a time compute. A process ends with the one that started it, so that none writes
into a site after the run that it belongs to.
"""

import gc
import json
import logging
import os
import subprocess
import sys
import threading
import time
import traceback
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import duckdb

from orchestration.console.files import Share
from orchestration.console.reading import accounts_of
from orchestration.console.sections import SECTIONS
from orchestration.console.tree import SiteResult, Tree
from orchestration.errors import RunError
from reports.models import Account, Role

WAREHOUSE = "warehouse.duckdb"
REPORTS = "reports"
FEW = 50
"""Accounts for which a process is not worth it: it takes some seconds to begin."""
OBJECTS_BETWEEN_COLLECTIONS = 50_000
"""Of new objects, in such a process: it makes millions, hardly any of them in a cycle."""


class Clock:
    """What took how long: the files of a section are made and written in turn."""

    def __init__(self) -> None:
        self.seconds: defaultdict[str, float] = defaultdict(float)

    @contextmanager
    def of(self, what: str) -> Iterator[None]:
        """Adds what happens within."""
        began = time.perf_counter()
        yield
        self.seconds[what] += time.perf_counter() - began


def render_accounts(home: Path, accounts: Sequence[Account], roles: Collection[Role]) -> SiteResult:
    """Writes what changed of the accounts' pages; what is no longer made of them goes."""
    processors = os.cpu_count() or 1
    count = max(1, min(processors, len(accounts) // FEW))
    if count == 1:
        return _rendered(home, Share(accounts, processors), roles)
    return added(_rendered_by_processes(home, roles, count))


def _rendered(home: Path, share: Share, roles: Collection[Role]) -> SiteResult:
    tree, clock = Tree(home / REPORTS), Clock()
    with duckdb.connect(str(home / WAREHOUSE), read_only=True) as warehouse:
        warehouse.execute(f"set threads = {share.processors}")
        sections = []
        for make in SECTIONS:
            with clock.of(f"{make.__name__}: marts"):
                sections.append(make(home, warehouse, share))
        for account in share.accounts:
            for role in roles:
                for section in sections:
                    with clock.of(type(section).__name__):
                        for file in section.files(account, role):
                            tree.put(file, f"{account.folder}/{role}")
    with clock.of("what went"):
        tree.prune(account.folder for account in share.accounts)
    return replace(tree.result(len(share.accounts)), seconds=dict(clock.seconds))


def added(results: Sequence[SiteResult]) -> SiteResult:
    """The count of several, and their seconds together."""
    seconds: defaultdict[str, float] = defaultdict(float)
    for result in results:
        for part, took in result.seconds.items():
            seconds[part] += took
    return SiteResult(
        pages_written=sum(result.pages_written for result in results),
        pages_unchanged=sum(result.pages_unchanged for result in results),
        bytes=sum(result.bytes for result in results),
        accounts=sum(result.accounts for result in results),
        pages_removed=sum(result.pages_removed for result in results),
        seconds=dict(seconds),
    )


def _rendered_by_processes(home: Path, roles: Collection[Role], count: int) -> list[SiteResult]:
    with ExitStack() as stack:  # it closes their input: they end where one of them fails
        workers = []
        for place in range(count):
            asked = {"home": str(home), "roles": list(roles), "place": place, "count": count}
            command = [sys.executable, "-m", "orchestration.console.shares", json.dumps(asked)]
            worker = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            workers.append(stack.enter_context(worker))
        return [_answer(worker) for worker in workers]


def _answer(worker: "subprocess.Popen[str]") -> SiteResult:
    assert worker.stdout
    lines = worker.stdout.read().splitlines()
    try:
        answer = json.loads(lines[-1])
    except (IndexError, ValueError):
        raise RunError("a process that renders pages died") from None
    for name, problem in answer["warnings"]:
        logging.getLogger(name).warning(problem)
    if answer["error"]:
        raise RunError(answer["error"])
    return SiteResult(**answer["result"])


class _Warnings(logging.Handler):
    """Keeps what is warned of, for the process that asked."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.told: list[tuple[str, str]] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.told.append((record.name, record.getMessage()))


def _serve(asked: dict[str, Any]) -> dict[str, Any]:
    """Renders the accounts of one share, and tells what became of it."""
    gc.set_threshold(OBJECTS_BETWEEN_COLLECTIONS)
    warnings = _Warnings()
    logging.getLogger("orchestration").addHandler(warnings)
    answer: dict[str, Any] = {"error": "", "warnings": warnings.told}
    home, roles = Path(asked["home"]), [Role(role) for role in asked["roles"]]
    try:
        with duckdb.connect(str(home / WAREHOUSE), read_only=True) as warehouse:
            accounts = accounts_of(warehouse)[asked["place"] :: asked["count"]]
        answer["result"] = asdict(_rendered(home, Share(accounts, 1), roles))
    except RunError as error:
        answer["error"] = str(error)
    except Exception as error:  # for whoever waits
        traceback.print_exc()
        answer["error"] = f"rendering failed: {type(error).__name__}: {error}"
    return answer


def _end_with_parent() -> None:
    while os.read(sys.stdin.fileno(), 1):
        pass
    os._exit(1)


if __name__ == "__main__":
    threading.Thread(target=_end_with_parent, daemon=True).start()
    print(json.dumps(_serve(json.loads(sys.argv[1]))), flush=True)
    sys.stderr.flush()
    os._exit(0)  # the thread still reads, and what it holds cannot be taken down in order
