"""The command line as a person meets it: what it writes, what it says, how it ends."""

import json
import threading
import urllib.request
from importlib.metadata import version
from pathlib import Path

import polars as pl
import pytest

from orchestration.cli import main
from orchestration.serve import server
from transforms.sessions import BILLING_SESSIONS, CONVERSATIONS

START = "2026-03-01T10:00:00Z"


def row(event_id: str, at: str, actor: str = "user", **more: object) -> dict[str, object]:
    who = {"account_id": "acme", "app_id": "bot", "user_id": "ann", "channel": "web", "session_id": "s1"}
    return {"event_id": event_id, **who, "occurred_at": at, "actor": actor, "kind": "message", **more}


def write_jsonl(path: Path, rows: list[dict[str, object]]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(each) + "\n" for each in rows))
    return path


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    rows = [
        row("1", START),
        row("2", "2026-03-01T10:14:00Z", "app"),
        row("3", "2026-03-01T10:28:00Z"),
        row("3", "2026-03-01T10:28:00Z"),
        row("4", "2026-03-01T10:31:00Z", "app"),
        row("5", "2026-03-01T10:31:00Z", is_test=True),
        row("6", "2026-03-01T10:31:00Z", "robot"),
    ]
    return write_jsonl(tmp_path / "rows.jsonl", rows)


def run(*arguments: object) -> int:
    try:
        main([str(argument) for argument in arguments])
    except SystemExit as end:
        return int(end.code or 0)
    return 0


def test_thirty_one_minutes_are_three_sessions_and_every_row_is_told(logs: Path, tmp_path: Path) -> None:
    assert run("sessionize", "--interactions", logs, "--out", tmp_path / "out") == 0
    sessions = pl.read_parquet(tmp_path / "out" / "billing_sessions.parquet")
    assert sessions.schema == BILLING_SESSIONS
    assert sessions["block_index"].to_list() == [0, 1, 2]
    assert sessions["is_complete"].all()
    assert pl.read_parquet(tmp_path / "out" / "conversations.parquet").schema == CONVERSATIONS
    assert pl.read_parquet(tmp_path / "out" / "voice_sessions.parquet").height == 0
    refused = pl.read_parquet(tmp_path / "out" / "quarantine.parquet")
    assert refused.select("line").to_series().to_list() == [7]
    assert "robot" in refused["reason"][0]
    totals = json.loads((tmp_path / "out" / "ledger.json").read_text())["totals"]
    assert totals == {
        "rows": 7, "accepted": 4, "duplicate": 1, "superseded": 0, "excluded": 1, "quarantined": 1,
    }  # fmt: skip


def test_a_handoff_end_without_a_start_moves_to_quarantine(tmp_path: Path) -> None:
    rows = [row("1", START), row("2", "2026-03-01T10:05:00Z", "system", kind="handoff_end")]
    logs = write_jsonl(tmp_path / "rows.jsonl", rows)
    assert run("sessionize", "--interactions", logs, "--out", tmp_path / "out") == 0
    refused = pl.read_parquet(tmp_path / "out" / "quarantine.parquet")
    assert refused["reason"].to_list() == ["handoff_end without a handoff_start before it (R7)"]
    totals = json.loads((tmp_path / "out" / "ledger.json").read_text())["totals"]
    assert (totals["accepted"], totals["quarantined"]) == (1, 1)


def test_alerts_are_added_and_proactive_ones_are_not(logs: Path, tmp_path: Path) -> None:
    alert = {"account_id": "acme", "app_id": "bot", "user_id": "ann", "delivered_at": START}
    alerts = write_jsonl(
        tmp_path / "alerts.jsonl",
        [
            alert | {"delivery_id": "a", "status": "delivered", "kind": "alert"},
            alert | {"delivery_id": "b", "status": "failed", "kind": "alert"},
            alert | {"delivery_id": "c", "status": "delivered", "kind": "proactive"},
        ],
    )
    assert run("sessionize", "--interactions", logs, "--alerts", alerts, "--out", tmp_path / "out") == 0
    sessions = pl.read_parquet(tmp_path / "out" / "billing_sessions.parquet")
    assert sessions["session_type"].value_counts().sort("session_type").rows() == [("alert", 1), ("usage", 3)]


def test_apps_and_watermark_decide_where_conversations_end_and_whether(logs: Path, tmp_path: Path) -> None:
    apps = tmp_path / "apps.csv"
    apps.write_text("app_id,inactivity_minutes\nbot,5\n")
    told = ["--apps", apps, "--watermark", "2026-03-01T10:36:00Z", "--out", tmp_path / "out"]
    assert run("sessionize", "--interactions", logs, *told) == 0
    conversations = pl.read_parquet(tmp_path / "out" / "conversations.parquet")
    assert conversations.sort("started_at")["is_complete"].to_list() == [True, True, False]


def test_an_app_whose_id_is_no_text_is_refused_and_not_a_crash(
    logs: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    apps = tmp_path / "apps.json"
    apps.write_text(r'[{"app_id": "\ud800", "inactivity_minutes": 5}]')
    assert run("sessionize", "--interactions", logs, "--apps", apps, "--out", tmp_path / "out") == 2
    assert "expected app_id, inactivity_minutes" in capfd.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["sessionize"], "requires"),
        (["sessionize", "--interactions", "/nowhere/at-all.jsonl", "--out", "x"], "/nowhere/at-all.jsonl"),
        (["sessionize", "--interactions", __file__, "--watermark", "soon", "--out", "x"], "soon"),
        (["sessionize", "--interactions", __file__, "--watermark", "2026-03-01", "--out", "x"], "zone"),
        (["sessionize", "--interactions", __file__, "--apps", __file__, "--out", "x"], "inactivity_minutes"),
        (["run", "--date", "2026-03-01", "--from", "2026-03-01"], "not both"),
        (["run", "--from", "2026-03-02", "--to", "2026-03-01"], "after"),
        (["generate", "--events", "0", "--out", "x"], "at least 1"),
        (["run", "--date", "1970-01-01"], "first_day"),
        (["serve"], "no reports"),
        (["nonsense"], "nonsense"),
    ],
)
def test_what_cannot_be_done_as_given_ends_with_2_and_says_why(
    arguments: list[str],
    complaint: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("QUARTERHOUR_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    assert run(*arguments) == 2
    told = capfd.readouterr()
    assert complaint in " ".join((told.out + told.err).split())


def test_settings_with_faults_are_told_all_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "quarterhour.toml").write_text('anchor = "last"\nunknown = 1\nfirst_day = "someday"\n')
    monkeypatch.setenv("QUARTERHOUR_HOME", str(tmp_path))
    assert run("run", "--date", "2026-03-01") == 2
    told = capfd.readouterr().err
    assert all(word in told for word in ("anchor", "unknown", "first_day"))


def test_the_version_is_that_of_the_package(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--version") == 0
    assert capsys.readouterr().out.strip() == version("quarterhour")


def test_a_run_without_new_logs_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("QUARTERHOUR_HOME", str(tmp_path))
    assert run("run") == 0
    assert "nothing new" in capfd.readouterr().out


def test_the_demo_never_empties_a_home_with_logs_of_its_owner(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = write_jsonl(tmp_path / "landing" / "interactions" / "2026-03-01" / "mine.jsonl", [row("1", START)])
    monkeypatch.setenv("QUARTERHOUR_HOME", str(tmp_path))
    assert run("demo") == 2
    assert kept.exists()


def test_serve_gives_the_reports_on_loopback(tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text("<p>all accounts</p>")
    with server(tmp_path, 0) as httpd:
        thread = threading.Thread(target=httpd.serve_forever, daemon=True)
        thread.start()
        host, port = httpd.server_address[:2]
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/") as answer:
            assert answer.read() == b"<p>all accounts</p>"
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
        httpd.shutdown()
    assert host == "127.0.0.1"
