"""What the rows of a conversation are called where it is explained."""

import polars as pl

from transforms.marks import AGENT, APP, END, RESET, START, SYSTEM, USER

NAMES = {
    USER: "message of the user",
    APP: "message of the app",
    RESET: "session reset",
    AGENT: "message of a human agent",
    START: "handoff start",
    END: "handoff end",
    SYSTEM: "message of the system",
}


GREETING = "greeting of the app"
GREETINGS = pl.Schema({"at": pl.Int64, "event_id": pl.String})
"""The greetings of a key: to the count they are as messages of the app (R2)."""


def with_names(rows: pl.DataFrame, greetings: pl.DataFrame) -> pl.DataFrame:
    """Adds `what` to marked rows of a key, whose `GREETINGS` are given."""
    names = rows.with_columns(pl.col("mark").replace_strict(NAMES, return_dtype=pl.String).alias("what"))
    told = greetings.unique().with_columns(greeting=pl.lit(GREETING))
    return names.join(told, on=["at", "event_id"], how="left", maintain_order="left").with_columns(
        what=pl.coalesce("greeting", "what")
    )


def greetings_of(interactions: pl.LazyFrame) -> pl.DataFrame:
    """`GREETINGS` of a key's rows."""
    at = pl.col("occurred_at").dt.epoch("ms").alias("at")
    return interactions.filter(pl.col("kind") == "greeting").select(at, "event_id").collect()
