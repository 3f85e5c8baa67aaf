"""Whether the lake still has what retentions left of dropped rows: nothing else in the home knows them."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import polars as pl

from orchestration.book.writing import STREAM
from orchestration.errors import RunError
from orchestration.lake import Lake
from orchestration.lake.parts import SETTLED, SETTLED_FILES
from orchestration.lake.seals import require_whole
from orchestration.lake.stamps import files_below, stamp_of
from orchestration.privacy.dropped import EVENT, TOKEN

_HELD = {name: SETTLED_FILES[name] for name in ("account_id", "dropped_at", "rows")}
_RECORDED = pl.Schema({**_HELD, "before": pl.String()})
_found_kept: set[frozenset[tuple[str, str]]] = set()
"""What this process has compared, by stamps: each stream's ingest asks, and with the years there are many."""


def require_kept(home: Path) -> None:
    """Raises RunError where the account book tells of dropped rows that `lake/settled` does not have.

    A night that went on would take them out of every count, and credit what was billed of them.
    """
    seen = _stamps(home)
    if seen in _found_kept:
        return
    told = missing(home)
    if told:
        raise RunError("\n".join([*told, remedy(home)]))
    _found_kept.add(seen)


def _stamps(home: Path) -> frozenset[tuple[str, str]]:
    """Which files there are to be compared, and their stamps."""
    held = files_below(str(Lake(home).root / SETTLED / "files"))
    files = [*(Path(file.path) for file in held), *_records(home)]
    return frozenset((str(path), stamp_of(path.stat())) for path in files)


def remedy(home: Path) -> str:
    """What brings the rows back."""
    return f"put lake/settled back from a backup, into {home / 'lake' / SETTLED}; then quarterhour run"


def missing(home: Path) -> list[str]:
    """By account and retention what was dropped, and is in `lake/settled/files` no more.

    The events of retentions are read in landing, where they stay for ever: so it can be asked before the
    first ingest into an empty lake. Raises DamagedError where a file of `lake/settled/files` is damaged.
    """
    recorded = pl.DataFrame(list(_recorded(home)), _RECORDED, orient="row")
    if recorded.is_empty():
        return []
    by = ["account_id", "dropped_at"]
    held = _held(Lake(home)).group_by(by).agg(pl.col("rows").sum().alias("held"))
    found = recorded.join(held, on=by, how="left").with_columns(pl.col("held").fill_null(0))
    gone = found.filter(pl.col("held") < pl.col("rows")).sort("dropped_at", "account_id")
    return [
        f"{home / 'lake' / SETTLED / 'files'} lacks {row['rows'] - row['held']:,} of {row['rows']:,} rows of "
        f"{row['account_id']} that arrived before {row['before']}, whose raw rows were dropped on "
        f"{row['dropped_at']:%Y-%m-%d %H:%M:%S} UTC"
        for row in gone.iter_rows(named=True)
    ]


def _records(home: Path) -> Iterator[Path]:
    return (home / "landing" / STREAM).glob(f"????-??-??/[!.]*-{TOKEN}.jsonl")


def _recorded(home: Path) -> Iterator[tuple[object, ...]]:
    for path in sorted(_records(home)):
        for line in path.read_text().splitlines():
            try:
                event = json.loads(line)
                at = datetime.fromisoformat(event["occurred_at"]).astimezone(UTC)
                told = event["account_id"], at, int(event["rows"]), event["arrived_before"]
                if event["type"] == EVENT:
                    yield told
            except (ValueError, TypeError, KeyError):
                continue  # a row in quarantine, told as such


def _held(lake: Lake) -> pl.DataFrame:
    paths = sorted((lake.root / SETTLED / "files").glob("*/????-??-??.parquet"))
    require_whole(lake.root, paths)
    every = [pl.read_parquet(path, columns=list(_HELD)) for path in paths]
    return pl.concat([pl.Schema(_HELD).to_frame(), *every])
