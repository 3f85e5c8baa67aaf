"""The marts: dbt run in this process, on a warehouse that is replaced whole or not at all.

`DbtCliResource` is left out on purpose: it starts a process per command and asks a package index for
versions.
"""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
from dbt.adapters.duckdb.connections import DuckDBConnectionManager
from dbt.cli.main import dbtRunner
from dbt.contracts.graph.manifest import Manifest

from orchestration.home import WAREHOUSE

PROJECT_DIR = Path(__file__).resolve().parent.parent / "dbt_project"
MANIFEST_PATH = PROJECT_DIR / "target" / "manifest.json"
_GOOD = frozenset({"success", "pass", "warn", "no-op"})
_OFFLINE = {"DBT_SEND_ANONYMOUS_USAGE_STATS": "false", "DO_NOT_TRACK": "1"}


class DbtError(Exception):
    """A dbt command failed; the message names each node and what dbt said about it."""


@dataclass(frozen=True)
class NodeResult:
    """What became of one model, seed or test."""

    unique_id: str
    resource_type: str
    status: str
    message: str
    seconds: float
    failures: int | None = None

    @property
    def name(self) -> str:
        """The node's own name; generic tests carry a hash behind theirs."""
        parts = self.unique_id.split(".")
        return parts[2] if len(parts) > 2 else self.unique_id

    @property
    def is_good(self) -> bool:
        """Whether the node lets the marts be published."""
        return self.status in _GOOD


@dataclass(frozen=True)
class BuildResult:
    """Every node of a build; `is_published` says whether the warehouse was replaced."""

    nodes: list[NodeResult] = field(default_factory=list)
    is_published: bool = False

    @property
    def failed(self) -> list[NodeResult]:
        """The nodes that failed or were skipped because of one that did."""
        return [node for node in self.nodes if not node.is_good]

    @property
    def warned(self) -> list[NodeResult]:
        """The tests that found something worth a look, but nothing that overcharges."""
        return [node for node in self.nodes if node.status == "warn"]

    def raise_if_failed(self) -> BuildResult:
        """Raise a `DbtError` that names the failed nodes, first causes before what they kept from running."""
        if not self.failed:
            return self
        causes = [node for node in self.failed if node.status != "skipped"]
        skipped = len(self.failed) - len(causes)
        lines = [f"{node.resource_type} {node.name}: {node.message or node.status}" for node in causes]
        if skipped:
            lines.append(f"{skipped} more did not run because of that")
        raise DbtError("dbt build failed, the marts stay as they were\n" + "\n".join(lines))


def parse() -> Path:
    """Write the manifest that Dagster's definitions read; return its path."""
    _parsed()
    return MANIFEST_PATH


def _parsed(*flags: str) -> Manifest:
    """The project, parsed; what did not change since the last time is taken from beside the manifest.

    It names no home, so that one serves all of them.
    """
    environment = _environment(Path("data"), Path("data") / WAREHOUSE)
    target = PROJECT_DIR / "target"
    with _locked(target / ".parsing.lock"):
        parsed: Manifest = _invoke(dbtRunner(), ["parse", *flags], environment, target)
    return parsed


def build(home: Path, select: str | None = None, unit_tests: bool = False) -> BuildResult:
    """Run seeds, models and tests over the lake of `home`, then put the new warehouse in the old one's place.

    The build works on a file of its own: readers of the old marts are not locked out meanwhile, and a
    run that dies, or a test that fails, leaves the last good marts. With `select` the rest is carried over.
    """
    home = home.resolve()
    if "," in str(home):
        raise DbtError(f"the home's path may not have a comma in it, DuckDB takes that for two paths: {home}")
    args = ["build"]
    if select:
        args += ["--select", *select.split()]
    if not unit_tests:
        args += ["--exclude-resource-type", "unit_test"]
    with _locked(home / ".building.lock"):
        workshop = home / ".building"
        shutil.rmtree(workshop, ignore_errors=True)
        workshop.mkdir(parents=True)
        # The catalogue is named after the file: the copy must be called as it will be afterwards.
        building, published = workshop / WAREHOUSE, home / WAREHOUSE
        if select and published.exists():
            shutil.copyfile(published, building)
        try:
            runner = dbtRunner(manifest=_parsed("--no-write-json"))
            ran = _invoke(runner, args, _environment(home, building), _target_of(home))
            nodes = [_node_result(result) for result in ran.results]
            result = BuildResult(nodes, is_published=bool(nodes) and all(node.is_good for node in nodes))
            if result.is_published:
                _settle(building)
                os.replace(building, published)
        finally:
            shutil.rmtree(workshop, ignore_errors=True)
    return result


def run_models(warehouse: Path, select: str) -> None:
    """Run some models, and no tests, on the tables of a warehouse that is no home's but is named like one.

    Raises a `DbtError` that names the models that failed.
    """
    warehouse = warehouse.resolve()
    runner = dbtRunner(manifest=_parsed("--no-write-json"))
    args = ["run", "--select", *select.split()]
    ran = _invoke(runner, args, _environment(warehouse.parent, warehouse), _target_of(warehouse.parent))
    BuildResult([_node_result(result) for result in ran.results]).raise_if_failed()


def build_untested(warehouse: Path, select: str, without: str = "") -> None:
    """Load some seeds and run some models, over the lake beside a warehouse that is no home's, without tests.

    Raises a `DbtError` that names what failed.
    """
    warehouse = warehouse.resolve()
    runner = dbtRunner(manifest=_parsed("--no-write-json"))
    args = ["build", "--select", *select.split(), "--exclude-resource-type", "test", "unit_test"]
    if without:
        args += ["--exclude", *without.split()]
    ran = _invoke(runner, args, _environment(warehouse.parent, warehouse), _target_of(warehouse.parent))
    BuildResult([_node_result(result) for result in ran.results]).raise_if_failed()


def _invoke(runner: dbtRunner, args: list[str], environment: dict[str, str], target: Path) -> Any:
    """What one dbt command gives; a command that fails before any node ran raises."""
    places = ["--project-dir", str(PROJECT_DIR), "--profiles-dir", str(PROJECT_DIR)]
    places += ["--target-path", str(target), "--log-path", str(target / "logs")]
    quiet = ["--quiet", "--log-level", "none", "--log-level-file", "error", "--no-send-anonymous-usage-stats"]
    with _environ(environment):
        try:
            outcome = runner.invoke([*args, *places, *quiet])
        finally:
            _close_connections()
    if not outcome.success and not getattr(outcome.result, "results", None):
        raise DbtError(f"dbt {args[0]} failed: {outcome.exception or 'no reason given'}")
    return outcome.result


def _node_result(result: Any) -> NodeResult:
    return NodeResult(
        unique_id=result.node.unique_id,
        resource_type=str(result.node.resource_type),
        status=str(result.status),
        message=" ".join((result.message or "").split()),
        seconds=float(result.execution_time),
        failures=result.failures,
    )


def _close_connections() -> None:
    """Give the file back: the adapter keeps its connection until the process ends."""
    environment = DuckDBConnectionManager._ENV
    if environment is not None:
        environment.close()
    DuckDBConnectionManager.close_all_connections()


def _settle(database: Path) -> None:
    """Fold the write-ahead log into the file, which is then complete by itself."""
    with duckdb.connect(str(database)) as connection:
        connection.execute("checkpoint")


def _target_of(home: Path) -> Path:
    """Each home has its own compiled SQL and logs, so that two homes can be built at once."""
    return home / ".dbt"


def _environment(home: Path, warehouse: Path) -> dict[str, str]:
    return {"QUARTERHOUR_HOME": str(home), "QUARTERHOUR_WAREHOUSE": str(warehouse), **_OFFLINE}


@contextmanager
def _environ(values: dict[str, str]) -> Iterator[None]:
    """dbt's profile reads the process's environment: set it for one command."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


@contextmanager
def _locked(lock: Path) -> Iterator[None]:
    """Wait for another process that holds the lock: one that builds the same home, or parses the project."""
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield
