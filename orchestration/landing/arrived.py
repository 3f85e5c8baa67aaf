"""Which landed files an ingest has read as they are now: one that has grown since has more to say."""

import json
from collections.abc import Iterable, Mapping
from datetime import date
from functools import lru_cache
from pathlib import Path

import polars as pl

from orchestration.lake import Lake
from orchestration.lake.seals import require_whole
from orchestration.landing.files import files_of, name_of

SIZES = "quarterhour.sizes"
"""Key in the metadata of a file in `files`: the bytes of each landed file when its reading began, as JSON."""


def sizes_of(paths: Iterable[Path], landing: Path) -> dict[str, int]:
    """The bytes of landed files, by name."""
    return {name_of(path, landing): path.stat().st_size for path in paths}


def unread(lake: Lake, landing: Path, stream: str, day: date) -> list[Path]:
    """The files of an arrival day that no ingest has read as they are now.

    Of an ingest whose quarantine is gone nothing is believed: the rows that it refused stood there (R20).
    """
    paths = files_of(landing, stream, day)
    partition, refused = (lake.file(table, stream, day) for table in ("files", "quarantine"))
    if not paths or not partition.exists() or not refused.exists():
        return paths
    seen = _seen(lake.root, partition, partition.stat().st_mtime_ns)
    return [
        path
        for path in paths
        if (name := name_of(path, landing)) not in seen
        or (seen[name] is not None and seen[name] != path.stat().st_size)
    ]


@lru_cache(maxsize=20_000)
def _seen(root: Path, partition: Path, changed_at: int) -> Mapping[str, int | None]:
    """The files that an ingest has read, and how large; kept, as all days are looked through each time."""
    require_whole(root, [partition])
    sizes = json.loads(pl.read_parquet_metadata(partition).get(SIZES) or "{}")
    names = pl.read_parquet(partition, columns=["file"])["file"]
    return {name: sizes.get(name) for name in names}
