"""The demo's homes: what is laid into them, what is said where something is missing, and what is taken."""

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from orchestration import dbt
from orchestration.demo.bank import beside, prepare_bank
from orchestration.demo.home import MARK, make_home, prepare, settle
from orchestration.errors import RunError, UsageError
from orchestration.generator.account_events import delivered_days, opening_events
from orchestration.generator.demo_accounts import DEMO_ACCOUNTS
from orchestration.generator.demo_book import demo_events
from orchestration.generator.logs import FIRST_DAY
from orchestration.ledger import Ledger, NewEntry
from orchestration.settings.loading import load_settings
from tests.orchestration.nights import arrive
from tests.reports import issued_samples


def landed(home: Path, name: str) -> list[dict[str, str]]:
    (path,) = (home / "landing" / "account_events").glob(f"*/{name}")
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_two_nights_one_of_which_ends_when_the_first_month_is_due_everywhere(tmp_path: Path) -> None:
    assert prepare(tmp_path, fresh=True) == [
        (date(2026, 9, 1), date(2026, 10, 5)),
        (date(2026, 10, 6), date(2026, 11, 5)),
    ]
    settings = load_settings({"QUARTERHOUR_HOME": str(tmp_path)})
    assert (settings.first_day, settings.last_day) == (date(2026, 9, 1), date(2026, 11, 6))


def test_a_home_is_emptied_of_what_demos_wrote_and_of_nothing_else(tmp_path: Path) -> None:
    make_home(tmp_path, fresh=True)
    for name in ("ledger/00000001.json", "outbox/2026-10/register.csv", "lake/files/x.parquet", "mine.txt"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    make_home(tmp_path, fresh=False)
    assert (tmp_path / "ledger" / "00000001.json").exists()
    make_home(tmp_path, fresh=True)
    assert {path.name for path in tmp_path.iterdir()} == {MARK, "mine.txt"}


def test_the_fold_takes_all_that_happens_but_one_plan_that_no_seed_knows(tmp_path: Path) -> None:
    book = [event for account in DEMO_ACCOUNTS for event in opening_events(account, FIRST_DAY)]
    days = delivered_days([*book, *demo_events(FIRST_DAY)])
    for day, content in days.items():
        path = tmp_path / "landing" / "account_events" / str(day) / "book.jsonl"
        path.parent.mkdir(parents=True)
        path.write_bytes(content)
    arrive(tmp_path, min(days), max(days))
    with duckdb.connect(str(tmp_path / dbt.WAREHOUSE), read_only=True) as marts:
        refused = marts.sql("select account_id, event_type, refusal_reason from account_event_refusals")
        assert refused.fetchall() == [("aurora", "plan_subscribed", "plan is not known")]
        states = marts.sql("select status from plan_states").fetchall()
        shown = {status for (status,) in states}
        assert {"Active", "Trial", "Expiring", "Suspended"} <= shown
        orders = marts.sql("select order_status from orders where order_type != 'month'").fetchall()
        assert {status for (status,) in orders} == {"completed", "failed", "pending", "scheduled"}


def test_customers_settle_what_the_first_night_issued(tmp_path: Path) -> None:
    with Ledger(tmp_path).writing() as writer:
        for account_id in ("aurora", "lotus", "sakura"):
            body = issued_samples.march() | {"account_id": account_id, "document_id": account_id}
            at = datetime(2026, 10, 6, tzinfo=UTC)
            writer.append(NewEntry("invoice", "quarterhour", account_id, at.date(), at, {}, body))
    first = settle(tmp_path)
    rows = landed(tmp_path, first.name)
    assert first.parent.name == "2026-10-27"
    assert [(row["account_id"], row["type"], row["invoice_number"][-1], row["amount"]) for row in rows] == [
        ("aurora", "payment_recorded", "1", "499.41"),
        ("lotus", "credit_note_requested", "2", "500"),
        ("lotus", "payment_recorded", "2", "299.65"),  # 0.6 x 499.41
    ]
    before = first.read_bytes()
    assert settle(tmp_path).read_bytes() == before


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    """A folder as that of the bank's logs, with nothing in it."""
    logs = tmp_path / "logs" / "landing"
    (logs / "interactions" / "1999-02-01").mkdir(parents=True)
    (logs / "interactions" / "1999-02-01" / "part-0.jsonl").touch()
    return logs


def test_without_its_logs_the_bank_is_left_out_and_that_is_said(tmp_path: Path) -> None:
    bank = prepare_bank(tmp_path / "bank", fresh=True, logs=tmp_path / "nowhere")
    assert bank.home is None
    assert "left out" in bank.told
    assert str(tmp_path / "nowhere") in bank.told
    assert not (tmp_path / "bank").exists()
    with beside(bank) as finished:
        assert finished() is None


def test_the_bank_has_a_home_of_its_own_that_leads_to_its_logs(tmp_path: Path, logs: Path) -> None:
    home = tmp_path / "bank"
    for _ in range(2):
        assert prepare_bank(home, fresh=True, logs=logs).home == home
    assert (home / "landing" / "interactions" / "1999-02-01" / "part-0.jsonl").exists()
    assert (logs / "interactions" / "1999-02-01" / "part-0.jsonl").exists()  # emptying the home left it
    days = sorted(path.name for path in (home / "landing" / "account_events").iterdir())
    assert days == ["1999-01-31", "1999-03-04"]
    settings = load_settings({"QUARTERHOUR_HOME": str(home)})
    assert settings.last_day == settings.first_day + timedelta(days=33)


def test_logs_of_somebody_else_are_never_taken_for_the_demo_s(tmp_path: Path, logs: Path) -> None:
    (tmp_path / "bank" / "landing").mkdir(parents=True)
    with pytest.raises(UsageError, match="logs of your own"):
        prepare_bank(tmp_path / "bank", fresh=True, logs=logs)


def test_a_bank_s_month_that_fails_is_told_with_its_log(
    tmp_path: Path, logs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bank = prepare_bank(tmp_path / "bank", fresh=True, logs=logs)
    monkeypatch.setattr("orchestration.demo.bank.sys.executable", "/bin/false")
    with beside(bank) as finished, pytest.raises(RunError, match=r"bank/run\.log"):
        finished()
