"""From conversations to the rows of the interactions stream."""

from enum import IntEnum

import polars as pl

from orchestration.generator.conversations import Handoff
from orchestration.generator.randomness import Dice
from orchestration.generator.world import Day, World


class Role(IntEnum):
    """Author and kind of a row, as one number while rows are made."""

    USER = 0
    APP = 1
    AGENT = 2
    SYSTEM = 3
    GREETING = 4
    CLOSURE = 5
    RESET = 6
    HANDOFF_START = 7
    HANDOFF_END = 8
    API_REQUEST = 9


ACTORS = ("user", "app", "agent", "system", "app", "app", "system", "system", "system", "system")
KINDS = ("message", "message", "message", "message", "greeting", "closure_notice", "session_reset",
         "handoff_start", "handoff_end", "api_request")  # fmt: skip


def _role(role: Role) -> pl.Expr:
    return pl.lit(int(role), dtype=pl.UInt8)


def rows_of(conversations: pl.DataFrame, world: World, day: Day) -> pl.DataFrame:
    """Return the rows of a day's conversations, one after the other, so that row `first_row + i` is its i-th.

    Columns: row, conversation, lane, user, has_session, occurred_ms, role, is_test.
    """
    owner = conversations.select(
        index=pl.int_range(pl.len(), dtype=pl.UInt32).repeat_by("rows").explode()
    ).to_series()
    dice = Dice(world.seed, "row")
    rows = conversations[owner].with_columns(
        row=day.counter(len(owner)),
        number=pl.int_range(pl.len(), dtype=pl.Int64) - pl.col("first_row"),
    )
    rows = rows.with_columns(
        in_leg=pl.col("number").is_between("leg_from", pl.col("leg_to"), closed="left").fill_null(False),
        gap_ms=_gap(dice, world.shape.tie_share).cast(pl.Int64),
    )
    rows = rows.with_columns(since_ms=pl.col("gap_ms").cum_sum())
    before = rows["since_ms"].gather(rows["first_row"]) - rows["gap_ms"].gather(rows["first_row"])
    occurred = pl.col("start_ms") + pl.col("since_ms") - before
    return rows.select(
        "row",
        "conversation",
        "user",
        "has_session",
        "is_test",
        lane=pl.when(pl.col("number") >= pl.col("moves_at")).then("linked_lane").otherwise("lane"),
        occurred_ms=occurred - occurred % pl.col("resolution_ms"),
        role=_roles(dice),
    )


def _gap(dice: Dice, tie_share: float) -> pl.Expr:
    """Milliseconds since the row before: ties, pauses about the timeout, exactly it, and one more (R3)."""
    draw = dice.unit("gap kind") - tie_share
    waits_first = (pl.col("handoff") == Handoff.LOGGED) & (pl.col("number") == pl.col("leg_from"))
    waits_after_start = (pl.col("handoff") == Handoff.LOGGED_AND_IN_ROWS) & (
        pl.col("number") == pl.col("leg_from") + 1
    )
    plain = dice.exponential("gap", pl.col("pace_ms") * pl.col("tempo"))
    pausing = ~pl.col("is_voice")
    return (
        pl.when(pl.col("number") == 0)
        .then(0.0)
        .when(waits_first | waits_after_start)
        .then(pl.col("queue_ms") + plain)
        .when(draw < 0)
        .then(0.0)
        .when(pausing & (draw < 0.02))
        .then(pl.col("timeout_ms") * (0.2 + 1.4 * dice.unit("pause")))
        .when(pausing & (draw < 0.021))
        .then(pl.col("timeout_ms").cast(pl.Float64))
        .when(pausing & (draw < 0.022))
        .then(pl.col("timeout_ms") + 1.0)
        .otherwise(plain)
    )


def _roles(dice: Dice) -> pl.Expr:
    number, last = pl.col("number"), pl.col("number") == pl.col("rows") - 1
    draw = dice.unit("role")
    in_rows = pl.col("in_leg") & pl.col("handoff").is_in([Handoff.IN_ROWS, Handoff.LOGGED_AND_IN_ROWS])
    ends_leg = in_rows & pl.col("has_end") & (number == pl.col("leg_to") - 1)
    resets = pl.when("is_voice").then(0.5).otherwise(0.07)
    return (
        pl.when("is_api").then(_role(Role.API_REQUEST))
        .when(in_rows & (number == pl.col("leg_from"))).then(_role(Role.HANDOFF_START))
        .when(ends_leg).then(_role(Role.HANDOFF_END))
        .when(pl.col("in_leg") & ~pl.col("is_abandoned") & (draw < 0.6)).then(_role(Role.AGENT))
        .when("in_leg").then(_role(Role.USER))
        .when((number == 0) & (draw < 0.35)).then(_role(Role.GREETING))
        .when((number == 0) & (draw < 0.93)).then(_role(Role.USER))
        .when(number == 0).then(_role(Role.APP))
        .when(last & (pl.col("ending") < resets)).then(_role(Role.RESET))
        .when(last & (pl.col("ending") > 0.9)).then(_role(Role.CLOSURE))
        .when(draw < 0.003).then(_role(Role.RESET))
        .when(draw < 0.012).then(_role(Role.SYSTEM))
        .when(draw < 0.015).then(_role(Role.GREETING))
        .when(draw < 0.53).then(_role(Role.USER))
        .otherwise(_role(Role.APP))
    )  # fmt: skip
