"""`quarterhour retain` and `quarterhour forget`: what goes, so that nothing that is billed changes."""

import getpass
from contextlib import nullcontext
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from orchestration.commands.common import words_of
from orchestration.terminal import plain, say

if TYPE_CHECKING:
    from pathlib import Path

    from orchestration.privacy.forgetting import Found
    from orchestration.privacy.retention import Retained

DryRun = Annotated[bool, Parameter(negative="", help="Only say what would change.")]
By = Annotated[str | None, Parameter(help="Who does it; by default the user of this machine.")]
Reason = Annotated[str | None, Parameter(help="Why; it stands in the book of each account.")]
SHOWN = 10
"""Arrival days that are told one by one where they must wait."""


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
    from orchestration.lake import Lake
    from orchestration.lake.tables import TABLES
    from orchestration.made import keeping_whole
    from orchestration.privacy.dropped import Request
    from orchestration.privacy.forgetting import finish_begun
    from orchestration.privacy.retention import retain as drop
    from orchestration.runs.one_run import only_run
    from orchestration.runs.telling import telling_of_command
    from orchestration.settings.loading import load_settings

    home = load_settings().home
    words = words_of("retain", raw_days=raw_days, by=by, reason=reason)
    told = nullcontext() if dry_run else telling_of_command(home, *words)
    with told, only_run(home, "quarterhour retain", say):
        if not dry_run:
            finish_begun(home)
        Lake(home).ensure(TABLES)
        with keeping_whole(home):
            done = drop(home, raw_days, Request.now(by or getpass.getuser(), reason), dry_run=dry_run)
    _tell_retained(done, dry_run=dry_run)
    for path in done.recorded:
        print(plain(f"recorded in {path}"))


def forget(
    *,
    user: str,
    account: str | None = None,
    dry_run: DryRun = False,
    search: Annotated[bool, Parameter(negative="")] = False,
    by: By = None,
    reason: Reason = None,
) -> None:
    """Replace the id of a person by one random pseudonym, in landing, lake, quarantine, marts and pages.

    No count changes. The id is replaced where it is the whole value: as user_id, session_id or agent_id, and
    in the person's own rows also in columns that no contract knows. What is left of it as a text is told by
    file: free texts, the book, other people's rows. Backups, what was delivered elsewhere, and who sends the
    logs are not reached: a row that comes again brings the id again.

    Parameters
    ----------
    user
        The id, as in user_id.
    account
        Only in the rows of that account.
    search
        Change nothing, and only say in which files the id stands as a text.
    """
    from orchestration.made import keeping_whole
    from orchestration.privacy.forgetting import Whose, find
    from orchestration.privacy.forgetting import forget as replace
    from orchestration.privacy.searching import places_of
    from orchestration.runs.one_run import only_run
    from orchestration.settings.loading import load_settings

    home = load_settings().home
    with only_run(home, "quarterhour forget", say), keeping_whole(home):
        if not search:
            whose = Whose(user, account, by or getpass.getuser(), reason)
            found = find(home, user, account) if dry_run else replace(home, whose)
            _tell_forgotten(found, home, dry_run=dry_run)
        left = [] if dry_run else places_of(home, user)
    for place in left:
        print(plain(f"{place.file}: {place.problem or f'stands there {place.times} times'}"))
    if not dry_run:
        there = sum(place.problem is None for place in left)
        print(f"the id stands in {there} files of the home as a text; backups are not searched")
        if there < len(left):
            print(f"{len(left) - there} files could not be searched")


def _tell_forgotten(found: "Found", home: "Path", *, dry_run: bool) -> None:
    word = "would be replaced" if dry_run else "replaced"
    for path, rows in sorted({**found.files, **found.settled}.items()):
        print(plain(f"{path.relative_to(home)}: {rows} rows"))
    for account_id, rows in sorted(found.rows_of_accounts.items()):
        print(plain(f"account {account_id}: {rows:,} rows"))
    days = f"{found.days[0]} to {found.days[-1]}" if found.days else "no day"
    print(f"{len(found.files):,} landing files, {len(found.settled):,} files of settled rows, {days}: {word}")


def _tell_retained(done: "Retained", *, dry_run: bool) -> None:
    for stream in dict.fromkeys(stream for stream, _ in done.arrivals):
        days = [day for of_stream, day in done.arrivals if of_stream == stream]
        print(f"{stream:<17} {len(days):>6,} arrival days, {days[0]} to {days[-1]}")
    word = "would be dropped" if dry_run else "dropped"
    print(
        f"arrived before {done.before}: {done.files:,} files, {done.bytes:,} bytes, {done.rows:,} rows {word}"
    )
    print(f"texts of {done.quarantined:,} rows in quarantine {word}")
    for kept in done.kept[:SHOWN]:
        say(plain(f"kept: {kept}"))
    if len(done.kept) > SHOWN:
        say(f"kept: {len(done.kept) - SHOWN} arrival days more, for the like reasons")
