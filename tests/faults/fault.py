"""A fault: its name, how it is done, and what must stand in the home when the next run has mended it."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.faults.homes import Home, Ran


class SkippedError(Exception):
    """A fault that cannot be done here, and why."""


class NotWholeError(Exception):
    """A fault after which something is wrong that must not be, before any next run; `found` says what."""

    def __init__(self, found: list[str]):
        super().__init__(f"{len(found)} things are wrong")
        self.found = found


@dataclass(frozen=True)
class Fault:
    """A fault, as the table names it.

    At the end all must be as after an undisturbed night. Where the fault changes what is issued when, `due`
    makes what must be, by the same deliveries and nights without the fault, in a folder that it is given.
    """

    name: str
    do: Callable[[Home], str]
    due: Callable[[Home, Path], None] | None = None


def told(ran: Ran, *names: object) -> str:
    """What a run said that had to fail: each of these names, file or remedy, stands in it."""
    assert ran.code == 1, f"exit code {ran.code}:\n{ran.said}"
    error = ran.said[ran.said.rfind("error: ") :]
    for name in names:
        assert str(name) in error, f"{name} is not in:\n{ran.said}"
    return error
