"""What a retention dropped stands in the accounts' books, also where the retention was killed.

While it works a file in the home says when it began, by whom and why. What it dropped bears that instant in
`lake/settled/files`, so whoever finds the file knows what is to be recorded.
"""

import json
import os
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl

from orchestration.errors import RunError
from orchestration.lake import Lake, packs
from orchestration.lake.parts import SETTLED_FILES, STREAMS, settled_arrivals, settled_files
from orchestration.ledger.head import sync_folder
from orchestration.privacy.record import record_of_accounts

JOURNAL = ".retaining.json"
EVENT, TOKEN = "raw_rows_dropped", "retained"
"""The event that tells of a retention in the book, and how the name of its file ends."""


@dataclass(frozen=True)
class Request:
    """Who drops raw rows, and why; `at` is when it began, to the millisecond."""

    by: str
    reason: str | None
    at: str

    @classmethod
    def now(cls, by: str, reason: str | None = None) -> "Request":
        """A request of this moment."""
        return cls(by, reason, datetime.now(UTC).isoformat(timespec="milliseconds"))

    @property
    def instant(self) -> datetime:
        """When it began."""
        return datetime.fromisoformat(self.at)


def begin(home: Path, request: Request, before: date) -> None:
    """Writes down what is to be recorded, before anything is dropped."""
    beside = home / f"{JOURNAL}.new"
    with beside.open("w") as file:
        json.dump({**asdict(request), "before": str(before)}, file)
        file.flush()
        os.fsync(file.fileno())
    os.replace(beside, home / JOURNAL)
    sync_folder(home)


def finish(home: Path) -> Path | None:
    """Records what was dropped, also by a retention that was killed, and removes what may still hold it.

    Whoever calls it holds the home. None where nothing was dropped, or of no account that is in the book.
    """
    path = home / JOURNAL
    if not path.exists():
        return None
    request, before = _begun(path)
    lake = Lake(home)
    packs.weed(lake)
    of_accounts = {
        account_id: {"arrived_before": before, "rows": str(rows)}
        for account_id, rows in _rows_dropped(lake, request.instant).items()
    }
    recorded = record_of_accounts(
        home,
        EVENT,
        of_accounts,
        by=request.by,
        reason=request.reason,
        now=request.instant,
        token=TOKEN,
    )
    path.unlink()
    return recorded


def _begun(path: Path) -> tuple[Request, str]:
    """What the file of a retention says. Raises RunError where it is damaged."""
    try:
        told = json.loads(path.read_bytes())
        request = Request(str(told["by"]), told["reason"] and str(told["reason"]), str(told["at"]))
        if request.instant.tzinfo is None:
            raise ValueError
        return request, str(date.fromisoformat(told["before"]))
    except (ValueError, TypeError, KeyError, RecursionError):
        raise RunError(
            f"{path} is damaged: it said since when rows were dropped, by whom and why. Remove it, and note "
            "in the book what lake/settled/files has of that day"
        ) from None


def _rows_dropped(lake: Lake, at: datetime) -> dict[str, int]:
    """By account the rows that were dropped then."""
    files = [
        settled_files(lake, stream, day).filter(pl.col("dropped_at") == at)
        for stream in STREAMS
        for day in settled_arrivals(lake, stream)
    ]
    every = pl.concat([SETTLED_FILES.to_frame(), *files]).filter(pl.col("account_id").is_not_null())
    return dict(every.group_by("account_id").agg(pl.col("rows").sum()).sort("account_id").iter_rows())
