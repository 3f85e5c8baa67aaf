"""The landing folder being filled: rows wait for their arrival day, then go out in parts."""

from collections import Counter, defaultdict
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

import polars as pl

from orchestration.generator.catalogue import DAY_MS
from orchestration.generator.files import encoded, write_file
from orchestration.generator.render import Renderer, TimeOf
from orchestration.generator.shape import Format

FormatOf = Callable[[str, date], Format]

_PARTS_FROM_ROWS = 200
_INSTANTS = {"interactions": "occurred_ms", "handoffs": "transferred_ms", "alerts": "delivered_ms"}


@dataclass(frozen=True)
class Summary:
    """What was generated."""

    rows: dict[str, int]
    files: int
    bytes: int
    first_day: date
    last_day: date


@dataclass
class Landing:
    """Holds back what has not arrived yet: little, since most rows arrive on the day they happened.

    A thread writes one day while the next is made; JSON and gzip are half of the work.
    """

    out: Path
    renderer: Renderer
    format_of: FormatOf
    _waiting: dict[tuple[str, int], list[pl.DataFrame]] = field(default_factory=lambda: defaultdict(list))
    _rows: Counter[str] = field(default_factory=Counter)
    _files: int = 0
    _bytes: int = 0
    _writer: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(max_workers=1))
    _writing: list[Future[None]] = field(default_factory=list)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._writer.shutdown(cancel_futures=True)

    def take(self, stream: str, delivered: pl.DataFrame) -> None:
        """Take rows with `arrival`; what would arrive after the last day arrives on it, or not at all."""
        world = self.renderer.world
        happened = delivered.filter(
            (pl.col(_INSTANTS[stream]) < world.end_ms) & (pl.col("modified_ms").fill_null(0) < world.end_ms)
        )
        on_time = happened.with_columns(pl.col("arrival").clip(upper_bound=world.last_day))
        for (day,), rows in on_time.partition_by("arrival", as_dict=True, include_key=False).items():
            self._waiting[stream, int(day)].append(rows)

    def flush(self, day: int) -> None:
        """Write everything that arrives on a day, once the day before is written."""
        self.finish()
        for stream in _INSTANTS:
            waiting = self._waiting.pop((stream, day), [])
            if waiting:
                self._writing.append(self._writer.submit(self._write_stream, stream, day, pl.concat(waiting)))

    def write(self, stream: str, arrival_day: date, name: str, content: bytes, rows: int) -> None:
        """Write one file of a stream and count it."""
        self._bytes += write_file(self.out / stream / arrival_day.isoformat() / name, content)
        self._files += 1
        self._rows[stream] += rows

    def summary(self, first_day: date, last_day: date) -> Summary:
        """Return the totals of all files written."""
        return Summary(dict(self._rows), self._files, self._bytes, first_day, last_day)

    def finish(self) -> None:
        """Wait until what was flushed is on disk; an error of the writing thread is raised here."""
        for written in self._writing:
            written.result()
        self._writing.clear()

    def _write_stream(self, stream: str, day: int, rows: pl.DataFrame) -> None:
        in_place = rows.filter(pl.col("rank") == 0).sort(_INSTANTS[stream], maintain_order=True)
        ordered = pl.concat([in_place, rows.filter(pl.col("rank") > 0)])
        # Two parts a day where there are enough rows, so that copies stand in another file too.
        least = 2 if ordered.height >= _PARTS_FROM_ROWS else 1
        parts = max(least, -(-ordered.height // self.renderer.world.shape.rows_per_part))
        size = -(-ordered.height // parts)
        arrival_day = datetime.fromtimestamp(day * DAY_MS / 1000, UTC).date()
        fmt = self.format_of(stream, arrival_day)
        time: TimeOf = self.renderer.instant if fmt == "parquet" else self.renderer.iso
        for number, part in enumerate(ordered.iter_slices(size)):
            content = encoded(self.renderer.columns(stream, part, time), fmt)
            self.write(stream, arrival_day, f"part-{number}.{fmt}", content, part.height)
