"""Which keys of a day changed since its sessions were counted, so that a late row costs what it changes.

The file of a day says from which version of its fragments to which they changed. It is written before the
fragments and removed after the sessions; one that does not fit both, after a run that died, is not believed.
"""

from datetime import date

import polars as pl

from orchestration.lake import INPUTS, Lake
from orchestration.terms import Terms

SINCE, UNTIL = "quarterhour.since", "quarterhour.until"
"""Keys in the file's Parquet metadata: the versions of the fragments before and after."""
KEYS = pl.Schema({"key": pl.UInt64})
MOST_KEYS = 10_000
"""With more of them a day is as soon counted whole."""


def note_change(lake: Lake, day: date, keys: pl.DataFrame, now: str, after: str) -> None:
    """Tells of the keys that will change when the fragments of version `now` are replaced."""
    path = lake.file("touched", day)
    since = now
    if path.exists():
        if now not in (lake.note(path, SINCE), lake.note(path, UNTIL)):
            path.unlink()
            return
        since = lake.note(path, SINCE) or ""
        keys = pl.concat([pl.read_parquet(path), keys])
    lake.publish(path, keys.unique().sort("key"), notes={SINCE: since, UNTIL: after})


def also(lake: Lake, day: date, keys: pl.DataFrame) -> None:
    """Adds keys that a neighbouring day has changed to those that wait for a day's turn.

    A day of which nothing is known gets a file that nothing fits: it waits to be counted whole.
    """
    path = lake.file("touched", day)
    notes = {name: lake.note(path, name) or "" for name in (SINCE, UNTIL)}
    held = lake.read("touched", day)
    lake.publish(path, pl.concat([held, keys]).unique().sort("key"), notes=notes)


def touched_keys(lake: Lake, day: date, terms: Terms) -> pl.DataFrame | None:
    """The only keys of a day whose sessions may have changed; None where that is not known.

    That is: its sessions were made of the fragments before the change, under the terms that still hold.
    """
    path = lake.file("touched", day)
    if not path.exists() or lake.note(path, UNTIL) != lake.note(lake.file("stretches", day), INPUTS):
        return None
    made_of = lake.note(lake.file("conversations", day), INPUTS)
    return pl.read_parquet(path) if terms.still_hold(made_of, day, lake.note(path, SINCE)) else None


def is_waiting(lake: Lake, day: date) -> bool:
    """Whether something of a day changed that has not been counted."""
    return lake.file("touched", day).exists()


def settle(lake: Lake, day: date) -> None:
    """Forgets what has been counted."""
    lake.file("touched", day).unlink(missing_ok=True)
