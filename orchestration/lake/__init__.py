"""The lake: Parquet files, one per partition, each published whole by a rename."""

import os
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from hashlib import blake2b
from pathlib import Path

import polars as pl

from orchestration.lake import packs, seals
from orchestration.lake.stamps import stamp_of

VERSION, INPUTS, COPIES = "quarterhour.version", "quarterhour.inputs", "quarterhour.copies"
ARRIVALS = "quarterhour.arrivals"
"""Keys in a file's Parquet metadata: the hash of its rows; what it was made of; of the rows of a stream,
whether an id may stand twice (R18): `none` or `some`; of fragments, the version of each arrival's rows."""
_laid_out: set[tuple[Path, str, tuple[tuple[str, pl.DataType], ...]]] = set()
"""Empty tables that this process has looked at, with their stamps: every step asks for all of them."""


class Lake:
    """Tables below `<home>/lake`. A partition is a file; a missing one has no rows."""

    def __init__(self, home: Path):
        self.home = home
        self.root = home / "lake"

    def file(self, table: str, *partition: str | date) -> Path:
        """Where a partition lies: `lake/<table>/<part>/…/<part>.parquet`."""
        return self.root.joinpath(table, *(str(part) for part in partition)).with_suffix(".parquet")

    def publish(
        self, path: Path, rows: pl.DataFrame, inputs: str = "", notes: Mapping[str, str] | None = None
    ) -> str:
        """Writes a partition beside its place and renames it into it; gives its version."""
        version = version_of(rows)
        metadata = {VERSION: version, INPUTS: inputs, **(notes or {}), seals.KEY: seals.BLANK}
        path.parent.mkdir(parents=True, exist_ok=True)
        beside = path.with_name(f".{path.name}.{os.getpid()}")
        try:
            rows.write_parquet(beside, compression="zstd", compression_level=1, metadata=metadata)
            seals.seal(beside)
            os.replace(beside, path)
        finally:
            beside.unlink(missing_ok=True)
        return version

    def ensure(self, schemas: dict[str, pl.Schema]) -> None:
        """Lays an empty `schema.parquet` into each table, so that a glob over it finds columns."""
        for table, schema in schemas.items():
            path = self.root / table / "schema.parquet"
            if not _has_schema(path, schema):
                self.publish(path, schema.to_frame())

    def read(self, table: str, *partition: str | date) -> pl.DataFrame:
        """The rows of one partition, or of none where it does not exist; DamagedError where it is damaged."""
        path = self.file(table, *partition)
        if not path.exists():
            return pl.read_parquet(self.root / table / "schema.parquet")
        seals.require_whole(self.root, [path])
        return pl.read_parquet(path)

    def scan(self, table: str) -> pl.LazyFrame:
        """All rows of a table."""
        return pl.scan_parquet(packs.fewest_files(self, table))

    def days(self, *parts: str) -> list[date]:
        """The days that have a partition in `lake/<parts>`, ascending."""
        folder = self.root.joinpath(*parts)
        names = [path.name.removesuffix(".parquet") for path in folder.glob("????-??-??*")]
        return sorted(date.fromisoformat(name) for name in set(names))

    def note(self, path: Path, key: str) -> str | None:
        """What a file's metadata tells under a key; None without the file, DamagedError where it is none."""
        if not path.exists():
            return None
        try:
            return pl.read_parquet_metadata(path).get(key)
        except pl.exceptions.PolarsError:
            seals.require_whole(self.root, [path])
            raise

    def arrivals(self, stream: str, event_day: date) -> list[Path]:
        """The files of a stream's event day, one per arrival day, ascending."""
        return sorted((self.root / stream / str(event_day)).glob("????-??-??.parquet"))


def _has_schema(path: Path, schema: pl.Schema) -> bool:
    """Whether a whole file with these columns stands there."""
    try:
        known = path, stamp_of(path.stat()), tuple(schema.items())
    except FileNotFoundError:
        return False
    if known not in _laid_out and seals.damage_of(path) is None and pl.read_parquet_schema(path) == schema:
        _laid_out.add(known)
    return known in _laid_out


def version_of(rows: pl.DataFrame) -> str:
    """A hash of the columns and rows, in order."""
    digest = blake2b(str(rows.schema).encode(), digest_size=12)
    digest.update(rows.hash_rows(1).to_frame().write_ipc(None, compression="uncompressed").getvalue())
    return digest.hexdigest()


def joined_version(parts: list[str]) -> str:
    """One version for several."""
    return blake2b("\n".join(parts).encode(), digest_size=12).hexdigest()


def midnight(day: date) -> datetime:
    """00:00 UTC of a day."""
    return datetime.combine(day, time(), UTC)


def midnight_ms(day: date) -> int:
    """00:00 UTC of a day in ms."""
    return int(midnight(day).timestamp()) * 1000


def days_between(first: date, last: date) -> list[date]:
    """All days from first to last, both included."""
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]
