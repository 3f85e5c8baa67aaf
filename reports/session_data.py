"""The sessions of a day as files: the first of each app for the page, and all of them as CSV. Pure."""

import json
from collections.abc import Iterable, Sequence
from datetime import date
from functools import lru_cache
from typing import NamedTuple

HEADER = (
    "app_id", "type", "started_at", "ended_at", "conversation_id", "block", "reason", "is_complete",
)  # fmt: skip
"""Columns of a day's CSV; times are those of the account's clock, with its distance from UTC."""


_FEW = 64
"""Sessions whose counts are kept: the types of a busy day are a hundred thousand letters, met once."""


class AppSessions(NamedTuple):
    """An app's sessions of a day, in their order, as columns of texts: a site has some million of them."""

    app_id: str
    types: str
    """A letter each; a capital where the session may still change and is in no count (R13)."""
    started_ms: Sequence[str]
    lasted_ms: Sequence[str]
    conversations: Sequence[str]
    blocks: Sequence[str]


def day_script(day: date, zone: str, apps: Iterable[AppSessions], shown: int) -> str:
    """A script that hands the day over: that works from a disk too, where pages may not read files.

    It has so many sessions of each app, and counts all of them.
    """
    found = ",".join(_app(app, shown) for app in apps)
    return f'quarterhourDay({{"day":"{day}","zone":{_quoted(zone)},"apps":[{found}]}});\n'


def _app(app: AppSessions, shown: int) -> str:
    letters = app.types
    types = letters.lower()
    incomplete, provisional = "", _NONE
    if letters != types:
        incomplete = ",".join(str(place) for place, letter in enumerate(letters[:shown]) if letter.isupper())
        provisional = _counts(letters.swapcase())
    return (
        f'{{"id":{_quoted(app.app_id)},"counts":{_counts(letters)},'
        f'"provisional":{provisional},"started":[{",".join(app.started_ms[:shown])}],'
        f'"lasted":[{",".join(app.lasted_ms[:shown])}],"types":"{types[:shown]}",'
        f'"conversations":"{" ".join(app.conversations[:shown])}","blocks":[{",".join(app.blocks[:shown])}],'
        f'"incomplete":[{incomplete}]}}'
    )


def _counts(letters: str) -> str:
    """Of each type; most days of an app have few sessions, so few that their types are often the same."""
    return _counts_of_few(letters) if len(letters) <= _FEW else _written_counts(letters)


@lru_cache(4_096)
def _counts_of_few(letters: str) -> str:
    return _written_counts(letters)


def _written_counts(letters: str) -> str:
    usage, request, alert, voice = map(letters.count, "urav")
    return f'{{"usage":{usage},"request":{request},"alert":{alert},"voice":{voice}}}'


_NONE = _counts("")


@lru_cache(8_192)
def _quoted(text: str) -> str:
    """A text as JavaScript has it; ASCII alone, and nothing that HTML knows."""
    return json.dumps(text).replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
