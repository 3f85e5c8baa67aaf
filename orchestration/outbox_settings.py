"""Settings of the outbox: the table `[outbox]` of the file, or inline TOML in `QUARTERHOUR_OUTBOX`."""

import tomllib
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, fields
from datetime import date
from types import MappingProxyType
from typing import Any

from reports.finance import REVENUE_CODES, TAX_CODES, Chart

CUSTOMER = "customer"
"""As the address in `to`: each document goes to its customer's own."""


@dataclass(frozen=True)
class MailSettings:
    """The server that takes the mails, and to whom they go; the password itself is in no file."""

    host: str
    sender: str
    to: str
    """An address, or `customer`."""
    port: int = 587
    starttls: bool = True
    user: str | None = None
    password_env: str | None = None
    """The variable of the environment that holds the password."""


@dataclass(frozen=True)
class OutboxSettings:
    """How documents are delivered, and the codes of finance's accounts. By default nothing is delivered."""

    mail: MailSettings | None = None
    command: tuple[str, ...] = ()
    """A program and its arguments; the path of a document's page is added."""
    deliver_from: date | None = None
    """The first day of issue whose documents are delivered; without it all are, also those of years ago."""
    accounts: Chart = field(default_factory=Chart)


def read_outbox(value: Any) -> OutboxSettings:
    """The settings that a table says; raises ValueError naming what is wrong with it."""
    if isinstance(value, str):
        try:
            value = tomllib.loads(f"outbox = {value}")["outbox"]
        except tomllib.TOMLDecodeError as error:
            raise ValueError(f"not an inline table of TOML: {error}") from None
    table = _table("outbox", value, {each.name for each in fields(OutboxSettings)})
    readers: dict[str, Callable[[Any], Any]] = {
        "mail": _mail,
        "command": _command,
        "deliver_from": _day,
        "accounts": _chart,
    }
    return OutboxSettings(**{name: readers[name](found) for name, found in table.items()})


def _mail(value: Any) -> MailSettings:
    table = _table("mail", value, {each.name for each in fields(MailSettings)})
    missing = {"host", "sender", "to"} - table.keys()
    if missing:
        raise ValueError(f"mail lacks {', '.join(sorted(missing))}")
    for name, found in table.items():
        expected = {"port": int, "starttls": bool}.get(name, str)
        if type(found) is not expected or found == "":
            raise ValueError(f"mail.{name}: expected {_WORDS[expected]}")
    mail = MailSettings(**table)
    if (mail.user is None) != (mail.password_env is None):
        raise ValueError("mail.user and mail.password_env belong together")
    if mail.user is not None and not mail.starttls:
        raise ValueError("mail.user needs mail.starttls: a password goes over no open line")
    return mail


_WORDS: dict[type, str] = {int: "a whole number", bool: "true or false", str: "a text"}


def _command(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not value or not all(isinstance(word, str) and word for word in value):
        raise ValueError('command: expected a list such as ["lp", "-d", "finance"]')
    return tuple(value)


def _day(value: Any) -> date:
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        raise ValueError("deliver_from: expected a day such as 2026-11-01") from None


def _chart(value: Any) -> Chart:
    table = dict(_table("accounts", value, {each.name for each in fields(Chart)}))
    revenue = _codes("accounts.revenue", table.pop("revenue", {}), REVENUE_CODES)
    tax = _codes("accounts.tax", table.pop("tax", {}), None)
    single = {name: _code(f"accounts.{name}", found) for name, found in table.items()}
    return Chart(
        **single,
        revenue=MappingProxyType({**REVENUE_CODES, **revenue}),
        tax=MappingProxyType({**TAX_CODES, **tax}),
    )


def _codes(name: str, value: Any, known: Collection[str] | None) -> dict[str, str]:
    """A table of codes; the categories of tax are the books', and so not known here."""
    return {key: _code(f"{name}.{key}", found) for key, found in _table(name, value, known).items()}


def _code(name: str, value: Any) -> str:
    if type(value) not in (str, int) or value == "":
        raise ValueError(f"{name}: expected the code of an account such as {TAX_CODES['S']!r}")
    return str(value)


def _table(name: str, value: Any, known: Collection[str] | None) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise ValueError(f"{name}: expected a table")
    unknown = sorted(value.keys() - known) if known is not None else []
    if unknown:
        raise ValueError(f"{name} has no {', '.join(unknown)}; it takes {', '.join(sorted(known or ()))}")
    return value
