"""The sections of the console, in the order in which they are rendered."""

from collections.abc import Callable
from pathlib import Path

import duckdb

from orchestration.console.files import Section

SECTIONS: tuple[Callable[[Path, duckdb.DuckDBPyConnection], Section], ...] = ()
