"""What a section of the console hands over to be written."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Protocol

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


class Section(Protocol):
    """A section of the console; it reads the marts once for all accounts, when it is made."""

    def files(self, account: Account, role: Role) -> Iterable[File | OnceFile]:
        """All files of the section in the tree of a role, and nothing that the role may not see."""
        ...
