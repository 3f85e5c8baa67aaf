"""A year of logs of five accounts: late rows every day, dirt every week, both changes of the clock."""

import gzip
import json
import shutil
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

FIRST_DAY = date(2025, 1, 1)
NIGHTS = 365
ROWS_A_DAY = 300
DAY = timedelta(days=1)
_ACCOUNTS = ("aurora", "helios", "negev", "sakura", "globex")


def day_of(number: int) -> date:
    """The arrival day of a night."""
    return FIRST_DAY + number * DAY


def generate_year(source: Path, nights: int) -> None:
    """Writes the logs of so many nights, as they are to land."""
    from orchestration.generator import Shape, generate
    from orchestration.generator.demo_accounts import DEMO_ACCOUNTS
    from orchestration.generator.demo_book import demo_events

    generate(
        ROWS_A_DAY * nights, nights, 7, source, FIRST_DAY,
        accounts=tuple(each for each in DEMO_ACCOUNTS if each.account_id in _ACCOUNTS),
        account_events=tuple(each for each in demo_events(FIRST_DAY) if each.account_id in _ACCOUNTS),
        shape=Shape(heavy_rows_most=400, late_share=0.02, duplicate_share=0.01),
    )  # fmt: skip
    for number in range(6, nights, 7):
        for name, content in _dirt(day_of(number)):
            (source / "interactions" / str(day_of(number)) / name).write_bytes(content)


def land(source: Path, landing: Path, day: date) -> None:
    """Puts a day's files into landing, as a delivery does."""
    for folder in source.glob(f"*/{day}"):
        shutil.copytree(folder, landing / folder.relative_to(source), dirs_exist_ok=True)


def _dirt(day: date) -> Iterator[tuple[str, bytes]]:
    """A file that ends early, one of refused rows, an empty one, and rows of two weeks ago."""
    yield "torn.jsonl.gz", gzip.compress(_lines(day, "torn", day, 200), mtime=0)[:-400]
    refused = _lines(day, "refused", day, 5).replace(b'"user"', b'"robot"') + b"no JSON\n\xff\xfe\n"
    yield "refused.jsonl", refused
    yield "empty.jsonl", b""
    yield "late.jsonl", _lines(day, "late", max(FIRST_DAY, day - 15 * DAY), 20)


def _lines(day: date, name: str, event_day: date, count: int) -> bytes:
    """Messages of one user and an app in turn, two minutes apart."""
    rows = [
        {
            "event_id": f"{name}-{day}-{number}", "account_id": "aurora", "app_id": "aurora-chat",
            "user_id": f"{name}-{day}", "channel": "web", "actor": ("user", "app")[number % 2],
            "kind": "message", "occurred_at": f"{event_day}T{6 + number // 30:02}:{2 * (number % 30):02}:00Z",
        }
        for number in range(count)
    ]  # fmt: skip
    return "".join(json.dumps(row) + "\n" for row in rows).encode()
