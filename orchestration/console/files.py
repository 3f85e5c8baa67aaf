"""What a section of the console hands over to be written."""

import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

import duckdb

from orchestration.console.reading import accounts_of
from reports.models import Account, Role


@dataclass(frozen=True)
class File:
    """A file of a role's tree, by its path below it; written only where its bytes changed."""

    path: str
    content: str | bytes


@dataclass(frozen=True)
class OnceFile:
    """A file that never changes once it stands there: it is made only where it is missing."""

    path: str
    make: Callable[[], bytes]


@dataclass(frozen=True)
class Share:
    """The accounts that a process renders, in order, and how many processors it has for them."""

    accounts: Sequence[Account]
    processors: int

    @classmethod
    def whole(cls, warehouse: duckdb.DuckDBPyConnection) -> "Share":
        """All accounts by one process."""
        return cls(accounts_of(warehouse), os.cpu_count() or 1)


class Section(Protocol):
    """A section of the console; it reads the marts once for all accounts of a share, when it is made."""

    def files(self, account: Account, role: Role) -> Iterable[File | OnceFile]:
        """All files of the section in the tree of a role, and nothing that the role may not see."""
        ...
