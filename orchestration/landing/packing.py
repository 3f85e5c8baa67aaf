"""Landing files packed as they were delivered, faults included: so what is said of a file stays true."""

import gzip

import zstandard

from orchestration.landing.decompressing import decompressed

_GZIP, _ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"
_CHECKSUM_BYTES = {_GZIP: 8, _ZSTD: 4}


def unpacked(data: bytes, most: int) -> tuple[bytes, str | None]:
    """What a file holds, at most so many bytes, and what is wrong with its compression, if anything."""
    return decompressed(data, most)


def packed_alike(content: bytes, delivered: bytes, problem: str | None) -> bytes:
    """`content` packed as `delivered` was. One that ended early ends early again, a damaged one has a damage
    behind all that could be read of it; what nobody could read is gone."""
    kind = next((magic for magic in (_GZIP, _ZSTD) if delivered.startswith(magic)), None)
    if kind is None:
        return content
    whole = _gzip(content) if kind == _GZIP else _zstd(content)
    if problem is None:
        return whole
    return whole[: -_CHECKSUM_BYTES[kind]] if "ends early" in problem else whole + b"damaged"


def _gzip(content: bytes) -> bytes:
    return gzip.compress(content, compresslevel=6, mtime=0)


def _zstd(content: bytes) -> bytes:
    return zstandard.ZstdCompressor(level=3, write_checksum=True).compress(content)
