"""The logs of `quarterhour demo`: fixed dates, small, and with everything that a log can do."""

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

from orchestration.generator.demo_accounts import DEMO_ACCOUNTS
from orchestration.generator.demo_book import demo_events
from orchestration.generator.demo_dirt import dirty_files
from orchestration.generator.demo_trial import trial_files
from orchestration.generator.files import write_file
from orchestration.generator.landing import Summary
from orchestration.generator.logs import FIRST_DAY, generate
from orchestration.generator.shape import Format, Shape

_ROWS_A_DAY = 1400
_SEED = 15
_DAYS_AFTER = 5
"""Days of logs after the last month: more than the grace of I1, so that all months can be issued."""

_OTHER_FORMATS: dict[int, Format] = {3: "csv", 5: "jsonl.zst", 7: "parquet", 9: "jsonl"}


def _format_of(stream: str, arrival_day: date) -> Format:
    return _OTHER_FORMATS.get(arrival_day.toordinal() % 10, "jsonl.gz")


def generate_demo(out: Path, first_day: date = FIRST_DAY, months: int = 2) -> Summary:
    """Write `months` months of logs for several accounts into a landing folder.

    The summary counts the files and bytes of dirt and trial, not their rows: those are for ingest to say.
    """
    month = first_day.month - 1 + months
    end = first_day.replace(year=first_day.year + month // 12, month=month % 12 + 1, day=1)
    days = (end - first_day).days + _DAYS_AFTER
    last_day = first_day + timedelta(days=days - 1)
    summary = generate(
        _ROWS_A_DAY * days,
        days,
        _SEED,
        out,
        first_day,
        fmt=_format_of,
        accounts=DEMO_ACCOUNTS,
        account_events=tuple(
            event for event in demo_events(first_day) if event.occurred_at.date() <= last_day
        ),
        shape=Shape(heavy_rows_most=400, late_share=0.015, duplicate_share=0.01),
    )
    extra = [
        file for file in (*dirty_files(first_day), *trial_files(first_day, last_day)) if file.day <= last_day
    ]
    size = sum(write_file(out / file.stream / str(file.day) / file.name, file.content) for file in extra)
    return replace(summary, files=summary.files + len(extra), bytes=summary.bytes + size)
