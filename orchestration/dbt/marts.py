"""The marts among the models, each with all that it alone is made of: what an operator is shown."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import blake2b

from orchestration.dbt.project import Node, Project

FOLDER = "marts"


@dataclass(frozen=True)
class Mart:
    """A model that others read, with the models between it and what it is made of."""

    node: Node
    deps: tuple[str, ...]
    """The names of the marts, and `lake/<table>` of the tables of the lake, that it is made of."""
    tests: tuple[str, ...]
    """The unique ids of the tests of it and of what it is made of; each test is one mart's."""
    version: str
    """A hash of the SQL that makes it."""

    @property
    def group(self) -> str:
        """Its folder: `usage`, `billing`, …."""
        return self.node.folder.rpartition("/")[2]


def marts_of(project: Project) -> list[Mart]:
    """All marts, in the order in which they are built."""
    nodes = {node.unique_id: node for node in project.nodes}
    marts = [node for node in project.nodes if _is_mart(node)]
    tests = _tests_by_mart(project, marts)
    return [_mart(node, nodes, tuple(tests.get(node.unique_id, ()))) for node in marts]


def _is_mart(node: Node) -> bool:
    return node.resource_type == "model" and node.folder.split("/")[0] == FOLDER


def _mart(node: Node, nodes: Mapping[str, Node], tests: tuple[str, ...]) -> Mart:
    own = {node.unique_id: node}
    deps: set[str] = set()
    waiting = [node]
    while waiting:
        for need in waiting.pop().needs:
            found = nodes.get(need)
            if found is None:
                deps.add("/".join(need.split(".")[2:]))
            elif _is_mart(found):
                deps.add(found.name)
            elif need not in own:
                own[need] = found
                waiting.append(found)
    digest = blake2b(digest_size=8)
    for unique_id in sorted(own):
        digest.update(own[unique_id].sql.encode())
    return Mart(node, tuple(sorted(deps)), tests, digest.hexdigest())


def _tests_by_mart(project: Project, marts: list[Node]) -> dict[str, list[str]]:
    """Each test at the first mart behind all that it reads."""
    behind = {mart.unique_id: set(_all_needs(project, mart)) for mart in marts}
    found: dict[str, list[str]] = {}
    for test in project.nodes:
        if test.is_test:
            fits = (mart.unique_id for mart in marts if behind[mart.unique_id].issuperset(test.needs))
            found.setdefault(next(fits, marts[-1].unique_id), []).append(test.unique_id)
    return found


def _all_needs(project: Project, mart: Node) -> Iterator[str]:
    """The unique ids of a mart, of its models and seeds, and of their sources."""
    for node in project.select(f"+{mart.name}"):
        if not node.is_test:
            yield node.unique_id
            yield from node.needs
