"""Fragments of an event day, from the copies that all its arrival days delivered (R18, R19)."""

from datetime import date, timedelta

import polars as pl

from orchestration import touched
from orchestration.copies import PLACE, Resolved, resolved
from orchestration.lake import INPUTS, VERSION, Lake, joined_version, midnight_ms
from orchestration.tables import COPIES, FRAGMENTS, STREAMS
from transforms.alerts import delivered
from transforms.contracts import lake_schema
from transforms.fragments import (
    LEFT_OUT,
    Fragments,
    changed_keys,
    concatenated,
    fragments_of,
    is_between,
    loose_ends,
    rows_of,
    shares,
)

RECIPE = "3"
"""Changes when the same rows would give other fragments, so that all days are built again."""


ROWS_AT_ONCE = 8_000_000
"""A day with more rows is worked in buckets of keys."""


def delivered_version(lake: Lake, day: date) -> str:
    """One version for all that was delivered of an event day."""
    parts = [RECIPE]
    for stream in STREAMS:
        parts += [f"{stream}/{path.name}={lake.note(path, VERSION)}" for path in lake.arrivals(stream, day)]
    return joined_version(parts)


def fragments_version(lake: Lake, day: date) -> str | None:
    """One version for what the sessions of a day are made of; None where there is nothing.

    That of all that was delivered: of a careful key rows are read that no fragment shows.
    """
    return lake.note(lake.file("stretches", day), INPUTS)


def dirty_days(lake: Lake) -> list[date]:
    """The days of which something else was delivered than their fragments were made of."""
    days = {*lake.days("stretches")}.union(*(lake.days(stream) for stream in STREAMS))
    return sorted(
        day for day in days if lake.note(lake.file("stretches", day), INPUTS) != delivered_version(lake, day)
    )


def build_fragments(lake: Lake, day: date) -> dict[str, int]:
    """Publishes fragments, alert sessions and the copies' count of one day; gives rows by table."""
    inputs = delivered_version(lake, day)
    streams = {stream: resolved(lake, stream, day) for stream in STREAMS}
    for stream, found in streams.items():
        lake.publish(
            lake.file("copies", stream, day), found.copies.select(COPIES.names()).sort(COPIES.names())
        )
    fragments = _fragments(streams["interactions"], streams["handoffs"])
    tables = {
        "alert_sessions": delivered(streams["alerts"].winners.collect()),
        "left_out": streams["interactions"].losers.select(LEFT_OUT.names()).sort(PLACE),
        "loose_ends": loose_ends(fragments, midnight_ms(day + timedelta(days=1))),
        "identities": fragments.identities,
        "system_ends": fragments.system_ends,
        "requests": fragments.requests,
        "legs": fragments.legs,
        "marked_rows": fragments.marked_rows,
        "stretches": fragments.stretches,  # the last: it carries the inputs, so a killed run is seen
    }
    _note_change(lake, day, tables, inputs)
    for table, rows in tables.items():
        lake.publish(lake.file(table, day), rows, inputs)
    return {
        **{table: rows.height for table, rows in tables.items()},
        "rows": sum(found.rows - found.losers.height for found in streams.values()),
        "copies_left_out": sum(found.losers.height for found in streams.values()),
    }


def _note_change(lake: Lake, day: date, tables: dict[str, pl.DataFrame], inputs: str) -> None:
    """Tells whose fragments will change; where none can be compared, sessions are counted whole."""
    now = fragments_version(lake, day)
    held = [lake.read(table, day) for table in FRAGMENTS]
    if now is None or [rows.schema for rows in held] != [*FRAGMENTS.values()]:
        touched.settle(lake, day)
    elif now != inputs:
        changed = changed_keys(held, [tables[table] for table in FRAGMENTS])
        touched.note_change(lake, day, changed, now, inputs)


def _fragments(interactions: Resolved, handoffs: Resolved) -> Fragments:
    """Fragments of a day, by buckets of keys where it has more rows than are worked at once (R19).

    Files are in the order of keys and their statistics tell where, so a bucket reads little but its own.
    """
    parts = []
    for first, end in shares(max(1, -(-interactions.rows // ROWS_AT_ONCE))):
        is_its = is_between(first, end) if interactions.rows > ROWS_AT_ONCE else pl.lit(value=True)
        rows, legs = (found.winners.filter(is_its) for found in (interactions, handoffs))
        named = [found.named.filter(is_its) for found in (interactions, handoffs)]
        parts.append(fragments_of(rows, legs, named))
    return concatenated(parts)


def rows_of_keys(lake: Lake, day: date, keys: pl.DataFrame) -> pl.DataFrame:
    """The `MARKED_ROWS` of some keys on a day that has fragments."""
    rows = pl.scan_parquet(lake.arrivals("interactions", day))
    return rows_of(rows, keys).join(lake.read("left_out", day), on=PLACE, how="anti", maintain_order="left")


def copies_of(lake: Lake, stream: str, day: date) -> pl.DataFrame:
    """Every valid copy of an event day, of all arrival days."""
    paths = lake.arrivals(stream, day)
    return pl.concat([lake_schema(stream).to_frame(), *(pl.read_parquet(path) for path in paths)])
