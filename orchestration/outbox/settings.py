"""Settings of the outbox: the table `[outbox]` of the file, or inline TOML in `QUARTERHOUR_OUTBOX`."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import date
from types import MappingProxyType
from typing import Any

from orchestration.settings import readers as read
from orchestration.settings.readers import FaultsError, Reader, needed, setting
from reports.finance import REVENUE_CODES, TAX_CODES, Chart

CUSTOMER = "customer"
"""As the address in `to`: each document goes to its customer's own."""


@dataclass(frozen=True)
class MailSettings:
    """The server that takes the mails, and to whom they go; the password itself is in no file."""

    host: str = needed(read.text)
    """The server's name."""
    sender: str = needed(read.text)
    """The address that the mails come from."""
    to: str = needed(read.text)
    """An address, or `customer`: each document goes to its customer's own."""
    port: int = setting(read.whole(1, 65535), 587)
    """The server's port."""
    starttls: bool = setting(read.switch, default=True)
    """Whether the connection is encrypted; a password goes over no other."""
    user: str | None = setting(read.text)
    """The name to log in with."""
    password_env: str | None = setting(read.variable)
    """The variable of the environment that holds the password."""

    def faults(self) -> Iterator[str]:
        """What does not go together."""
        if (self.user is None) != (self.password_env is None):
            yield "user and password_env belong together"
        if self.user is not None and not self.starttls:
            yield "user needs starttls: a password goes over no open line"


def _read_chart(value: Any) -> Chart:
    """The codes, each fault with its place; those of tax are by category, which the books know."""
    codes = {each.name for each in fields(Chart)} - {"revenue", "tax"}
    faults: list[tuple[str, str]] = []
    found = _table("", value, {*codes, "revenue", "tax"}, faults)
    revenue = _table("revenue", found.get("revenue", {}), REVENUE_CODES, faults)
    tax = _table("tax", found.get("tax", {}), None, faults)
    single = {name: found[name] for name in found.keys() & codes}
    for prefix, listed in (("", single), ("revenue.", revenue), ("tax.", tax)):
        for name, code in listed.items():
            if type(code) not in (str, int) or code == "":
                faults.append((prefix + name, f"expected the code of an account such as {TAX_CODES['S']!r}"))
    if faults:
        raise FaultsError(faults)
    return Chart(
        **{name: str(code) for name, code in single.items()},
        revenue=MappingProxyType({**REVENUE_CODES, **{name: str(code) for name, code in revenue.items()}}),
        tax=MappingProxyType({**TAX_CODES, **{name: str(code) for name, code in tax.items()}}),
    )


def _table(
    place: str, value: Any, known: Collection[str] | None, faults: list[tuple[str, str]]
) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        faults.append((place, "expected a table"))
        return {}
    unknown = sorted(value.keys() - set(known)) if known is not None else []
    there_are = f"no such account; there are {', '.join(sorted(known or ()))}"
    faults += [(f"{place}.{name}" if place else name, there_are) for name in unknown]
    return {name: code for name, code in value.items() if name not in unknown}


def _shown_chart(chart: Chart) -> str:
    single = {
        each.name: getattr(chart, each.name) for each in fields(Chart) if each.name not in ("revenue", "tax")
    }
    parts = [_inline(single)[1:-1], f"revenue = {_inline(chart.revenue)}", f"tax = {_inline(chart.tax)}"]
    return f"{{{', '.join(parts)}}}"


def _inline(codes: Mapping[str, str]) -> str:
    return f"{{{', '.join(f'{name} = {read.text.show(code)}' for name, code in codes.items())}}}"


chart = Reader("a table of codes; see the README", _read_chart, _shown_chart)


@dataclass(frozen=True)
class OutboxSettings:
    """How documents are delivered, and the codes of finance's accounts. By default nothing is delivered."""

    mail: MailSettings | None = setting(read.table(MailSettings, "outbox.mail"))
    """The server that takes the mails, and to whom they go."""
    command: tuple[str, ...] = setting(read.command, ())
    """A program and its arguments; the path of a document's page is added."""
    deliver_from: date | None = setting(read.day)
    """The first day of issue whose documents are delivered; without it all are, also those of years ago."""
    accounts: Chart = setting(chart, made_by=Chart)
    """The codes of finance's accounts."""
