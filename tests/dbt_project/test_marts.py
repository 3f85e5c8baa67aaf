"""The marts over a tiny lake, against figures worked out by hand from RULES.md."""

from __future__ import annotations

import shutil
from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from orchestration import dbt
from orchestration.lake.seals import DamagedError
from tests.dbt_project.lakes import Lake, at, rows

MARTS = (
    "accounts",
    "apps",
    "account_event_refusals",
    "file_ledger",
    "quarantine_reasons",
    "usage_hourly",
    "usage_daily",
    "usage_weekly",
    "usage_monthly",
    "usage_account_daily",
    "usage_account_weekly",
    "usage_account_monthly",
    "invoice_line_items",
    "invoice_line_tiers",
    "invoice_taxes",
    "invoices",
    "unrated_usage",
)


def opened(lake: Lake, account: str, zone: str, currency: str = "USD", kind: str = "standard") -> Lake:
    return lake.event(
        account, "2026-01-15 12:00", "account_opened",
        account_name=account.title(), zone=zone, currency=currency, kind=kind, locale="en",
    )  # fmt: skip


def calendars(lake: Lake) -> None:
    """Days of 23 and 25 hours, a midnight that comes twice, a change of zone, an account without events."""
    opened(lake, "ny", "America/New_York").event("ny", "2026-03-05 12:00", "app_published", "a", app_name="A")
    lake.event("ny", "2026-11-05 12:00", "app_closed", "a")
    lake.sessions("ny", "a", "2026-03-08 04:59", "2026-03-08 05:00", "2026-03-09 03:59", "2026-03-09 04:00")
    lake.sessions("ny", "a", "2026-11-01 03:59", "2026-11-01 04:00", "2026-11-01 05:30", "2026-11-01 06:30")
    lake.sessions("ny", "a", "2026-11-02 04:59", "2026-11-02 05:00")
    opened(lake, "havana", "America/Havana").event("havana", "2026-10-10 12:00", "zone_set", zone="UTC")
    opened(lake, "mover", "Asia/Tokyo").event(
        "mover", "2026-02-10 12:00", "zone_set", zone="America/New_York"
    )
    lake.sessions(
        "mover", "m", "2026-02-28 14:59", "2026-02-28 15:00", "2026-03-02 04:59", "2026-03-02 05:00"
    )
    lake.sessions("nobody", "n", "2026-11-09 10:00").sessions(
        "nobody", "n", "2026-11-10 10:00", complete=False
    )
    lake.notification("nobody", "n", "2026-11-09 10:01")


def seats(lake: Lake) -> None:
    opened(lake, "desk", "Europe/Paris")
    for app in ("s1", "s2"):
        lake.event("desk", "2026-02-01 12:00", "app_published", app, app_name=app)
    lake.event("desk", "2026-02-03 12:00", "seats_set", "s1", seats=5)
    lake.event("desk", "2026-02-10 10:00", "seats_set", "s1", seats=8)
    lake.event("desk", "2026-02-10 20:00", "seats_set", "s1", seats="3")
    lake.event("desk", "2026-02-20 22:59", "seats_set", "s2", seats=4)
    lake.event("desk", "2026-02-25 12:00", "seats_set", "s2", seats=2)
    lake.event("desk", "2026-02-26 12:00", "seats_set", "s2", seats="many", event_id="bad-seats")
    lake.event("desk", "2026-02-26 12:00", "zone_set", zone="Mars/Olympus", event_id="bad-zone")
    lake.event("desk", "2026-02-26 12:00", "plan_cancelled", "s2", event_id="bad-cancel")
    lake.event("desk", "2026-02-26 12:00", "plan_subscribed", "s2", plan_id="voice_ils", event_id="bad-plan")


def subscriptions(lake: Lake) -> None:
    opened(lake, "bank", "Asia/Jerusalem", "ILS")
    lake.event("bank", "2026-01-15 13:00", "tax_set", tax_category="S", tax_rate="17")
    lake.event("bank", "2026-01-15 13:00", "plan_subscribed", "ps", plan_id="voice_ils")
    lake.event("bank", "2026-03-01 13:00", "seats_set", "ps", seats=2)
    lake.sessions("bank", "ps", "2026-01-31 22:00", "2026-02-10 10:00", "2026-02-28 21:59")
    lake.sessions("bank", "ps", "2026-02-10 10:00", complete=False, times=9)
    lake.voice("bank", "ps", "2026-02-10 10:00", times=7)
    opened(lake, "big", "UTC", kind="enterprise")
    lake.event("big", "2026-01-15 13:00", "plan_subscribed", plan_id="enterprise_usd")
    for kind, times in (("usage", 10), ("request", 4), ("alert", 2)):
        lake.sessions("big", "e1", "2026-02-10 10:00", kind=kind, times=times)
    lake.voice("big", "e1", "2026-02-10 10:00", times=3)
    for account, plan in (("JPY", "essential_jpy"), ("KWD", "essential_kwd"), ("USD", "essential_usd")):
        opened(lake, account, "UTC", account)
        lake.event(account, "2026-01-15 13:00", "plan_subscribed", "x", plan_id=plan)
        lake.sessions(account, "x", "2026-06-30 10:00", "2026-07-01 10:00").voice(
            account, "x", "2026-06-30 10:00"
        )
    lake.event("USD", "2026-08-10 10:00", "plan_cancelled", "x").sessions("USD", "x", "2026-09-01 00:00")
    opened(lake, "first", "UTC").event(
        "first", "2026-03-01 00:00", "plan_subscribed", "x", plan_id="essential_usd"
    )


def published_month(lake: Lake) -> None:
    """The days that a platform's documentation gives as a sample of its usage summary."""
    for day, alerts in (("2023-04-08", 33), ("2023-04-09", 24)):
        lake.sessions("sample", "app", f"{day} 10:00", kind="alert", times=alerts)
    lake.sessions("sample", "app", "2023-04-08 11:00", times=3)
    for minute in range(10):
        lake.notification("sample", "app", f"2023-04-08 12:{minute:02}")


def files(lake: Lake) -> None:
    file = {
        "stream": "interactions",
        "arrival_day": date(2026, 2, 2),
        "file": "interactions/f",
        "account_id": "ny",
    }
    lake.add("files", **file, rows=10, excluded=1, quarantined=2, problem="gzip ends early")
    for day, accepted, duplicate, superseded in ((1, 3, 1, 0), (2, 2, 0, 1)):
        lake.add(
            "copies", **file, event_day=date(2026, 2, day),
            accepted=accepted, duplicate=duplicate, superseded=superseded,
        )  # fmt: skip
    lake.add(
        "rejected_handoffs",
        **file,
        event_id="h4",
        occurred_at=at("2026-02-01T10:00"),
        line=4,
        reason="handoff without a start",
        raw="{}",
    )
    for line in (7, 8):
        lake.add("quarantine", **file, line=line, reason="unknown actor", raw="{}")


def whole_lake() -> Lake:
    lake = Lake()
    for part in (calendars, seats, subscriptions, published_month, files):
        part(lake)
    return lake.arrived("2026-11-10")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = whole_lake().write(tmp_path_factory.mktemp("home"))
    assert dbt.build(home).raise_if_failed().is_published
    return home


def lines(home: Path, invoice_id: str) -> list[tuple[object, ...]]:
    return rows(
        home,
        "select line_number, app_id, metric, quantity, amount, charge_period_start_date"
        f" from invoice_line_items where invoice_id = '{invoice_id}' order by line_number",
    )


def by_day(home: Path, account: str) -> list[tuple[object, ...]]:
    return rows(
        home,
        "select usage_date, billing_sessions from usage_daily"
        f" where account_id = '{account}' and billing_sessions > 0 order by usage_date",
    )


def test_days_of_23_and_of_25_hours_hold_their_own_sessions(home: Path) -> None:
    assert by_day(home, "ny") == [
        (date(2026, 3, 7), 1),
        (date(2026, 3, 8), 2),
        (date(2026, 3, 9), 1),
        (date(2026, 10, 31), 1),
        (date(2026, 11, 1), 4),
        (date(2026, 11, 2), 1),
    ]


def test_every_day_from_publication_to_closing_has_a_row(home: Path) -> None:
    days = rows(
        home, "select count(*), min(usage_date), max(usage_date) from usage_daily where account_id = 'ny'"
    )
    assert days == [(246, date(2026, 3, 5), date(2026, 11, 5))]


def test_days_run_to_the_last_that_began_before_the_watermark(home: Path) -> None:
    assert rows(home, "select max(usage_date) from usage_daily where account_id = 'mover'") == [
        (date(2026, 11, 10),)
    ]


def test_a_month_begins_with_the_first_of_its_two_midnights(home: Path) -> None:
    zones = rows(
        home, "select zone, from_at from int_account_zones where account_id = 'havana' order by from_at"
    )
    assert zones[1] == ("UTC", at("2026-11-01 04:00"))


def test_a_change_of_zone_counts_from_the_next_month_and_no_day_comes_twice(home: Path) -> None:
    assert by_day(home, "mover") == [(date(2026, 2, 28), 1), (date(2026, 3, 1), 2), (date(2026, 3, 2), 1)]


def test_an_account_without_events_is_in_utc_and_published_with_its_first_usage(home: Path) -> None:
    assert rows(
        home, "select zone, account_name, account_kind from accounts where account_id = 'nobody'"
    ) == [("UTC", "nobody", "standard")]
    usage = rows(
        home,
        "select usage_date, billing_sessions, proactive_notifications, provisional_sessions"
        " from usage_daily where account_id = 'nobody' order by usage_date",
    )
    assert usage == [(date(2026, 11, 9), 1, 1, 0), (date(2026, 11, 10), 0, 0, 1)]


def test_weeks_are_iso_weeks_and_months_are_not_their_sums(home: Path) -> None:
    weeks = rows(
        home,
        "select usage_week_date, billing_sessions from usage_weekly"
        " where account_id = 'mover' and billing_sessions > 0 order by all",
    )
    months = rows(
        home,
        "select usage_month_date, billing_sessions from usage_monthly"
        " where account_id = 'mover' and billing_sessions > 0 order by all",
    )
    assert weeks == [(date(2026, 2, 23), 3), (date(2026, 3, 2), 1)]
    assert months == [(date(2026, 2, 1), 1), (date(2026, 3, 1), 3)]


def test_a_month_sums_its_days_as_the_documented_sample_does(home: Path) -> None:
    """57 alerts, 10 notifications and 3 conversations; here notifications are counted apart (R15)."""
    month = rows(
        home,
        "select usage_month_date, alert_sessions, proactive_notifications, usage_sessions, billing_sessions"
        " from usage_monthly where account_id = 'sample' and billing_sessions > 0",
    )
    assert month == [(date(2023, 4, 1), 57, 10, 3, 60)]


def test_hours_are_those_of_utc(home: Path) -> None:
    hours = rows(
        home, "select usage_hour_at, billing_sessions from usage_hourly where account_id = 'mover' order by 1"
    )
    assert hours == [
        (at("2026-02-28 14:00"), 1),
        (at("2026-02-28 15:00"), 1),
        (at("2026-03-02 04:00"), 1),
        (at("2026-03-02 05:00"), 1),
    ]


def test_seats_of_a_day_are_its_last_and_of_a_month_the_maximum_of_its_days(home: Path) -> None:
    february = "usage_month_date = '2026-02-01'"
    days = dict(rows(home, "select usage_date, agent_seats from usage_daily where app_id = 's1'"))
    assert [days[date(2026, 2, day)] for day in (2, 3, 9, 10)] == [0, 5, 5, 3]
    per_app = rows(
        home, f"select app_id, agent_seats from usage_monthly where {february} and account_id = 'desk'"
    )
    assert sorted(per_app) == [("s1", 5), ("s2", 4)]
    account = f"select agent_seats from usage_account_monthly where {february} and account_id = 'desk'"
    assert rows(home, account) == [(7,)]


def test_a_bad_event_is_refused_with_its_reason_and_changes_nothing(home: Path) -> None:
    assert rows(home, "select event_id, refusal_reason from account_event_refusals order by event_id") == [
        ("bad-cancel", "there is no subscription"),
        ("bad-plan", "plan is priced in ILS, the account is in USD"),
        ("bad-seats", "seats is not a whole number below 1,000,000"),
        ("bad-zone", 'zone "Mars/Olympus" is not an IANA zone'),
    ]
    assert rows(home, "select zone from accounts where account_id = 'desk'") == [("Europe/Paris",)]


def test_an_invoice_has_the_usage_of_its_month_and_the_fees_of_the_next(home: Path) -> None:
    february, march = date(2026, 2, 1), date(2026, 3, 1)
    assert lines(home, "bank-2026-02") == [
        (1, "ps", "billing_sessions", 3, Decimal("1.280"), february),
        (2, "ps", "voice_sessions", 7, Decimal("1.160"), february),
        (3, "ps", "agent_seats", 2, Decimal("110.000"), march),
        (4, "ps", "base_fee", 1, Decimal("1500.000"), march),
    ]
    invoice = rows(
        home,
        "select subtotal, tax, total, amount_due, currency, zone, document_kind, status, period_end_date"
        " from invoices where invoice_id = 'bank-2026-02'",
    )
    amounts = tuple(Decimal(amount) for amount in ("1612.44", "274.11", "1886.55", "1886.55"))
    assert invoice == [(*amounts, "ILS", "Asia/Jerusalem", "invoice", "due", march)]


def test_an_enterprise_account_gets_a_statement_on_its_contract(home: Path) -> None:
    february = date(2026, 2, 1)
    assert lines(home, "big-2026-02") == [
        (1, "e1", "usage_sessions", 10, Decimal("0.800"), february),
        (2, "e1", "request_sessions", 4, Decimal("0.030"), february),
        (3, "e1", "alert_sessions", 2, Decimal("0.040"), february),
        (4, None, "voice_sessions", 1, Decimal("750.000"), february),
        (5, None, "base_fee", 1, Decimal("5000.000"), date(2026, 3, 1)),
    ]
    statement = rows(home, "select document_kind, total from invoices where invoice_id = 'big-2026-02'")
    assert statement == [("statement", Decimal("5750.870"))]


@pytest.mark.parametrize(
    ("account", "amounts"),
    [("JPY", ["17", "6", "12000"]), ("KWD", ["0.037", "0.014", "29.5"]), ("USD", ["0.12", "0.05", "109"])],
)
def test_lines_are_rounded_to_the_minor_unit(home: Path, account: str, amounts: list[str]) -> None:
    assert [line[4] for line in lines(home, f"{account}-2026-06")] == [Decimal(amount) for amount in amounts]


def test_a_price_applies_from_its_effective_date(home: Path) -> None:
    assert lines(home, "USD-2026-06")[0][4:] == (Decimal("0.120"), date(2026, 6, 1))
    assert lines(home, "USD-2026-07")[0][4:] == (Decimal("0.130"), date(2026, 7, 1))
    assert lines(home, "USD-2026-05")[-1][4:] == (Decimal("99.000"), date(2026, 6, 1))


def test_after_a_cancellation_usage_alone_is_invoiced_and_later_usage_is_shown_as_unrated(home: Path) -> None:
    assert [line[2] for line in lines(home, "USD-2026-07")] == ["billing_sessions", "base_fee"]
    assert lines(home, "USD-2026-08") == []
    assert rows(home, "select total from invoices where invoice_id = 'USD-2026-09'") == [(Decimal(0),)]
    unrated = rows(
        home,
        "select usage_month_date, metric, unrated_reason, quantity from unrated_usage"
        " where account_id = 'USD'",
    )
    assert unrated == [(date(2026, 9, 1), "usage_sessions", "no subscription", 1)]


def test_the_first_month_of_a_subscription_is_charged_by_the_order_that_starts_it(home: Path) -> None:
    march, april = date(2026, 3, 1), date(2026, 4, 1)
    assert lines(home, "first-2026-02") == []
    assert [line[2:] for line in lines(home, "first-2026-03")] == [
        ("base_fee", 1, Decimal("99"), march),
        ("base_fee", 1, Decimal("99"), april),
    ]


def test_an_account_has_a_draft_for_every_month_that_began_before_the_watermark(home: Path) -> None:
    months = rows(
        home, "select count(*), min(invoice_month), max(invoice_month) from invoices where account_id = 'ny'"
    )
    assert months == [(11, date(2026, 1, 1), date(2026, 11, 1))]


def test_the_file_ledger_moves_what_sessionizing_refused(home: Path) -> None:
    ledger = rows(
        home,
        "select rows, accepted, duplicate, superseded, excluded, quarantined, problem"
        " from file_ledger where account_id = 'ny'",
    )
    assert ledger == [(10, 4, 1, 1, 1, 3, "gzip ends early")]
    reasons = rows(home, "select arrival_month, reason, rows from quarantine_reasons order by reason")
    assert reasons == [
        (date(2026, 2, 1), "handoff without a start", 1),
        (date(2026, 2, 1), "unknown actor", 2),
    ]


def test_the_same_rows_in_another_order_give_the_same_marts(home: Path, tmp_path: Path) -> None:
    lake = whole_lake()
    for table in lake.rows.values():
        table.reverse()
    dbt.build(lake.write(tmp_path)).raise_if_failed()
    for mart in MARTS:
        query = f"select * from {mart} order by all"
        assert rows(home, query) == rows(tmp_path, query), mart


def test_an_unbalanced_ledger_publishes_nothing(home: Path, tmp_path: Path) -> None:
    lake = whole_lake().add(
        "files", stream="interactions", arrival_day=date(2026, 2, 2), file="interactions/g", account_id="ny",
        rows=1, excluded=0, quarantined=0, problem=None,
    )  # fmt: skip
    shutil.copy(home / dbt.WAREHOUSE, tmp_path / dbt.WAREHOUSE)
    result = dbt.build(lake.write(tmp_path), select="file_ledger")
    assert not result.is_published
    with pytest.raises(dbt.DbtError, match="assert_file_ledger_balances: finds 1 row"):
        result.raise_if_failed()
    assert rows(tmp_path, "from file_ledger order by all") == rows(home, "from file_ledger order by all")


def test_a_damaged_file_is_named_and_the_last_good_marts_stay(home: Path, tmp_path: Path) -> None:
    whole_lake().write(tmp_path)
    (tmp_path / "lake" / "files" / "broken.parquet").write_bytes(b"PAR1 no more")
    shutil.copy(home / dbt.WAREHOUSE, tmp_path / dbt.WAREHOUSE)
    with pytest.raises(DamagedError, match=r"lake/files/broken\.parquet is damaged"):
        dbt.build(tmp_path, select="+file_ledger").raise_if_failed()
    assert rows(tmp_path, "select count(*) from file_ledger") == [(2,)]
    assert not (tmp_path / ".building").exists()


def test_readers_are_not_locked_out_and_the_file_is_given_back(home: Path) -> None:
    with duckdb.connect(str(home / dbt.WAREHOUSE)) as writer:
        assert writer.execute("select count(*) from file_ledger").fetchone() == (2,)
