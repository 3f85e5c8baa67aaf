"""A real month beside the demo's: a bank's call centre in February 1999, where its logs are at hand.

The logs are given out for research and teaching and are no part of this project.
"""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from orchestration.demo.home import make_home, set_days
from orchestration.errors import RunError

LOGS = Path(__file__).resolve().parents[3] / "shared" / "data" / "bank_1999_february" / "landing"
FIRST, LAST = date(1999, 1, 31), date(1999, 3, 4)
"""February has ended in Jerusalem, and its three days of grace lie before the arrivals of the last day."""

_OPENED = "1999-01-31T21:00:00Z"
_SUBSCRIBED = "1999-01-31T22:00:00Z"
"""1 February begins in Jerusalem; what was set before counts from then on."""
_APPS = {
    "PS": ("Regular activity", "voice_ils"),
    "NE": ("Stock exchange", "essential_ils"),
    "NW": ("New customers", "essential_ils"),
    "IN": ("Internet support", "advanced_ils"),
    "PE": ("Regular activity, in English", "advanced_ils"),
    "TT": ("Calls back", "advanced_ils"),
}
_OUTSIDE = ("QUARTERHOUR_FIRST_DAY", "QUARTERHOUR_LAST_DAY", "QUARTERHOUR_SCHEDULE", "DAGSTER_HOME")

Finished = Callable[[], Path | None]


@dataclass(frozen=True)
class Bank:
    """The bank's home, or none where there are no logs; and what to tell of it."""

    home: Path | None
    told: str


def prepare_bank(home: Path, *, fresh: bool, logs: Path = LOGS) -> Bank:
    """Makes a home whose landing folder leads to the logs and has the book of an account."""
    if not logs.is_dir():
        return Bank(None, f"the bank's February 1999 is left out: its logs are not in {logs}")
    make_home(home, fresh=fresh)
    landing = home / "landing"
    landing.mkdir(exist_ok=True)
    for stream in logs.iterdir():
        if not (landing / stream.name).exists():
            (landing / stream.name).symlink_to(stream)
    for day, rows in _book().items():
        path = landing / "account_events" / str(day) / "book.jsonl"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    set_days(home, FIRST, LAST)
    return Bank(home, f"logs of the bank's February 1999 are in {logs}")


@contextmanager
def beside(bank: Bank) -> Iterator[Finished]:
    """Runs the bank's month in a process of its own: partitions are made of one home.

    What it gives waits for the end, and gives the index of the site. Raises RunError where the run failed.
    """
    if bank.home is None:
        yield lambda: None
        return
    home, log = bank.home, bank.home / "run.log"
    code = "from orchestration.cli import main; main()"
    command = [sys.executable, "-c", code, "run", "--from", str(FIRST), "--to", str(LAST)]
    environment = {name: value for name, value in os.environ.items() if name not in _OUTSIDE}
    with log.open("w") as told:
        process = subprocess.Popen(
            command, env=environment | {"QUARTERHOUR_HOME": str(home)}, stdout=told, stderr=told
        )

        def finished() -> Path:
            if process.wait():
                raise RunError(f"the bank's month failed; see {log}")
            return home / "reports" / "index.html"

        try:
            yield finished
        finally:
            if process.poll() is None:
                process.terminate()
                process.wait()


def _book() -> dict[date, list[dict[str, str]]]:
    """By arrival day, the account as it might have been: plans by kind of call, and the tax of the time."""
    rows: list[dict[str, str]] = [
        {"type": "account_opened", "account_name": "Anonymous Bank", "zone": "Asia/Jerusalem",
         "currency": "ILS", "kind": "standard", "locale": "en_IL"},
        {"type": "seller_set", "seller_id": "quarterhour", "legal_name": "Quarterhour Ltd",
         "address": "1 Clock Street\nLondon SE10 8XJ", "tax_id": "GB000000000",
         "email": "billing@quarterhour.example", "bank_details": "IBAN GB00 QUAR 0000 0000 0000 00"},
        {"type": "billing_profile_set", "legal_name": "Anonymous Bank Ltd",
         "address": "1 Technion Road\nHaifa", "email": "accounts@bank.example"},
        {"type": "tax_set", "tax_category": "S", "tax_rate": "17"},
        {"type": "role_granted", "user_id": "ana@bank.example", "role": "admin"},
    ]  # fmt: skip
    for kind, (name, plan_id) in _APPS.items():
        app = {"app_id": f"ivr-{kind}", "occurred_at": _SUBSCRIBED}
        rows.append({"type": "app_published", "app_name": name, **app})
        rows.append({"type": "plan_subscribed", "plan_id": plan_id, **app})
    last = {"type": "role_granted", "user_id": "ben@bank.example", "role": "shared",
            "occurred_at": f"{LAST}T08:00:00Z"}  # fmt: skip
    named = [
        {"event_id": f"book-{number:02}", "account_id": "bank", "occurred_at": _OPENED, **row}
        for number, row in enumerate([*rows, last])
    ]
    return {FIRST: named[:-1], LAST: named[-1:]}
