"""Alert sessions (R15): one per alert delivered to one user."""

import polars as pl

from transforms.keys import event_ids, hashed, told_apart

ALERT_COLUMNS = (
    "account_id", "app_id", "channel", "user_id", "delivery_id", "alert_name", "delivered_at", "kind",
)  # fmt: skip


def delivered(alerts: pl.DataFrame) -> pl.DataFrame:
    """The delivered ones of clean alerts, copies resolved (R18), proactive notifications among them."""
    return alerts.filter(pl.col("status") == "delivered").select(ALERT_COLUMNS).sort(ALERT_COLUMNS)


def as_billing_sessions(delivered_alerts: pl.DataFrame) -> pl.DataFrame:
    """Alerts as rows of `BILLING_SESSIONS`; proactive notifications are counted apart and left out."""
    counted = delivered_alerts.filter(pl.col("kind") == "alert")
    return counted.select(
        "account_id",
        "app_id",
        "channel",
        "user_id",
        pl.lit(None, pl.String).alias("session_id"),
        alert_ids().alias("conversation_id"),
        pl.lit(0, pl.Int32).alias("block_index"),
        pl.col("delivered_at").alias("started_at"),
        pl.col("delivered_at").alias("ended_at"),
        pl.lit("alert").alias("session_type"),
        pl.lit(value=True).alias("is_complete"),
    )


def alert_ids() -> pl.Expr:
    """The id of an alert's billing session: of its account, instant and delivery."""
    of_account = hashed(pl.lit("a"), *told_apart("account_id"))
    return event_ids(of_account, pl.col("delivered_at").dt.epoch("ms"), pl.col("delivery_id"))
