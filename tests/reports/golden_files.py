"""Whole texts against stored ones. After a wanted change: QUARTERHOUR_GOLDEN=write pytest tests/reports."""

import difflib
import os
import re
from pathlib import Path

import pytest

GOLDEN = Path(__file__).parent / "golden"


def as_it_was(name: str, text: str) -> None:
    """Fails with the difference where a page is not the stored one; but for styles."""
    styled = re.sub(r"<style>.*?</style>", "<style></style>", text, flags=re.DOTALL)
    actual = re.sub(r"sha256-[\w+/=]+", "sha256-", styled)
    stored = GOLDEN / (name if "." in name else f"{name}.html")
    if os.environ.get("QUARTERHOUR_GOLDEN") == "write":
        stored.write_text(actual, encoding="utf-8", newline="")
    expected = stored.read_text(encoding="utf-8")
    if actual != expected:
        lines = difflib.unified_diff(
            expected.splitlines(), actual.splitlines(), "stored", "actual", lineterm=""
        )
        pytest.fail("\n".join(lines), pytrace=False)
