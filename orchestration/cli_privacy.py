"""`quarterhour retain` and `quarterhour forget`: what goes, so that nothing that is billed changes."""

import getpass
from typing import TYPE_CHECKING, Annotated

from cyclopts import App, Parameter
from rich.console import Console

if TYPE_CHECKING:
    from orchestration.retention import Retained

DryRun = Annotated[bool, Parameter(negative="", help="Only say what would change.")]
By = Annotated[str | None, Parameter(help="Who does it; by default the user of this machine.")]
Reason = Annotated[str | None, Parameter(help="Why; it stands in the book of each account.")]
_err = Console(stderr=True)


def register(app: App) -> None:
    """Adds the commands."""
    app.command(retain)


def retain(*, raw_days: int, dry_run: DryRun = False, by: By = None, reason: Reason = None) -> None:
    """Drop the raw rows of files that arrived more than some days before the watermark.

    Landing loses the files, the lake their rows, quarantine the texts of refused rows. What is counted stays:
    ids, times, file and line of each row, in lake/settled. Usage, invoices and explanations stay as they are,
    and late rows still count. A rebuild in an empty home needs landing/ and lake/settled then.

    Parameters
    ----------
    raw_days
        How many days before the watermark are kept, counted by arrival.
    """
    from orchestration.one_run import only_run
    from orchestration.privacy_record import record_of_accounts
    from orchestration.retention import retain as drop
    from orchestration.settings import load_settings

    home = load_settings().home
    with only_run(home, "quarterhour retain", _say):
        done = drop(home, raw_days, dry_run=dry_run)
        recorded = None
        if not dry_run and done.arrivals:
            particulars = {"arrived_before": str(done.before)}
            rows = {name: {**particulars, "rows": str(n)} for name, n in done.rows_of_accounts.items()}
            recorded = record_of_accounts(
                home, "raw_rows_dropped", rows, by=by or getpass.getuser(), reason=reason
            )
    _tell_retained(done, dry_run=dry_run)
    if recorded:
        print(f"recorded in {recorded}")


def _tell_retained(done: "Retained", *, dry_run: bool) -> None:
    for stream in dict.fromkeys(stream for stream, _ in done.arrivals):
        days = [day for of_stream, day in done.arrivals if of_stream == stream]
        print(f"{stream:<17} {len(days):>6,} arrival days, {days[0]} to {days[-1]}")
    word = "would be dropped" if dry_run else "dropped"
    print(
        f"arrived before {done.before}: {done.files:,} files, {done.bytes:,} bytes, {done.rows:,} rows {word}"
    )
    print(f"texts of {done.quarantined:,} rows in quarantine {word}")
    for kept in done.kept:
        _err.print(f"kept: {kept}", markup=False, highlight=False, soft_wrap=True)


def _say(message: str) -> None:
    _err.print(message, highlight=False, soft_wrap=True, markup=False)
