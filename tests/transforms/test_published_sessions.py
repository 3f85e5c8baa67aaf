"""The session cases that others publish, as far as they speak of our rules; the others with the reason.

Limits of other systems are seconds, ours are whole minutes (R3): where a case's limit is no timeout of ours,
its times are stretched until the limit is 15 minutes, which changes no comparison with it.
"""

import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import polars as pl
import pytest

from tests.frames import SHARED, handoffs_frame, interactions_frame, lake_frame, timeouts_frame
from transforms.alerts import as_billing_sessions, delivered
from transforms.parsing import ParsedFile, parse_file
from transforms.rules import Rules
from transforms.sessions import Sessions, sessions_of

FILE = SHARED / "cases" / "sessions.json"
pytestmark = pytest.mark.skipif(
    not FILE.is_file(), reason="the published cases (../shared/cases beside the repository) are not here"
)
Case = dict[str, Any]
CASES: dict[str, Case] = (
    {case["id"]: case for case in json.loads(FILE.read_text())["cases"]} if FILE.is_file() else {}
)

AT_THE_LIMIT = "a gap of exactly the limit splits there; here it continues the conversation (R3)"
CLOCK = "blocks on the clock; ours begin with the billable time and are of 15 minutes (R11)"
NO_SUCH_TIMEOUT = "a timeout is from 5 to 20160 minutes (R3)"
LEFT_OUT = {
    "kore-summary-daily": "a matter of the marts: see tests/dbt_project/test_marts.py",
    "beam-2-9-19": AT_THE_LIMIT,
    "beam-19-9-2": AT_THE_LIMIT,
    "beam-java-simple": AT_THE_LIMIT,
    "admost-midnight": "a conversation is never cut at midnight (R5)",
    "posthog-max-length": "a conversation may be of any length (R5)",
    "rasa-disabled": NO_SUCH_TIMEOUT,
    "rasa-no-event": NO_SUCH_TIMEOUT,
    "rasa-no-user-event": "rows of an app's inner actions are no rows of ours (R2)",
    "pandas-origin-start": "blocks of 17 minutes; ours are of 15 (R8)",
    "beam-fixed-7": CLOCK,
    "beam-fixed-11": CLOCK,
    "beam-fixed-12": CLOCK,
    "cgrates-round-0": "a conversation without length is one session (R8)",
}

MINUTE, BLOCK = 60_000, 15 * 60_000
ANN = {"account_id": "acme", "app_id": "bank", "channel": "web", "user_id": "ann", "session_id": None}


def rows(*times: int, actor: str = "user", kind: str = "message", **who: Any) -> list[dict[str, Any]]:
    return [
        {**ANN, "event_id": f"{kind}-{n}", "occurred_at": at, "actor": actor, "kind": kind, **who}
        for n, at in enumerate(times)
    ]


def counted(
    said: list[dict[str, Any]], minutes: int = 15, legs: tuple = (), watermark: datetime | None = None
) -> Sessions:
    timeout = {"account_id": None, "app_id": "bank", "effective_at": None, "inactivity_minutes": minutes}
    frames = interactions_frame(said), handoffs_frame(legs)
    return sessions_of(*frames, timeouts_frame([timeout]), Rules(), watermark)


def spans(frame: pl.DataFrame) -> list[tuple[int, int]]:
    bounds = (pl.col(name).dt.epoch("ms") for name in ("started_at", "ended_at"))
    return list(frame.sort("started_at").select(bounds).iter_rows())


def ms(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) * 1000


def parsed(*said: dict[str, Any]) -> ParsedFile:
    lines = "".join(json.dumps(row) + "\n" for row in said)
    return parse_file(lines.encode(), "jsonl", "interactions", date(2027, 1, 1), "part-0.jsonl")


def gaps(case: Case) -> None:
    """R3: silence longer than the timeout, and no other, parts the conversations of a key."""
    limit = case["params"]["gap"] * (1 if case["params"]["unit"] == "ms" else 1000)
    unit = 1 if case["params"]["unit"] == "ms" else 1000
    is_timeout = limit % MINUTE == 0 and 5 <= limit // MINUTE <= 20160
    minutes, stretch = (limit // MINUTE, unit) if is_timeout else (15, BLOCK * unit // limit)
    assert is_timeout or BLOCK * unit % limit == 0
    said = [
        {**row, "user_id": str(event["key"]), "event_id": f"row-{n}"}
        for n, event in enumerate(case["input"])
        for row in rows(event["t"] * stretch)
    ]
    found = counted(said, minutes).conversations
    heard = []
    for user in {row["user_id"] for row in said}:
        for start, last in spans(found.filter(pl.col("user_id") == user)):
            times = [row["occurred_at"] for row in said if row["user_id"] == user]
            heard.append((user, start, last, sum(start <= at <= last for at in times)))
    expected = [
        (str(one["key"]), one["start"] * stretch, one["last"] * stretch, one["n"]) for one in case["expected"]
    ]
    assert sorted(heard) == sorted(expected)


def blocks_of_a_length(case: Case) -> None:
    minutes = case["input"]["conversation_minutes"]
    sessions = counted(rows(*range(0, minutes * MINUTE, 10 * MINUTE), minutes * MINUTE))
    assert sessions.billing_sessions.height == case["expected"]["sessions"]
    assert [(end - start) // MINUTE for start, end in spans(sessions.billing_sessions)] == [15, 15, 1]


def row_of_the_api(case: Case) -> None:
    times = [ms(case["input"][name]) for name in ("conversation_start", "conversation_end")]
    expected = [(ms(start), ms(end)) for start, end in case["expected"]["billing_sessions"]]
    assert spans(counted(rows(*times)).billing_sessions) == expected


def alerts(case: Case) -> None:
    every, window = (case["input"][name] * 60 * MINUTE for name in ("report_every_hours", "window_hours"))
    sent = [
        {**ANN, "delivery_id": str(at), "delivered_at": at, "status": "delivered", "kind": "alert"}
        for at in range(0, window, every)
    ]
    sessions = as_billing_sessions(delivered(lake_frame(sent, "alerts")))
    assert sessions["session_type"].to_list() == ["alert"] * case["expected"]["alert_sessions"]


def agent_excluded(case: Case) -> None:
    """R6, R9: ten minutes, an agent's forty, ten minutes are twenty."""
    leg = {
        "leg_id": "leg",
        "transferred_at": 10 * MINUTE,
        "accepted_at": 10 * MINUTE,
        "ended_at": 50 * MINUTE,
    }
    sessions = counted(rows(*(m * MINUTE for m in (0, 10, 50, 60))), legs=({**ANN, **leg},))
    assert sessions.conversations["billable_ms"].to_list() == [20 * MINUTE]


def non_interactive(case: Case) -> None:
    """R10: a greeting alone is nothing; with the user's first message it counts."""
    greeting = rows(0, actor="app", kind="greeting")
    assert counted(greeting).billing_sessions.is_empty()
    assert spans(counted(greeting + rows(MINUTE)).billing_sessions) == [(0, MINUTE)]


def developers(case: Case) -> None:
    """R2."""
    found = parsed(*rows(0, is_test=True), *rows(0, event_id="other"))
    assert found.files["excluded"].to_list() == [1]
    assert counted_of(found).conversations.height == 1


def inactivity(case: Case) -> None:
    """R3: the default, and the bounds of what an app may choose."""
    assert Rules().default_inactivity_minutes == case["params"]["default_inactivity_min"]
    for minutes in (case["params"]["min_min"], 15, case["params"]["max_min"]):
        limit = minutes * MINUTE
        assert spans(counted(rows(0, limit), minutes).conversations) == [(0, limit)]
        assert counted(rows(0, limit + 1), minutes).conversations.height == 2


def linked_app(case: Case) -> None:
    """R1: one source session; what the linked app handled is billed to it."""
    moved = {"session_id": "one"}
    said = rows(0, **moved) + rows(MINUTE, 2 * MINUTE, app_id="cards", kind="message", **moved)
    sessions = counted([{**row, "event_id": str(n)} for n, row in enumerate(said)]).billing_sessions
    by_app = {app: spans(sessions.filter(pl.col("app_id") == app)) for app in ("bank", "cards")}
    assert by_app == {"bank": [(0, 0)], "cards": [(MINUTE, 2 * MINUTE)]}


def without_time(case: Case) -> None:
    """R20: a row without a time counts nowhere, and is kept in quarantine."""
    times = case["input"]["times"]
    at = [None if text is None else ms(text) for text in times]
    found = parsed(*({**row, "occurred_at": at[n]} for n, row in enumerate(rows(*range(len(at))))))
    assert found.accepted["line"].sort().to_list() == [n + 1 for n, text in enumerate(times) if text]
    assert found.quarantine.height == times.count(None)
    known = [one for one in at if one is not None]
    limit = case["params"]["gap"] * 1000
    sessions = counted_of(found, limit // MINUTE if limit >= 5 * MINUTE else 5).conversations
    assert spans(sessions) == [(min(known), max(known))]


def counted_of(found: ParsedFile, minutes: int = 15) -> Sessions:
    timeout = {"account_id": None, "app_id": "bank", "effective_at": None, "inactivity_minutes": minutes}
    return sessions_of(found.accepted, handoffs_frame([]), timeouts_frame([timeout]))


def expired(case: Case, last: int, now: int) -> bool:
    """R13: whether a conversation is complete at a watermark."""
    watermark = datetime.fromtimestamp(now // 1000, UTC)
    return (
        counted(rows(last), case["params"]["expiration_min"], watermark=watermark)
        .conversations["is_complete"]
        .item()
    )


def expired_long_ago(case: Case) -> None:
    assert expired(case, 1000, ms("2026-11-01 00:00:00")) is case["expected"]["expired"]


def expired_just_now(case: Case) -> None:
    now = ms("2026-11-01 00:00:00")
    assert expired(case, now, now) is case["expected"]["expired"]


def idle(case: Case) -> None:
    """A clock that goes back by a second parts nothing."""
    minutes = case["params"]["idle_s"] // 60
    sessions = counted(rows(case["input"]["last_activity"], case["input"]["now"]), minutes).conversations
    assert (sessions.height == 2) is case["expected"]["new_session"]


def block_that_holds(case: Case) -> None:
    """R5, R11: blocks of a conversation that began at the origin, however many years ago."""
    origin, at = ms(case["params"]["origin"]), ms(case["input"]["t"])
    sessions = counted(rows(*range(origin, at, 20160 * MINUTE), at), 20160).billing_sessions
    assert spans(sessions)[-1] == (ms(case["expected"]["block_start"]), at)


def rounded_up(case: Case) -> None:
    """R8: whole increments, stretched to blocks of 15 minutes."""
    increment = case["params"]["increment_s"]
    length = int(case["input"]["duration_s"] * BLOCK / increment)
    sessions = counted(rows(0, length), 20160).billing_sessions
    assert sessions.height * increment == case["expected"]["rounded_s"]


BY_KIND: dict[str, Callable[[Case], None]] = {
    "gap_session": gaps,
    "billing_blocks": blocks_of_a_length,
    "billing_api_row": row_of_the_api,
    "alert_count": alerts,
    "fixed_block": block_that_holds,
    "ceil_increment": rounded_up,
}
BY_ID: dict[str, Callable[[Case], None]] = {
    "kore-agent-excluded": agent_excluded,
    "kore-non-interactive": non_interactive,
    "kore-developer": developers,
    "kore-inactivity": inactivity,
    "kore-linked-app": linked_app,
    "spark-null-ts": without_time,
    "duckdbb-null": without_time,
    "rasa-old": expired_long_ago,
    "rasa-recent": expired_just_now,
    "posthog-idle": idle,
    "posthog-recent": idle,
}
RUN = {
    name: BY_ID.get(name) or BY_KIND[case["kind"]]
    for name, case in CASES.items()
    if name not in LEFT_OUT and (name in BY_ID or case["kind"] in BY_KIND)
}


def test_each_case_is_run_or_left_out_for_a_reason() -> None:
    assert RUN.keys() | LEFT_OUT.keys() == CASES.keys()
    assert not RUN.keys() & LEFT_OUT.keys()


@pytest.mark.parametrize("name", RUN)
def test_a_published_session_case(name: str) -> None:
    RUN[name](CASES[name])
