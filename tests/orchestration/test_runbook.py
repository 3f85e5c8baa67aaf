"""The runbook against the code: whoever is told of a check finds what to do by the name of that check."""

import re
from pathlib import Path

from orchestration.definitions import defs
from transforms.reading import long_rows_told

RUNBOOK = Path(__file__).resolve().parents[2] / "docs" / "operating.md"


def test_each_check_is_named_in_the_runbook() -> None:
    """Those that warn too: how severe a check is, only its result says, and warnings may be told as well."""
    checks = {key.name for key in defs().get_repository_def().asset_graph.asset_check_keys}
    assert {"ledger_balances", "files_arrived", "documents_are_delivered", "dbt_tests"} <= checks
    words = set(re.findall(r"\w+", RUNBOOK.read_text()))
    assert checks - words == set()


def test_what_is_said_of_long_rows_is_a_heading_of_the_runbook() -> None:
    headings = [line for line in RUNBOOK.read_text().splitlines() if line.startswith("###")]
    assert any(f"`{long_rows_told(2)}`" in heading for heading in headings)
