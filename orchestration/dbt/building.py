"""Building: the compiled project, run on a warehouse that is replaced whole or not at all."""

from __future__ import annotations

import itertools
import os
import shutil
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from orchestration.dbt.compiling import project
from orchestration.dbt.errors import DbtError
from orchestration.dbt.project import Node
from orchestration.dbt.running import NodeResult, behind_what_they_read, in_turn, run
from orchestration.home import WAREHOUSE
from orchestration.lake import Lake, packs
from orchestration.lake.seals import require_whole
from orchestration.lake.tables import READ_WHOLE
from orchestration.locking import locked
from orchestration.made import lake_version, made_marts


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
        alike: dict[str, list[str]] = defaultdict(list)
        for node in causes:
            alike[node.message or node.status].append(f"{node.resource_type} {node.name}")
        lines = [f"{', '.join(names)}: {message}" for message, names in alike.items()]
        if skipped:
            lines.append(f"{skipped} more did not run because of that")
        raise DbtError("the marts could not be built, they stay as they were\n" + "\n".join(lines))


def build(home: Path, select: str | None = None) -> BuildResult:
    """Run seeds, models and tests over the lake of `home`, then put the new warehouse in the old one's place.

    The build works on a file of its own: readers of the old marts are not locked out meanwhile, and a
    run that dies, or a test that fails, leaves the last good marts. With `select`, which names something with
    all that follows from it, the rest is carried over.
    """
    home = _usable(home)
    made_of = None if select else lake_version(home)
    nodes = project().select(select or "*")
    with locked(home / ".building.lock"):
        workshop = home / ".building"
        shutil.rmtree(workshop, ignore_errors=True)
        workshop.mkdir(parents=True)
        # What compiled SQL names is called after the file: so the copy is called the same.
        building, published = workshop / WAREHOUSE, home / WAREHOUSE
        if select and published.exists():
            shutil.copyfile(published, building)
        try:
            _lay_out(Lake(home), workshop / "lake", nodes)
            results = run(building, nodes, behind_what_they_read(nodes))
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
    BuildResult(run(home / warehouse.name, nodes, in_turn(nodes))).raise_if_failed()


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
