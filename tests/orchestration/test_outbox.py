"""What finance receives, from a ledger and marts made by hand."""

import csv
import json
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from datetime import date
from pathlib import Path

import duckdb
import pytest

from orchestration.cli import main
from orchestration.errors import RunError
from orchestration.home import WAREHOUSE
from orchestration.ledger import Ledger
from orchestration.outbox import delivering
from orchestration.outbox.filling import OutboxResult
from orchestration.outbox.settings import MailSettings, OutboxSettings
from orchestration.settings.loading import SettingsError, load_settings
from tests.orchestration.outboxes import (
    APRIL,
    CREDIT,
    INVOICE,
    NUMBERS,
    TOP_UP,
    entry,
    fill,
    killed_after_sending,
    names,
    shell,
    small_home,
    write_marts,
)
from tests.reports import issued_samples as samples


@pytest.fixture(autouse=True)
def _disk_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """fsync guards against a loss of power, which no test has."""
    monkeypatch.setattr(os, "fsync", lambda opened: None)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return small_home(tmp_path)


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "sent.log"


def visible(home: Path) -> dict[str, bytes]:
    outbox = home / "outbox"
    return {
        path.relative_to(outbox).as_posix(): path.read_bytes()
        for path in sorted(outbox.rglob("*"))
        if path.is_file() and not any(part.startswith(".") for part in path.relative_to(outbox).parts)
    }


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


# What is written


def test_each_month_of_issue_has_its_documents_and_its_files(home: Path):
    result = fill(home)
    april, may = (f"2026-{month}/documents" for month in ("04", "05"))
    documents = {f"{april}/{number}" for number in (INVOICE, TOP_UP)} | {f"{may}/{CREDIT}"}
    expected = {f"{document}.{kind}" for document in documents for kind in ("html", "json")}
    tables = ("register.csv", "journal.csv", "receivables.csv")
    expected |= {f"2026-{month}/{table}" for month in ("04", "05") for table in tables}
    assert set(visible(home)) == expected
    assert result == OutboxResult(len(expected), [], [], [])
    ledger = (home / "ledger/00000001.json").read_bytes()
    assert (home / "outbox" / april / f"{INVOICE}.json").read_bytes() == ledger
    assert INVOICE in (home / "outbox" / april / f"{INVOICE}.html").read_text()


def test_what_a_month_has_was_issued_in_it(home: Path):
    fill(home)
    outbox = home / "outbox"
    assert [row["number"] for row in rows(outbox / "2026-04/register.csv")] == [INVOICE, TOP_UP]
    (credit,) = rows(outbox / "2026-05/register.csv")
    assert (credit["number"], credit["corrects"]) == (CREDIT, INVOICE)
    journal = rows(outbox / "2026-05/journal.csv")
    columns = ("document_number", "account_code", "debit", "credit")
    assert [tuple(row[column] for column in columns) for row in journal] == [
        ("draws/2026-05-04/0", "2150", "", "2.00"),
        ("draws/2026-05-04/0", "4050", "2.00", ""),
        ("draws/2026-05-04/0", "2150", "29.50", ""),
        ("draws/2026-05-04/0", "4050", "", "29.50"),
        (CREDIT, "1100", "", "11.90"),
        (CREDIT, "4080", "10.00", ""),
        (CREDIT, "2200", "1.90", ""),
    ]


def test_what_is_open_stands_once_at_the_watermark(home: Path):
    fill(home)
    for month in ("2026-04", "2026-05"):
        (row,) = rows(home / "outbox" / month / "receivables.csv")
        assert (row["number"], row["as_of"], row["days_overdue"]) == (INVOICE, "2026-06-10", "37")
        assert (row["amount_due"], row["overdue_31_60"], row["not_due"]) == ("387.51", "387.51", "")


def test_the_day_of_the_watermark_is_the_sellers(tmp_path: Path):
    seller = samples.SELLER | {"zone": "America/New_York"}
    with Ledger(tmp_path).writing() as writer:
        writer.append(entry("statement", "month/zoe-2026-03", APRIL, samples.march() | {"seller": seller}))
    write_marts(tmp_path)
    with duckdb.connect(str(tmp_path / WAREHOUSE)) as warehouse:
        warehouse.execute("delete from invoices where invoice_number != ? or status = 'draft'", [INVOICE])
        warehouse.execute("update invoices set invoice_number = 'STM-acme-2026-000001'")
    fill(tmp_path)
    (row,) = rows(tmp_path / "outbox/2026-04/receivables.csv")
    assert (row["kind"], row["as_of"], row["days_overdue"]) == ("statement", "2026-06-09", "36")


def test_a_second_filling_writes_nothing_and_a_payment_its_files(home: Path):
    fill(home)
    assert fill(home).files_written == 0
    with duckdb.connect(str(home / WAREHOUSE)) as warehouse:
        warehouse.execute("update invoices set amount_due = 0 where status = 'issued'")
    assert fill(home).files_written == 2
    assert rows(home / "outbox/2026-05/receivables.csv") == []


def test_an_outbox_that_was_deleted_comes_back_byte_for_byte(home: Path):
    fill(home)
    before = visible(home)
    shutil.rmtree(home / "outbox")
    assert fill(home).files_written == len(before)
    assert visible(home) == before


def test_a_home_without_documents_has_an_empty_outbox(tmp_path: Path):
    assert fill(tmp_path) == OutboxResult(0, [], [], [])
    assert visible(tmp_path) == {}


def test_marts_that_do_not_fit_the_ledger_are_told(home: Path):
    with duckdb.connect(str(home / WAREHOUSE)) as warehouse:
        warehouse.execute("update invoices set invoice_number = 'INV-acme-2026-000009' where amount_due > 8")
    with pytest.raises(RunError, match="the marts have INV-acme-2026-000009, but the ledger has not"):
        fill(home)
    (home / WAREHOUSE).unlink()
    with pytest.raises(RunError, match="how far the logs go"):
        fill(home)


# Dagster, the command line and the settings

NIGHT = """
import dagster as dg
from orchestration.defs.outbox import outbox_documents
from orchestration.defs.resources import Home
result = dg.materialize([outbox_documents], resources={"home": Home()}, raise_on_error=False)
(check,) = result.get_asset_check_evaluations()
(made,) = result.get_asset_materialization_events()
numbers = [made.materialization.metadata[name].value for name in ("files_written", "sent")]
print(result.success, check.passed, check.severity.name, *numbers, check.description, sep="|")
"""


def test_a_failed_delivery_fails_no_night_but_is_told(home: Path):
    environ = {**os.environ, "QUARTERHOUR_HOME": str(home), "DAGSTER_DISABLE_TELEMETRY": "1"}
    environ["QUARTERHOUR_OUTBOX"] = '{command = ["false"]}'
    ran = subprocess.run(
        [sys.executable, "-c", NIGHT], env=environ, capture_output=True, text=True, check=True
    )
    told = ran.stdout.strip().splitlines()[-1].split("|")
    assert told[:5] == ["True", "False", "WARN", "12", "0"]
    assert f"not sent, and tried again: {INVOICE} by command: exit code 1" in told[5]
    assert "WARNING" in ran.stderr


def run(*arguments: str) -> int:
    try:
        main(list(arguments))
    except SystemExit as end:
        return int(end.code or 0)
    return 0


def test_the_command_line(
    home: Path, log: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setenv("QUARTERHOUR_HOME", str(home))
    assert run("outbox", "fill") == 0
    assert "12 files written" in capsys.readouterr().out
    killed_after_sending(home, log)
    (home / "quarterhour.toml").write_text(f"[outbox]\ncommand = {json.dumps(shell(f'echo $1 >> {log}'))}\n")
    assert run("outbox", "fill") == 1
    assert f"{INVOICE} by command" in capsys.readouterr().err
    assert run("outbox", "resend", INVOICE) == 0
    assert names(log) == [*NUMBERS, INVOICE]
    assert run("outbox", "confirm", INVOICE) == 2
    assert run("outbox", "resend", "INV-no-such") == 2


def test_settings_are_a_table_of_the_file_or_of_the_environment(tmp_path: Path):
    (tmp_path / "quarterhour.toml").write_text("""
        [outbox]
        deliver_from = 2026-04-01
        [outbox.mail]
        host = "mail.example"
        sender = "billing@seller.example"
        to = "customer"
        user = "billing"
        password_env = "SMTP_PASSWORD"
        [outbox.accounts]
        receivables = 1400
        [outbox.accounts.tax]
        AA = "1771"
    """)
    settings = load_settings({"QUARTERHOUR_HOME": str(tmp_path)}).outbox
    mail = MailSettings("mail.example", "billing@seller.example", "customer")
    assert settings.mail == replace(mail, user="billing", password_env="SMTP_PASSWORD")
    assert settings.deliver_from == date(2026, 4, 1)
    assert (settings.accounts.receivables, settings.accounts.prepayments) == ("1400", "2150")
    assert settings.accounts.tax == {"S": "2200", "AA": "1771", "other": "2290"}
    environ = {"QUARTERHOUR_HOME": str(tmp_path), "QUARTERHOUR_OUTBOX": '{command = ["lp", "-s"]}'}
    assert load_settings(environ).outbox == OutboxSettings(command=("lp", "-s"))


@pytest.mark.parametrize(
    ("table", "told"),
    [
        ("{comand = 'lp'}", "outbox.comand.*: no such setting; did you mean command"),
        ("{command = 'lp'}", "command.*: expected a list"),
        ("{command = []}", "command.*: expected a list"),
        ("{deliver_from = 'soon'}", "deliver_from.*: expected a day"),
        ("{mail = {host = 'h'}}", "outbox.mail.to.*: is missing"),
        (
            "{mail = {host = 'h', sender = 's', to = 't', port = 'smtp'}}",
            "mail.port.*: expected a whole number",
        ),
        ("{mail = {host = 'h', sender = 's', to = 't', password = 'p'}}", "a secret stands in no settings"),
        ("{mail = {host = 'h', sender = 's', to = 't', user = 'u'}}", "belong together"),
        ("{mail = {host='h', sender='s', to='t', user='u', password_env='P', starttls=false}}", "open line"),
        ("{accounts = {revenue = {seat = '1'}}}", "accounts.revenue.seat.*: no such account"),
        ("{accounts = {prepayments = 1.5}}", "accounts.prepayments.*: expected the code"),
        ("mail", "not an inline table"),
        ("3", "expected a table"),
    ],
)
def test_settings_that_cannot_be_used_are_told(tmp_path: Path, table: str, told: str):
    with pytest.raises(SettingsError, match=told):
        load_settings({"QUARTERHOUR_HOME": str(tmp_path), "QUARTERHOUR_OUTBOX": table})


def test_the_default_delivers_nothing(home: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(delivering, "_send", None)
    assert fill(home).sent == []
