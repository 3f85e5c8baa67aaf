"""Ledgers of several entries."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from orchestration.ledger import (
    Ledger,
)
from tests.orchestration.ledger.entries import SEVERAL, issue


@pytest.fixture(autouse=True, scope="module")
def _disk_is_not_waited_for() -> Iterator[None]:
    """fsync guards against a loss of power, which no test has, and takes most of the time."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(os, "fsync", lambda opened: None)
        yield


@pytest.fixture(scope="module")
def pristine(tmp_path_factory: pytest.TempPathFactory) -> Ledger:
    """Several entries, not to be changed."""
    return issue(tmp_path_factory.mktemp("pristine"), SEVERAL)


@pytest.fixture
def ledger(pristine: Ledger, tmp_path: Path) -> Ledger:
    """Several entries of which a test may do what it likes."""
    shutil.copytree(pristine.root, tmp_path / "ledger")
    return Ledger(tmp_path)
