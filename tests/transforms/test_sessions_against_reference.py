"""`transforms.sessions` against the slow reference, on logs made to be mean."""

from typing import Any

import pytest
from hypothesis import given

from tests.comparison import compared_reference, compared_sessions
from tests.reference import QUARTER_HOUR
from tests.running import frames_of, referenced, sessionized
from tests.strategies import MINUTE, Log, crowd, logs
from transforms.rules import Rules

SHARDS = 8
"""Parts of one search, which workers share; together at least 2,000 logs."""
ANN = {"account_id": "acme", "app_id": "bank", "user_id": "ann", "session_id": None}


def chat(*said: tuple[float, str], kind: str = "message", channel: str = "web") -> list[dict[str, Any]]:
    """Rows of one user from (minute, actor); the minutes need not be whole, the milliseconds are."""
    return [
        {
            **ANN,
            "channel": channel,
            "event_id": f"{kind}-{number}",
            "occurred_at": round(minute * MINUTE),
            "actor": actor,
            "kind": kind,
        }
        for number, (minute, actor) in enumerate(said)
    ]


def leg(start: float, end: float, channel: str = "web") -> dict[str, Any]:
    """A leg of the log, accepted at once."""
    started_at, ended_at = round(start * MINUTE), round(end * MINUTE)
    times = {"transferred_at": started_at, "accepted_at": started_at, "ended_at": ended_at}
    return {**ANN, **times, "channel": channel, "leg_id": f"leg-{start}"}


@pytest.mark.parametrize("shard", range(SHARDS))
@given(logs())
def test_the_sessions_are_those_of_the_reference(shard: int, log: Log) -> None:
    assert compared_sessions(sessionized(log, *frames_of(log))) == compared_reference(referenced(log))


@pytest.mark.parametrize("seed", range(4))
def test_the_sessions_of_a_crowd_are_those_of_the_reference(seed: int) -> None:
    log = crowd(seed, 1000)
    facts, expected = (
        compared_sessions(sessionized(log, *frames_of(log))),
        compared_reference(referenced(log)),
    )
    for table, rows in expected.items():
        assert set(facts[table]) ^ set(rows) == set(), table
    assert facts == expected


@given(logs())
def test_blocks_without_their_legs_add_up_to_the_billable_time(log: Log) -> None:
    for conversation in referenced(log).conversations:
        lengths = [
            end - start - covered(start, end, [(leg.start, leg.ended_at) for leg in conversation.legs])
            for start, end in conversation.blocks
        ]
        assert sum(lengths) == conversation.billable_ms
        assert all(length == QUARTER_HOUR for length in lengths[:-1])
        if conversation.blocks:
            assert len(lengths) == max(1, -(-conversation.billable_ms // QUARTER_HOUR))


def covered(start: int, end: int, spans: list[tuple[int, int]]) -> int:
    """How much of a stretch a union of spans covers."""
    at, total = start, 0
    for left, right in sorted(spans):
        overlap = min(right, end) - max(left, at)
        if overlap > 0:
            total += overlap
            at = min(right, end)
    return total


# What RULES.md says in figures, of both.

ONE_MS = 1 / MINUTE
FIGURES = {
    "R8: 31:00 is 3": ([*chat(*((m, "user") for m in (0, 10, 20, 31)))], [], 3, 0),
    "R8: 15:00.000 is 1": (chat((0, "user"), (15, "app")), [], 1, 0),
    "R8: 15:00.001 is 2": (chat((0, "user"), (9, "user"), (15 + ONE_MS, "app")), [], 2, 0),
    "R8: one user message is 1": (chat((0, "user")), [], 1, 0),
    "R3: one millisecond more than the timeout": (chat((0, "user"), (15 + ONE_MS, "user")), [], 2, 0),
    "R9: app 10, agent 40, app 10": (
        chat((0, "user"), (10, "app"), (50, "app"), (60, "user")),
        [leg(10, 50)],
        2,
        0,
    ),
    "R10: greeting only": (chat((0, "app"), kind="greeting"), [], 0, 0),
    "R10: straight to an agent": (chat((1, "user"), (2, "user")), [leg(0, 3)], 0, 0),
    "R14: a call of app 10, agent 40, app 10": (
        chat((0, "user"), (10, "app"), (50, "app"), (60, "user"), channel="ivr"),
        [leg(10, 50, "ivr")],
        2,
        4,
    ),
    "R7: logged legs alone": ([], [leg(0, 20, "ivr")], 0, 0),
    "R7: an implied leg until the app's next message": (
        chat((0, "user"), (5, "agent"), (10, "user"), (20, "app"), (30, "user")),
        [],
        1,
        0,
    ),
}


@pytest.mark.parametrize(("rows", "legs", "billing", "voice"), FIGURES.values(), ids=FIGURES.keys())
def test_a_figure_of_the_rules(rows: list[Any], legs: list[Any], billing: int, voice: int) -> None:
    log = Log(rows, legs, [], Rules(), None)
    sessions, reference = sessionized(log, *frames_of(log)), referenced(log)
    assert sum(len(conversation.blocks) for conversation in reference.conversations) == billing
    assert sum(len(conversation.voice_blocks) for conversation in reference.conversations) == voice
    assert (sessions.billing_sessions.height, sessions.voice_sessions.height) == (billing, voice)


def test_forty_days_of_gaps_of_exactly_the_timeout_are_one_conversation() -> None:
    quarters = 40 * 24 * 4
    log = Log(chat(*((15 * n, "user") for n in range(quarters + 1))), [], [], Rules(), None)
    sessions = sessionized(log, *frames_of(log))
    assert sessions.conversations["billing_sessions"].to_list() == [quarters]
    assert compared_sessions(sessions) == compared_reference(referenced(log))
