"""Renders the site: every account, every role, every section. What is no longer made goes."""

from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

import duckdb

from orchestration.console.assets import assets
from orchestration.console.index import index_file
from orchestration.console.reading import accounts_of
from orchestration.console.session_state import SessionState
from orchestration.console.shares import REPORTS, WAREHOUSE, Clock, added, render_accounts
from orchestration.console.tree import SiteResult, Tree
from reports.models import Role


def render_site(home: Path, roles: Collection[Role] = tuple(Role)) -> SiteResult:
    """Writes what changed of the whole site, and gives the count."""
    tree = Tree(home / REPORTS)
    clock = Clock()
    for asset in assets():
        tree.put(asset)
    with duckdb.connect(str(home / WAREHOUSE), read_only=True) as warehouse:
        accounts = accounts_of(warehouse)
        lists = SessionState(home, warehouse)
        rendered = render_accounts(home, accounts, roles)
        lists.save()
        with clock.of("index"):
            tree.put(index_file(warehouse, accounts))
    with clock.of("what went"):
        tree.prune(set(tree.folders()) - {account.folder for account in accounts})
    own = replace(tree.result(0), seconds=dict(clock.seconds))
    return added([rendered, own])
