"""What a landed file says: read within the limits, as far as a damaged one can be read (R20)."""

import threading
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from tempfile import NamedTemporaryFile

import duckdb

from orchestration.landing.decompressing import TooLargeError, decompressed
from orchestration.landing.files import format_of
from orchestration.settings.loading import load_settings_of
from transforms.limits import DEFAULTS, MIB, Limits, bytes_told
from transforms.parsing import Format, ParsedFile, parse_file

_LARGE = 512 * MIB
_ONE_LARGE = threading.Lock()
"""Files are parsed side by side, but not large ones: the limits bound the memory that one takes."""


@dataclass(frozen=True)
class Landed:
    """The content of a file, decompressed, its format, and what is wrong with its compression.

    Of a file beyond the limits there is no content, but why it is `refused`.
    """

    data: bytes
    format: Format
    problem: str | None
    refused: tuple[int, str] | None = None
    """The bytes of the file as delivered, and the reason."""


def limits_of(home: Path) -> Limits:
    """How much of a landed file a home takes."""
    return load_settings_of(home).limits


def parse_landed(
    path: Path, stream: str, arrival_day: date | None, name: str, limits: Limits = DEFAULTS
) -> ParsedFile:
    """The rows of a landed file, judged by the contract of its stream."""
    landed = read_landed(path, limits)
    with _ONE_LARGE if len(landed.data) > _LARGE else nullcontext():
        return parse_file(
            landed.data,
            landed.format,
            stream,
            arrival_day,
            name,
            problem=landed.problem,
            refused=landed.refused,
            limits=limits,
        )


def read_landed(path: Path, limits: Limits = DEFAULTS) -> Landed:
    """The content of a landed file as far as it can be decompressed, and is taken."""
    fmt, size = format_of(path), path.stat().st_size
    most = bytes_told(limits.file_bytes)
    refused = (size, f"the file holds more than {most}, which is all that the setting largest_file takes")
    if size > limits.file_bytes:
        return Landed(b"", fmt, None, refused)
    data = path.read_bytes()
    try:
        content, problem = decompressed(data, limits.file_bytes)
    except TooLargeError:
        return Landed(b"", fmt, None, refused)
    if fmt == "parquet" and (too_much := _beyond(path, content, content is not data, limits)):
        return Landed(b"", fmt, problem, (size, too_much))
    return Landed(content, fmt, problem)


def _beyond(path: Path, content: bytes, is_packed: bool, limits: Limits) -> str | None:
    """Why a Parquet file is not even opened: a few bytes of it may stand for any number of rows."""
    if not is_packed:
        return _why_beyond(path, limits)
    with NamedTemporaryFile(suffix=".parquet") as unpacked:
        unpacked.write(content)
        unpacked.flush()
        return _why_beyond(Path(unpacked.name), limits)


def _why_beyond(path: Path, limits: Limits) -> str | None:
    facts = """
        select max(column_values)::hugeint, sum(column_bytes)::hugeint
        from (
            select sum(greatest(num_values, row_group_num_rows)::hugeint) as column_values,
                sum(total_uncompressed_size::hugeint) as column_bytes
            from parquet_metadata(?)
            group by column_id
        )
    """
    try:
        with duckdb.connect(config={"threads": 1}) as connection:
            found = connection.execute(facts, [str(path).replace("*", "[*]").replace("?", "[?]")]).fetchone()
    except duckdb.Error:
        return None  # damaged: its reader says so
    values, size = found or (0, 0)
    if (values or 0) > limits.lines:
        return f"the file has {values:,} values in a column; the setting most_lines takes {limits.lines:,}"
    if (size or 0) > limits.file_bytes:
        most = bytes_told(limits.file_bytes)
        return f"the file holds {bytes_told(size)}; the setting largest_file takes {most}"
    return None
