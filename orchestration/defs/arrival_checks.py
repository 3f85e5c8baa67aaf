"""Checks of what arrives: whether files came, as many rows as usual, of known apps, at times that can be.

They stop nothing. Those of severity ERROR are told (`[notify]` in the settings), those of WARN where wanted.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

import dagster as dg
import polars as pl

from orchestration.defs.joined import told_days
from orchestration.defs.resources import Home
from orchestration.errors import RunError
from orchestration.lake import Lake
from orchestration.lake.tables import STREAMS
from orchestration.watching import verdicts
from orchestration.watching.arrivals import Book
from orchestration.watching.verdicts import Verdict, Watched

LOGS = tuple(stream for stream in STREAMS if stream != "account_events")
"""What machines write; the book is written by people, about any app and on any day."""
FRAGMENTS = dg.AssetKey(["lake", "fragments"])
"""The first that is made of all streams."""
LOOKED_AT = 7
"""Days that a check looks at if it is started by itself."""
ERROR, WARN = dg.AssetCheckSeverity.ERROR, dg.AssetCheckSeverity.WARN


@dataclass(frozen=True)
class Check:
    """A check of a stream's arrival days."""

    judge: Callable[[Watched], Verdict]
    severity: dg.AssetCheckSeverity
    streams: tuple[str, ...]

    @property
    def name(self) -> str:
        """As the UI shows it."""
        return self.judge.__name__


CHECKS = (
    Check(verdicts.files_arrived, ERROR, LOGS),
    Check(verdicts.volume_is_usual, WARN, LOGS),
    Check(verdicts.quarantine_is_small, ERROR, STREAMS),
    Check(verdicts.apps_are_known, WARN, LOGS),
    Check(verdicts.clocks_agree, WARN, LOGS),
)
SPECS = [dg.AssetCheckSpec(check.name, asset=FRAGMENTS, description=check.judge.__doc__) for check in CHECKS]


@dg.multi_asset_check(specs=SPECS, can_subset=True)
def arrivals(context: dg.AssetCheckExecutionContext, home: Home) -> Iterator[dg.AssetCheckResult]:
    """What the arrival days of the run brought, beside the weeks before."""
    lake, limits = home.lake(), home.settings().watch
    today, book = datetime.now(UTC).date(), Book(lake)
    watched = {
        stream: Watched(lake, stream, _days(context, lake, stream), today, limits, book) for stream in STREAMS
    }
    wanted = context.op_execution_context.selected_asset_check_keys
    for check in CHECKS:
        if dg.AssetCheckKey(FRAGMENTS, check.name) in wanted:
            yield _result(check, [watched[stream] for stream in check.streams])


def _days(context: dg.AssetCheckExecutionContext, lake: Lake, stream: str) -> list[date]:
    """The arrival days that the run ingested; a check that is started alone looks at the last week."""
    told = told_days(context.instance, context.run.run_id, dg.AssetKey(["ingest", stream]))
    return told or lake.days("files", stream)[-LOOKED_AT:]


def _result(check: Check, streams: Sequence[Watched]) -> dg.AssetCheckResult:
    """One result for all streams: a night tells Dagster of each, and that takes its time."""
    verdicts = {watched.stream: _verdict(check, watched) for watched in streams}
    failed = [verdict for verdict in verdicts.values() if not verdict.passed]
    return dg.AssetCheckResult(
        asset_key=FRAGMENTS,
        check_name=check.name,
        passed=not failed,
        severity=check.severity,
        description=" ".join(verdict.told for verdict in failed or verdicts.values()),
        metadata={
            f"{stream}: {name}": value
            for stream, verdict in verdicts.items()
            for name, value in verdict.figures.items()
        },
    )


def _verdict(check: Check, watched: Watched) -> Verdict:
    """A file that cannot be read fails the check, not the night: whoever needs its rows will say so."""
    try:
        return check.judge(watched)
    except (OSError, RunError, pl.exceptions.PolarsError) as error:
        why = str(error).partition("\n")[0] or type(error).__name__
        told = f"{watched.stream}: a file of the lake cannot be read: {why}. Run these days again."
        return Verdict(passed=False, told=told, figures={})


@dg.definitions
def arrival_checks() -> dg.Definitions:
    """All checks of what arrives."""
    return dg.Definitions(asset_checks=[arrivals])
