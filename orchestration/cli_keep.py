"""`quarterhour backup`, `restore` and `doctor`: what keeps a home for years."""

import os
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from orchestration.errors import RunError
from orchestration.terminal import plain, say, warn

Flag = Parameter(negative="")


def register(app: App) -> None:
    """Adds the commands."""
    app.command(backup)
    app.command(restore)


def backup(*, to: Path) -> None:
    """Back up the home while it is in use, into a new folder below a folder of backups.

    It waits for a run, and holds others up only while each new file gets a second name. Files that did not
    change are shared with the last backup there. Marts and pages are left out: a run makes them.

    Parameters
    ----------
    to
        The folder of the backups, on another disk.
    """
    from orchestration.backing_up import back_up

    done = back_up(_home(), to, say)
    for each in done.left_out:
        warn(f"left out: {each}")
    print(
        f"{done.files:,} files, {done.bytes:,} bytes; "
        f"copied {done.copied_files:,}, {done.copied_bytes:,} bytes"
    )
    print(plain(f"backup: {done.folder}"))


def restore(
    *, source: Annotated[Path, Parameter(name="--from")], check: Annotated[bool, Flag] = False
) -> None:
    """Make a home again of a backup, if every byte is as it was; the home must be empty.

    Parameters
    ----------
    source
        A backup, or a folder of backups: then the newest of them.
    check
        Only read the backup, and say whether it is whole.
    """
    from orchestration.backup_list import backup_at
    from orchestration.restoring import restore as put_back
    from orchestration.restoring import verify

    found = backup_at(source)
    told = f"{len(found.files):,} files of {found.made_at}, made by quarterhour {found.made_by}"
    if check:
        verify(found)
        print(plain(f"{found.folder} is whole: {told}"))
        return
    home = _home()
    done = put_back(found, home, say)
    print(plain(f"{home}: {told}"))
    for finding in done.findings:
        warn(finding)
    if done.findings:
        raise RunError("the ledger was damaged when it was backed up: restore an older backup beside it")
    print(f"ledger: {done.entries:,} entries, all as they were written")
    print(plain(f"next, for marts and pages: {done.next_command}"))


def _home() -> Path:
    """The home, also one whose settings are wrong."""
    return Path(os.environ.get("QUARTERHOUR_HOME") or "data").resolve()
