"""An explanation as text: what a person reads on the terminal."""

from datetime import UTC, datetime
from typing import Literal

import polars as pl
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from orchestration.errors import UsageError
from orchestration.terminal import plain
from transforms.explaining import Explanation
from transforms.rules import BLOCK_MS
from transforms.timeouts import MINUTE_MS


def show(
    stored: dict[str, object],
    its: Explanation,
    console: Console,
    block: int | None = None,
    following: str | None = None,
) -> None:
    """Prints the explanation of a conversation, `stored` as the lake has it; of one block alone if so told.

    `following` is the id of the key's next conversation in the lake, None where there is none.
    Raises UsageError where the conversation has no such block.
    """
    count = its.blocks.height
    if block is not None and not 0 <= block < count:
        choice = f"--block is 0 to {count - 1}" if count else "leave --block out to see why"
        raise UsageError(f"the conversation has {count} billing sessions: {choice}")
    for line in _summary(stored, its, following):
        console.print(escape(plain(line)), highlight=False, soft_wrap=True)
    chosen = its.blocks if block is None else its.blocks.filter(pl.col("block_index") == block)
    console.print(_legs_table(its.legs)) if its.legs.height else None
    console.print(_blocks_table(chosen, its)) if chosen.height else None
    console.print(_voice_table(its.voice)) if its.voice.height and block is None else None
    rows = its.rows
    if block is not None:
        start, end = chosen.select("started_at", "ended_at").row(0)
        rows = rows.filter(pl.col("at").is_between(start, end))
    console.print(_rows_table(rows))


def _summary(stored: dict[str, object], its: Explanation, following: str | None) -> list[str]:
    facts = its.facts
    session = facts["session_id"]
    whose = f"session {session}" if session is not None else f"user {facts['user_id']} on {facts['channel']}"
    opened = f"opened by {its.opened_by['what']}, {place_of(its.opened_by)}"
    lines = [
        f"conversation {stored['conversation_id']}",
        f"  account {facts['account_id']}, app {facts['app_id']}, {whose} (R1); "
        f"channel {facts['channel']}, user {facts['user_id']}",
        f"  {time_of(facts['started_at'])} to {time_of(facts['ended_at'])}; {opened}",
        f"  {_closed(its, stored, following)}",
    ]
    if facts["anchored_at"] is None:
        lines.append("  no message of the user outside every leg: no billing session (R10)")
    else:
        lines.append(
            f"  billable {_length(facts['billable_ms'])} from {time_of(facts['anchored_at'])} (R6): max(1, "
            f"ceil({facts['billable_ms']:,} ms / {BLOCK_MS:,} ms)) = {facts['blocks']} billing sessions (R8)"
        )
    if facts["is_on_voice"]:
        lines.append(_call(its))
    counted = facts["blocks"], facts["billable_ms"], its.voice.height
    if counted != (stored["billing_sessions"], stored["billable_ms"], stored["voice_sessions"]):
        lines.append(
            f"  STALE: the lake still says {stored['billing_sessions']} billing sessions and "
            f"{stored['voice_sessions']} voice sessions; materialize its day again"
        )
    return lines


def _call(its: Explanation) -> str:
    if its.voice.is_empty():
        return "  no activity of the user and no accepted leg: no voice session (R14)"
    start, end = its.voice["started_at"][0], its.voice["ended_at"][-1]
    return (
        f"  whole call {_length(end - start)} from {time_of(start)}, human agents included: max(1, "
        f"ceil({end - start:,} ms / {BLOCK_MS:,} ms)) = {its.voice.height} voice sessions (R14)"
    )


def _closed(its: Explanation, stored: dict[str, object], following: str | None) -> str:
    facts, timeout = its.facts, _length(its.facts["timeout_ms"])
    if its.closed_by is not None:
        return f"ended by a session reset at {time_of(its.closed_by['at'])}, {place_of(its.closed_by)} (R4)"
    if not stored["is_complete"]:
        return f"still open at the watermark: provisional, not billed yet (R13); timeout {timeout}"
    then = f"its next conversation is {following}" if following else "the lake has no later one of this key"
    silence = f"no activity and no leg for longer than {timeout} after {time_of(facts['ended_at'])}"
    return f"ended by inactivity: {silence} (R3); {then}"


def _legs_table(legs: pl.DataFrame) -> Table:
    columns = ("from", "to", "length", "known from", "leg", "row", "ended by")
    table = _table("legs of human agents, taken out (R7)", *columns)
    for leg in legs.iter_rows(named=True):
        is_whole = leg["since_at"] == leg["start_at"]
        end = {"file": leg["end_file"], "line": leg["end_line"]}
        table.add_row(
            time_of(leg["start_at"]),
            time_of(leg["end_at"]),
            _length(leg["end_at"] - leg["start_at"]),
            leg["source"] if is_whole else f"{leg['source']}, since {time_of(leg['since_at'])}",
            escape(plain(leg["leg_id"])),
            place_of(leg),
            leg["ended_by"] if end["file"] is None else f"{leg['ended_by']} {place_of(end)}",
        )
    return table


def _blocks_table(cut: pl.DataFrame, its: Explanation) -> Table:
    columns = ("block", "from", "to", "billable", "last before", "first after")
    table = _table("billing sessions (R11)", *columns)
    blocks = cut.sort("started_at")
    before = _nearest(blocks, "started_at", _bounds(its, "end_at"), "backward")
    after = _nearest(blocks, "ended_at", _bounds(its, "start_at"), "forward")
    for block, *found in zip(*(each.iter_rows(named=True) for each in (blocks, before, after)), strict=True):
        table.add_row(
            str(block["block_index"]),
            time_of(block["started_at"]),
            time_of(block["ended_at"]),
            _length(block["billable_ms"]),
            *(_at(bound) for bound in found),
        )
    return table


def _nearest(
    blocks: pl.DataFrame, edge: str, bounds: pl.DataFrame, strategy: Literal["backward", "forward"]
) -> pl.DataFrame:
    """To each block the last bound up to one of its edges, or the first from there on."""
    return blocks.join_asof(bounds, left_on=edge, right_on="at", strategy=strategy, coalesce=False)


def _bounds(its: Explanation, bound: str) -> pl.DataFrame:
    """Where the clock may start, stop or run on, in order: rows in it, and an end of each leg.

    At one instant the leg comes nearest to the time that it bounds.
    """
    rows = its.rows.filter("counts").select("at", "file", "line", what=pl.lit("row"))
    legs = its.legs.filter(pl.col("end_at") > pl.col("start_at")).select(
        pl.col(bound).alias("at"), "file", "line", what=pl.lit("leg")
    )
    return pl.concat([rows, legs]).sort("at", "what", descending=[False, bound == "end_at"])


def _voice_table(cut: pl.DataFrame) -> Table:
    table = _table("voice sessions (R14)", "block", "from", "to")
    for block in cut.iter_rows(named=True):
        table.add_row(str(block["block_index"]), time_of(block["started_at"]), time_of(block["ended_at"]))
    return table


def _rows_table(rows: pl.DataFrame) -> Table:
    table = _table("rows", "at", "what", "in the clock", "event", "row")
    for row in rows.iter_rows(named=True):
        table.add_row(
            time_of(row["at"]),
            row["what"],
            "yes" if row["counts"] else "",
            escape(plain(row["event_id"])),
            place_of(row),
        )
    return table


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title, title_justify="left", box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column, no_wrap=column in ("from", "to", "at"), overflow="fold")
    return table


def _at(bound: dict[str, object]) -> str:
    return f"{bound['what']} {time_of(bound['at'])} {place_of(bound)}" if bound["what"] else ""


def place_of(row: dict[str, object]) -> str:
    """File and line."""
    return escape(plain(f"{row['file']}:{row['line']}"))


def time_of(at: object) -> str:
    """An instant (ms) in UTC, to the millisecond."""
    if not isinstance(at, int):
        return "?"
    return datetime.fromtimestamp(at // 1000, UTC).strftime("%Y-%m-%d %H:%M:%S") + f".{at % 1000:03}Z"


def _length(ms: object) -> str:
    if not isinstance(ms, int):
        return "?"
    minutes, rest = divmod(ms, MINUTE_MS)
    return f"{minutes}:{rest // 1000:02}.{rest % 1000:03}"
