"""Commands of the account's book, ready to copy: for a shell, and as the launchpad's configuration.

They are lists of words and of lines with gaps for what a reader fills in. Whatever an account or an app is
called, a value stays one word of the shell and one text of the configuration.
"""

import shlex
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

Gap = tuple[str, str]
"""What stands before a value, and the name of the value that the reader gives."""

Words = list[str | Gap]
"""Of a shell's command: words, and options whose value is to come."""

Lines = list[str | Gap]
"""Of a configuration: whole lines, and those whose value is to come."""

APP = "app_id"
PROGRAM = "quarterhour account"
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})


@dataclass(frozen=True)
class BookCommand:
    """A command that writes one event; `is_on` is what its only flag says, None where it has none."""

    event_type: str
    name: str
    takes_app: bool
    fields: tuple[str, ...] = ()
    is_on: bool | None = None

    @property
    def key(self) -> str:
        """What it asks for: the type of event, and what its flag says."""
        return self.event_type if self.is_on is None else f"{self.event_type}_{'on' if self.is_on else 'off'}"


def shell_words(command: BookCommand, account_id: str) -> Words | None:
    """The command for a shell; None for an id that no terminal shows as it is (see `is_plain`)."""
    if not is_plain(account_id):
        return None
    account = shlex.quote(account_id)
    words: Words = [f"{PROGRAM} {command.name}"]
    words.append(f"--account-id={account}" if account_id.startswith("-") else account)
    if command.takes_app:
        words.append(("--app", APP))
    if command.is_on is not None:
        words.append("--on" if command.is_on else "--off")
    return [*words, *((f"--{field.replace('_', '-')}", field) for field in command.fields)]


def config_lines(command: BookCommand, account_id: str) -> Lines:
    """The configuration of the job `account_event` that writes the same event."""
    lines: Lines = [
        "ops:",
        "  write_account_event:",
        "    config:",
        f"      account_id: {yaml_text(account_id)}",
        "      event:",
        f"        {command.event_type}:",
    ]
    if command.takes_app:
        lines.append((f"          {APP}:", APP))
    if command.is_on is not None:
        lines.append(f"          is_on: {'true' if command.is_on else 'false'}")
    lines += [(f"          {field}:", field) for field in command.fields]
    if len(lines) == 6:
        lines[5] = f"        {command.event_type}: {{}}"
    return lines


def filled_shell(words: Words, values: Mapping[str, str]) -> str:
    """The command with its values."""
    return " ".join(word if isinstance(word, str) else option(word[0], values[word[1]]) for word in words)


def filled_config(lines: Lines, values: Mapping[str, str]) -> str:
    """The configuration with its values."""
    return "\n".join(
        line if isinstance(line, str) else f"{line[0]} {yaml_text(values[line[1]])}" for line in lines
    )


def option(flag: str, value: str) -> str:
    """An option and its value; one that begins with a dash would be taken for another option."""
    quoted = shlex.quote(value)
    return f"{flag}={quoted}" if value.startswith("-") else f"{flag} {quoted}"


def yaml_text(value: str) -> str:
    """A double-quoted scalar: never a number, a date or a flag, whatever it looks like."""
    return f'"{"".join(map(_yaml_character, value))}"'


def is_plain(value: str) -> bool:
    """Whether a terminal shows the text as it is: no character in it controls, hides or reorders others.

    Quotes do not keep a terminal from obeying a control character that is pasted into it.
    """
    return not any(unicodedata.category(character) in _UNSEEN for character in value)


def _yaml_character(character: str) -> str:
    if character in ('"', "\\"):
        return f"\\{character}"
    if unicodedata.category(character) not in _UNSEEN:
        return character
    code = ord(character)
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"
