"""The project as it was compiled: its seeds, models and tests as SQL, and which of them a selection names."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from graphlib import TopologicalSorter

from orchestration.dbt.errors import DbtError


@dataclass(frozen=True)
class Node:
    """A seed, a model or a test; its SQL names every table by the warehouse's name and no home."""

    unique_id: str
    resource_type: str
    sql: str
    needs: tuple[str, ...]
    """The unique ids of what it reads: nodes and sources."""
    is_view: bool = False
    only_warns: bool = False
    """Of a test: what it finds keeps nothing from being published."""
    folder: str = ""
    """Where it lies below the project's folder of its kind: `marts/billing`, `intermediate`."""
    description: str = ""
    columns: Mapping[str, str] = field(default_factory=dict)
    """Their descriptions, by name."""

    @property
    def name(self) -> str:
        """The node's own name; generic tests carry a hash behind theirs in the unique id."""
        return self.unique_id.split(".")[2]

    @property
    def is_test(self) -> bool:
        """Whether it makes no table, but finds rows that should not be there."""
        return self.resource_type == "test"


@dataclass(frozen=True)
class Project:
    """All nodes, each behind what it needs, and tests as early as they can run."""

    nodes: tuple[Node, ...]

    @classmethod
    def of(cls, nodes: Iterable[Node]) -> Project:
        """The nodes in their order."""
        return cls(tuple(_in_order(list(nodes))))

    def select(self, what: str, without: str = "") -> list[Node]:
        """The nodes that are named, in their order, and every test that reads one of them.

        As dbt's own syntax, as far as it is used here: `*`, `name`, `+name` with all that it needs, `name+`
        with all that needs it, `source:lake.table+`. Raises DbtError for a name that nothing has.
        """
        chosen = {each for word in what.split() for each in self._named(word)}
        chosen -= {each for word in without.split() for each in self._named(word)}
        return [
            node
            for node in self.nodes
            if (not chosen.isdisjoint(node.needs) if node.is_test else node.unique_id in chosen)
        ]

    def _named(self, word: str) -> set[str]:
        if word == "*":
            return {node.unique_id for node in self.nodes}
        name = word.strip("+")
        if name not in self._ids:
            raise DbtError(f"the dbt project has nothing called {name}")
        found = {self._ids[name]}
        if word.startswith("+"):
            found |= set(_reached(found, self._needs))
        if word.endswith("+"):
            found |= set(_reached(found, self._needed_by))
        return found

    @cached_property
    def _ids(self) -> dict[str, str]:
        """By name the unique id of a seed or model; sources as `source:<schema>.<table>`."""
        sources = {need for node in self.nodes for need in node.needs if need.startswith("source.")}
        named = {"source:" + source.split(".", 2)[2]: source for source in sources}
        return named | {node.name: node.unique_id for node in self.nodes if not node.is_test}

    @cached_property
    def _needs(self) -> dict[str, list[str]]:
        return {node.unique_id: list(node.needs) for node in self.nodes}

    @cached_property
    def _needed_by(self) -> dict[str, list[str]]:
        found = defaultdict(list)
        for node in self.nodes:
            for need in node.needs:
                found[need].append(node.unique_id)
        return found


def _reached(start: Iterable[str], edges: Mapping[str, Collection[str]]) -> Iterator[str]:
    """All that edges lead to, from anywhere in the start."""
    waiting = list(start)
    seen = set(waiting)
    while waiting:
        found = set(edges.get(waiting.pop(), ())) - seen
        yield from found
        waiting += found
        seen |= found


def _in_order(nodes: Sequence[Node]) -> list[Node]:
    """Each node behind what it needs, a test right behind the last of that."""
    needs = {node.unique_id: sorted(node.needs) for node in nodes if not node.is_test}
    place = {unique_id: number for number, unique_id in enumerate(TopologicalSorter(needs).static_order())}

    def position(node: Node) -> tuple[int, bool, str]:
        of_test = max((place[need] for need in node.needs), default=-1)
        return of_test if node.is_test else place[node.unique_id], node.is_test, node.unique_id

    return sorted(nodes, key=position)
