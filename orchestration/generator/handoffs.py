"""The handoff log: queue, service, abandoned legs, legs without an end, second agents (R7)."""

import polars as pl

from orchestration.generator.catalogue import DAY_MS
from orchestration.generator.conversations import Handoff
from orchestration.generator.randomness import Dice
from orchestration.generator.world import World

_LOGGED = (Handoff.LOGGED, Handoff.LOGGED_AND_IN_ROWS)
_ACCEPT_LEAD_MS = 1500
_TIMES = ("transferred_ms", "accepted_ms", "ended_ms")


def legs_of(conversations: pl.DataFrame, rows: pl.DataFrame, world: World) -> pl.DataFrame:
    """Return the logged legs of a day's conversations.

    Columns: leg, conversation, lane, user, has_session, agent, transferred_ms, accepted_ms, ended_ms.
    """
    dice = Dice(world.seed, "conversation")
    first_ms = world.first_day * DAY_MS
    logged = conversations.filter(pl.col("handoff").is_in(_LOGGED))
    opens = rows[(logged["first_row"] + logged["leg_from"]).cast(pl.UInt32)]
    closes = rows[(logged["first_row"] + logged["leg_to"] - 1).cast(pl.UInt32)]
    own_rows = pl.col("handoff") == Handoff.LOGGED_AND_IN_ROWS
    accepted = (
        pl.when(own_rows)
        .then(pl.col("opens_ms") + pl.col("queue_ms"))
        .otherwise(pl.col("opens_ms") - pl.min_horizontal("queue_ms", _ACCEPT_LEAD_MS))
    )
    queued = pl.when(own_rows).then(pl.col("opens_ms")).otherwise(pl.col("opens_ms") - pl.col("queue_ms"))
    ended = pl.col("closes_ms") + dice.below("end lag", 30_000)
    legs = (
        logged.with_columns(
            opens_ms=opens["occurred_ms"], closes_ms=closes["occurred_ms"], lane=opens["lane"]
        )
        .with_columns(
            leg=pl.col("conversation") * 2,
            transferred_ms=queued.clip(lower_bound=first_ms),
            accepted_ms=pl.when(~pl.col("is_abandoned")).then(accepted.clip(lower_bound=first_ms)),
            ended_ms=pl.when("has_end").then(pl.max_horizontal(ended, accepted)),
            agent=dice.below("agent", 40),
            has_second=dice.happens("second agent", 0.1) & pl.col("has_end") & ~pl.col("is_abandoned"),
            second_at=dice.unit("second at"),
        )
        .pipe(_with_second_agents)
    )
    floored = [pl.col(name) - pl.col(name) % pl.col("resolution_ms") for name in _TIMES]
    still_open = pl.col("ended_ms") >= world.end_ms
    return (
        legs.with_columns(floored)
        .filter(pl.col("transferred_ms") < world.end_ms)
        .with_columns(
            # What lies after the last day has not happened yet.
            accepted_ms=pl.when(pl.col("accepted_ms") < world.end_ms).then("accepted_ms"),
            ended_ms=pl.when(~still_open).then("ended_ms"),
        )
        .select("leg", "conversation", "lane", "user", "has_session", "agent", *_TIMES)
    )


def _with_second_agents(legs: pl.DataFrame) -> pl.DataFrame:
    """Split some legs where a second agent takes over: two legs that touch."""
    served = pl.col("ended_ms") - pl.col("accepted_ms")
    handover = pl.col("accepted_ms") + (served * pl.col("second_at")).cast(pl.Int64)
    first = legs.with_columns(ended_ms=pl.when("has_second").then(handover).otherwise("ended_ms"))
    second = legs.filter("has_second").with_columns(
        leg=pl.col("leg") + 1, agent=pl.col("agent") + 1, transferred_ms=handover, accepted_ms=handover
    )
    return pl.concat([first, second])
