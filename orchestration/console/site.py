"""Renders the site: every account, every role, every section. What is no longer made goes."""

import time
from collections import defaultdict
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import duckdb

from orchestration.console.assets import assets
from orchestration.console.index import index_file
from orchestration.console.reading import accounts_of
from orchestration.console.sections import SECTIONS
from orchestration.console.tree import SiteResult, Tree
from reports.models import Role

WAREHOUSE = "warehouse.duckdb"
REPORTS = "reports"


def render_site(home: Path, roles: Collection[Role] = tuple(Role)) -> SiteResult:
    """Writes what changed of the whole site, and gives the count."""
    tree = Tree(home / REPORTS)
    clock = _Clock()
    for asset in assets():
        tree.put(asset)
    with duckdb.connect(str(home / WAREHOUSE), read_only=True) as warehouse:
        accounts = accounts_of(warehouse)
        sections = []
        for make in SECTIONS:
            with clock.of(f"{make.__name__}: marts"):
                sections.append(make(home, warehouse))
        for account in accounts:
            for role in roles:
                for section in sections:
                    with clock.of(type(section).__name__):
                        for file in section.files(account, role):
                            tree.put(file, f"{account.folder}/{role}")
        with clock.of("index"):
            tree.put(index_file(warehouse, accounts))
    with clock.of("what went"):
        tree.prune()
    return replace(tree.result(len(accounts)), seconds=dict(clock.seconds))


class _Clock:
    """What took how long: the files of a section are made and written in turn."""

    def __init__(self) -> None:
        self.seconds: defaultdict[str, float] = defaultdict(float)

    @contextmanager
    def of(self, what: str) -> Iterator[None]:
        began = time.perf_counter()
        yield
        self.seconds[what] += time.perf_counter() - began
