"""How a delivered file is written: format, name, and no byte that depends on when it was written."""

import io
import os
from pathlib import Path

import polars as pl

from orchestration.generator.shape import Format

_GZIP_LEVEL = 2
_ZSTD_LEVEL = 1


def encoded(frame: pl.DataFrame, fmt: Format) -> bytes:
    """Return the file's bytes. Polars' gzip header carries no time and no name."""
    buffer = io.BytesIO()
    match fmt:
        case "jsonl.gz":
            frame.write_ndjson(buffer, compression="gzip", compression_level=_GZIP_LEVEL)
        case "jsonl.zst":
            frame.write_ndjson(buffer, compression="zstd", compression_level=_ZSTD_LEVEL)
        case "jsonl":
            frame.write_ndjson(buffer)
        case "csv":
            frame.write_csv(buffer)
        case "parquet":
            frame.write_parquet(buffer, compression="zstd")
    return buffer.getvalue()


def write_file(path: Path, content: bytes) -> int:
    """Write a file beside its place and rename it into it; return its size."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.part")
    beside.write_bytes(content)
    os.replace(beside, path)
    return len(content)
