"""A home built anew, in an empty folder, from what was delivered; and whether it tells the same.

What was delivered is `landing/`, and what retention has left of it. What was issued is not made again: the
ledger comes along as it is, and nothing is issued here. Where the new marts differ from what was billed, the
next night's corrections say so (I3), if the new home takes the old one's place.
"""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import duckdb
import polars as pl

from orchestration.errors import UsageError
from orchestration.home import WAREHOUSE
from orchestration.lake import VERSION, Lake
from orchestration.lake.tables import TABLES
from orchestration.privacy.dropped import JOURNAL as RETAINING
from orchestration.privacy.forgetting import JOURNAL as FORGETTING
from orchestration.runs.one_run import only_run
from orchestration.settings.loading import FILE_NAME

BROUGHT = ("landing", "ledger", "lake/settled", "outbox/.sent", FILE_NAME)
"""What cannot be made again: of logs, of documents and of deliveries, and the settings."""
OF_A_RUN = ("touched",)
"""Tables of the lake that say what a run has still to do, and nothing of what it has done."""


def bring(source: Path, target: Path, tell: Callable[[str], None]) -> None:
    """Lays what cannot be made again into an empty folder; files of landing are linked where that goes.

    Waits for runs in the old home. Raises UsageError where the folder is not empty, or there are no logs, or
    a `forget` or `retain` was killed there.
    """
    if target.exists() and any(target.iterdir()):
        raise UsageError(f"{target} is not empty; name a folder that is, or is not there")
    if target.resolve().is_relative_to(source.resolve()):
        raise UsageError(f"{target} lies within {source}; name a folder beside it")
    if not (source / "landing").is_dir():
        raise UsageError(f"{source} has no landing folder to build from")
    with only_run(source, "quarterhour rebuild", tell):
        for journal in (FORGETTING, RETAINING):
            if (source / journal).exists():
                raise UsageError(f"{source / journal}: what it tells of was killed; see `quarterhour doctor`")
        for name in BROUGHT:
            _bring(source / name, target / name, shutil.copy2 if name != "landing" else _link)


def _bring(old: Path, new: Path, copy: Callable[[str, str], object]) -> None:
    new.parent.mkdir(parents=True, exist_ok=True)
    if old.is_dir():
        shutil.copytree(old, new, copy_function=copy)
    elif old.exists():
        copy(str(old), str(new))


def _link(old: str, new: str) -> None:
    """A file of landing is never written to: whoever changes one replaces it."""
    try:
        os.link(old, new)
    except OSError:  # another disk, or one without links
        shutil.copy2(old, new)


def differences(one: Path, other: Path) -> list[str]:
    """The tables of lake and warehouse of which two homes tell other rows, each with how many they have."""
    return [*_of_lakes(Lake(one), Lake(other)), *_of_warehouses(one / WAREHOUSE, other / WAREHOUSE)]


def _of_lakes(one: Lake, other: Lake) -> list[str]:
    found = []
    for table in sorted(TABLES.keys() - set(OF_A_RUN)):
        parts = [
            {path.relative_to(lake.root / table) for path in (lake.root / table).rglob("[!.]*.parquet")}
            for lake in (one, other)
        ]
        days = [
            str(path.with_suffix(""))
            for path in sorted(parts[0] | parts[1])
            if _differ(one, other, Path(table) / path)
        ]
        if days:
            more = f" and {len(days) - 5} more" if days[5:] else ""
            found.append(f"lake/{table}: {', '.join(days[:5])}{more}")
    return found


def _differ(one: Lake, other: Lake, part: Path) -> bool:
    """Whether a partition has other rows; none at all is as good as one without rows."""
    paths = [lake.root / part for lake in (one, other)]
    if all(path.exists() for path in paths) and one.note(paths[0], VERSION) == other.note(paths[1], VERSION):
        return False
    schema = TABLES[part.parts[0]]
    rows = [(pl.read_parquet(path) if path.exists() else schema.to_frame()) for path in paths]
    if rows[0].height != rows[1].height or rows[0].columns != rows[1].columns:
        return True
    return not rows[0].sort(pl.all()).equals(rows[1].sort(pl.all()))


def _of_warehouses(one: Path, other: Path) -> list[str]:
    if not one.exists() or not other.exists():
        return [f"{path} is not there" for path in (one, other) if not path.exists()]
    told = [_told(path) for path in (one, other)]
    nothing = (0, None)
    return [
        f"warehouse {table}: {told[0].get(table, nothing)[0]} and {told[1].get(table, nothing)[0]} rows"
        for table in sorted(told[0].keys() | told[1].keys())
        if told[0].get(table, nothing) != told[1].get(table, nothing)
    ]


def _told(warehouse: Path) -> dict[str, tuple[int, object]]:
    """Of each table the number of its rows, and a sum of their hashes, whatever their order."""
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        connection.execute("set TimeZone = 'UTC'")
        names = connection.execute("select table_name from duckdb_tables()").fetchall()
        return {
            name: connection.execute(
                f'select count(*), sum(hash("{name}")::hugeint) from "{name}"'
            ).fetchall()[0]
            for (name,) in names
        }
