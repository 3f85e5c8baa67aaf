"""The sections of the console, in the order in which they are rendered."""

from collections.abc import Callable
from pathlib import Path

import duckdb

from orchestration.console.documents import Documents
from orchestration.console.files import Section, Share
from orchestration.console.index import Entrance
from orchestration.console.lines import Lines
from orchestration.console.orders import Orders
from orchestration.console.plans import Plans
from orchestration.console.sessions import Sessions
from orchestration.console.usage import Usage

SECTIONS: tuple[Callable[[Path, duckdb.DuckDBPyConnection, Share], Section], ...] = (
    Entrance,
    Usage,
    Plans,
    Documents,  # before the orders, which name only the PDFs that were made
    Lines,
    Sessions,
    Orders,
)
