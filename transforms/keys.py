"""Who a row belongs to: the conversation's key (R1) as an integer, and the ids made of it.

Grouping and sorting by a 64-bit integer is several times faster than by text. The hash is XXH3, whose values
are the same on every machine and in every version. Two keys of one hash are not expected (about one chance in
a million where ten million keys meet); `one_key_each` finds them, so that they can never be counted as one.
"""

import polars as pl
import polars_hash as plh

from transforms.marks import RESET, mark

SALT = 0
"""Part of every hash; see `one_key_each`."""
KEY_COLUMNS = ("key", "who", "mark", "is_first")
"""What is made of a row's own columns and stands beside them: the conversation's key (R1); channel and user;
what the row is to the count; whether it is the first of its key and `who` among the rows ordered with
it, so that the texts behind the numbers are read but once."""
IDENTITIES = pl.Schema(
    {"who": pl.UInt64, "key": pl.UInt64, "account_id": pl.String, "app_id": pl.String}
    | {"session_id": pl.String, "channel": pl.String, "user_id": pl.String}
)
"""What the numbers stand for: one row per key and `who`."""


class KeyCollisionError(ValueError):
    """Two conversation keys have one 64-bit hash."""


def with_keys(rows: pl.DataFrame) -> pl.DataFrame:
    """`rows` (account_id, app_id, session_id, channel, user_id) with `key`, `who` and, of a kind, `mark`."""
    made = [_key_hash().alias("key"), hashed(*told_apart("channel", "user_id")).alias("who")]
    return rows.with_columns(*made, *([mark()] if "kind" in rows.columns else []))


def in_key_order(rows: pl.DataFrame, time_column: str) -> pl.DataFrame:
    """Rows by key and time, with `is_first`; a reset follows what else happened at its instant (R4).

    Of equal rows the given order stays, which is that of files and lines.
    """
    # Handoffs have no marks, and no resets among them.
    is_reset = pl.col("mark") == RESET if "mark" in rows.columns else pl.col("key").is_null()
    ordered = rows.sort("key", maintain_order=True)
    time = pl.col(time_column)
    same_key = pl.col("key") == pl.col("key").shift(1)
    is_before = (time < time.shift(1)) | ((time == time.shift(1)) & is_reset.shift(1) & ~is_reset)
    if ordered.select((same_key & is_before).any()).item():  # seldom: logs are written as time goes on
        ordered = rows.sort("key", time_column, is_reset, maintain_order=True)
    is_same = same_key & (pl.col("who") == pl.col("who").shift(1))
    return ordered.with_columns(is_first=~is_same.fill_null(value=False))


def one_key_each(identities: pl.DataFrame) -> pl.DataFrame:
    """`IDENTITIES` without repetitions, by key.

    Raises KeyCollisionError where one key stands for two conversations' texts.
    """
    known = _by_key(identities)
    is_shared = pl.col("key") == pl.col("key").shift(1)
    if _repeats(known):
        shared = known.filter(is_shared | is_shared.shift(-1)).unique()
        owners = shared.select("key", "account_id", "app_id", "session_id").unique()
        collided = owners.filter(pl.col("key").is_duplicated())
        if collided.height:
            raise KeyCollisionError(
                "two conversations have one 64-bit key, so nothing was counted: "
                f"{collided.head(2).to_dicts()}; set another SALT in transforms/keys.py, raise the RECIPE of "
                "ingest and ingest again"
            )
        is_again = is_shared & (pl.col("who") == pl.col("who").shift(1))
        known = known.filter(~is_again.fill_null(value=False))
    return known.with_columns(pl.col("key").set_sorted())


def named(rows: pl.DataFrame, identities: pl.DataFrame) -> pl.DataFrame:
    """`rows` (key, who) with the texts of `identities`, which are as `one_key_each` gives them.

    Most keys have one speaker on one channel: they are joined by the key, in whose order both sides are.
    """
    texts = identities.drop("who")
    if not _repeats(identities):
        return rows.join(texts, on="key", how="left", maintain_order="left")
    is_first = (pl.col("key") != pl.col("key").shift(1)).fill_null(value=True)
    shared = identities.filter(~is_first | ~is_first.shift(-1, fill_value=True))
    speakers = shared.select("who", "channel", "user_id").unique("who")
    return (
        rows.join(texts.filter(is_first), on="key", how="left", maintain_order="left")
        .join(speakers, on="who", how="left", maintain_order="left", suffix="_said")
        .with_columns(
            channel=pl.coalesce("channel_said", "channel"), user_id=pl.coalesce("user_id_said", "user_id")
        )
        .drop("channel_said", "user_id_said")
    )


def _by_key(identities: pl.DataFrame) -> pl.DataFrame:
    key, who = pl.col("key"), pl.col("who")
    is_before = (key < key.shift(1)) | ((key == key.shift(1)) & (who < who.shift(1)))
    return identities.sort("key", "who") if identities.select(is_before.any()).item() else identities


def _repeats(by_key: pl.DataFrame) -> bool:
    return bool(by_key.select((pl.col("key") == pl.col("key").shift(1)).any()).item())


def conversation_ids(key: pl.Expr, started_ms: pl.Expr, ordinal: pl.Expr) -> pl.Expr:
    """`<key>-<start in ms>`; of several at one instant (around a reset) the later ones add their number."""
    more = pl.concat_str(pl.lit("-"), ordinal.cast(pl.String))
    number = pl.when(ordinal > 0).then(more).otherwise(pl.lit(""))
    return pl.concat_str(key.cast(pl.String), pl.lit("-"), started_ms.cast(pl.String), number)


def key_of(conversation_id: pl.Expr) -> pl.Expr:
    """The key that stands at the beginning of an id."""
    return conversation_id.str.extract("^([0-9]+)-").cast(pl.UInt64)


def start_of(conversation_id: pl.Expr) -> pl.Expr:
    """The start (ms) that stands in an id."""
    return conversation_id.str.extract("^[0-9]+-(-?[0-9]+)").cast(pl.Int64)


def event_ids(key: pl.Expr, at_ms: pl.Expr, event_id: pl.Expr) -> pl.Expr:
    """`<key>-<instant in ms>-<hash of the event's id>`, of what is counted one by one (R12, R15)."""
    event = hashed(event_id).cast(pl.String)
    return pl.concat_str(key.cast(pl.String), pl.lit("-"), at_ms.cast(pl.String), pl.lit("-"), event)


def hashed(*texts: pl.Expr) -> pl.Expr:
    """XXH3 of texts one after the other, as an unsigned 64-bit integer."""
    return plh.concat_str(*texts).nchash.xxh3_64(seed=SALT)


def told_apart(*columns: str) -> list[pl.Expr]:
    """Texts with NUL between them, which no text of the lake holds: so no two rows are spelled alike."""
    parts = [pl.col(columns[0])]
    for column in columns[1:]:
        parts += [pl.lit("\0"), pl.col(column)]
    return parts


def _key_hash() -> pl.Expr:
    has_session = pl.col("session_id").is_not_null()
    rest = (
        pl.when(has_session).then("session_id").otherwise(plh.concat_str(*told_apart("channel", "user_id")))
    )
    kind = pl.when(has_session).then(pl.lit("s\0")).otherwise(pl.lit("u\0"))
    return hashed(kind, *told_apart("account_id", "app_id"), pl.lit("\0"), rest)
