"""Issuing: what waits and why, what a killed run leaves, and what the commands print."""

import shutil
import signal
from collections.abc import Callable
from datetime import date
from multiprocessing import get_context
from pathlib import Path

import pytest

from orchestration import dbt
from orchestration.billing.issuing import issue
from orchestration.cli import main
from orchestration.defs.billing import CHECK, verdict
from orchestration.errors import RunError
from orchestration.ledger import Ledger, LedgerBusyError, LedgerError, LedgerWriter, NewEntry
from orchestration.runs.rebuilding import differences
from tests.orchestration.nights import Landing, arrive
from tests.orchestration.runs import dagster_process, night
from tests.orchestration.webhooks import webhook

FIRST, LAST, NEXT = date(2026, 1, 1), date(2026, 2, 4), date(2026, 2, 5)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """January of three accounts is due; `twice` has an alert whose id stands on two days."""
    home = tmp_path_factory.mktemp("built")
    for account in ("bolt", "knut", "twice"):
        landing = Landing(home, account)
        landing.event("2026-01-01", "account_opened", account_name=account, zone="UTC", currency="USD")
        landing.event("2026-01-01", "plan_subscribed", "bot", plan_id="essential_usd")
        landing.alerts("bot", "2026-01-10", 3)
    alert = {"account_id": "twice", "app_id": "bot", "user_id": "ann", "status": "delivered", "kind": "alert"}
    for day in ("2026-01-12", "2026-01-13"):
        delivery = {**alert, "delivery_id": "again", "delivered_at": f"{day}T12:00:00Z"}
        landing.land("alerts", date.fromisoformat(day), [delivery])
    landing.event(str(LAST), "billing_profile_set", legal_name="Twice Ltd")
    arrive(home, FIRST, LAST)
    return home


@pytest.fixture
def home(built: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(built, tmp_path / "home"))


def issued_of(home: Path) -> dict[str | None, str]:
    return {entry.number: entry.body["account_id"] for entry in Ledger(home).entries()}


def test_an_id_on_two_days_holds_its_account_back_until_it_is_accepted(home: Path) -> None:
    """R18: the others are issued meanwhile."""
    first = issue(home)
    assert issued_of(home) == {
        f"INV-quarterhour-2026-00000{n}": name for n, name in ((1, "bolt"), (2, "knut"))
    }
    assert [(held.account_id, held.month) for held in first.held] == [("twice", date(2026, 1, 1))]
    assert first.held[0].reason == "ids stand on two days: alerts again"

    accepted = Landing(home, "twice", count=90)
    accepted.event(str(NEXT), "id_accepted", stream="alerts", id="again")
    arrive(home, NEXT, NEXT)
    (entry,) = issue(home).entries
    assert (entry.number, entry.body["account_id"]) == ("INV-quarterhour-2026-000003", "twice")
    assert entry.body["lines"][0]["quantity"] == 5  # each day counts its own


def test_a_night_tells_what_is_held_back_and_not_what_waits_for_its_grace(home: Path) -> None:
    """Until it is accepted; the others are issued, and February is a draft of all three."""
    with dagster_process(FIRST, NEXT) as process, webhook() as hook:
        (home / "quarterhour.toml").write_text(f'[notify]\nwebhook = "{hook.url}"\n')
        first = [told for told in process.submit(night, home, LAST, LAST).result() if CHECK in told]
        assert sorted(issued_of(home).values()) == ["bolt", "knut"]
        accepted = Landing(home, "twice", count=90)
        accepted.event(str(NEXT), "id_accepted", stream="alerts", id="again")
        second = process.submit(night, home, NEXT, NEXT).result()
    [told] = first
    assert told.startswith(
        "ledger/documents: documents_are_issued: documents are due and held back (1 found)"
    )
    assert "twice 2026-01: ids stand on two days: alerts again. Accept" in told
    assert "quarterhour account accept-id" in told
    assert [told for told in second if CHECK in told] == []
    [(_, body)] = hook.posts
    assert body["subject"] == f"quarterhour: 1 check failed (ERROR), {LAST}"
    [check] = body["runs"][0]["checks"]
    assert told == f"ledger/documents: documents_are_issued: {check['told']}"
    assert check["figures"] == {"held_back": "1"}
    assert "twice" in issued_of(home).values()


def test_what_the_ledger_refuses_is_held_back_with_its_reason(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole: Callable[..., object] = LedgerWriter.append

    def append(writer: LedgerWriter, new: NewEntry) -> object:
        if new.body.get("account_id") == "bolt" and new.kind != "wallet_draws":
            raise LedgerError("it does not add up")
        return whole(writer, new)

    monkeypatch.setattr(LedgerWriter, "append", append)
    issued = issue(home)
    assert list(issued_of(home).values()) == ["knut"]
    assert {(each.account_id, each.month) for each in issued.held} == {
        (name, date(2026, 1, 1)) for name in ("bolt", "twice")
    }
    assert {each.month for each in issued.waiting} == {date(2026, 2, 1)}
    found = verdict(issued.held)
    assert not found.passed
    assert not found.metadata.keys() - {"held_back"}
    assert "bolt 2026-01: the ledger refuses it: it does not add up" in str(found.description)


def test_what_waits_for_its_grace_alone_fails_no_check() -> None:
    assert verdict([]).passed


def test_nothing_is_issued_or_taken_back_where_arrivals_were_taken_away_again(home: Path) -> None:
    """The watermark would go back behind what was issued because of it."""
    issue(home)
    before = Ledger(home).version()
    for path in (home / "landing" / "account_events" / str(LAST)).iterdir():
        path.unlink()
    arrive(home, LAST, LAST)
    with pytest.raises(RunError, match="the last arrival day is 2026-01-13, but documents were issued"):
        issue(home)
    assert Ledger(home).version() == before


def test_a_night_that_only_draws_builds_no_more_than_what_follows_from_draws(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And that is all that there is to build: whole marts say the same."""
    selected: list[str | None] = []
    build = dbt.build

    def told(home: Path, select: str | None = None) -> dbt.BuildResult:
        selected.append(select)
        return build(home, select)

    monkeypatch.setattr(dbt, "build", told)
    landing = Landing(tmp_path)
    landing.event("2026-01-01", "account_opened", account_name="acme", zone="UTC", currency="USD")
    landing.event("2026-01-01", "plan_subscribed", "bot", plan_id="payg_usd")
    for day in (date(2026, 1, 10), date(2026, 1, 11)):
        landing.alerts("bot", str(day), 3)
        arrive(tmp_path, FIRST, day)
        selected.clear()
        issue(tmp_path)
    assert {entry.kind for entry in Ledger(tmp_path).entries()} == {"wallet_draws"}
    assert selected == ["source:lake.wallet_draws+ source:lake.ledger_state+"]
    other = tmp_path / "other"
    shutil.copytree(tmp_path / "lake", other / "lake")
    shutil.copytree(tmp_path / "ledger", other / "ledger")
    build(other)
    assert differences(tmp_path, other) == []


def _issue_and_die(home: Path, appended: int) -> None:
    """A run that is killed before it appends one more entry than `appended`."""
    whole: Callable[..., object] = LedgerWriter.append
    count = 0

    def append(writer: LedgerWriter, new: object) -> object:
        nonlocal count
        if count == appended:
            signal.raise_signal(signal.SIGKILL)
        count += 1
        return whole(writer, new)

    LedgerWriter.append = append
    issue(home)


@pytest.mark.parametrize("appended", [0, 1])
def test_a_run_that_is_killed_between_two_documents_is_gone_on_with(home: Path, appended: int) -> None:
    dying = get_context("spawn").Process(target=_issue_and_die, args=(home, appended))
    dying.start()
    dying.join()
    assert dying.exitcode == -signal.SIGKILL
    assert len(Ledger(home).entries()) == appended
    assert Ledger(home).verify() == []
    issue(home)
    assert sorted(issued_of(home).values()) == ["bolt", "knut"]
    assert Ledger(home).verify() == []


def test_of_two_issuers_at_once_one_wins_and_the_other_says_so(home: Path) -> None:
    with Ledger(home).writing(), pytest.raises(LedgerBusyError, match="another run is issuing"):
        issue(home)
    assert len(issue(home).entries) == 2


def test_the_commands_issue_list_verify_and_explain(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("QUARTERHOUR_HOME", str(home))
    number = "INV-quarterhour-2026-000001"

    def printed(*arguments: str) -> str:
        with pytest.raises(SystemExit) as ended:
            main(list(arguments))
        assert ended.value.code == 0
        printed = capsys.readouterr()
        warned.append(printed.err)
        return printed.out

    warned: list[str] = []
    assert "2 issued, 1 held back, 0 waiting" in printed("issue", "--month", "2026-01")
    assert "held back: twice 2026-01, ids stand on two days" in warned[0]
    assert (home / "outbox" / "2026-02" / "register.csv").exists()
    assert number in printed("ledger", "list")
    assert "2 entries, all as they were written" in printed("ledger", "verify")
    explained = printed("explain", "invoice", number, "--line", "1")
    assert "2026-01-10: 3 units, 3 sessions of 3 conversations" in explained
    assert "alerts/2026-01-10/" in explained
