"""Where a text stands in a home: in files, unpacked, in Parquet's texts and in the warehouse's tables."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb
import polars as pl

from orchestration.home import WAREHOUSE
from orchestration.landing.contents import limits_of
from orchestration.landing.decompressing import TooLargeError
from orchestration.landing.packing import unpacked


@dataclass(frozen=True)
class Place:
    """A file of the home, how often the text stands in it, and what could not be looked at, if anything."""

    file: str
    times: int
    problem: str | None = None


def places_of(home: Path, text: str) -> list[Place]:
    """The files in which the text stands by itself, not as a part of a longer word; by name."""
    return [place for path in _files(home) if (place := _place(home, path, text))]


def _files(home: Path) -> Iterator[Path]:
    return (path for path in sorted(home.rglob("*")) if path.is_file() and not path.is_symlink())


def _place(home: Path, path: Path, text: str) -> Place | None:
    name = path.relative_to(home).as_posix()
    try:
        if path.suffix == ".parquet" and _is_sound(path):
            times = _in_parquet(path, text)
        elif path.name == WAREHOUSE:
            times = _in_warehouse(path, text)
        else:
            content, _ = unpacked(path.read_bytes(), limits_of(home).file_bytes)
            times = len(_word(text.encode()).findall(content))
    except (OSError, TooLargeError, duckdb.Error, pl.exceptions.PolarsError) as error:
        return Place(name, 0, f"could not be searched: {type(error).__name__}")
    return Place(name, times) if times else None


def _word(text: bytes) -> re.Pattern[bytes]:
    return re.compile(rb"(?<![\w-])" + re.escape(text) + rb"(?![\w-])")


def _is_sound(path: Path) -> bool:
    """A damaged one is searched as bytes."""
    try:
        pl.read_parquet_schema(path)
    except pl.exceptions.PolarsError:
        return False
    return True


def _in_parquet(path: Path, text: str) -> int:
    """Rows; Parquet packs its texts, so that its bytes do not tell."""
    names = [name for name, dtype in pl.read_parquet_schema(path).items() if dtype == pl.String]
    if not names:
        return 0
    pattern = rf"(^|[^\w-]){re.escape(text)}($|[^\w-])"
    is_there = pl.any_horizontal(pl.col(name).str.contains(pattern) for name in names)
    return int(pl.scan_parquet(path).filter(is_there).select(pl.len()).collect().item())


def _in_warehouse(path: Path, text: str) -> int:
    """Rows of all tables."""
    pattern = rf"(^|[^\w-]){re.escape(text)}($|[^\w-])"
    with duckdb.connect(str(path), read_only=True) as warehouse:
        warehouse.execute("set TimeZone = 'UTC'")
        tables = warehouse.execute("select table_name from duckdb_tables() where not internal").fetchall()
        found = 0
        for (table,) in tables:
            name = '"' + table.replace('"', '""') + '"'
            query = f"select count(*) from {name} as t where regexp_matches(cast(t as varchar), ?)"
            row = warehouse.execute(query, [pattern]).fetchone()
            found += int(row[0]) if row else 0
    return found
