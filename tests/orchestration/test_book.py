"""The account's book as a person writes it: what the commands append, refuse and show."""

import json
import threading
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import dagster as dg
import polars as pl
import pytest

from orchestration.book.judging import state_at
from orchestration.book.types import event_types
from orchestration.book.writing import Entry, record
from orchestration.cli import main
from orchestration.defs.book import account_event
from orchestration.defs.resources import Desk
from orchestration.errors import UsageError
from orchestration.lake import Lake
from orchestration.lake.tables import TABLES
from orchestration.landing.ingest import ingest
from transforms.contracts import ACCOUNT_EVENT_TYPES

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def run(*arguments: object) -> int:
    try:
        main([str(argument) for argument in arguments])
    except SystemExit as end:
        return int(end.code or 0)
    return 0


def landed(home: Path) -> list[dict[str, object]]:
    paths = sorted((home / "landing").rglob("*"))
    return [json.loads(path.read_text()) for path in paths if path.is_file()]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home whose book has an account in Tokyo, ingested, and its app's plan, which waits in landing."""
    monkeypatch.setenv("QUARTERHOUR_HOME", str(tmp_path))
    folder = tmp_path / "landing" / "account_events" / "2026-03-01"
    folder.mkdir(parents=True)
    opening = {"zone": "Asia/Tokyo", "currency": "USD", "account_name": "Acme"}
    write(folder / "a.jsonl", "1", "account_opened", **opening)
    write(folder / "b.jsonl", "2", "app_published", app_id="bot", app_name="Bot")
    lake = Lake(tmp_path)
    lake.ensure(TABLES)
    ingest(lake, tmp_path / "landing", "account_events", date(2026, 3, 1))
    write(folder / "c.jsonl", "3", "plan_subscribed", app_id="bot", plan_id="payg_usd")
    return tmp_path


def write(path: Path, event_id: str, event_type: str, **values: object) -> None:
    at = f"2026-03-01T10:00:0{event_id}Z"
    row = {"event_id": event_id, "account_id": "acme", "occurred_at": at, "type": event_type, **values}
    path.write_text(json.dumps(row) + "\n")


def order(order_id: str, amount: str = "100.00", app_id: str = "bot") -> Entry:
    return Entry("acme", "order_placed", app_id, {"order_id": order_id, "amount": amount}, by="ann")


def test_the_table_of_types_is_the_contract_and_names_each_command_once() -> None:
    types = event_types()
    assert tuple(sorted(types)) == tuple(sorted(ACCOUNT_EVENT_TYPES))
    assert len({event_type.command for event_type in types.values()}) == len(types)


def test_an_event_lands_on_the_day_of_the_clock_with_who_when_and_why(home: Path) -> None:
    before = len(landed(home))
    yesterday = NOON - timedelta(days=1)
    entry = Entry("acme", "seats_set", "bot", {"seats": "0"}, "ann", "none yet", yesterday)
    recorded = record(home, entry, now=NOON)
    assert recorded.path is not None
    assert recorded.path.parent == home / "landing" / "account_events" / "2026-03-02"
    assert json.loads(recorded.path.read_text()) == {
        "event_id": recorded.event_id, "account_id": "acme", "app_id": "bot", "type": "seats_set",
        "occurred_at": "2026-03-01T12:00:00.000Z", "seats": "0", "by": "ann", "reason": "none yet",
    }  # fmt: skip
    assert len(landed(home)) == before + 1
    assert not [path for path in recorded.path.parent.iterdir() if path.name.startswith(".")]


def test_a_dry_run_judges_and_writes_nothing(home: Path) -> None:
    before = landed(home)
    assert record(home, order("o1"), dry_run=True, now=NOON).path is None
    with pytest.raises(UsageError, match=r"amount is not between 20\.00 and 10000\.00 USD"):
        record(home, order("o1", "1"), dry_run=True, now=NOON)
    assert landed(home) == before


def test_a_command_sees_what_was_written_before_it_and_not_ingested(home: Path) -> None:
    record(home, order("o1"), now=NOON)
    later = NOON + timedelta(milliseconds=1)
    with pytest.raises(UsageError, match="order_id is already used"):
        record(home, order("o1"), now=later)
    settled = Entry("acme", "order_cleared", None, {"order_id": "o1"})
    assert record(home, settled, now=later).path is not None


def test_two_at_once_write_one_order(home: Path) -> None:
    told: list[str] = []

    def place() -> None:
        try:
            told.append(str(record(home, order("o1"), now=NOON).path))
        except UsageError as error:
            told.append(str(error))

    threads = [threading.Thread(target=place) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(text.endswith(".jsonl") for text in told) == [False, True]
    assert any("order_id is already used" in text for text in told)
    assert sum(row["type"] == "order_placed" for row in landed(home)) == 1


def test_an_event_of_the_past_may_not_undo_what_was_taken_since(home: Path) -> None:
    record(home, order("o1"), now=NOON)
    past = Entry("acme", "app_closed", "bot", occurred_at=NOON - timedelta(hours=1))
    with pytest.raises(UsageError, match=r"would undo .*: app is closed \(order_placed of 2026-03-02"):
        record(home, past, now=NOON)


@pytest.mark.parametrize(
    ("entry", "complaint"),
    [
        (Entry("acme", "gold_rush"), "unknown type of event 'gold_rush'"),
        (Entry("acme", "seats_set", "bot", {"chairs": "1"}), "seats_set has no chairs; it has seats"),
        (Entry("acme", "zone_set", "bot", {"zone": "UTC"}), "takes no app"),
    ],
)
def test_what_no_event_can_be_is_not_judged(home: Path, entry: Entry, complaint: str) -> None:
    with pytest.raises(UsageError, match=complaint):
        record(home, entry, now=NOON)


def test_an_account_is_opened_first_and_no_event_lies_far_ahead(home: Path) -> None:
    with pytest.raises(UsageError, match="there is no account 'acne' in the book"):
        record(home, Entry("acne", "account_closed"), now=NOON)
    with pytest.raises(UsageError, match="more than a day after the file's arrival"):
        record(home, Entry("acme", "account_closed", occurred_at=NOON + timedelta(days=2)), now=NOON)


def test_commands_end_with_2_and_the_plain_reason(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("account", "add-funds", "acme", "--app", "bot", "--order-id", "o1", "--amount", "5") == 2
    assert "order_placed is refused: amount is not between 20.00 and 10000.00 USD" in capsys.readouterr().err
    assert run("account", "seats", "acme", "--app", "bot", "--seats", "1", "--at", "today") == 2
    assert "--at 'today' is not an ISO time" in capsys.readouterr().err
    assert run("account", "grant-role", "acme", "--user-id", "ann", "--role", "king") == 2
    assert run("account", "grant-role", "acme", "--user-id", "ann", "--role", "admin", "--by", "root") == 0
    assert "written to " in capsys.readouterr().out
    [role] = [row for row in landed(home) if row["type"] == "role_granted"]
    assert (role["user_id"], role["role"], role["by"]) == ("ann", "admin", "root")


def test_a_command_refuses_money_that_no_coin_can_pay(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = landed(home)
    assert run("account", "grant-credit", "acme", "--app", "bot", "--amount", "3.33333") == 2
    has_more = "is refused: amount 3.33333 has more decimal places than USD, which has 2"
    assert f"free_credit_granted {has_more}" in capsys.readouterr().err
    assert run("account", "discount", "acme", "--discount-kind", "fixed", "--value", "0.001") == 2
    assert "value 0.001 has more decimal places than USD, which has 2" in capsys.readouterr().err
    assert landed(home) == before


def test_a_change_of_currency_says_which_plans_it_leaves_without_a_price(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """In Tokyo it is 1 April at 15:00 UTC of 31 March: a change then counts from May."""
    change = ("account", "currency", "acme", "--dry-run", "--currency")
    assert run(*change, "EUR", "--at", "2026-03-31T14:59:00Z") == 0
    told = " ".join(capsys.readouterr().err.split())
    assert "warning: from 2026-04-01 on, payg_usd of app bot has no price in EUR" in told
    assert run(*change, "EUR", "--at", "2026-03-31T15:00:00Z") == 0
    assert "from 2026-05-01 on" in capsys.readouterr().err
    assert run(*change, "USD", "--at", "2026-03-31T15:00:00Z") == 0
    assert "warning" not in capsys.readouterr().err


def test_a_state_is_the_fold_up_to_its_instant(home: Path) -> None:
    record(home, order("o1"), now=NOON)
    before, then = (state_at(home, "acme", at) for at in (NOON - timedelta(milliseconds=1), NOON))
    assert before["int_orders"] == []
    assert [placed["status"] for placed in then["int_orders"]] == ["pending"]
    [plan] = then["plan_states"]
    assert (plan["app_id"], plan["plan_id"], plan["status"]) == ("bot", "payg_usd", "Active")


def test_today_is_the_local_day_of_the_instant(home: Path) -> None:
    """A trial from 2 March in Tokyo is over on the 16th, which begins at 15:00 UTC of the 15th."""
    record(home, Entry("acme", "app_published", "try"), now=NOON)
    record(
        home, Entry("acme", "plan_subscribed", "try", {"plan_id": "trial"}), now=NOON + timedelta(seconds=1)
    )
    over = datetime(2026, 3, 15, 15, tzinfo=UTC)
    states = [state_at(home, "acme", at)["plan_states"] for at in (over - timedelta(milliseconds=1), over)]
    assert [[each["status"] for each in told if each["app_id"] == "try"] for told in states] == [
        ["Trial"],
        ["Inactive"],
    ]


def test_show_prints_the_state(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("account", "show", "acme", "--at", NOON.isoformat()) == 0
    shown = capsys.readouterr().out
    assert "account name Acme, zone Asia/Tokyo, currency USD" in shown
    assert "app id bot, plan id payg_usd, plan name Pay as you go, plan kind payg, status Active" in shown
    assert run("account", "show", "acme", "--at", "2026-02-01T00:00:00Z") == 2
    assert "there is no account 'acme' in the book at 2026-02-01" in capsys.readouterr().err


def test_what_a_command_wrote_is_ingested_like_any_other_file(home: Path) -> None:
    written = record(home, order("o1"), now=NOON)
    ingested = ingest(Lake(home), home / "landing", "account_events", NOON.date())
    assert (ingested.accepted, ingested.quarantined) == (1, 0)
    row = Lake(home).scan("account_events").filter(pl.col("event_id") == written.event_id).collect()
    assert json.loads(row["extra"][0]) == {"order_id": "o1", "amount": "100.00", "by": "ann"}


def test_the_dagster_job_writes_the_same_event_and_fails_with_the_reason(home: Path) -> None:
    def execute(event: dict[str, object], **more: object) -> dg.ExecuteInProcessResult:
        config = {"account_id": "acme", "event": event, "by": "ui", **more}
        return account_event.execute_in_process(
            run_config={"ops": {"write_account_event": {"config": config}}},
            resources={"desk": Desk()},
            raise_on_error=False,
        )

    assert execute({"owner_changed": {"app_id": "bot", "owner_id": "ann"}}, dry_run=True).success
    assert not [row for row in landed(home) if row["type"] == "owner_changed"]
    assert execute({"owner_changed": {"app_id": "bot", "owner_id": "ann"}}).success
    [row] = [row for row in landed(home) if row["type"] == "owner_changed"]
    assert (row["app_id"], row["owner_id"], row["by"]) == ("bot", "ann", "ui")
    refused = execute({"role_revoked": {"user_id": "ann", "role": "admin"}})
    assert not refused.success
    assert "role is not granted" in str(refused.failure_data_for_node("write_account_event"))
