"""Fragments of an event day, from the copies that all its arrival days delivered (R18, R19)."""

import json
from collections.abc import Iterable
from datetime import date, timedelta

import polars as pl

from orchestration.counting import touched
from orchestration.counting.clean import clean_days
from orchestration.counting.copies import PLACE, Resolved, resolved
from orchestration.lake import ARRIVALS, INPUTS, Lake, joined_version, midnight_ms, seals
from orchestration.lake.parts import days_of_rows, parts_of, rows_of_day
from orchestration.lake.tables import COPIES, FRAGMENTS, STREAMS, TOUCHED
from transforms.alerts import delivered
from transforms.contracts import lake_schema
from transforms.fragments import (
    LEFT_OUT,
    Fragments,
    concatenated,
    fragments_of,
    is_between,
    loose_ends,
    rows_of,
    shares,
)

RECIPE = "4"
"""Changes when the same rows would give other fragments, so that all days are built again."""


MADE = ("alert_sessions", *FRAGMENTS)
"""The tables that have a file for each day that was built."""
ROWS_AT_ONCE = 8_000_000
"""A day with more rows is worked in buckets of keys."""


def arrivals_of(lake: Lake, day: date) -> dict[str, str]:
    """The version of what each arrival day delivered of an event day, by stream and file; and the recipe."""
    versions = {
        f"{stream}/{part.name}": part.version for stream in STREAMS for part in parts_of(lake, stream, day)
    }
    return {"recipe": RECIPE, **versions}


def delivered_version(lake: Lake, day: date) -> str:
    """One version for all that was delivered of an event day."""
    return joined_version(
        [RECIPE, *(f"{name}={version}" for name, version in arrivals_of(lake, day).items())]
    )


def fragments_version(lake: Lake, day: date) -> str | None:
    """The delivered version that the fragments of a day are made of; None where they are not all there.

    The sessions are made of that: of a careful key rows are read that no fragment shows.
    """
    files = [lake.file(table, day) for table in MADE] + [lake.file("copies", each, day) for each in STREAMS]
    are_there = all(path.exists() for path in files)
    return lake.note(lake.file("stretches", day), INPUTS) if are_there else None


def lost_arrivals(lake: Lake, day: date) -> list[tuple[str, date]]:
    """What the fragments of a day were made of and the lake has no more: streams, and arrival days."""
    before = json.loads(lake.note(lake.file("stretches", day), ARRIVALS) or "{}")
    gone = before.keys() - arrivals_of(lake, day).keys()
    parted = (name.removesuffix(".parquet").partition("+")[0].split("/") for name in gone if "/" in name)
    return sorted({(stream, date.fromisoformat(arrival)) for stream, arrival in parted})


def dirty_days(lake: Lake, *, known: bool = False) -> list[date]:
    """The days of which something else was delivered than their fragments were made of.

    With `known` days that a night before found clean are not opened again (`counting/clean.py`).
    """
    counted = [lake.days("stretches"), lake.days("touched")]
    days = set[date]().union(*counted, *(days_of_rows(lake, stream) for stream in STREAMS))
    with clean_days(lake, "fragments", RECIPE, known=known) as clean:
        for day in days:
            if day not in clean and _is_clean(lake, day):
                clean.add(day)
        return sorted(day for day in days if day not in clean)


def _is_clean(lake: Lake, day: date) -> bool:
    is_made = fragments_version(lake, day) == delivered_version(lake, day)
    return is_made and not touched.is_unfinished(lake, day)


def build_fragments(lake: Lake, day: date) -> dict[str, int]:
    """Publishes fragments, alert sessions and the copies' count of one day; gives rows by table."""
    inputs = delivered_version(lake, day)
    seals.require_whole(lake.root, (part.path for stream in STREAMS for part in parts_of(lake, stream, day)))
    streams = {stream: resolved(lake, stream, day) for stream in STREAMS}
    for stream, found in streams.items():
        lake.publish(
            lake.file("copies", stream, day), found.copies.select(COPIES.names()).sort(COPIES.names())
        )
    fragments = _fragments(streams["interactions"], streams["handoffs"])
    tables = {
        "alert_sessions": delivered(streams["alerts"].winners.collect()),
        "left_out": pl.concat(
            streams[stream].losers.select(LEFT_OUT.names()) for stream in ("interactions", "handoffs")
        ).sort(PLACE),
        "loose_ends": loose_ends(fragments, midnight_ms(day + timedelta(days=1))),
        "identities": fragments.identities,
        "system_ends": fragments.system_ends,
        "requests": fragments.requests,
        "legs": fragments.legs,
        "marked_rows": fragments.marked_rows,
        "stretches": fragments.stretches,  # the last: what they are made of, the others are
    }
    _note_change(lake, day, tables["left_out"], inputs)
    arrivals = {ARRIVALS: json.dumps(arrivals_of(lake, day))}
    for table, rows in tables.items():
        lake.publish(lake.file(table, day), rows, inputs, arrivals)
    return {
        **{table: rows.height for table, rows in tables.items()},
        "rows": sum(found.rows - found.losers.height for found in streams.values()),
        "copies_left_out": sum(found.losers.height for found in streams.values()),
    }


def _note_change(lake: Lake, day: date, left_out: pl.DataFrame, inputs: str) -> None:
    """Tells whose fragments will change: the keys of what other arrival days now add.

    And of the copies that count no more, or again. Where something that was delivered before has changed
    or is gone, it may be any key.
    """
    now = fragments_version(lake, day)
    is_unfinished = touched.is_unfinished(lake, day)
    if now == inputs and not is_unfinished:
        return
    before = json.loads(lake.note(lake.file("stretches", day), ARRIVALS) or "null")
    arrivals = arrivals_of(lake, day)
    if is_unfinished or before is None or not before.items() <= arrivals.items():
        touched.note_change(lake, day, None, now, inputs)
        return
    paths = {f"{stream}/{part.name}": part.path for stream in STREAMS for part in parts_of(lake, stream, day)}
    added = [paths[name] for name in _of_conversations(arrivals.keys() - before.keys())]
    keys = [TOUCHED.to_frame(), *(pl.read_parquet(path, columns=["key"]) for path in added)]
    copies = pl.concat([lake.read("left_out", day), left_out])
    keys.append(copies.filter(copies.is_unique()).select("key"))
    touched.note_change(lake, day, pl.concat(keys), now, inputs)


def _of_conversations(names: Iterable[str]) -> list[str]:
    """The arrivals that belong to conversations."""
    return [name for name in names if "/" in name and "key" in lake_schema(name.split("/")[0])]


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
    rows = rows_of_day(lake, "interactions", day)
    return rows_of(rows, keys).join(lake.read("left_out", day), on=PLACE, how="anti", maintain_order="left")


def copies_of(lake: Lake, stream: str, day: date) -> pl.DataFrame:
    """Every valid copy of an event day, of all arrival days."""
    return rows_of_day(lake, stream, day).collect()
