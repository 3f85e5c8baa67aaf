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


def with_names(rows: pl.DataFrame) -> pl.DataFrame:
    """Adds `what` to marked rows."""
    return rows.with_columns(pl.col("mark").replace_strict(NAMES, return_dtype=pl.String).alias("what"))
