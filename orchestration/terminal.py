"""Text for a terminal: names come from logs and books, and a terminal obeys what it is sent."""

import unicodedata
from typing import Any

from rich.console import Console
from rich.markup import escape

_INVISIBLE = {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}
"""Controls (escape among them), marks that turn the direction of text, halves of pairs, ends of lines."""
_JOINERS = {"\u200c", "\u200d"}
"""They hold emoji and Persian words together, and move nothing."""


def plain(value: Any) -> str:
    """A value as one line of visible characters; others stand as escapes such as `\\x1b`."""
    text = str(value)
    return text if text.isascii() and text.isprintable() else "".join(map(_visible, text))


def plain_lines(value: Any) -> str:
    """`plain` for a text of our own that has several lines; a name in it can still begin one."""
    return "\n".join(plain(line) for line in str(value).split("\n"))


def warn(message: str) -> None:
    """A warning on standard error."""
    _told("[yellow]warning:[/]", message)


def fail(error: Exception) -> None:
    """What a command ends with and the notes on it, on standard error."""
    _told("[red]error:[/]", str(error))
    for note in getattr(error, "__notes__", []):
        warn(note)


def say(message: str) -> None:
    """How work goes on, on standard error."""
    Console(stderr=True).print(plain_lines(message), highlight=False, soft_wrap=True, markup=False)


def _told(word: str, message: str) -> None:
    Console(stderr=True).print(f"{word} {escape(plain_lines(message))}", highlight=False, soft_wrap=True)


def _visible(character: str) -> str:
    if unicodedata.category(character) not in _INVISIBLE or character in _JOINERS:
        return character
    return character.encode("unicode_escape").decode("ascii")
