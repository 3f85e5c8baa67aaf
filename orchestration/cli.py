"""The command `quarterhour`. Commands import what they need themselves: `--help` does not wait for it."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Annotated

from cyclopts import App, CycloptsError, Parameter
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from orchestration import cli_keep, cli_privacy
from orchestration.cli_account import account
from orchestration.cli_bench import bench
from orchestration.cli_notify import notify
from orchestration.cli_outbox import outbox
from orchestration.cli_rebuild import rebuild
from orchestration.cli_settings import settings
from orchestration.errors import RunError, UsageError
from orchestration.instants import instant_of
from orchestration.terminal import fail, plain, say, warn

app = App(
    name="quarterhour",
    help="Turn the logs of a conversational platform into billing sessions, usage and invoices.\n\n"
    "The home folder is QUARTERHOUR_HOME (default ./data): landing/ holds the logs as delivered, reports/ "
    "the pages. Exit codes: 0 done, 1 a run failed, 2 the command cannot be carried out as given.",
)
console = Console(stderr=True)

app.command(account)
app.command(bench)
app.command(notify)
app.command(outbox)
cli_keep.register(app)
cli_privacy.register(app)
app.command(rebuild)
app.command(settings)

Many = Annotated[list[str], Parameter(consume_multiple=True, negative="")]
"""Files, folders or globs, as many as wanted."""


@app.command
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
    from orchestration import direct
    from orchestration.settings import load_settings

    given = {"interactions": interactions, "handoffs": handoffs or [], "alerts": alerts or []}
    paths = {stream: listed for stream, listed in given.items() if listed}
    settings = load_settings()
    with _stage("reading and counting…"):
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


@app.command
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
    with _stage("rating…"):
        results = rate_cases(listed)
        write(results, out)
    for status, number in sorted(counts(results).items()):
        print(f"{status:<17} {number:>12,}")
    print(f"written to {out}")


@app.command
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

    with _stage("generating…"):
        summary = write_logs(events=events, days=days, seed=seed, out=out, first_day=first_day)
    for stream, rows in summary.rows.items():
        print(f"{stream:<17} {rows:>12,}")
    print(f"{summary.first_day} to {summary.last_day}: {summary.files:,} files, {summary.bytes:,} bytes")
    print(f"written to {out}")


@app.command
def run(*, day: Annotated[date | None, Parameter(name="--date")] = None,
        first: Annotated[date | None, Parameter(name="--from")] = None,
        last: Annotated[date | None, Parameter(name="--to")] = None) -> None:  # fmt: skip
    """Run the nightly job through Dagster, without a server: ingest, sessions, marts, reports.

    Without options it takes every arrival day with a file in landing/ that was not seen yet.

    Parameters
    ----------
    day
        One arrival day.
    first
        First of a range of arrival days.
    last
        Last of a range of arrival days.
    """
    from orchestration.home import waiting_days

    home = _home()
    if day and (first or last):
        raise UsageError("give --date, or --from and --to, not both")
    if bool(first) != bool(last):
        raise UsageError("--from and --to belong together")
    if day:
        first = last = day
    elif not first:
        waiting = waiting_days(home)
        if not waiting:
            print(f"nothing new in {home / 'landing'}; name days with --date, or --from and --to")
            return
        first, last = waiting[0], waiting[-1]
    if first is None or last is None or first > last:
        raise UsageError("--from lies after --to")
    _run(home, first, last)


@app.command
def demo(*, fresh: bool = True) -> None:
    """Generate two months of logs for several accounts, run everything, and say where the reports are.

    Beside them runs a real month, where its logs are there: the bank's February 1999, in a home of its own.

    Parameters
    ----------
    fresh
        Start from an empty demo home (only what earlier demos wrote is removed).
    """
    from orchestration.demo import prepare, settle
    from orchestration.demo_bank import beside, prepare_bank

    home = _home()
    with _stage("generating two months of logs…"):
        nights = prepare(home, fresh=fresh)
        bank = prepare_bank(home / "bank", fresh=fresh)
    print(f"logs of {nights[0][0]} to {nights[-1][1]} are in {home / 'landing'}")
    print(bank.told)
    with beside(bank) as finished:
        for number, (first, last) in enumerate(nights):
            if number:
                settle(home)
            _run(home, first, last)
        with _stage("the bank's month…"):
            site = finished()
    if site:
        print(f"reports of the bank's February 1999: {site}")


explain = App(name="explain", help="Say why something counted as it did, down to file and line.")
app.command(explain)


@explain.command(name="session")
def explain_session(conversation_id: str, *, block: int | None = None) -> None:
    """Say why a conversation has the billing sessions that it has.

    The row that opened it, the legs taken out, the rows that bound each billing session, what closed it, and
    the file and line of each row.

    Parameters
    ----------
    conversation_id
        As on the pages, in lake/conversations and in lake/billing_sessions.
    block
        One billing session of it, counted from 0.
    """
    from orchestration.explain import explain, single_session
    from orchestration.explain_text import show
    from orchestration.lake import Lake
    from orchestration.settings import load_settings
    from orchestration.terms import terms_of

    settings = load_settings()
    lake = Lake(_home())
    told = single_session(lake, conversation_id)
    if told is not None:
        print(told)
        return
    found = explain(lake, terms_of(lake, settings), conversation_id)
    show(found.stored, found.explanation, Console(), block)
    if found.dropped:
        print(found.dropped)


@explain.command(name="invoice")
def explain_invoice_number(number: str, *, line: int | None = None) -> None:
    """Say what a document's lines were made of: tiers, days, sessions and, of a single line, rows.

    Parameters
    ----------
    number
        The number of an issued document.
    line
        One line of it: then the rows are told too, by file and line.
    """
    from orchestration.explain import rows_told
    from orchestration.explain_invoice import explain_invoice
    from orchestration.explain_invoice_text import show
    from orchestration.lake import Lake
    from orchestration.settings import load_settings
    from orchestration.terms import terms_of

    home = _home()
    entry, lines = explain_invoice(home, number, line)
    lake = Lake(home)
    terms = terms_of(lake, load_settings())
    rows = None if line is None else lambda conversation_id: rows_told(lake, terms, conversation_id)
    show(entry, lines, Console(soft_wrap=True, highlight=False), rows)


@app.command
def issue(*, month: str | None = None) -> None:
    """Issue the documents that are due, and say which must wait, and until when.

    Issuing twice issues nothing twice.

    Parameters
    ----------
    month
        Only those of a month such as 2026-03, and of the months before it.
    """
    from orchestration.issuing import issue as issue_due
    from orchestration.issuing import month_of
    from orchestration.one_run import only_run
    from orchestration.outbox import fill_outbox
    from orchestration.settings import load_settings

    home = _home()
    with _stage("issuing…"), only_run(home, "quarterhour issue", say):
        issued = issue_due(home, month_of(month))
        outbox = fill_outbox(home, load_settings())
    for entry in issued.entries:
        body = entry.body
        account = plain(body["account_id"])
        print(f"{entry.number:<32} {account:<24} {body['total']:>18} {body['currency']}")
    print(f"{len(issued.entries)} issued, {len(issued.waiting)} waiting")
    for wait in issued.waiting:
        print(plain(f"waits: {wait.account_id} {wait.month:%Y-%m}, {wait.reason}"))
    for problem in [*outbox.failed, *outbox.unknown]:
        warn(problem)


ledger = App(name="ledger", help="The issued documents.")
app.command(ledger)


@ledger.command(name="list")
def list_ledger() -> None:
    """All issued documents: number, date, account and total."""
    from orchestration.ledger import Ledger

    for entry in Ledger(_home()).entries():
        if entry.number:
            body = entry.body
            total = f"{body['total']} {body['currency']}"
            print(f"{entry.number:<32} {entry.issue_date} {plain(body['account_id']):<24} {total:>22}")


@ledger.command(name="verify")
def verify_ledger() -> None:
    """Read every entry again and prove the chain: no byte changed, nothing removed, no number missing."""
    from orchestration.ledger import Ledger

    kept = Ledger(_home())
    findings = kept.verify()
    for finding in findings:
        warn(finding)
    if findings:
        raise RunError(f"the ledger is not as it was written: {len(findings)} findings")
    print(f"{len(kept.entries()):,} entries, all as they were written; last hash {kept.version()}")


@app.command
def serve(*, port: int = 8600) -> None:
    """Serve the reports folder on loopback until interrupted.

    Parameters
    ----------
    port
        The port on 127.0.0.1; 0 takes a free one.
    """
    from orchestration.serve import serve_reports

    serve_reports(_home() / "reports", port)


def _run(home: Path, first: date, last: date) -> None:
    from orchestration.nightly import run_night

    with _stage(f"running {first} to {last}…"):
        warnings = run_night(home, first, last, say)
    for warning in warnings:
        warn(warning)
    print(f"done: {first} to {last}")
    print(f"reports: {home / 'reports' / 'index.html'}")


@contextmanager
def _stage(text: str) -> Iterator[None]:
    """Shows that long work goes on: a spinner with the time, off a terminal a plain line."""
    if not console.is_terminal:
        console.print(text, highlight=False)
        yield
        return
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        progress.add_task(text)
        yield


def _home() -> Path:
    from orchestration.settings import load_settings

    home = load_settings().home
    home.mkdir(parents=True, exist_ok=True)
    os.environ["QUARTERHOUR_HOME"] = str(home)
    return home


def main(arguments: list[str] | None = None) -> None:
    """Runs the command line and ends with its exit code."""
    from orchestration.settings import SettingsError

    try:
        app(arguments, exit_on_error=False, print_error=True)
    except CycloptsError:
        sys.exit(2)
    except (UsageError, SettingsError) as error:
        fail(error)
        sys.exit(2)
    except (RunError, OSError) as error:
        fail(error)
        sys.exit(1)
    except KeyboardInterrupt:
        console.print("interrupted", highlight=False)
        sys.exit(130)


if __name__ == "__main__":
    main()
