"""What a row is to the count, as one small number (R2, R4, R7, R12)."""

import polars as pl

USER, APP, RESET, AGENT, START, END, SYSTEM, LEG, NO_MARK = range(9)
"""A message of the user, or of the app (or its greeting); a reset; a message of a human agent; handoff start
and end; a message of the system; a logged leg (among loose ends); closure notices and API requests, which
bound nothing."""


def mark() -> pl.Expr:
    """The mark of an interaction by its `kind` and `actor`."""
    kind, actor = pl.col("kind"), pl.col("actor")
    author = (
        pl.when(actor == "user").then(USER)
        .when(actor == "app").then(APP)
        .when(actor == "agent").then(AGENT)
        .otherwise(SYSTEM)
    )  # fmt: skip
    kinds = (
        pl.when(kind == "message").then(author)
        .when(kind == "greeting").then(APP)
        .when(kind == "session_reset").then(RESET)
        .when(kind == "handoff_start").then(START)
        .when(kind == "handoff_end").then(END)
        .otherwise(NO_MARK)
    )  # fmt: skip
    return kinds.cast(pl.UInt8).alias("mark")
