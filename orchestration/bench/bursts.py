"""Logs like those of a chat room: no `session_id`, a heavy tail of users, rows in bursts, many tied."""

from datetime import date, timedelta
from pathlib import Path

import polars as pl

from orchestration.generator import FIRST_DAY, Summary
from orchestration.generator.files import encoded, write_file
from orchestration.generator.randomness import Dice, looked_up
from orchestration.generator.rhythm import rows_by_day

HEAVIEST_ROWS = 250_000
HEAVIEST_SHARE = 0.025
"""One user writes this share of all rows, and never more than `HEAVIEST_ROWS`."""
TIE_SHARE = 1 / 3
TIMEOUT_SHARE = 0.002
"""Rows exactly a timeout after the row before, and as many one millisecond later (R3)."""
ROWS_PER_USER = 100
ROWS_PER_PART = 250_000
BURST_ROWS = 40
_GAP_MS = 20_000.0
_TIMEOUT_MS = 900_000.0
_DAY_MS = 86_400_000
_ROLES = pl.Series(["user"] * 13 + ["app"] * 7)
_CHANNELS = pl.Series(["irc", "matrix"])


def generate_bursts(events: int, days: int, seed: int, out: Path, first_day: date = FIRST_DAY) -> Summary:
    """Writes `events` interactions of `days` days into a landing folder; same arguments, same bytes."""
    heaviest = min(HEAVIEST_ROWS, int(events * HEAVIEST_SHARE))
    users = max(10, events // ROWS_PER_USER)
    files = size = 0
    of_heaviest = rows_by_day(heaviest, days, first_day, seed)
    of_others = rows_by_day(events - heaviest, days, first_day, seed)
    for index, (few, many) in enumerate(zip(of_heaviest, of_others, strict=True)):
        day = first_day + timedelta(days=index)
        dice = Dice(seed, "user")
        user = 1 + (users * dice.unit("user") ** 2).floor().cast(pl.Int64)
        talk = pl.concat(
            [
                _rows(2 * index, few, pl.lit(0, pl.Int64), day, seed),
                _rows(2 * index + 1, many, user, day, seed),
            ]
        ).sort("at", "row")
        for number, part in enumerate(_delivered(talk, Dice(seed, "row")).iter_slices(ROWS_PER_PART)):
            name = f"part-{number}.jsonl.gz"
            size += write_file(out / "interactions" / day.isoformat() / name, encoded(part, "jsonl.gz"))
            files += 1
    return Summary({"interactions": events}, files, size, first_day, first_day + timedelta(days=days - 1))


def _rows(number: int, count: int, user: pl.Expr, day: date, seed: int) -> pl.DataFrame:
    """Some rows of bursts that begin on a day: each burst of one user, its rows a few seconds apart.

    `user` draws whose a burst is, from the counter `user`; bursts may run over midnight.
    """
    burst, row = Dice(seed, "burst"), Dice(seed, "row")
    start_ms = (day - date(1970, 1, 1)).days * _DAY_MS
    offset = pl.lit(number << 32, dtype=pl.UInt64)
    length = (1.0 + burst.exponential("rows", BURST_ROWS)).floor().cast(pl.Int64)
    bursts = (
        pl.select(burst=pl.int_range(count // 8 + 64, dtype=pl.UInt64) + offset)
        .with_columns(user=pl.col("burst"), start=burst.below("start", _DAY_MS) + start_ms, rows=length)
        .with_columns(user=user, first_row=pl.col("rows").cum_sum() - pl.col("rows"))
        .filter(pl.col("first_row") < count)
        .with_columns(rows=pl.min_horizontal("rows", count - pl.col("first_row")))
    )
    owner = bursts.select(at=pl.int_range(pl.len(), dtype=pl.UInt32).repeat_by("rows").explode()).to_series()
    talk = bursts[owner].with_columns(row=pl.int_range(len(owner), dtype=pl.UInt64) + offset)
    since = _gap(row).cast(pl.Int64).cum_sum().over("burst")
    return talk.with_columns(at=pl.col("start") + since).select("row", "user", "at")


def _gap(dice: Dice) -> pl.Expr:
    """Milliseconds since the row before: tied, exactly the timeout, one more, or some seconds."""
    draw = dice.unit("gap kind") - TIE_SHARE
    return (
        pl.when(draw < 0)
        .then(0.0)
        .when(draw < TIMEOUT_SHARE)
        .then(_TIMEOUT_MS)
        .when(draw < 2 * TIMEOUT_SHARE)
        .then(_TIMEOUT_MS + 1)
        .otherwise(dice.exponential("gap", _GAP_MS))
    )


def _delivered(talk: pl.DataFrame, dice: Dice) -> pl.DataFrame:
    """The columns as a channel's log would have them: no session, no greeting, no reset."""
    return talk.select(
        event_id=pl.concat_str(pl.lit("e"), dice.bits("event id")),
        account_id=pl.lit("helpirc"),
        app_id=pl.lit("irc-help"),
        user_id=pl.concat_str(pl.lit("u"), "user"),
        channel=looked_up(_CHANNELS, (pl.col("user") % 2).cast(pl.UInt32)),
        occurred_at=pl.from_epoch("at", "ms").dt.to_string("%Y-%m-%dT%H:%M:%S%.3fZ"),
        actor=looked_up(_ROLES, dice.below("role", len(_ROLES)).cast(pl.UInt32)),
        kind=pl.lit("message"),
    )
