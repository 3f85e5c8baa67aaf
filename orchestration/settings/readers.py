"""How a setting is read: what it takes, and what is said of a value that it cannot take.

A field of a dataclass of settings names its reader, `setting(read.day)`; loading, printing and the page
`docs/settings.md` all follow from that and from the sentence below the field.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import MISSING, Field, dataclass, field, fields
from datetime import date, datetime
from difflib import get_close_matches
from typing import Any
from urllib.parse import urlsplit

_SECRET = re.compile("passw|secret|token|api_?key|private_?key|credential", re.IGNORECASE)
_UNITS = {"": 1, "B": 1, "kB": 1000, "KiB": 1 << 10, "MB": 10**6, "MiB": 1 << 20, "GB": 10**9, "GiB": 1 << 30}
_SIZE = re.compile(rf"([0-9]{{1,15}}) ?({'|'.join(_UNITS)})")
_VARIABLE = re.compile("[A-Za-z_][A-Za-z0-9_]*")


class FaultsError(ValueError):
    """What is wrong inside a table: for each fault its place there, such as `mail.port`, and a sentence."""

    def __init__(self, faults: Iterable[tuple[str, str]]):
        self.faults = tuple(faults)
        super().__init__("; ".join(f"{place}: {told}" for place, told in self.faults))


@dataclass(frozen=True)
class Reader:
    """How values of one kind are read; `read` raises ValueError with what it expected, or FaultsError."""

    takes: str
    """For people: what may stand here."""
    read: Callable[[Any], Any]
    show: Callable[[Any], str] = str
    """A value as the file would say it."""
    table: type | None = None
    """The dataclass of a nested table."""


def setting(reader: Reader, default: Any = None, *, made_by: Callable[[], Any] | None = None) -> Any:
    """A field of settings with its reader and its default, or what makes the default."""
    if made_by is not None:
        return field(default_factory=made_by, metadata={"reader": reader})
    return field(default=default, metadata={"reader": reader})


def needed(reader: Reader) -> Any:
    """A field without which its table is of no use."""
    return field(metadata={"reader": reader})


def reader_of(its: "Field[Any]") -> Reader:
    """The reader that a field was given."""
    reader: Reader = its.metadata["reader"]
    return reader


def settings_of(kind: type) -> "dict[str, Field[Any]]":
    """The fields that can be set, by name."""
    return {each.name: each for each in fields(kind) if "reader" in each.metadata}


def is_secret(name: str) -> bool:
    """Whether a key names what must stand in no file; `password_env` only says where it stands."""
    return bool(_SECRET.search(name)) and not name.endswith("_env")


def read_fields(
    kind: type, given: Mapping[str, Any], where: str = ""
) -> tuple[dict[str, Any], list[tuple[str, str]]]:
    """What the keys of a table say, read, and every fault among them with its place."""
    known = settings_of(kind)
    values: dict[str, Any] = {}
    faults: list[tuple[str, str]] = []
    for name, value in given.items():
        if name not in known:
            faults.append((name, _unknown(name, known, where)))
            continue
        try:
            values[name] = reader_of(known[name]).read(value)
        except FaultsError as error:
            faults += [(f"{name}.{place}" if place else name, told) for place, told in error.faults]
        except ValueError as error:
            faults.append((name, f"{error}, not {_cut(value)}"))
    return values, faults


def _unknown(name: str, known: Iterable[str], where: str) -> str:
    if is_secret(name):
        if f"{name}_env" in known:
            variable = "_".join(["QUARTERHOUR", *where.upper().split("."), name.upper()])
            return (
                "a secret stands in no settings: put it into a variable of the environment, such as "
                f'{variable}, and write {name}_env = "{variable}" here'
            )
        return "a secret stands in no settings, and nothing here takes one; take it out"
    close = get_close_matches(name, known, 1)
    told = f"did you mean {close[0]}?" if close else f"there are {', '.join(known)}"
    return f"no such setting; {told}"


def _cut(value: Any) -> str:
    try:
        text = repr(value)
    except ValueError:  # Python writes no number of more than 4,300 digits
        return "a number of thousands of digits"
    return text if len(text) <= 60 else text[:60] + "…"


def table(kind: type, where: str) -> Reader:
    """A nested table, read into a dataclass of settings; its method `faults`, if any, judges the whole.

    `where` is its place in the file, such as `outbox.mail`.
    """

    def read(value: Any) -> Any:
        if not isinstance(value, dict):
            raise ValueError("expected a table")
        values, faults = read_fields(kind, value, where)
        missing = [
            name
            for name, its in settings_of(kind).items()
            if its.default is MISSING and its.default_factory is MISSING and name not in value
        ]
        faults += [(name, "is missing") for name in missing]
        if faults:
            raise FaultsError(faults)
        made = kind(**values)
        wrong = list(made.faults()) if hasattr(made, "faults") else []
        if wrong:
            raise FaultsError(("", told) for told in wrong)
        return made

    return Reader("a table", read, table=kind)


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _read_day(value: Any) -> date:
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    try:
        return date.fromisoformat(value)
    except (TypeError, ValueError):
        raise ValueError("expected a day such as 2026-11-01") from None


def _read_switch(value: Any) -> bool:
    known = {"true": True, "1": True, "on": True, "false": False, "0": False, "off": False}
    if str(value).lower() not in known:
        raise ValueError("expected true or false")
    return known[str(value).lower()]


def _read_text(value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise ValueError("expected a text")
    return value


def _read_variable(value: Any) -> str:
    if not isinstance(value, str) or not _VARIABLE.fullmatch(value):
        raise ValueError("expected the name of a variable of the environment")
    return value


def _read_names(value: Any) -> tuple[str, ...]:
    listed = value.split(",") if isinstance(value, str) else value
    if not isinstance(listed, list) or not all(isinstance(name, str) and name.strip() for name in listed):
        raise ValueError("expected a list of names")
    return tuple(sorted(name.strip() for name in listed))


def _read_command(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not value or not all(isinstance(word, str) and word for word in value):
        raise ValueError('expected a list such as ["lp", "-d", "finance"]')
    return tuple(value)


def _read_size(value: Any) -> int:
    found = _SIZE.fullmatch(str(value)) if not isinstance(value, bool) else None
    size = int(found[1]) * _UNITS[found[2] or ""] if found else 0
    if not size:
        raise ValueError("expected a size such as 512 MiB")
    return size


def _shown_size(size: int) -> str:
    """The largest unit in which the size is a whole number."""
    unit = next((unit for unit in ("GiB", "MiB", "KiB") if not size % _UNITS[unit]), "B")
    return f'"{size // _UNITS[unit]} {unit}"'


def _read_url(value: Any) -> str:
    """A password in a URL would stand in the file, and would be printed with it."""
    try:
        parts = urlsplit(value) if isinstance(value, str) else None
        if parts is None or parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError
    except ValueError:
        raise ValueError("expected a URL that begins with https:// or http://") from None
    if parts.username is not None or parts.password is not None:
        raise FaultsError([("", "a secret stands in no settings: leave user and password out of the URL")])
    return str(value)


def _shown_list(words: Iterable[str]) -> str:
    return f"[{', '.join(_quoted(word) for word in words)}]"


def _shown_switch(value: bool) -> str:
    return "true" if value else "false"


day = Reader("a day such as 2026-11-01", _read_day)
switch = Reader("true or false", _read_switch, _shown_switch)
text = Reader("a text", _read_text, _quoted)
variable = Reader("the name of a variable of the environment", _read_variable, _quoted)
names = Reader('a list such as ["voice", "ivr"]; in the environment voice,ivr', _read_names, _shown_list)
command = Reader("a list: a program and its arguments", _read_command, _shown_list)
size = Reader('a size such as "512 MiB"', _read_size, _shown_size)
url = Reader("a URL (http or https) without a password", _read_url, _quoted)


def one_of(*choices: str) -> Reader:
    """One of some words."""
    told = ", ".join(choices)

    def read(value: Any) -> str:
        if value not in choices:
            raise ValueError(f"expected one of {told}")
        return str(value)

    return Reader(f"one of {told}", read, _quoted)


def whole(least: int, most: int, of: str = "") -> Reader:
    """A whole number between two others, both of them taken; `of` says what it counts."""
    told = f"a whole number{of and f' of {of}'}, {least} to {most}"

    def read(value: Any) -> int:
        is_number = isinstance(value, (int, str)) and not isinstance(value, bool)
        if not is_number or not re.fullmatch("[0-9]{1,18}", str(value)) or not least <= int(value) <= most:
            raise ValueError(f"expected {told}")
        return int(value)

    return Reader(told, read)


def number(least: float, most: float) -> Reader:
    """A number between two others, both of them taken."""
    told = f"a number between {least:g} and {most:g}"

    def read(value: Any) -> float:
        try:
            found = float(value) if not isinstance(value, bool) else None
        except (TypeError, ValueError, OverflowError):
            found = None
        if found is None or not least <= found <= most:
            raise ValueError(f"expected {told}")
        return found

    return Reader(told, read)


share = number(0, 1)
