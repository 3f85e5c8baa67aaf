"""What names hold is shown on a terminal, never obeyed by it."""

import io
import json
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console

from orchestration.book.text import TITLES, show_state
from orchestration.cli import main
from orchestration.explain.invoices import ExplainedLine
from orchestration.explain.invoices_text import show as show_invoice
from orchestration.explain.sessions_text import place_of
from orchestration.ledger import Entry
from orchestration.terminal import fail, plain, plain_lines, warn
from tests.orchestration.nights import Landing, count

RED, BELL, TITLE = "\x1b[31m", "\a", "\x1b]0;mine\a"
HOSTILE = f"a{RED}b{TITLE}\r\n\u202egnp.exe\u2066\x9b2J\x00[bold red]x[/]{BELL}"
OBEYED = ("\x1b", "\a", "\r", "\u202e", "\u2066", "\x9b", "\x00")


def harmless(text: str) -> bool:
    return not any(character in text for character in OBEYED)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("acme", "acme"),
        ("חברה בע״מ 会社 é 👩‍💻", "חברה בע״מ 会社 é 👩‍💻"),
        ("\x1b[31mred", "\\x1b[31mred"),
        ("a\nb\r\tc", "a\\nb\\r\\tc"),
        ("\u202egnp", "\\u202egnp"),
        ("\x9b2J", "\\x9b2J"),
        ("half \ud800", "half \\ud800"),
        ("a\u2028b", "a\\u2028b"),
        (12, "12"),
    ],
)
def test_a_name_is_one_line_of_visible_characters(name: object, shown: str) -> None:
    assert plain(name) == shown


@settings(max_examples=200)
@given(st.text())
def test_no_name_is_obeyed(name: str) -> None:
    assert harmless(plain(name))
    assert "\n" not in plain(name)
    plain(name).encode()
    assert plain_lines(name).count("\n") == name.count("\n")


def test_warnings_and_errors_show_names_as_they_are(capfd: pytest.CaptureFixture[str]) -> None:
    error = ValueError(f"{HOSTILE}: no")
    error.add_note(HOSTILE)
    warn(HOSTILE)
    fail(error)
    told = capfd.readouterr().err
    assert harmless(told)
    assert told.count("[bold red]x[/]") == 3
    assert told.count("\\x1b[31m") == 3


def test_an_account_and_a_place_are_shown_as_they_are() -> None:
    out = Console(file=io.StringIO(), width=500, color_system=None)
    state = {model: [] for model in TITLES} | {"apps": [{"app_id": HOSTILE, "name": HOSTILE}]}
    show_state(state, out)
    out.print(place_of({"file": HOSTILE, "line": 3}))
    told = out.file.getvalue()
    assert harmless(told)
    assert told.count("[bold red]x[/]") == 3


def test_an_invoice_is_explained_with_names_as_they_are() -> None:
    names = ("line_kind", "metric", "app_id", "price_id", "corrects_document_id")
    line = dict.fromkeys(names, HOSTILE) | {
        "line_number": 1,
        "charge_period_start_date": date(2026, 3, 1),
        "charge_period_end_date": date(2026, 4, 1),
        "gross_amount": "1",
        "discount_amount": "0",
        "amount": "1",
        "quantity": 1,
        "tiers": [],
    }
    body = {"account_id": HOSTILE, "total": "1.00", "currency": "USD"}
    entry = _entry(body)
    out = Console(file=io.StringIO(), width=5_000, color_system=None)
    show_invoice(entry, [ExplainedLine(line=line, days=[])], out, None)
    told = out.file.getvalue()
    assert harmless(told)
    assert told.count("[bold red]x[/]") == 6


def _entry(body: dict[str, object]) -> Entry:
    values = {"number": HOSTILE[:1], "body": body, "issue_date": date(2026, 4, 4), "sequence": 1, "hash": "h"}
    made = object.__new__(Entry)
    for name, value in values.items():
        object.__setattr__(made, name, value)
    return made


def test_files_and_rows_with_hostile_names_are_told_on_the_command_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("QUARTERHOUR_HOME", str(tmp_path))
    name = f"{RED}\u202e[bold]x.jsonl"
    (tmp_path / name).write_text(json.dumps({"event_id": HOSTILE}) + "\nnot json\n{")
    with pytest.raises(SystemExit, match="0"):
        main(["sessionize", "--interactions", str(tmp_path / name), "--out", str(tmp_path / "out")])
    told = capfd.readouterr()
    assert harmless(told.out + told.err)
    assert "\\x1b[31m\\u202e[bold]x.jsonl" in told.err
    with pytest.raises(SystemExit, match="2"):
        main(["account", "show", HOSTILE.replace("\x00", "")])
    assert harmless(capfd.readouterr().err)


@pytest.fixture
def hostile_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home that has read files of an account whose name, and so theirs, a terminal would obey."""
    landing = Landing(tmp_path, account_id=f"{RED}{TITLE}\r\n\u202e\x9b[bold]x")
    for day in (date(2026, 3, 1), date(2026, 3, 9)):
        landing.alerts("help", str(day), 2)
    count(tmp_path, date(2026, 3, 1), date(2026, 3, 9))
    monkeypatch.setenv("QUARTERHOUR_HOME", str(tmp_path))
    return tmp_path


@pytest.mark.parametrize(
    ("arguments", "names"),
    [(["forget", "--user", "ann", "--dry-run"], 3), (["forget", "--user", "ann", "--search"], 2)],
    ids=["dry run", "search"],
)
def test_where_a_person_stands_is_told_with_names_as_they_are(
    hostile_home: Path, capfd: pytest.CaptureFixture[str], arguments: list[str], names: int
) -> None:
    with pytest.raises(SystemExit, match="0"):
        main(arguments)
    told = capfd.readouterr()
    assert harmless(told.out + told.err)
    assert told.out.count("\\x1b[31m\\x1b]0;mine\\x07\\r\\n\\u202e\\x9b[bold]x") == names


def test_what_retention_keeps_is_told_with_names_as_they_are(
    hostile_home: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    for path in (hostile_home / "landing" / "alerts" / "2026-03-01").iterdir():
        path.unlink()
    with pytest.raises(SystemExit, match="0"):
        main(["retain", "--raw-days", "3", "--dry-run"])
    told = capfd.readouterr()
    assert harmless(told.out + told.err)
    (kept,) = [line for line in told.err.splitlines() if line.startswith("kept: ")]
    assert "\\x1b[31m\\x1b]0;mine\\x07\\r\\n\\u202e\\x9b[bold]x" in kept
    assert "is in landing no more" in kept
