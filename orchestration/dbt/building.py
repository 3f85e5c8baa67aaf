"""Building: the compiled project run on DuckDB, on a warehouse that is replaced whole or not at all."""

from __future__ import annotations

import itertools
import os
import shutil
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import yaml

from orchestration.dbt.compiling import PROJECT_DIR, project
from orchestration.dbt.errors import DbtError
from orchestration.dbt.project import Node
from orchestration.home import WAREHOUSE
from orchestration.lake import Lake, packs
from orchestration.lake.seals import require_whole
from orchestration.lake.tables import READ_WHOLE
from orchestration.locking import locked
from orchestration.made import lake_version, made_marts

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
        raise DbtError("the marts could not be built, they stay as they were\n" + "\n".join(lines))


def build(home: Path, select: str | None = None) -> BuildResult:
    """Run seeds, models and tests over the lake of `home`, then put the new warehouse in the old one's place.

    The build works on a file of its own: readers of the old marts are not locked out meanwhile, and a
    run that dies, or a test that fails, leaves the last good marts. With `select` the rest is carried over.
    """
    home = _usable(home)
    made_of = None if select else lake_version(home)
    nodes = project().select(select or "*")
    with locked(home / ".building.lock"):
        workshop = home / ".building"
        shutil.rmtree(workshop, ignore_errors=True)
        workshop.mkdir(parents=True)
        # Compiled SQL names the catalogue, which is called after the file: so the copy is called the same.
        building, published = workshop / WAREHOUSE, home / WAREHOUSE
        if select and published.exists():
            shutil.copyfile(published, building)
        try:
            _lay_out(Lake(home), workshop / "lake", nodes)
            results = _run(building, nodes)
            is_good = all(result.is_good for result in results)
            if is_good:
                # What a foreign writer that crashed has left would be played back into the new marts.
                published.with_name(f"{WAREHOUSE}.wal").unlink(missing_ok=True)
                os.replace(building, published)
                if made_of:
                    made_marts(home, made_of)
        finally:
            shutil.rmtree(workshop, ignore_errors=True)
    return BuildResult(results, is_published=is_good)


def build_untested(warehouse: Path, select: str, without: str = "") -> None:
    """Load some seeds and run some models, over the lake beside a warehouse that is no home's, without tests.

    Raises a `DbtError` that names what failed.
    """
    home = _usable(warehouse.parent)
    nodes = [node for node in project().select(select, without) if not node.is_test]
    BuildResult(_run(home / warehouse.name, nodes)).raise_if_failed()


def _lay_out(lake: Lake, workshop: Path, nodes: Iterable[Node]) -> None:
    """The tables of the lake that some nodes read, as links to as few files as will do.

    Raises DamagedError, which names the files that are not as they were written.
    """
    tables = set(_tables_read(nodes))
    for table in READ_WHOLE:
        packs.packed(lake, table)
    files = {table: packs.packed(lake, table) for table in tables}
    # Packs were looked at by whoever names them.
    of_lake = (
        path for path in itertools.chain.from_iterable(files.values()) if path.is_relative_to(lake.root)
    )
    require_whole(lake.root, of_lake)
    for table, paths in files.items():
        (workshop / table).mkdir(parents=True)
        for number, path in enumerate(paths):
            (workshop / table / f"{number}.parquet").symlink_to(path)


def _usable(home: Path) -> Path:
    home = home.resolve()
    if "," in str(home):
        raise DbtError(f"the home's path may not have a comma in it, DuckDB takes that for two paths: {home}")
    return home


def _tables_read(nodes: Iterable[Node]) -> Iterator[str]:
    """The tables of the lake that some nodes read, by themselves or through views that stand already."""
    views = {node.unique_id: node for node in project().nodes if node.is_view}
    waiting = list(nodes)
    while waiting:
        for need in waiting.pop().needs:
            if need.startswith("source."):
                yield need.split(".")[-1]
            elif need in views:
                waiting.append(views.pop(need))


def _run(warehouse: Path, nodes: Iterable[Node]) -> list[NodeResult]:
    """Each node's result, all in one transaction: four hundred of them would each wait for the disk.

    Where a test failed, what is made of its tables is skipped; behind an error everything is.
    """
    results: list[NodeResult] = []
    missing: set[str] = set()
    doubtful: set[str] = set()
    has_error = False
    with _opened(warehouse) as connection:
        connection.begin()
        for node in nodes:
            is_skipped = not (missing if node.is_test else missing | doubtful).isdisjoint(node.needs)
            if has_error or is_skipped:
                result = NodeResult(node.unique_id, node.resource_type, "skipped")
                missing.add(node.unique_id)
            else:
                result = _run_node(connection, node)
                doubtful.update(node.needs if result.status == "fail" else ())
                has_error = result.status == "error"
            results.append(result)
        if not has_error:
            connection.commit()
            connection.execute("checkpoint")  # the file is then complete by itself
    return results


def _run_node(connection: duckdb.DuckDBPyConnection, node: Node) -> NodeResult:
    began = time.monotonic()
    failures, message = None, ""
    try:
        if node.is_test:
            failures = _rows_found(connection, node)
            status = "pass" if not failures else "warn" if node.only_warns else "fail"
            message = f"finds {failures} row{'s' * (failures > 1)} that should not be" if failures else ""
        else:
            _create(connection, node)
            status = "success"
    except duckdb.Error as error:
        status, message = "error", " ".join(str(error).split())
    seconds = time.monotonic() - began
    return NodeResult(node.unique_id, node.resource_type, status, message, seconds, failures)


def _rows_found(connection: duckdb.DuckDBPyConnection, node: Node) -> int:
    """How many rows a test finds; it is good if there are none."""
    row = connection.execute(f"select count(*) from (\n{node.sql}\n) as found").fetchone()
    return int(row[0]) if row else 0


def _create(connection: duckdb.DuckDBPyConnection, node: Node) -> None:
    """Makes a table or view anew, also where the other of the two had its name."""
    kind, other = ("view", "table") if node.is_view else ("table", "view")
    is_other = connection.execute(
        f"select count(*) from duckdb_{other}s() where {other}_name = ?", [node.name]
    ).fetchone()
    if is_other and is_other[0]:
        connection.execute(f'drop {other} "{node.name}"')
    connection.execute(f'create or replace {kind} "{node.name}" as (\n{node.sql}\n)')


def _opened(warehouse: Path) -> duckdb.DuckDBPyConnection:
    """The warehouse, under the settings of dbt's profile; sources lie beside it."""
    profile = yaml.safe_load((PROJECT_DIR / "profiles.yml").read_text())
    settings = profile["quarterhour"]["outputs"]["home"]["settings"]
    settings |= {"file_search_path": str(warehouse.parent)}
    connection = duckdb.connect(str(warehouse))
    for name, value in settings.items():
        connection.execute(f"set {name} = {_literal(value)}")
    return connection


def _literal(value: object) -> str:
    return f"'{value}'" if not isinstance(value, str) else "'" + value.replace("'", "''") + "'"
