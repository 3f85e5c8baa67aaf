"""The sessions of a day as files: the first of each app for the page, and all of them as CSV. Pure."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

HEADER = (
    "app_id", "type", "started_at", "ended_at", "conversation_id", "block", "reason", "is_complete",
)  # fmt: skip
"""Columns of a day's CSV; times are those of the account's clock, with its distance from UTC."""


@dataclass(frozen=True)
class AppSessions:
    """An app's sessions of a day: how many complete ones of each type, and the first as columns of text."""

    app_id: str
    counts: dict[str, int]
    provisional: dict[str, int]
    """Those that may still change: in no count (R13)."""
    started_ms: str
    """Epoch ms with commas between, as are the other columns."""
    lasted_ms: str
    types: str
    """A letter each, nothing between: u, r, a or v."""
    conversations: str
    """Ids, blanks between."""
    blocks: str
    incomplete: str
    """Places of those that may still change."""


def day_script(day: date, zone: str, apps: Iterable[AppSessions]) -> str:
    """A script that hands the day over: that works from a disk too, where pages may not read files."""
    found = ",".join(_app(app) for app in apps)
    return f'quarterhourDay({{"day":"{day}","zone":{_quoted(zone)},"apps":[{found}]}});\n'


def _app(app: AppSessions) -> str:
    counts, provisional = (json.dumps(each, separators=(",", ":")) for each in (app.counts, app.provisional))
    return (
        f'{{"id":{_quoted(app.app_id)},"counts":{counts},"provisional":{provisional},'
        f'"started":[{app.started_ms}],"lasted":[{app.lasted_ms}],"types":"{app.types}",'
        f'"conversations":"{app.conversations}","blocks":[{app.blocks}],"incomplete":[{app.incomplete}]}}'
    )


def _quoted(text: str) -> str:
    """A text as JavaScript has it; ASCII alone, and nothing that HTML knows."""
    return json.dumps(text).replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
