"""The terms under which days are counted: timeouts from the account's book, rules, watermark."""

import json
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import polars as pl

from orchestration.lake import Lake, joined_version, midnight
from orchestration.settings.loading import Settings
from transforms.copies import resolve_copies
from transforms.rules import Rules
from transforms.timeouts import TIMEOUTS

DAY = timedelta(days=1)
RECIPE = "3"
"""Changes when the same fragments would give other sessions, so that all days are built again."""
WHOLE_NUMBER = "^[0-9]{1,5}$"
"""How minutes are written in the account's book; the marts refuse the same events."""


@dataclass(frozen=True)
class Terms:
    """What sessionizing needs beside the fragments; `timeouts` as `TIMEOUTS`."""

    timeouts: pl.DataFrame
    rules: Rules
    watermark: datetime | None

    def note(self, day: date, fragments_version: str | None, *, is_open: bool) -> str:
        """What a day was made of, as it is kept with its partition.

        A timeout set later does not touch the day (R3); the watermark matters while something is open (R13).
        """
        return self._note(self._made_of(day, fragments_version), is_open=is_open)

    def still_hold(self, note: str | None, day: date, fragments_version: str | None) -> bool:
        """Whether a day that was made of what the note says would be made of the same now."""
        made_of = self._made_of(day, fragments_version)
        return note in {self._note(made_of, is_open=is_open) for is_open in (True, False)}

    def version(self) -> str:
        """Of all terms but the watermark, which matters to no day on which nothing was open."""
        return joined_version([RECIPE, *self._rules(), self.timeouts.write_json()])

    def _made_of(self, day: date, fragments_version: str | None) -> str:
        before = self.timeouts.filter(pl.col("effective_at") < midnight(day + DAY))
        return joined_version([RECIPE, fragments_version or "", *self._rules(), before.write_json()])

    def _rules(self) -> list[str]:
        return [self.rules.anchor, self.rules.handoff_starts_at, *sorted(self.rules.voice_channels)]

    def _note(self, made_of: str, *, is_open: bool) -> str:
        return json.dumps({"made_of": made_of, "watermark": str(self.watermark) if is_open else ""})


def was_open(note: str | None) -> bool:
    """Whether something was open on a day that was made of what the note says."""
    return not note or bool(json.loads(note)["watermark"])


def terms_of(lake: Lake, settings: Settings) -> Terms:
    """The terms in force now."""
    return Terms(timeouts=_timeouts(lake), rules=settings.rules, watermark=_watermark(lake))


def _watermark(lake: Lake) -> datetime | None:
    """R13: 00:00 UTC after the latest arrival day ingested."""
    latest = lake.scan("files").select(pl.col("arrival_day").max()).collect().item()
    return None if latest is None else midnight(latest + DAY)


def _timeouts(lake: Lake) -> pl.DataFrame:
    """The inactivity timeouts that the account's book sets (R3); the marts show those that were refused."""
    events = resolve_copies(lake.scan("account_events").collect(), "account_events")[0]
    text = pl.col("extra").str.json_path_match("$.inactivity_minutes")
    minutes = pl.when(text.str.contains(WHOLE_NUMBER)).then(text).cast(pl.Int64)
    return (
        events.filter(pl.col("type") == "inactivity_minutes_set")
        .select(
            "account_id",
            "app_id",
            pl.col("occurred_at").alias("effective_at"),
            minutes.alias("inactivity_minutes"),
        )
        .filter(pl.col("app_id").is_not_null() & pl.col("inactivity_minutes").is_between(5, 20160))
        .select(TIMEOUTS.names())
        .sort("account_id", "app_id", "effective_at", "inactivity_minutes")
    )
