"""The logs are as mean as they are meant to be: each trap is met many times over."""

from collections import Counter
from collections.abc import Callable, Iterator
from itertools import combinations, pairwise

import pytest

from tests.reference import Conversation, Leg, Reference, reference_sessions
from tests.strategies import DAY, MINUTE, Log, members

LOGS_PER_SEED, SEEDS = 400, range(5)
OFTEN = 20
"""Of 2,000 logs; a trap that is met less is not tried in all its company."""

Trap = Callable[[Log, Reference], bool]


def gap_beside_the_timeout(beside_ms: int) -> Trap:
    def holds(log: Log, found: Reference) -> bool:
        instants: dict[tuple, list[int]] = {}
        for c in found.conversations:
            instants.setdefault(c.key, []).extend((c.started_at, c.ended_at, *times(c)))
        gaps = {b - a for ats in instants.values() for a, b in pairwise(sorted(set(ats)))}
        return any(c.timeout + beside_ms in gaps for c in found.conversations)

    return holds


def pair_of_legs(holds: Callable[[Leg, Leg], bool]) -> Trap:
    return lambda log, found: any(
        holds(a, b) or holds(b, a) for c in found.conversations for a, b in combinations(c.legs, 2)
    )


def leg_at(bound: str, kinds: set[str]) -> Trap:
    def holds(log: Log, found: Reference) -> bool:
        return any(
            getattr(leg, bound) == row["occurred_at"]
            for c in found.conversations
            for leg in c.legs
            for row in rows_of(log, c)
            if row["kind"] in kinds
        )

    return holds


def greeting(place: str) -> Trap:
    def holds(log: Log, found: Reference) -> bool:
        for c in found.conversations:
            kinds = [row["kind"] for row in sorted(c.activities, key=lambda row: row["occurred_at"])]
            alone = set(kinds) == {"greeting"}
            if alone if place == "alone" else not alone and "greeting" in kinds[:1] + kinds[-1:]:
                return alone or kinds[0 if place == "before" else -1] == "greeting"
        return False

    return holds


def times(c: Conversation) -> Iterator[int]:
    yield from (row["occurred_at"] for row in c.activities)
    for leg in c.legs:
        yield from (leg.start, leg.ended_at)


def rows_of(log: Log, c: Conversation) -> list[dict]:
    """The rows of a conversation's key, which may be other people's, too."""
    by_session = c.key[2] == "session"
    columns = ("session_id",) if by_session else ("session_id", "channel", "user_id")
    wanted = (*c.key[:2], *(c.key[3:] if by_session else (None, *c.key[3:])))
    return [r for r in log.rows if tuple(r[name] for name in ("account_id", "app_id", *columns)) == wanted]


def ids(log: Log, *names: str) -> set[tuple]:
    return {tuple(row[name] for name in names) for row in [*log.rows, *log.legs]}


def some(fact: Callable[[Conversation], bool]) -> Trap:
    return lambda log, found: any(fact(c) for c in found.conversations)


def timeout_between(low: int, high: int) -> Trap:
    return some(lambda c: low <= c.timeout // MINUTE <= high)


def reset_in_leg(log: Log, found: Reference) -> bool:
    resets = [row["occurred_at"] for row in log.rows if row["kind"] == "session_reset"]
    return any(leg.start < at < leg.ended_at for c in found.conversations for leg in c.legs for at in resets)


def a_user_with_and_without_session(log: Log, found: Reference) -> bool:
    users = ids(log, "account_id", "app_id", "user_id", "session_id")
    return any((*user[:3], None) in users for user in users if user[3] is not None)


def several_apps_in_a_session(log: Log, found: Reference) -> bool:
    sessions = {key for key in ids(log, "account_id", "session_id", "app_id") if key[1] is not None}
    return len({key[:2] for key in sessions}) < len(sessions)


def implied(log: Log, found: Reference) -> bool:
    agents = {row["event_id"] for row in log.rows if row["actor"] == "agent" and row["kind"] == "message"}
    return any(leg.leg_id in agents for c in found.conversations for leg in c.legs)


def call_of_nobody(log: Log, found: Reference) -> bool:
    calls = (c for c in found.conversations if c.channel in log.rules.voice_channels)
    return any(c.legs and not c.voice_blocks for c in calls)


MESSAGES, RESETS = {"message", "greeting"}, {"session_reset"}
TRAPS: dict[str, Trap] = {
    "rows tied in time": lambda log, found: any(
        len(c.activities) > len({row["occurred_at"] for row in c.activities}) for c in found.conversations
    ),
    "a gap of exactly the timeout": gap_beside_the_timeout(0),
    "a gap one millisecond below it": gap_beside_the_timeout(-1),
    "a gap one millisecond above it": gap_beside_the_timeout(1),
    "legs that touch": pair_of_legs(lambda a, b: a.start < a.ended_at == b.start < b.ended_at),
    "legs that overlap": pair_of_legs(lambda a, b: a.start < b.start < a.ended_at < b.ended_at),
    "a leg within a leg": pair_of_legs(lambda a, b: a.start < b.start <= b.ended_at < a.ended_at),
    "a leg that starts on a message": leg_at("start", MESSAGES),
    "a leg that ends on a message": leg_at("ended_at", MESSAGES),
    "a leg that starts on a reset": leg_at("start", RESETS),
    "a leg that ends on a reset": leg_at("ended_at", RESETS),
    "a logged leg without an end": lambda log, found: any(leg["ended_at"] is None for leg in log.legs),
    "a message of an agent outside every leg": implied,
    "a reset inside a leg": reset_in_leg,
    "a greeting before": greeting("before"),
    "a greeting after": greeting("after"),
    "greetings alone": greeting("alone"),
    "an API request": lambda log, found: bool(found.requests),
    "a conversation of 40 days": some(lambda c: c.ended_at - c.started_at >= 40 * DAY),
    "a user with and without a session id": a_user_with_and_without_session,
    "several apps in one source session": several_apps_in_a_session,
    "a timeout of 5 minutes": timeout_between(5, 5),
    "a timeout of 20160 minutes": timeout_between(20160, 20160),
    "a timeout anywhere between": timeout_between(1441, 20159),
    "a leg that ends before its acceptance": lambda log, found: bool(found.rejected),
    "a leg without a conversation": lambda log, found: bool(found.unmatched),
    "a voice session": some(lambda c: bool(c.voice_blocks)),
    "a call that no user speaks in and no agent takes": call_of_nobody,
    "several blocks": some(lambda c: len(c.blocks) > 1),
    "several blocks with a pause": some(
        lambda c: len(c.blocks) > 1 and c.billable_ms < c.ended_at - c.started_at
    ),
    "a conversation that is not complete": some(lambda c: not c.is_complete),
}


@pytest.fixture(scope="module")
def met() -> Counter[str]:
    found: Counter[str] = Counter()
    for seed in SEEDS:
        for log in members(seed, LOGS_PER_SEED):
            sessions = reference_sessions(log.rows, log.legs, log.timeouts, log.rules, log.watermark_ms)
            found.update(name for name, trap in TRAPS.items() if trap(log, sessions))
    return found


@pytest.mark.parametrize("trap", TRAPS)
def test_logs_are_mean_in_this_way(met: Counter[str], trap: str) -> None:
    assert met[trap] >= OFTEN, f"{met[trap]} logs of {LOGS_PER_SEED * len(SEEDS)}"
