"""Work shared among threads: Polars lets Python go while it computes."""

import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")
Done = TypeVar("Done")

WORKERS = min(8, os.cpu_count() or 1)
"""Threads at once; each holds a share of the data in memory."""


def in_parallel(work: Callable[[Item], Done], items: Iterable[Item]) -> Iterator[Done]:
    """The result for each item, in their order; after an error nothing new is begun."""
    pool = ThreadPoolExecutor(max_workers=WORKERS)
    try:
        yield from pool.map(work, list(items))
    finally:
        pool.shutdown(cancel_futures=True)
