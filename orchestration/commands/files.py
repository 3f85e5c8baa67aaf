"""`quarterhour sessionize`, `rate` and `generate`: from files to files, without a home."""

from datetime import date
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from orchestration.commands.common import stage
from orchestration.errors import UsageError
from orchestration.instants import instant_of
from orchestration.terminal import warn

Many = Annotated[list[str], Parameter(consume_multiple=True, negative="")]
"""Files, folders or globs, as many as wanted."""


def sessionize(
    *,
    interactions: Many,
    out: Path,
    handoffs: Many | None = None,
    alerts: Many | None = None,
    apps: Path | None = None,
    watermark: str | None = None,
) -> None:
    """Count the billing sessions of some files, without a home, Dagster or a warehouse.

    Writes billing_sessions.parquet, voice_sessions.parquet, conversations.parquet, quarantine.parquet and
    ledger.json. Input is JSONL (plain, .gz, .zst), CSV or Parquet: files, folders or globs.

    Parameters
    ----------
    interactions
        Messages and other rows of conversations.
    out
        Folder for the results.
    handoffs
        Legs with human agents.
    alerts
        Alerts; the delivered ones are added to the billing sessions.
    apps
        CSV or JSON of app_id, inactivity_minutes; apps not named have 15 minutes.
    watermark
        ISO time up to which all rows are known; later conversations are provisional. Default: all complete.
    """
    from orchestration.counting import direct
    from orchestration.settings.loading import load_settings

    given = {"interactions": interactions, "handoffs": handoffs or [], "alerts": alerts or []}
    paths = {stream: listed for stream, listed in given.items() if listed}
    settings = load_settings()
    with stage("reading and counting…"):
        result = direct.sessionize_files(
            paths, apps, instant_of("--watermark", watermark), settings.rules, settings.limits
        )
        direct.write(result, out)
    sessions, totals = result.sessions, result.ledger
    print(f"billing sessions  {sessions.billing_sessions.height:>12,}")
    print(f"voice sessions    {sessions.voice_sessions.height:>12,}")
    print(f"conversations     {sessions.conversations.height:>12,}")
    for name in ("rows", "accepted", "duplicate", "superseded", "excluded", "quarantined"):
        print(f"{name:<17} {int(totals[name].sum()):>12,}")
    print(f"written to {out}")
    if result.quarantine.height:
        warn(f"{result.quarantine.height:,} rows are in {out / 'quarantine.parquet'}, each with its reason")
    for row in totals.drop_nulls("problem").iter_rows(named=True):
        warn(f"{row['file']}: {row['problem']}")


def rate(cases: Path, *, out: Path) -> None:
    """Rate published cases of prices with the models that rate the invoices.

    Writes {"cases": [{"id", "amount", "status", "reason"}]}: the status is rated, unsupported (the reason
    names the rule, the model or the parameter) or invalid; the amount a decimal without zeros at its end.

    Parameters
    ----------
    cases
        A JSON file: {"cases": [...]} or a list, each with id, category, model, params and units.
    out
        The JSON file to write.
    """
    from orchestration.rate import counts, rate_cases, read_cases, write

    listed = read_cases(cases)
    with stage("rating…"):
        results = rate_cases(listed)
        write(results, out)
    for status, number in sorted(counts(results).items()):
        print(f"{status:<17} {number:>12,}")
    print(f"written to {out}")


def generate(
    *, events: int, out: Path, days: int = 30, seed: int = 1, first_day: date = date(2026, 9, 1)
) -> None:
    """Write realistic logs, the same bytes for the same seed, as a landing folder.

    Parameters
    ----------
    events
        About how many interactions.
    out
        The landing folder to write into.
    days
        Over how many days.
    seed
        Another seed, other logs.
    first_day
        The first of the days.
    """
    from orchestration.generator import generate as write_logs

    if events < 1 or days < 1:
        raise UsageError("--events and --days must be at least 1")

    with stage("generating…"):
        summary = write_logs(events=events, days=days, seed=seed, out=out, first_day=first_day)
    for stream, rows in summary.rows.items():
        print(f"{stream:<17} {rows:>12,}")
    print(f"{summary.first_day} to {summary.last_day}: {summary.files:,} files, {summary.bytes:,} bytes")
    print(f"written to {out}")
