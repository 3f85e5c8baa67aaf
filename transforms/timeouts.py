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


def steady_timeouts(
    identities: pl.DataFrame, timeouts: pl.DataFrame, rules: Rules, span: tuple[int, int]
) -> pl.DataFrame:
    """`key, who, timeout_ms` of each identity; null where the app's timeout changes within the span (ms)."""
    default_ms = rules.default_inactivity_minutes * MINUTE_MS
    if timeouts.is_empty():
        return identities.select("key", "who", pl.lit(default_ms, pl.Int64).alias("timeout_ms"))
    first, last = span
    by = ["account_id", "app_id"]
    changes = _changes(identities, timeouts).sort("changes_at")
    before = changes.filter(pl.col("changes_at") <= first).group_by(by).agg(pl.col("timeout_ms").last())
    within = (
        changes.filter((pl.col("changes_at") > first) & (pl.col("changes_at") <= last)).select(by).unique()
    )
    apps = (
        identities.select(by)
        .unique()
        .join(before, on=by, how="left")
        .with_columns(pl.col("timeout_ms").fill_null(default_ms))
        .join(within.with_columns(changes=pl.lit(value=True)), on=by, how="left")
        .with_columns(timeout_ms=pl.when(pl.col("changes").is_null()).then("timeout_ms"))
    )
    return identities.join(apps, on=by, how="left").select("key", "who", "timeout_ms")


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
