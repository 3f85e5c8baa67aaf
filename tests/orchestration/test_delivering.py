"""Delivery by command and by mail: each document once, whenever a run dies."""

import json
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest

from orchestration.errors import UsageError
from orchestration.home import WAREHOUSE
from orchestration.ledger import Ledger
from orchestration.outbox import delivering
from orchestration.outbox.channels import Command
from orchestration.outbox.filling import OutboxResult, confirm_sent, send_again
from orchestration.outbox.settings import MailSettings
from tests.orchestration.outboxes import (
    APRIL,
    CREDIT,
    INVOICE,
    MAY,
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
from tests.orchestration.smtp import MailServer, mail_server
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


# Commands


def test_a_command_gets_each_page_once(home: Path, log: Path):
    command = shell(f'test -f "$1" && echo "$1" >> {log}')
    assert fill(home, command=command).sent == [f"{number} by command" for number in NUMBERS]
    assert fill(home, command=command) == OutboxResult(0, [], [], [])
    assert names(log) == NUMBERS
    record = json.loads((home / f"outbox/.sent/{INVOICE}.command.json").read_text())
    assert (record["number"], record["channel"], record["state"]) == (INVOICE, "command", "done")


def test_the_intent_is_noted_before_anything_is_sent(home: Path):
    record = f'{home}/outbox/.sent/$(basename "$1" .html).command.json'
    assert len(fill(home, command=shell(f"grep -q intent {record}")).sent) == 3


def test_what_a_command_refuses_is_tried_again(home: Path, log: Path):
    result = fill(home, command=shell("echo no paper >&2; exit 3"))
    assert result.failed == [f"{number} by command: exit code 3; no paper" for number in NUMBERS]
    assert fill(home, command=("/no/such/program",)).failed[0].endswith("No such file or directory")
    assert len(fill(home, command=shell(f'echo "$1" >> {log}')).sent) == 3
    assert names(log) == NUMBERS


def test_only_documents_from_a_day_on_are_delivered(home: Path, log: Path):
    fill(home, command=shell(f'echo "$1" >> {log}'), deliver_from=MAY)
    assert names(log) == [CREDIT]


def test_a_run_killed_between_sending_and_noting_it_does_not_send_again(home: Path, log: Path):
    killed_after_sending(home, log)
    command = shell(f'echo "$1" >> {log}')
    for _ in range(2):
        result = fill(home, command=command)
        assert result.unknown == [f"{INVOICE} by command"]
    assert names(log) == NUMBERS
    send_again(home, INVOICE)
    assert fill(home, command=command).sent == [f"{INVOICE} by command"]
    assert names(log) == [*NUMBERS, INVOICE]


def test_an_operator_may_say_that_it_has_arrived(home: Path, log: Path):
    killed_after_sending(home, log)
    confirm_sent(home, INVOICE)
    assert fill(home, command=shell(f'echo "$1" >> {log}')).unknown == []
    assert names(log) == NUMBERS
    for decide in (confirm_sent, send_again):
        with pytest.raises(UsageError, match="nothing to decide"):
            decide(home, INVOICE)


def test_a_run_killed_before_sending_is_unknown_too(home: Path, log: Path, monkeypatch: pytest.MonkeyPatch):
    def die(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("orchestration.outbox.channels.Command.send", die)
        with pytest.raises(KeyboardInterrupt):
            fill(home, command=("true",))
    assert fill(home, command=shell(f'echo "$1" >> {log}')).unknown == [f"{INVOICE} by command"]
    assert names(log) == NUMBERS[1:]


def test_a_damaged_record_sends_nothing(home: Path, log: Path):
    fill(home, command=("true",))
    for damage in ("", "{", "[]", '{"state": 1}'):
        (home / f"outbox/.sent/{INVOICE}.command.json").write_text(damage)
        assert fill(home, command=shell(f'echo "$1" >> {log}')).sent == []
    assert names(log) == []


def test_a_command_that_says_nothing_leaves_it_unknown(home: Path):
    result = fill(home, command=shell("kill -9 $$"))
    assert result.unknown[0] == f"{INVOICE} by command: it was killed by SIGKILL"
    assert fill(home, command=("true",)).unknown == [f"{number} by command" for number in NUMBERS]


def test_a_command_that_does_not_end_leaves_it_unknown(home: Path):
    letter = delivering.Letter(samples.document("invoice", INVOICE, samples.march()), home)
    with pytest.raises(delivering.UnclearError, match="did not end within"):
        Command(shell("exec sleep 9"), timeout_seconds=0.05).send(letter)
    leaves_another_behind = shell("sleep 2 & exit 0")
    Command(leaves_another_behind, timeout_seconds=1).send(letter)


def test_two_fillings_at_once_send_once(home: Path, log: Path):
    command = shell(f'sleep 0.05; echo "$1" >> {log}')
    with ThreadPoolExecutor(2) as pool:
        results = list(pool.map(lambda _: fill(home, command=command), range(2)))
    assert names(log) == NUMBERS
    assert sorted(len(result.sent) for result in results) == [0, 3]


# Mail


def mail_to(server: MailServer, to: str = "customer") -> MailSettings:
    sender = "billing@seller.example"
    return MailSettings("127.0.0.1", sender, to, port=server.port, starttls=False)


def test_a_mail_server_takes_each_document_once(home: Path):
    with mail_server() as server:
        mail = mail_to(server)
        assert fill(home, mail=mail).sent == [f"{number} by mail" for number in NUMBERS]
        assert fill(home, mail=mail) == OutboxResult(0, [], [], [])
        assert server.texts() == [("pay@zoe.example", f"<{number}@acme>") for number in NUMBERS]
        _, _, first = server.mails[0]
    assert first["Subject"] == f"Invoice {INVOICE} of Quarter Hour Ltd"
    assert str(first["From"]) == "Quarter Hour Ltd <billing@seller.example>"
    (page,) = first.iter_attachments()
    assert page.get_filename() == f"{INVOICE}.html"
    assert page.get_content() == (home / f"outbox/2026-04/documents/{INVOICE}.html").read_text()
    body = first.get_body()
    assert body is not None
    assert "Total: EUR 499.41" in body.get_content()


def test_both_channels_are_kept_apart(home: Path, log: Path):
    with mail_server() as server:
        fill(home, mail=mail_to(server, "finance@seller.example"))
        result = fill(home, mail=mail_to(server), command=shell(f'echo "$1" >> {log}'))
        assert result.sent == [f"{number} by command" for number in NUMBERS]
        assert [to for to, _ in server.texts()] == ["finance@seller.example"] * 3


def test_what_a_server_refuses_is_tried_again(home: Path):
    with mail_server() as server:
        server.refusal = "550 unknown here"
        assert fill(home, mail=mail_to(server)).failed[0] == f"{INVOICE} by mail: 550 unknown here"
        assert server.mails == []
        server.refusal = None
        assert len(fill(home, mail=mail_to(server)).sent) == 3


def test_a_server_that_is_not_there_is_asked_once_a_run(home: Path, monkeypatch: pytest.MonkeyPatch):
    with mail_server() as server:
        mail = mail_to(server)
    result = fill(home, mail=mail)
    assert len(result.failed) == 3
    assert all("Connection refused" in told for told in result.failed)
    assert not list((home / "outbox/.sent").glob("*.json"))
    asked: list[object] = []

    def ask(*address: object, **_: object) -> None:
        asked.append(address)
        raise ConnectionRefusedError

    monkeypatch.setattr("smtplib.SMTP", ask)
    fill(home, mail=mail)
    assert len(asked) == 1


def test_a_server_that_falls_silent_after_the_mail_leaves_it_unknown(home: Path):
    with mail_server() as server:
        server.is_silent = True
        result = fill(home, mail=mail_to(server))
        assert len(result.unknown) == 3
        assert "did not answer" in result.unknown[0]
        server.is_silent = False
        assert len(fill(home, mail=mail_to(server)).unknown) == 3
        assert [number for _, number in server.texts()] == [f"<{number}@acme>" for number in NUMBERS]
        send_again(home, TOP_UP)
        fill(home, mail=mail_to(server))
        assert server.texts()[3][1] == server.texts()[1][1]  # a receiver can tell that it is the same


@pytest.mark.parametrize(
    ("email", "told"),
    [
        (None, "no e-mail address"),
        ("zoe", "no usable e-mail address"),
        ("a@b.example\r\nBcc: all@c.example", "no usable e-mail address"),
        ("a@b.example, c@d.example", "no usable e-mail address"),
    ],
)
def test_a_customer_who_cannot_be_reached_is_told(tmp_path: Path, email: str | None, told: str):
    body = samples.march() | {"customer": samples.customer(email=email)}
    with Ledger(tmp_path).writing() as writer:
        writer.append(entry("invoice", "month/zoe-2026-03", APRIL, body))
    write_marts(tmp_path)
    with duckdb.connect(str(tmp_path / WAREHOUSE)) as warehouse:
        warehouse.execute("update invoices set amount_due = 0")
    with mail_server() as server:
        (failed,) = fill(tmp_path, mail=mail_to(server)).failed
        assert told in failed
        assert server.mails == []


def test_a_password_that_is_not_there_is_told(home: Path):
    with mail_server() as server:
        mail = replace(mail_to(server), user="u", password_env="QUARTERHOUR_NO_SUCH")
        assert all("no QUARTERHOUR_NO_SUCH" in told for told in fill(home, mail=mail).failed)
