"""Who a row belongs to: the conversation's key (R1) and the ids made of it."""

from hashlib import blake2b

import polars as pl


def conversation_key() -> pl.Expr:
    """R1 as one text: account, app and `session_id`, else account, app, channel and user.

    Each part carries its length in bytes, so that no two keys are spelled alike whatever the ids hold.
    """
    of_session = _joined("account_id", "app_id", "session_id", tag="s")
    of_user = _joined("account_id", "app_id", "channel", "user_id", tag="u")
    return pl.when(pl.col("session_id").is_not_null()).then(of_session).otherwise(of_user).alias("key")


def _joined(*columns: str, tag: str) -> pl.Expr:
    parts: list[pl.Expr] = [pl.lit(tag)]
    for column in columns:
        parts += [pl.col(column).str.len_bytes().cast(pl.String), pl.lit(":"), pl.col(column)]
    return pl.concat_str(parts)


def hashed_ids(seeds: pl.Series) -> pl.Series:
    """A 24-digit hexadecimal id for each text: the same in every run, on every machine."""
    ids = [blake2b(seed.encode(), digest_size=12).hexdigest() for seed in seeds.to_list()]
    return pl.Series(ids, dtype=pl.String)
