"""Lake to blocks without the lake's tables between: what peers do, by our transforms alone."""

import time
from pathlib import Path
from typing import Any

import polars as pl

from orchestration.counting.workers import WORKERS, in_parallel
from orchestration.lake import Lake
from transforms.contracts import lake_schema
from transforms.fragments import Fragments, concatenated, fragments_of, in_key_order, shares
from transforms.sessions import Sessions, in_one, sessionize


def run(arguments: dict[str, Any]) -> dict[str, Any]:
    """Reads lake/interactions of `home`, writes the billing sessions to `out`."""
    lake = Lake(Path(arguments["home"]))
    began = time.perf_counter()
    fragments = _fragments([lake.arrivals("interactions", day) for day in lake.days("interactions")])
    fragmented_at = time.perf_counter()
    sessions = _sessions(fragments)
    counted_at = time.perf_counter()
    sessions.billing_sessions.write_parquet(arguments["out"], compression="zstd", compression_level=1)
    ended_at = time.perf_counter()
    return {
        "parts": {
            "fragments": fragmented_at - began,
            "sessions": counted_at - fragmented_at,
            "write": ended_at - counted_at,
        }
    }


def _fragments(days: list[list[Path]]) -> Fragments:
    """Fragments of all days as one, each day's rows read once; careful keys by all their rows."""
    legs = lake_schema("handoffs").to_frame().lazy()

    def of_day(paths: list[Path]) -> Fragments:
        rows = pl.scan_parquet(paths)
        return fragments_of(rows, legs, [rows.filter("is_first"), legs])

    found = concatenated(list(in_parallel(of_day, days)))
    careful = found.careful_keys()
    if careful.height:
        plain = found.stretches.join(careful, on="key", how="anti")
        rows = pl.scan_parquet([path for paths in days for path in paths])
        whole = fragments_of(rows.filter(pl.col("key").is_in(careful["key"].implode())), legs)
        found = concatenated([found.having(stretches=plain, marked_rows=found.marked_rows.clear()), whole])
    return found


def _sessions(fragments: Fragments) -> Sessions:
    """Sessions of all keys, shared out among workers (R19)."""

    def of_share(share: tuple[int, int]) -> Sessions:
        its = fragments.between(*share)
        return sessionize(its.having(stretches=in_key_order(its.stretches, "first_at", pl.col("is_reset"))))

    return in_one(list(in_parallel(of_share, shares(WORKERS))))
