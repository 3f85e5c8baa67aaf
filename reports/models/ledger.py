"""What became of each row (R20)."""

from collections.abc import Sequence
from dataclasses import dataclass, fields

from reports import names


@dataclass(frozen=True)
class LedgerLine:
    """The fate of a stream's rows (R20)."""

    stream: str
    rows: int
    accepted: int
    duplicate: int
    superseded: int
    excluded: int
    quarantined: int

    @property
    def stream_name(self) -> str:
        """The stream in words."""
        return stream_name(self.stream)

    @property
    def is_balanced(self) -> bool:
        """R20: rows = accepted + duplicate + superseded + excluded + quarantined."""
        parts = self.accepted + self.duplicate + self.superseded + self.excluded + self.quarantined
        return self.rows == parts


@dataclass(frozen=True)
class QuarantineReason:
    """Why rows were kept apart, and how many."""

    stream: str
    reason: str
    rows: int

    @property
    def stream_name(self) -> str:
        """The stream in words."""
        return stream_name(self.stream)

    @property
    def shown_reason(self) -> str:
        """The reason for people: it may quote what was in the row."""
        return names.display_name(self.reason, "(no reason)")


@dataclass(frozen=True)
class FileWarning:
    """Something wrong with a file as a whole."""

    file: str
    problem: str

    @property
    def shown_file(self) -> str:
        """The path for people."""
        return names.display_name(self.file, "(no file)")

    @property
    def shown_problem(self) -> str:
        """The problem for people: it may quote what was in the file."""
        return names.display_name(self.problem, "(no reason)")


@dataclass(frozen=True)
class Ledger:
    """What became of the rows that arrived in a month (R20): an account's, and those of nobody."""

    lines: tuple[LedgerLine, ...] = ()
    unattributed: LedgerLine | None = None  # rows of which no account could be told
    reasons: tuple[QuarantineReason, ...] = ()
    warnings: tuple[FileWarning, ...] = ()

    @property
    def total(self) -> LedgerLine:
        """The streams together."""
        return ledger_total(self.lines)

    @property
    def is_balanced(self) -> bool:
        """R20, for every line."""
        lines = (*self.lines, self.unattributed) if self.unattributed else self.lines
        return all(line.is_balanced for line in lines)


def ledger_total(lines: Sequence[LedgerLine]) -> LedgerLine:
    """Lines of the ledger, added up."""
    counts = [field.name for field in fields(LedgerLine) if field.name != "stream"]
    return LedgerLine("all", **{count: sum(getattr(line, count) for line in lines) for count in counts})


def stream_name(stream: str) -> str:
    """A stream in words."""
    return names.display_name(stream, "(no stream)").replace("_", " ").capitalize()
