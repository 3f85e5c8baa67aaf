"""What retention and forgetting leave in the accounts' books: that it was done, when, by whom and why."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import polars as pl

from orchestration.book.writing import STREAM, appended, one_at_a_time
from orchestration.lake import Lake


def record_of_accounts(
    home: Path,
    event_type: str,
    of_accounts: Mapping[str, Mapping[str, str]],
    *,
    by: str,
    reason: str | None = None,
    now: datetime | None = None,
    token: str | None = None,
) -> Path | None:
    """One event for each account that is in the book, all in one file; it says nothing of any person.

    The fold has nothing to judge of it. None where no account is concerned. Written again under the same
    instant and `token` it is the same file.
    """
    opened = Lake(home).scan(STREAM).filter(pl.col("type") == "account_opened").select("account_id")
    known = set(opened.collect()["account_id"])
    at = (now or datetime.now(UTC)).astimezone(UTC)
    name = f"{at:%Y%m%dT%H%M%S%f}-{token or uuid4().hex[:12]}"
    path = home / "landing" / STREAM / str(at.date()) / f"{name}.jsonl"
    rows = [
        {
            "event_id": f"{name}-{number}",
            "account_id": account_id,
            "occurred_at": at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "type": event_type,
            "by": by,
            **({"reason": reason} if reason else {}),
            **particulars,
        }
        for number, (account_id, particulars) in enumerate(sorted(of_accounts.items()))
        if account_id in known
    ]
    if not rows:
        return None
    lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    with one_at_a_time(home):
        return path if path.exists() else appended(path, lines.encode())
