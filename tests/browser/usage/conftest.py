"""The sites whose usage pages are read."""

import pytest

from tests.browser.usage.reading import FIRST, LAST, WIDE_FIRST, WIDE_LAST, Made, made
from tests.orchestration.usage_marts import Shape


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """Five accounts of four apps."""
    return made(tmp_path_factory.mktemp("usage"), Shape(5, 4, FIRST, LAST))


@pytest.fixture(scope="session")
def wide(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """One account of a thousand apps."""
    return made(tmp_path_factory.mktemp("wide"), Shape(1, 1_000, WIDE_FIRST, WIDE_LAST))
