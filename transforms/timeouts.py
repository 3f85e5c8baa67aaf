"""The inactivity timeout in force at an instant (R3)."""

import polars as pl

from transforms.rules import Rules

MINUTE_MS = 60_000
ALWAYS = -(2**62)
NEVER = 2**62

TIMEOUTS = pl.Schema(
    {
        "account_id": pl.String(),
        "app_id": pl.String(),
        "effective_at": pl.Datetime("ms", "UTC"),
        "inactivity_minutes": pl.Int64(),
    }
)
"""`account_id` null: any account; `effective_at` null: always."""


def with_timeout(keys: pl.DataFrame, timeouts: pl.DataFrame, rules: Rules) -> pl.DataFrame:
    """`keys` (account_id, app_id, from_at) with `timeout_ms` at `from_at` and `until_at`, its next change."""
    changes = _changes(keys, timeouts)
    by = ["account_id", "app_id"]
    current = changes.select(*by, pl.col("changes_at").alias("from_at"), "timeout_ms").sort("from_at")
    following = changes.select(*by, pl.col("changes_at").alias("until_at")).sort("until_at")
    return (
        keys.sort("from_at")
        .join_asof(current, on="from_at", by=by, strategy="backward", check_sortedness=False)
        .join_asof(
            following, left_on="from_at", right_on="until_at", by=by, strategy="forward",
            allow_exact_matches=False, check_sortedness=False, coalesce=False,
        )
        .with_columns(
            pl.col("timeout_ms").fill_null(rules.default_inactivity_minutes * MINUTE_MS),
            pl.col("until_at").fill_null(NEVER),
        )
    )  # fmt: skip


def _changes(keys: pl.DataFrame, timeouts: pl.DataFrame) -> pl.DataFrame:
    """The changes of each app that the keys name; what is said of one account stands before any account's."""
    apps = keys.select("account_id", "app_id").unique()
    said = timeouts.select(
        pl.col("account_id").alias("only_account_id"),
        "app_id",
        pl.col("effective_at").dt.epoch("ms").fill_null(ALWAYS).alias("changes_at"),
        (pl.col("inactivity_minutes") * MINUTE_MS).alias("timeout_ms"),
    )
    return (
        apps.join(said, on="app_id")
        .filter(pl.col("only_account_id").is_null() | (pl.col("only_account_id") == pl.col("account_id")))
        .sort("account_id", "app_id", "changes_at", pl.col("only_account_id").is_null(), "timeout_ms")
        .unique(["account_id", "app_id", "changes_at"], keep="first", maintain_order=True)
        .drop("only_account_id")
    )
