"""The sections of the console, in the order in which they are rendered."""

from collections.abc import Callable
from pathlib import Path

import duckdb

from orchestration.console.files import Section
from orchestration.console.index import Entrance

SECTIONS: tuple[Callable[[Path, duckdb.DuckDBPyConnection], Section], ...] = (Entrance,)
