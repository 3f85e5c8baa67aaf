"""Rows to blocks as DuckDB does it best: one statement over the lake's files, two threads.

`windows` puts all rows in order; `aggregate first` settles the keys that need no order by aggregation and
puts only the others in order; `delivered columns` is `windows` without the numbers that ingest gave each row:
over the texts of the key (R1), and with kind and actor in place of `mark`.
"""

import os
from typing import Any

import duckdb

from orchestration.bench.answers import BLOCK_MS, TIMEOUT_MS
from transforms.marks import APP, RESET, USER

_ROWS = """
rows as (
    select
        account_id, app_id, channel, user_id, session_id, key,
        epoch_ms(occurred_at) as at_ms, {is_reset} as is_reset, {is_user} as is_user
    from read_parquet($files)
    where {is_wanted}
)"""

# `range`, because rows of one instant stand in any order, which two windows need not see alike.
_CONVERSATIONS = """
numbered as (
    select *,
        sum(case when at_ms - before_at > {timeout} or before_reset then 1 else 0 end)
            over (partition by {key} order by at_ms, is_reset range unbounded preceding) as conversation
    from (
        select *,
            lag(at_ms) over (partition by {key} order by at_ms, is_reset) as before_at,
            lag(is_reset) over (partition by {key} order by at_ms, is_reset) as before_reset
        from {from_rows}
    )
),
conversations as (
    select {key}, conversation,
        {whose},
        min(at_ms) filter (not is_reset) as first_at,
        max(at_ms) filter (not is_reset) as last_at
    from numbered
    group by {key}, conversation
    having bool_or(is_user)
)"""

_BLOCKS = """
blocks as (
    select *, unnest(range(greatest(1, (last_at - first_at + {block} - 1) // {block}))) as block_index
    from {from_conversations}
)
select
    account_id, app_id, channel, user_id, session_id, key,
    block_index::integer as block_index,
    make_timestamp_ms(first_at + block_index * {block}) as started_at,
    make_timestamp_ms(least(first_at + (block_index + 1) * {block}, last_at)) as ended_at
from blocks"""

_SETTLED = """
keys as (
    select key, {whose},
        min(at_ms) filter (not is_reset) as first_at,
        max(at_ms) filter (not is_reset) as last_at,
        bool_or(is_user) as has_user,
        max(at_ms) - min(at_ms) <= {timeout} and not bool_or(is_reset) as is_settled
    from rows
    group by key
),
others as (select rows.* from rows semi join (select key from keys where not is_settled) using (key))"""

_BY_MARK = {
    "is_reset": f"mark = {RESET}",
    "is_user": f"mark = {USER}",
    "is_wanted": f"mark in ({USER}, {APP}, {RESET})",
}
_BY_KIND = {
    "is_reset": "kind = 'session_reset'",
    "is_user": "kind = 'message' and actor = 'user'",
    "is_wanted": "kind in ('greeting', 'session_reset') or (kind = 'message' and actor in ('user', 'app'))",
}
_TEXTS = ("account_id", "app_id", "channel", "user_id", "session_id")


def run(arguments: dict[str, Any]) -> dict[str, Any]:
    """Reads `files`, writes `out`; `variant` is one of those above, `has_sessions` the kind of keys."""
    with duckdb.connect() as connection:
        connection.execute("set threads = 2; set preserve_insertion_order = false; set timezone = 'UTC'")
        connection.execute("set temp_directory = $folder", {"folder": os.path.dirname(arguments["out"])})
        query = _query(arguments["variant"], arguments["has_sessions"])
        connection.execute(
            f"copy ({query}) to '{arguments['out']}' (format parquet, compression zstd, compression_level 1)",
            {"files": arguments["files"]},
        )
    return {}


def _query(variant: str, has_sessions: bool) -> str:
    is_delivered = variant == "delivered columns"
    names = ["key"]
    if is_delivered:
        names = ["account_id", "app_id", *(["session_id"] if has_sessions else ["channel", "user_id"])]
    told = {
        **(_BY_KIND if is_delivered else _BY_MARK),
        "timeout": TIMEOUT_MS,
        "block": BLOCK_MS,
        "key": ", ".join(names),
        # No row of these logs says of a key anything else than the others: any value is the first one's (R1).
        "whose": ", ".join(f"any_value({name}) as {name}" for name in ("key", *_TEXTS) if name not in names),
    }
    if variant != "aggregate first":
        parts, source = [_ROWS, _CONVERSATIONS], {"rows": "rows", "conversations": "conversations"}
    else:
        columns = f"{', '.join(_TEXTS)}, key, first_at, last_at"
        settled = f"select {columns} from keys where is_settled and has_user"
        both = f"({settled} union all select {columns} from conversations)"
        parts, source = [_ROWS, _SETTLED, _CONVERSATIONS], {"rows": "others", "conversations": both}
    return f"with {','.join([*parts, _BLOCKS])}".format(**told, **{f"from_{k}": v for k, v in source.items()})
