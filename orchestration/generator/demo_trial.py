"""The conversations of an app that the demo tries out for its last days."""

import json
import random
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta

from orchestration.generator.demo_dirt import ExtraFile, Row

_BEGINS_AFTER = timedelta(days=53)
_SEED = 15


def trial_files(first_day: date, last_day: date) -> Iterator[ExtraFile]:
    """Yield a file a day from the first day of the trial on."""
    chance = random.Random(_SEED)
    day = first_day + _BEGINS_AFTER + timedelta(days=1)
    while day <= last_day:
        rows = [row for number in range(chance.randint(8, 20)) for row in _conversation(chance, day, number)]
        rows.sort(key=lambda row: str(row["occurred_at"]))
        content = "".join(json.dumps(row) + "\n" for row in rows).encode()
        yield ExtraFile("interactions", day, "concierge.jsonl", content)
        day += timedelta(days=1)


def _conversation(chance: random.Random, day: date, number: int) -> list[Row]:
    """User and app in turn, some minutes apart."""
    begins = datetime.combine(day, time(chance.randint(12, 22), chance.randint(0, 59)), UTC)
    pace, traveller = chance.uniform(0.5, 6), f"traveller-{chance.randint(1, 90)}"
    return [
        {
            "event_id": f"concierge-{day}-{number}-{step}",
            "account_id": "aurora",
            "app_id": "aurora-concierge",
            "user_id": traveller,
            "channel": "web",
            "session_id": f"concierge-{day}-{number}",
            "occurred_at": (begins + timedelta(minutes=pace * step)).isoformat(timespec="milliseconds"),
            "actor": ("user", "app")[step % 2],
            "kind": "message",
        }
        for step in range(chance.randint(2, 9))
    ]
