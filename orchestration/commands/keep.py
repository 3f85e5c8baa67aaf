"""`quarterhour backup`, `restore` and `doctor`: what keeps a home for years."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from orchestration.commands.common import home_named, words_of
from orchestration.errors import RunError, UsageError
from orchestration.terminal import plain, say, warn

Flag = Parameter(negative="")


def backup(*, to: Path) -> None:
    """Back up the home while it is in use, into a new folder below a folder of backups.

    It waits for a run, and holds others up only while each new file gets a second name. Files that did not
    change are shared with the last backup there. Marts and pages are left out: a run makes them.

    Parameters
    ----------
    to
        The folder of the backups, on another disk.
    """
    from orchestration.backup.backing_up import back_up
    from orchestration.runs.telling import telling_of_command

    home = home_named()
    with telling_of_command(home, *words_of("backup", to=to.resolve())):
        done = back_up(home, to, say)
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
    from orchestration.backup.listing import backup_at
    from orchestration.backup.restoring import restore as put_back
    from orchestration.backup.restoring import verify

    found = backup_at(source)
    told = f"{len(found.files):,} files of {found.made_at}, made by quarterhour {found.made_by}"
    if check:
        verify(found)
        print(plain(f"{found.folder} is whole: {told}"))
        return
    home = home_named()
    done = put_back(found, home, say)
    print(plain(f"{home}: {told}"))
    for finding in done.findings:
        warn(finding)
    if done.findings:
        raise RunError("the ledger was damaged when it was backed up: restore an older backup beside it")
    print(f"ledger: {done.entries:,} entries, all as they were written")
    print(plain(f"next, for marts and pages: {done.next_command}"))


def doctor(*, thorough: Annotated[bool, Flag] = False, fix: Annotated[bool, Flag] = False) -> None:
    """Say whether the home and the machine around it are whole, and what to do where they are not.

    Ends with 1 where something must be done. It changes nothing, but for what --fix removes.

    Parameters
    ----------
    thorough
        Read every row of the lake too, and compare it with the hash that was written beside it.
    fix
        First remove what killed runs left half-written, and nothing else; waits for a run.
    """
    from orchestration.doctor import examine, remove_leftovers

    home = home_named()
    if not home.is_dir():
        raise UsageError(f"there is no home {home}; set QUARTERHOUR_HOME")
    for path in remove_leftovers(home) if fix else []:
        print(plain(f"removed: {path}"))
    faults = 0
    for finding in examine(home, thorough=thorough):
        faults += not finding.is_note
        print(plain(f"{'note' if finding.is_note else 'FAULT'}: {finding.what}"))
        print(plain(f"    {finding.remedy}"))
    if faults:
        raise RunError(f"{faults} thing{'s' * (faults > 1)} to do in {home}")
    print(plain(f"{home}: nothing to do"))
