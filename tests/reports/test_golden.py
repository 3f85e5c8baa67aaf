"""Whole pages against stored ones. After a wanted change: QUARTERHOUR_GOLDEN=write pytest tests/reports."""

import difflib
import os
import re
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from reports import models, render
from tests.reports import samples

GOLDEN = Path(__file__).parent / "golden"

SMALL = samples.month_page(usage=samples.busy_month(days=4, data_through=date(1999, 2, 3)))
ENTERPRISE = replace(
    SMALL, account=models.Account("ent", "شركة <b>", "Asia/Kuwait", "KWD", "enterprise"), invoice=None
)
ROWS = tuple(models.IndexRow(page.account, (page.summary(),), page.summary()) for page in (SMALL, ENTERPRISE))
PAGES = {
    "usage": render.usage_page(SMALL),
    "invoice": render.document_page(SMALL),
    "enterprise_usage": render.usage_page(ENTERPRISE),
    "statement": render.document_page(ENTERPRISE),
    "account": render.account_page(models.AccountPage(SMALL.account, (SMALL.summary(),))),
    "index": render.index_page(models.IndexPage(SMALL.month, date(1999, 2, 4), ROWS, samples.ledger())),
}


@pytest.mark.parametrize("name", PAGES)
def test_the_page_is_as_it_was(name: str, tmp_path: Path):
    styled = re.sub(r"<style>.*?</style>", "<style></style>", PAGES[name], flags=re.DOTALL)
    actual = re.sub(r"sha256-[\w+/=]+", "sha256-", styled)
    stored = GOLDEN / f"{name}.html"
    if os.environ.get("QUARTERHOUR_GOLDEN") == "write":
        stored.write_text(actual, encoding="utf-8")
    expected = stored.read_text(encoding="utf-8")
    if actual != expected:
        (tmp_path / stored.name).write_text(actual, encoding="utf-8")
        lines = difflib.unified_diff(
            expected.splitlines(), actual.splitlines(), "stored", "actual", lineterm=""
        )
        pytest.fail("\n".join([*lines, f"the page: {tmp_path / stored.name}"]), pytrace=False)
