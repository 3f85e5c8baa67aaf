"""Episodes change how a count is worked out, never the count (R3, R7)."""

import polars as pl
from hypothesis import given

from tests.frames import handoffs_frame, interactions_frame, timeouts_frame
from tests.running import frames_of, instant
from tests.strategies import ANN, MINUTE, Log, logs
from tests.transforms.test_invariants import assert_same_sessions
from transforms.episodes import by_episode
from transforms.fragments import Fragments, fragments_of
from transforms.marks import AGENT, USER
from transforms.sessions import sessionize

MOST_MINUTES = 20_160
"""The longest timeout that an app may have (R3)."""


def in_episodes(fragments: Fragments, longest_minutes: int) -> Fragments:
    """The fragments by episode, with one longest timeout for all keys."""
    keys = fragments.identities.select("key").unique()
    return by_episode(fragments, keys.with_columns(longest_ms=pl.lit(longest_minutes * MINUTE, pl.Int64)))


def longest_minutes(log: Log) -> int:
    """The longest timeout of the log."""
    told = [value["inactivity_minutes"] for value in log.timeouts]
    return max([log.rules.default_inactivity_minutes, *told])


@given(logs())
def test_episodes_count_as_the_rows_of_their_keys_do(log: Log) -> None:
    fragments = fragments_of(*(frame.lazy() for frame in frames_of(log)))
    terms = timeouts_frame(log.timeouts), log.rules, instant(log.watermark_ms)
    whole = sessionize(fragments, *terms)
    for minutes in (longest_minutes(log), MOST_MINUTES):
        assert_same_sessions(sessionize(in_episodes(fragments, minutes), *terms), whole)


def test_only_the_episode_with_an_agent_keeps_its_rows() -> None:
    said = [("user", 0), ("app", 1), ("user", 60), ("agent", 62), ("user", 180)]
    rows = [
        {**ANN, "event_id": str(minute), "occurred_at": minute * MINUTE, "actor": actor, "kind": "message"}
        for actor, minute in said
    ]
    fragments = fragments_of(interactions_frame(rows).lazy(), handoffs_frame([]).lazy())
    assert fragments.stretches.is_empty()
    parted = in_episodes(fragments, 15)
    assert parted.marked_rows["mark"].to_list() == [USER, AGENT]
    assert parted.stretches["first_at"].to_list() == [0, 180 * MINUTE]
    assert in_episodes(fragments, 60).marked_rows.height == 4
    assert in_episodes(fragments, 180).stretches.is_empty()
