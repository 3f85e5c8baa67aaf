"""What compressed files hold: as much as can be read of a damaged one, and never more than is taken."""

import io
import zlib
from collections.abc import Callable, Iterator
from typing import cast

import zstandard
from isal import isal_zlib

from transforms.limits import DEFAULTS

_GZIP_MAGIC = b"\x1f\x8b"
_ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"
_CHUNK = 1 << 16
_ZSTD_CHUNK = 1 << 12
"""Few bytes at once, for four of them may stand for 128 KiB."""
_ISAL_ERROR = cast("type[Exception]", isal_zlib.error)
"""A class, which the library's stubs declare as an instance."""


class TooLargeError(Exception):
    """A file holds more than is taken."""


def decompressed(data: bytes, most: int = DEFAULTS.file_bytes) -> tuple[bytes, str | None]:
    """What a file holds, gzip and zstd told by their first bytes, and what is wrong with it, if anything.

    Raises TooLargeError where that is more than `most` bytes, before it is all there.
    """
    if data.startswith(_GZIP_MAGIC):
        whole = _gunzipped_at_once(data, most)
        return (whole, None) if whole is not None else _unpacked(data, "gzip", _gunzip, most)
    if data.startswith(_ZSTD_MAGIC):
        return _unpacked(data, "zstd", _unzstd, most)
    if len(data) > most:
        raise TooLargeError
    return data, None


class _EndsEarlyError(Exception):
    pass


class _DamagedError(Exception):
    pass


def _unpacked(
    data: bytes, kind: str, unpack: Callable[[bytes], Iterator[bytes]], most: int
) -> tuple[bytes, str | None]:
    """All that comes out before something is wrong."""
    out = io.BytesIO()
    problem = None
    try:
        for piece in unpack(data):
            if out.tell() + len(piece) > most:
                raise TooLargeError
            out.write(piece)
    except _EndsEarlyError:
        problem = f"{kind} ends early"
    except _DamagedError:
        problem = f"{kind} is damaged"
    return out.getvalue(), problem


def _gunzipped_at_once(data: bytes, most: int) -> bytes | None:
    """The content of a gzip file of one sound member, which nearly every one is; None for any other."""
    member = isal_zlib.decompressobj(wbits=31)
    try:
        content = member.decompress(data, most + 1)
    except _ISAL_ERROR:
        return None
    if len(content) > most:
        raise TooLargeError
    return content if member.eof and not member.unused_data else None


def _gunzip(data: bytes) -> Iterator[bytes]:
    """The members of a gzip file, one after the other; zeros behind them are padding."""
    position = 0
    while position < len(data):
        if not data.startswith(_GZIP_MAGIC, position):
            if data[position:].strip(b"\0"):
                raise _DamagedError
            return
        member = zlib.decompressobj(wbits=31)
        while not member.eof:
            if position >= len(data):
                yield member.flush()
                raise _EndsEarlyError
            chunk = data[position : position + _CHUNK]
            before = member.copy()
            try:
                yield member.decompress(chunk)
            except zlib.error:
                yield from _bytewise(before, chunk)
                raise _DamagedError from None
            position += len(chunk) - len(member.unused_data)


def _bytewise(member: "zlib._Decompress", chunk: bytes) -> Iterator[bytes]:
    """What a chunk with a fault in it still gives: zlib returns nothing of a call that fails."""
    for number in range(len(chunk)):
        try:
            yield member.decompress(chunk[number : number + 1])
        except zlib.error:
            return


def _unzstd(data: bytes) -> Iterator[bytes]:
    """The frames of a zstd file, one after the other."""
    decompressor = zstandard.ZstdDecompressor()
    position = 0
    while position < len(data):
        if not data.startswith(_ZSTD_MAGIC, position):
            raise _DamagedError
        frame = decompressor.decompressobj()
        while not frame.eof:
            if position >= len(data):
                raise _EndsEarlyError
            chunk = data[position : position + _ZSTD_CHUNK]
            try:
                yield frame.decompress(chunk)
            except zstandard.ZstdError:
                raise _DamagedError from None
            position += len(chunk) - len(frame.unused_data)
