"""Renders the site: every account, every role, every section. What is no longer made goes."""

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


def render_site(home: Path) -> SiteResult:
    """Writes what changed of the whole site, and gives the count."""
    tree = Tree(home / REPORTS)
    for asset in assets():
        tree.put(asset)
    with duckdb.connect(str(home / WAREHOUSE), read_only=True) as warehouse:
        accounts = accounts_of(warehouse)
        sections = [section(home, warehouse) for section in SECTIONS]
        for account in accounts:
            for role in Role:
                for section in sections:
                    for file in section.files(account, role):
                        tree.put(file, f"{account.folder}/{role}")
        tree.put(index_file(warehouse, accounts))
    tree.prune()
    return tree.result(len(accounts))
