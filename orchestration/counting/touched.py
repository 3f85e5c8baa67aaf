"""Which keys of a day changed since its sessions were counted, so that a late row costs what it changes.

The file of a day says from which version of its fragments to which they changed. It is written before the
fragments and removed after the sessions: while it is there, something waits. If its versions do not fit those
of fragments and sessions, after a run that died, it is not believed, and the day is counted whole.
"""

from datetime import date

import polars as pl

from orchestration.counting.terms import Terms
from orchestration.lake import INPUTS, Lake
from orchestration.lake.tables import SESSIONS, TOUCHED

SINCE, UNTIL = "quarterhour.since", "quarterhour.until"
"""Keys in the file's Parquet metadata: the versions of the fragments before and after."""
UNKNOWN = "unknown"
"""A version that no fragments have."""
MOST_KEYS = 10_000
"""With more of them a day is as soon counted whole."""


def note_change(lake: Lake, day: date, keys: pl.DataFrame | None, now: str | None, after: str) -> None:
    """Tells of the keys that will change when the fragments of version `now` are replaced; None: any."""
    path = lake.file("touched", day)
    since, found = (UNKNOWN, []) if keys is None or now is None else (now, [keys])
    if path.exists():
        found.append(pl.read_parquet(path))
        is_known = since != UNKNOWN and now in (lake.note(path, SINCE), lake.note(path, UNTIL))
        since = (lake.note(path, SINCE) or UNKNOWN) if is_known else UNKNOWN
    _publish(lake, day, found, since, after)


def also(lake: Lake, day: date, keys: pl.DataFrame) -> None:
    """Adds keys that a neighbouring day has changed to those that wait for a day's turn.

    A day of which nothing waited gets a file that fits nothing: it waits to be counted whole.
    """
    path = lake.file("touched", day)
    since, until = (lake.note(path, name) or UNKNOWN for name in (SINCE, UNTIL))
    _publish(lake, day, [lake.read("touched", day), keys], since, until)


def _publish(lake: Lake, day: date, keys: list[pl.DataFrame], since: str, until: str) -> None:
    every = pl.concat([TOUCHED.to_frame(), *keys]).unique().sort("key")
    lake.publish(lake.file("touched", day), every, notes={SINCE: since, UNTIL: until})


def touched_keys(lake: Lake, day: date, terms: Terms) -> pl.DataFrame | None:
    """The only keys of a day whose sessions may have changed; None where that is not known.

    That is: its sessions are all there, made of the fragments before the change, under the terms that hold.
    """
    path = lake.file("touched", day)
    if not path.exists() or not all(lake.file(table, day).exists() for table in SESSIONS):
        return None
    if lake.note(path, UNTIL) != lake.note(lake.file("stretches", day), INPUTS):
        return None
    made_of = lake.note(lake.file("conversations", day), INPUTS)
    return pl.read_parquet(path) if terms.still_hold(made_of, day, lake.note(path, SINCE)) else None


def is_waiting(lake: Lake, day: date) -> bool:
    """Whether something of a day changed that has not been counted."""
    return lake.file("touched", day).exists()


def is_unfinished(lake: Lake, day: date) -> bool:
    """Whether a build of the day's fragments began and did not end."""
    until = lake.note(lake.file("touched", day), UNTIL)
    return until not in (None, UNKNOWN, lake.note(lake.file("stretches", day), INPUTS))


def settle(lake: Lake, day: date) -> None:
    """Forgets what has been counted."""
    lake.file("touched", day).unlink(missing_ok=True)
