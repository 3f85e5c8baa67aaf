"""What explains a conversation says of it what the count says, and names the row behind every statement."""

from datetime import UTC, datetime

import polars as pl
import pytest
from hypothesis import given

from tests.frames import handoffs_frame, interactions_frame, milliseconds, timeouts_frame
from tests.strategies import FEWER, MINUTE, Log, logs
from transforms.explaining import REST, Explanation, explained
from transforms.explaining_legs import ENDLESS, ENDLESS_LOG, IMPLIED, LOGGED, OPENED_BY, PAIRED, SILENCE
from transforms.explaining_rows import GREETING, NAMES, greetings_of
from transforms.fragments import fragments_of, rows_of
from transforms.marks import END, RESET
from transforms.rules import Rules
from transforms.sessions import sessions_of

ANN = {"account_id": "acme", "app_id": "bank", "user_id": "ann", "session_id": None, "channel": "web"}
BEGIN = int(datetime(2026, 3, 1, 12, tzinfo=UTC).timestamp()) * 1000


def explanation(log: Log, conversation_id: str) -> Explanation | None:
    """As the command makes it: from all rows of the conversation's key."""
    interactions, handoffs = interactions_frame(log.rows).lazy(), handoffs_frame(log.legs).lazy()
    key, started_at, *ordinal = (int(part) for part in conversation_id.split("-"))
    keys = pl.DataFrame({"key": [key]}, schema={"key": pl.UInt64})
    is_its = pl.col("key") == pl.lit(key, pl.UInt64)
    held = fragments_of(interactions.filter(is_its), handoffs.filter(is_its))
    whole = held.having(marked_rows=rows_of(interactions, keys), stretches=held.stretches.clear())
    timeouts, more = timeouts_frame(log.timeouts), ordinal[0] if ordinal else 0
    greetings = greetings_of(interactions.filter(is_its))
    return explained(whole, timeouts, log.rules, started_at, more, greetings=greetings)


def conversations_of(log: Log) -> pl.DataFrame:
    rows, legs = interactions_frame(log.rows), handoffs_frame(log.legs)
    return sessions_of(rows, legs, timeouts_frame(log.timeouts), log.rules).conversations


@FEWER
@given(logs())
def test_an_explanation_counts_what_the_sessions_count(log: Log) -> None:
    sessions = sessions_of(
        interactions_frame(log.rows), handoffs_frame(log.legs), timeouts_frame(log.timeouts), log.rules
    )
    usage = sessions.billing_sessions.filter(pl.col("session_type") == "usage")
    for its in sessions.conversations.iter_rows(named=True):
        found = explanation(log, its["conversation_id"])
        assert found is not None
        blocks = usage.filter(pl.col("conversation_id") == its["conversation_id"])
        bounds = [
            (milliseconds(start), milliseconds(end))
            for start, end in blocks.select("started_at", "ended_at").iter_rows()
        ]
        assert found.blocks.select("started_at", "ended_at").rows() == bounds
        assert found.facts["billable_ms"] == its["billable_ms"]
        assert found.blocks["billable_ms"].sum() == (its["billable_ms"] if bounds else 0)
        assert [found.facts[name] for name in ("channel", "user_id")] == [its["channel"], its["user_id"]]
        assert (found.closed_by is not None) == (its["ended_by"] == "reset")
        counting = found.rows.filter("counts")["at"].to_list()
        anchored_at = found.facts["anchored_at"]
        assert all(found.facts["blocks"] and at >= anchored_at for at in counting)
        calls = sessions.voice_sessions.filter(pl.col("conversation_id") == its["conversation_id"])
        assert found.voice.rows() == [
            (index, milliseconds(start), milliseconds(end))
            for index, start, end in calls.select("block_index", "started_at", "ended_at").iter_rows()
        ]


@FEWER
@given(logs())
def test_every_row_and_leg_of_an_explanation_has_a_file_and_a_line(log: Log) -> None:
    for conversation_id in conversations_of(log)["conversation_id"]:
        found = explanation(log, conversation_id)
        assert found is not None
        for told in (found.rows, found.legs):
            assert told.select("file", "line").null_count().row(0) == (0, 0)
        assert found.rows.height or found.legs.height


def opens(log: Log, opener: dict[str, object]) -> bool:
    """Whether what is said to have opened a conversation can, and happened then, by the log alone."""
    at, line = opener["at"], int(str(opener["line"])) - 1
    if opener["what"] == REST:
        return any(row["kind"] == "session_reset" and row["occurred_at"] == at for row in log.rows)
    if opener["what"] == OPENED_BY[LOGGED]:
        start = "transferred_at" if log.rules.handoff_starts_at == "transfer" else "accepted_at"
        return bool(log.legs[line][start] == at)
    row = log.rows[line]
    is_able = row["kind"] in ("greeting", "handoff_start") or (
        row["kind"] == "message" and row["actor"] in ("user", "app", "agent")
    )
    return is_able and row["occurred_at"] == at


@FEWER
@given(logs())
def test_what_opened_a_conversation_could_and_did_so_when_it_started(log: Log) -> None:
    for its in conversations_of(log).iter_rows(named=True):
        found = explanation(log, its["conversation_id"])
        assert found is not None
        assert found.opened_by["at"] == milliseconds(its["started_at"])
        assert opens(log, found.opened_by), found.opened_by


def whole_leg(log: Log, leg: dict[str, object]) -> tuple[str, int | None]:
    """How a leg is known by the log alone, whatever resets lie in it, and where its log or rows end it."""
    at, line = leg["since_at"], int(str(leg["line"])) - 1
    if leg["source"] in (LOGGED, ENDLESS_LOG):
        logged = log.legs[line]
        start = "transferred_at" if log.rules.handoff_starts_at == "transfer" else "accepted_at"
        assert (logged["leg_id"], logged[start]) == (leg["leg_id"], at)
        return ENDLESS_LOG if logged["ended_at"] is None else LOGGED, logged["ended_at"]
    row = log.rows[line]
    assert (row["event_id"], row["occurred_at"]) == (leg["leg_id"], at)
    if row["kind"] == "message":
        return IMPLIED, None
    (key,) = keyed(log, row)
    same = [other for other in log.rows if keyed(log, other) == {key} and "handoff" in other["kind"]]
    later = sorted(
        (other["occurred_at"], other["kind"] == "handoff_start", other["event_id"]) for other in same
    )
    following = later[later.index((at, True, row["event_id"])) + 1 :]
    if following and not following[0][1]:
        return PAIRED, following[0][0]
    return ENDLESS, None


def keyed(log: Log, row: dict[str, object]) -> set[int]:
    return set(interactions_frame([row])["key"])


@FEWER
@given(logs())
def test_a_leg_is_known_alike_before_and_after_a_reset_and_the_row_that_ends_it_stands_there(
    log: Log,
) -> None:
    for conversation_id in conversations_of(log)["conversation_id"]:
        found = explanation(log, conversation_id)
        assert found is not None
        for leg in found.legs.iter_rows(named=True):
            source, until = whole_leg(log, leg)
            assert leg["source"] == source
            if leg["end_line"] is None:
                assert leg["ended_by"] == SILENCE
                assert leg["end_at"] == leg["since_at"]
                continue
            ended = int(leg["end_line"]) - 1
            # What stands beside the row that opened a leg has not ended it (R7).
            assert until is not None or leg["end_at"] > leg["since_at"]
            if leg["ended_by"] == LOGGED:
                assert log.legs[ended]["ended_at"] == leg["end_at"] == until
                continue
            assert log.rows[ended]["occurred_at"] == leg["end_at"]
            if leg["ended_by"] == NAMES[END]:
                assert log.rows[ended]["kind"] == "handoff_end"
                assert until == leg["end_at"]
            elif leg["ended_by"] == NAMES[RESET]:
                assert log.rows[ended]["kind"] == "session_reset"
                assert until is None or until > leg["end_at"]
            else:
                assert until is None


@FEWER
@given(logs())
def test_a_row_is_told_in_one_conversation_and_a_reset_in_the_one_that_it_ended(log: Log) -> None:
    lines: list[int] = []
    for conversation_id in conversations_of(log)["conversation_id"]:
        found = explanation(log, conversation_id)
        assert found is not None
        lines += found.rows["line"].to_list()
        for line, what in found.rows.select("line", "what").iter_rows():
            assert (what == GREETING) == (log.rows[line - 1]["kind"] == "greeting")
        resets = found.rows.filter(pl.col("what") == NAMES[RESET])["at"].unique().to_list()
        assert resets in ([], [found.closed_by and found.closed_by["at"]])
    assert len(lines) == len(set(lines))


def test_a_reset_is_told_in_the_conversation_that_it_ended_alone() -> None:
    rows = chat(
        (0, "user", "message"),
        (5, "system", "handoff_start"),
        (10, "system", "session_reset"),
        (20, "agent", "handoff_end"),
        (21, "user", "message"),
    )
    log = Log(rows, [], [], Rules(), None)
    told = [explanation(log, its) for its in conversations_of(log)["conversation_id"]]
    assert [found.rows["line"].to_list() for found in told if found] == [[1, 2, 3], [4, 5]]


def chat(*said: tuple[float, str, str]) -> list[dict[str, object]]:
    return [
        {
            **ANN,
            "event_id": f"e{n}",
            "occurred_at": BEGIN + round(minute * MINUTE),
            "actor": actor,
            "kind": kind,
        }
        for n, (minute, actor, kind) in enumerate(said)
    ]


def of_one(rows: list[dict[str, object]], legs: list[dict[str, object]] | None = None) -> Explanation:
    log = Log(rows, legs or [], [], Rules(), None)
    sessions = sessions_of(interactions_frame(log.rows), handoffs_frame(log.legs))
    (conversation_id,) = sessions.conversations["conversation_id"]
    found = explanation(log, conversation_id)
    assert found is not None
    return found


def test_a_leg_says_how_it_is_known_and_where_it_stands() -> None:
    rows = chat(
        (0, "user", "message"),
        (5, "system", "handoff_start"),
        (10, "agent", "handoff_end"),
        (12, "user", "message"),
        (13, "agent", "message"),
        (14, "user", "message"),
        (15, "app", "message"),
        (20, "system", "handoff_start"),
        (21, "user", "message"),
        (25, "app", "message"),
    )
    log = {**ANN, "leg_id": "leg-1", "transferred_at": BEGIN + 30 * MINUTE}
    times = {"accepted_at": BEGIN + 30 * MINUTE, "ended_at": BEGIN + 40 * MINUTE}
    found = of_one(rows, [{**log, **times}])
    assert found.legs.select("source", "leg_id", "line").rows() == [
        (PAIRED, "e1", 2),
        (IMPLIED, "e4", 5),
        (ENDLESS, "e7", 8),
        (LOGGED, "leg-1", 1),
    ]
    assert found.legs.select("ended_by", "end_line").rows() == [
        ("handoff end", 3),
        ("message of the app", 7),
        ("message of the app", 10),
        ("handoff log", 1),
    ]


def test_a_leg_that_a_reset_cuts_is_one_pair_of_rows_in_both_conversations() -> None:
    rows = chat(
        (0, "user", "message"),
        (5, "system", "handoff_start"),
        (10, "system", "session_reset"),
        (20, "agent", "handoff_end"),
        (21, "user", "message"),
    )
    log = Log(rows, [], [], Rules(), None)
    told = []
    for conversation_id in conversations_of(log)["conversation_id"]:
        found = explanation(log, conversation_id)
        assert found is not None
        told += found.legs.select("source", "line", "ended_by", "end_line").rows()
    assert told == [(PAIRED, 2, "session reset", 3), (PAIRED, 2, "handoff end", 4)]


@pytest.mark.parametrize(("actor", "kind"), [("app", "message"), ("system", "session_reset")])
def test_what_stands_beside_an_agents_last_word_has_not_ended_the_leg(actor: str, kind: str) -> None:
    """R7: the next message of the app does, or the next reset; here there is none, only a silence."""
    log = Log(chat((0, "user", "message"), (5, "agent", "message"), (5, actor, kind)), [], [], Rules(), None)
    found = [explanation(log, its) for its in conversations_of(log)["conversation_id"]]
    (leg,) = pl.concat(each.legs for each in found if each).iter_rows(named=True)
    assert (leg["source"], leg["ended_by"], leg["end_line"]) == (IMPLIED, SILENCE, None)


def test_a_reset_is_not_told_in_the_conversation_after_it_beside_a_leg_of_the_same_id() -> None:
    rows = chat((0, "user", "message"), (2, "system", "session_reset"), (9, "user", "message"))
    times = {"transferred_at": BEGIN + 2 * MINUTE, "accepted_at": None, "ended_at": BEGIN + 8 * MINUTE}
    log = Log(rows, [{**ANN, "leg_id": "e1", **times}], [], Rules(), None)
    told = [explanation(log, its) for its in conversations_of(log)["conversation_id"]]
    assert [found.rows["line"].to_list() for found in told if found] == [[1], [3]]
    assert [found.closed_by and found.closed_by["line"] for found in told if found] == [2, None]


def test_the_clock_runs_over_no_row_before_the_anchor_nor_where_nobody_was_heard() -> None:
    """R6, R10."""
    said = chat((0, "app", "greeting"), (5, "user", "message"), (8, "app", "message"))
    anchored = Log(said, [], [], Rules(anchor="first_user_message"), None)
    unheard = Log(said[:1], [], [], Rules(), None)
    for log, clock in ((anchored, [False, True, True]), (unheard, [False])):
        (conversation_id,) = conversations_of(log)["conversation_id"]
        found = explanation(log, conversation_id)
        assert found is not None
        assert found.rows["counts"].to_list() == clock


def test_a_block_knows_how_long_its_clock_ran() -> None:
    rows = chat(
        (0, "user", "message"), (10, "app", "message"), (50, "app", "message"), (60, "user", "message")
    )
    leg = {**ANN, "leg_id": "leg", "transferred_at": BEGIN + 10 * MINUTE, "accepted_at": None}
    found = of_one(rows, [{**leg, "ended_at": BEGIN + 50 * MINUTE}])
    assert [ms // MINUTE for ms in found.blocks["billable_ms"]] == [15, 5]
    assert [
        (end - start) // MINUTE for start, end in found.blocks.select("started_at", "ended_at").rows()
    ] == [55, 5]


def test_an_instant_at_which_nothing_starts_has_no_explanation() -> None:
    log = Log(chat((0, "user", "message")), [], [], Rules(), None)
    (conversation_id,) = sessions_of(interactions_frame(log.rows), handoffs_frame([])).conversations[
        "conversation_id"
    ]
    key, at = conversation_id.split("-")
    assert explanation(log, f"{key}-{int(at) + 1}") is None
