"""Running: seeds, models and tests on a file of DuckDB, two at a time, each behind what it waits for."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from graphlib import TopologicalSorter
from itertools import pairwise
from pathlib import Path
from queue import SimpleQueue

import duckdb
import yaml

from orchestration.dbt.compiling import PROJECT_DIR
from orchestration.dbt.project import Node

AT_ONCE = 2
"""Nodes that are run at a time: most are small, and one after the other they keep one core busy."""
_GOOD = frozenset({"success", "pass", "warn"})


@dataclass(frozen=True)
class NodeResult:
    """What became of one model, seed or test, in dbt's words: success, pass, warn, fail, error, skipped."""

    unique_id: str
    resource_type: str
    status: str
    message: str = ""
    seconds: float = 0.0
    failures: int | None = None

    @property
    def name(self) -> str:
        """The node's own name; generic tests carry a hash behind theirs."""
        return self.unique_id.split(".")[2]

    @property
    def is_good(self) -> bool:
        """Whether the node lets the marts be published."""
        return self.status in _GOOD


def run(warehouse: Path, nodes: Sequence[Node], waits_for: Mapping[str, Collection[str]]) -> list[NodeResult]:
    """The nodes' results, in their order; each node is run as soon as those that it waits for have been.

    What a failed test finds is not built on, nor is what an error kept from being made.
    """
    by_id = {node.unique_id: node for node in nodes}
    results: dict[str, NodeResult] = {}
    with _opened(warehouse, nodes) as sessions, _workers(sessions) as pool:
        order = TopologicalSorter(waits_for)
        order.prepare()
        free: SimpleQueue[duckdb.DuckDBPyConnection] = SimpleQueue()
        for session in sessions:
            free.put(session)
        running: set[Future[NodeResult]] = set()
        while order.is_active():
            for unique_id in order.get_ready():
                node = by_id[unique_id]
                if any(map(_keeps_back, (results[each] for each in waits_for[unique_id]))):
                    results[unique_id] = NodeResult(unique_id, node.resource_type, "skipped")
                    order.done(unique_id)
                else:
                    running.add(pool.submit(_run_node, free, node))
            ended, running = wait(running, return_when=FIRST_COMPLETED)
            for result in (future.result() for future in ended):
                results[result.unique_id] = result
                order.done(result.unique_id)
        if all(result.status != "error" for result in results.values()):
            sessions[0].execute("checkpoint")
    return [results[node.unique_id] for node in nodes]


def behind_what_they_read(nodes: Sequence[Node]) -> dict[str, set[str]]:
    """Of each node those before it that make what it reads, or test that; tests wait for no tests.

    For nodes with all that follows from them: whatever stands between two of them must be run too.
    """
    found: dict[str, set[str]] = {}
    tests_of: dict[str, set[str]] = defaultdict(set)
    for node in nodes:
        before = {need for need in node.needs if need in found}
        for need in node.needs:
            if node.is_test:
                tests_of[need].add(node.unique_id)
            else:
                before |= tests_of[need]
        found[node.unique_id] = before
    return found


def in_turn(nodes: Sequence[Node]) -> dict[str, list[str]]:
    """Of each node the one before it: for where something else than the project stands between them."""
    first: dict[str, list[str]] = {node.unique_id: [] for node in nodes[:1]}
    return first | {node.unique_id: [before.unique_id] for before, node in pairwise(nodes)}


def _keeps_back(result: NodeResult) -> bool:
    """Whether what waits for it is not run; a skipped test says nothing of what it would have read."""
    return not (result.is_good or (result.status == "skipped" and result.resource_type == "test"))


def _run_node(free: SimpleQueue[duckdb.DuckDBPyConnection], node: Node) -> NodeResult:
    session = free.get()
    began = time.monotonic()
    failures, message = None, ""
    try:
        if node.is_test:
            failures = _rows_found(session, node)
            status = "pass" if not failures else "warn" if node.only_warns else "fail"
            message = f"finds {failures} row{'s' * (failures > 1)} that should not be" if failures else ""
        else:
            kind = "view" if node.is_view else "table"
            session.execute(f'create or replace {kind} "{node.name}" as (\n{node.sql}\n)')
            status = "success"
    except duckdb.Error as error:
        status, message = "error", " ".join(str(error).split())
    finally:
        free.put(session)
    seconds = time.monotonic() - began
    return NodeResult(node.unique_id, node.resource_type, status, message, seconds, failures)


def _rows_found(session: duckdb.DuckDBPyConnection, node: Node) -> int:
    """How many rows a test finds; it is good if there are none."""
    # To the end: until then the session is in a transaction, and while it is nothing can be checkpointed.
    [(count,)] = session.execute(f"select count(*) from (\n{node.sql}\n) as found").fetchall()
    return int(count)


@contextmanager
def _workers(sessions: Sequence[duckdb.DuckDBPyConnection]) -> Iterator[ThreadPoolExecutor]:
    """A thread for each session; whoever stops the run stops their statements too."""
    with ThreadPoolExecutor(len(sessions)) as pool:
        try:
            yield pool
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            for session in sessions:
                session.interrupt()
            raise


@contextmanager
def _opened(warehouse: Path, nodes: Iterable[Node]) -> Iterator[list[duckdb.DuckDBPyConnection]]:
    """Sessions on the warehouse, under the settings of dbt's profile; sources lie beside it.

    Nothing is logged ahead, as four hundred statements would each wait for the disk: the file is whole once
    it is checkpointed, and worth nothing if it never was.
    """
    profile = yaml.safe_load((PROJECT_DIR / "profiles.yml").read_text())
    settings = profile["quarterhour"]["outputs"]["home"]["settings"]
    settings |= {"file_search_path": str(warehouse.parent), "temp_directory": f"{warehouse}.tmp"}
    with duckdb.connect() as connection, ExitStack() as closing:
        for setting, value in settings.items():
            connection.execute(f"set global {setting} = {_literal(value)}")
        # Compiled SQL names the catalogue, which is called after the file.
        path, name = _literal(str(warehouse)), warehouse.stem
        connection.execute(f'attach {path} as "{name}" (recovery_mode no_wal_writes)')
        sessions = [closing.enter_context(connection.cursor()) for _ in range(AT_ONCE)]
        for session in sessions:
            session.execute(f'use "{name}"')
        _make_room(sessions[0], nodes)
        yield sessions


def _make_room(session: duckdb.DuckDBPyConnection, nodes: Iterable[Node]) -> None:
    """Drops what stands as a table where a node makes a view, and the other way round."""
    kinds = {node.name: "view" if node.is_view else "table" for node in nodes if not node.is_test}
    standing = session.execute(
        "select view_name, 'view' from duckdb_views() where not internal "
        "union all select table_name, 'table' from duckdb_tables()"
    ).fetchall()
    for name, kind in standing:
        if kinds.get(name, kind) != kind:
            session.execute(f'drop {kind} "{name}"')


def _literal(value: object) -> str:
    return f"'{value}'" if not isinstance(value, str) else "'" + value.replace("'", "''") + "'"
