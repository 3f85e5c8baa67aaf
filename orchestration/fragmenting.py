"""Fragments of an event day, from the copies that all its arrival days delivered (R18, R19)."""

from datetime import date, timedelta

import polars as pl

from orchestration.lake import INPUTS, VERSION, Lake, joined_version, midnight_ms
from orchestration.tables import COPIES, FRAGMENTS, STREAMS
from transforms.alerts import delivered
from transforms.contracts import lake_schema
from transforms.copies import resolve_copies
from transforms.fragments import fragments_of, loose_ends, marked, rows_of

RECIPE = "1"
"""Changes when the same rows would give other fragments, so that all days are built again."""


def delivered_version(lake: Lake, day: date) -> str:
    """One version for all that was delivered of an event day."""
    parts = [RECIPE]
    for stream in STREAMS:
        parts += [f"{stream}/{path.name}={lake.note(path, VERSION)}" for path in lake.arrivals(stream, day)]
    return joined_version(parts)


def fragments_version(lake: Lake, day: date) -> str | None:
    """One version for the fragments of a day; None where there are none."""
    paths = [lake.file(table, day) for table in (*FRAGMENTS, "alert_sessions")]
    versions = [lake.note(path, VERSION) for path in paths]
    return None if None in versions else joined_version([version or "" for version in versions])


def dirty_days(lake: Lake) -> list[date]:
    """The days of which something else was delivered than their fragments were made of."""
    days = {*lake.days("stretches")}.union(*(lake.days(stream) for stream in STREAMS))
    return sorted(
        day for day in days if lake.note(lake.file("stretches", day), INPUTS) != delivered_version(lake, day)
    )


def build_fragments(lake: Lake, day: date) -> dict[str, int]:
    """Publishes fragments, alert sessions and the copies' count of one day; gives rows by table."""
    inputs = delivered_version(lake, day)
    winners: dict[str, pl.DataFrame] = {}
    counted = 0
    for stream in STREAMS:
        winners[stream], copies = resolve_copies(copies_of(lake, stream, day), stream)
        lake.publish(lake.file("copies", stream, day), copies.select(COPIES.names()).sort(COPIES.names()))
        counted += int(copies["duplicate"].sum()) + int(copies["superseded"].sum())
    fragments = fragments_of(winners["interactions"], winners["handoffs"])
    tables = {
        "alert_sessions": delivered(winners["alerts"]),
        "loose_ends": loose_ends(fragments, midnight_ms(day + timedelta(days=1))),
        "requests": fragments.requests,
        "legs": fragments.legs,
        "marked_rows": fragments.marked_rows,
        "stretches": fragments.stretches,  # the last: it carries the inputs, so a killed run is seen
    }
    for table, rows in tables.items():
        lake.publish(lake.file(table, day), rows, inputs)
    return {
        **{table: rows.height for table, rows in tables.items()},
        "rows": sum(frame.height for frame in winners.values()),
        "copies_left_out": counted,
    }


def rows_of_keys(lake: Lake, day: date, keys: pl.DataFrame) -> pl.DataFrame:
    """The `MARKED_ROWS` of some keys on a day, from the clean rows."""
    copies = lake.read("copies", "interactions", day)
    rows = copies_of(lake, "interactions", day)
    if copies.filter((pl.col("duplicate") > 0) | (pl.col("superseded") > 0)).height:
        rows = resolve_copies(rows, "interactions")[0]
    return rows_of(marked(rows), keys)


def copies_of(lake: Lake, stream: str, day: date) -> pl.DataFrame:
    """Every valid copy of an event day, of all arrival days."""
    paths = lake.arrivals(stream, day)
    return pl.concat([lake_schema(stream).to_frame(), *(pl.read_parquet(path) for path in paths)])
