"""`quarterhour explain session`: from landing files to the sentence, with the very lines of the files."""

import json
import re
from collections.abc import Callable
from datetime import date
from itertools import pairwise
from pathlib import Path

import pytest

from orchestration import cli
from orchestration.counting.fragmenting import build_fragments, dirty_days
from orchestration.counting.sessionizing import rebuild
from orchestration.counting.terms import terms_of
from orchestration.explain import sessions
from orchestration.lake import Lake
from orchestration.lake.tables import TABLES
from orchestration.landing.ingest import ingest
from orchestration.settings.loading import load_settings

DAY = date(2026, 3, 1)
ANN = {"account_id": "acme", "app_id": "bank", "user_id": "ann", "channel": "web", "session_id": "s-1"}

Row = dict[str, object]
Homes = Callable[..., Lake]


def said(event_id: str, clock: str, actor: str = "user", kind: str = "message") -> Row:
    return {**ANN, "event_id": event_id, "occurred_at": f"{clock}Z", "actor": actor, "kind": kind}


ROWS = [
    {**said("other", "2026-03-01T09:00:00"), "user_id": "bob", "session_id": "s-2"},
    said("hello", "2026-03-01T23:50:00"),
    said("start", "2026-03-01T23:55:00", "system", "handoff_start"),
    said("end", "2026-03-02T00:10:00", "agent", "handoff_end"),
    said("thanks", "2026-03-02T00:20:00", "app"),
    said("bye", "2026-03-02T00:26:00.001"),
    said("gone", "2026-03-02T00:27:00", "system", "session_reset"),
    said("lookup", "2026-03-01T12:00:00", kind="api_request"),
]


ALERTS: list[Row] = [
    {"account_id": "acme", "app_id": "bank", "user_id": "ann", "status": "delivered", "kind": "alert",
     "delivery_id": f"d-{number}", "delivered_at": "2026-03-01T13:00:00Z"}
    for number in range(20)
]  # fmt: skip
"""To one user at one instant."""


@pytest.fixture
def counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Homes:
    """Makes the home of some rows and legs, one file of each stream, counted."""

    def made(rows: list[Row], legs: list[Row] | None = None, alerts: list[Row] | None = None) -> Lake:
        monkeypatch.setenv("QUARTERHOUR_HOME", str(tmp_path))
        monkeypatch.setenv("COLUMNS", "250")
        return counted_in(tmp_path, {"interactions": rows, "handoffs": legs or [], "alerts": alerts or []})

    return made


def counted_in(home: Path, streams: dict[str, list[Row]]) -> Lake:
    lake = Lake(home)
    lake.ensure(TABLES)
    for stream, rows in streams.items():
        folder = home / "landing" / stream / str(DAY)
        folder.mkdir(parents=True)
        (folder / "a.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
        ingest(lake, home / "landing", stream, DAY)
    days = dirty_days(lake)
    for day in days:
        build_fragments(lake, day)
    rebuild(lake, days, terms_of(lake, load_settings()))
    return lake


@pytest.fixture
def home(counted: Homes) -> Lake:
    return counted(ROWS, alerts=ALERTS)


def ids(lake: Lake, session_type: str = "usage", session_id: str = "s-1") -> str:
    rows = lake.scan("billing_sessions").collect()
    chosen = (rows["session_type"] == session_type) & (rows["session_id"] == session_id)
    return str(rows.filter(chosen)["conversation_id"][0])


def conversation_ids(lake: Lake) -> list[str]:
    return lake.scan("conversations").collect().sort("started_at")["conversation_id"].to_list()


def told(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    with pytest.raises(SystemExit) as end:
        cli.main(["explain", "session", *arguments])
    assert end.value.code == 0
    return " ".join(capsys.readouterr().out.split())


def test_a_conversation_is_explained_over_midnight(home: Lake, capsys: pytest.CaptureFixture[str]) -> None:
    text = told(capsys, ids(home))
    place = "interactions/2026-03-01/a.jsonl"
    assert f"opened by message of the user, {place}:2" in text
    assert f"ended by a session reset at 2026-03-02 00:27:00.000Z, {place}:7 (R4)" in text
    assert "ceil(1,260,001 ms / 900,000 ms)) = 2 billing sessions" in text
    assert f"15:00.000 handoff rows start {place}:3" in text
    assert all(f"{place}:{line}" in text for line in range(2, 7))


def leg(leg_id: str, start: str, end: str) -> Row:
    times = {"transferred_at": f"{start}Z", "accepted_at": f"{start}Z", "ended_at": f"{end}Z"}
    return {**ANN, "leg_id": leg_id, **times}


def test_a_conversation_that_a_leg_opened_is_told_as_such(
    counted: Homes, capsys: pytest.CaptureFixture[str]
) -> None:
    lake = counted(
        [
            said("hello", "2026-03-01T10:20:00"),
            said("gone", "2026-03-01T10:25:00", "system", "session_reset"),
            said("again", "2026-03-01T10:28:00"),
        ],
        [leg("leg-1", "2026-03-01T10:10:00", "2026-03-01T10:30:00")],
    )
    first, rest = conversation_ids(lake)
    assert "opened by leg of the handoff log, handoffs/2026-03-01/a.jsonl:1" in told(capsys, first)
    assert (
        "2026-03-01 10:25:00.000Z to 2026-03-01 10:30:00.000Z; opened by rest of a human agent's leg that a "
        "session reset cut, handoffs/2026-03-01/a.jsonl:1"
    ) in told(capsys, rest)


def test_what_follows_is_told_from_the_whole_lake(counted: Homes, capsys: pytest.CaptureFixture[str]) -> None:
    lake = counted(
        [
            said("hello", "2026-02-25T10:00:00"),
            said("days later", "2026-02-28T10:00:00"),
            {**said("of another", "2026-02-26T10:00:00"), "session_id": "s-2"},
            said("of an agent", "2026-02-28T11:00:00", "agent"),
            said("answered", "2026-02-28T11:05:00"),
        ]
    )
    rows = lake.scan("conversations").filter(session_id="s-1").collect().sort("started_at")
    assert [at.strftime("%d %H:%M") for at in rows["started_at"]] == ["25 10:00", "28 10:00", "28 11:00"]
    for conversation_id, following in pairwise(rows["conversation_id"]):
        assert f"(R3); its next conversation is {following} " in told(capsys, conversation_id)
    assert "(R3); the lake has no later one of this key" in told(capsys, rows["conversation_id"][-1])


def test_a_call_tells_its_voice_sessions_beside_its_billing_sessions(
    counted: Homes, capsys: pytest.CaptureFixture[str]
) -> None:
    call = [said("hello", "2026-03-01T10:00:00"), said("bye", "2026-03-01T10:20:00")]
    agents = leg("leg-1", "2026-03-01T10:05:00", "2026-03-01T10:15:00")
    unheard = {**said("welcome", "2026-03-01T11:00:00", "app", "greeting"), "session_id": "s-2"}
    lake = counted([{**row, "channel": "ivr"} for row in (*call, unheard)], [{**agents, "channel": "ivr"}])
    answered, unanswered = conversation_ids(lake)
    text = told(capsys, answered)
    assert "= 1 billing sessions (R8)" in text
    assert "ceil(1,200,000 ms / 900,000 ms)) = 2 voice sessions (R14)" in text
    assert "1 2026-03-01 10:15:00.000Z 2026-03-01 10:20:00.000Z" in text
    text = told(capsys, unanswered)
    assert "opened by greeting of the app, interactions/2026-03-01/a.jsonl:3" in text
    assert "no activity of the user and no accepted leg: no voice session (R14)" in text


def test_a_leg_bounds_a_billing_session(counted: Homes, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [said(f"at {minute}", f"2026-03-01T10:{minute}:00") for minute in ("00", "04", "20")]
    lake = counted(rows, [leg("leg-1", "2026-03-01T10:05:00", "2026-03-01T10:20:00")])
    (only,) = conversation_ids(lake)
    first, last = "interactions/2026-03-01/a.jsonl:1", "handoffs/2026-03-01/a.jsonl:1"
    assert (
        f"0 2026-03-01 10:00:00.000Z 2026-03-01 10:05:00.000Z 5:00.000 row 2026-03-01 10:00:00.000Z {first} "
        f"leg 2026-03-01 10:05:00.000Z {last}"
    ) in told(capsys, only)


def test_one_block_is_explained_by_its_own_rows(home: Lake, capsys: pytest.CaptureFixture[str]) -> None:
    text = told(capsys, ids(home), "--block", "1")
    assert "6:00.001" in text
    assert "bye interactions/2026-03-01/a.jsonl:6" in text
    assert "hello interactions" not in text


def test_a_request_is_explained_by_its_row(home: Lake, capsys: pytest.CaptureFixture[str]) -> None:
    assert "R12): 2026-03-01 12:00:00.000Z, interactions/2026-03-01/a.jsonl:8" in told(
        capsys, ids(home, "request")
    )


def test_each_alert_of_a_user_and_instant_is_a_row_of_its_own(
    home: Lake, capsys: pytest.CaptureFixture[str]
) -> None:
    """I6: they differ in their delivery alone."""
    found = home.scan("billing_sessions").collect()
    texts = [told(capsys, name) for name in found.filter(session_type="alert")["conversation_id"]]
    places = [re.findall(r"alerts/2026-03-01/a\.jsonl:([0-9]+)", text) for text in texts]
    assert sorted(places) == sorted([str(line)] for line in range(1, len(ALERTS) + 1))


def test_of_the_rows_of_a_long_conversation_a_few_are_named(
    home: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sessions, "SHOWN", 3)
    text = sessions.rows_told(home, terms_of(home, load_settings()), ids(home))
    place = "interactions/2026-03-01/a.jsonl"
    assert text == f"5 rows: {place}:2, {place}:3, {place}:4 and 2 more"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda known: known[:-1] + str((int(known[-1]) + 1) % 10), "of the same key: "),
        (lambda known: "12-13", "none of its key at any time"),
        (lambda known: "twelve", "is no conversation_id"),
    ],
)
def test_what_is_not_there_is_said(
    home: Lake, capsys: pytest.CaptureFixture[str], change, message: str
) -> None:
    with pytest.raises(SystemExit) as end:
        cli.main(["explain", "session", change(ids(home))])
    assert end.value.code == 2
    assert message in " ".join(capsys.readouterr().err.split())
