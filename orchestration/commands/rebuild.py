"""`quarterhour rebuild`: a home built anew from what was delivered."""

import os
from pathlib import Path

from orchestration.errors import UsageError
from orchestration.terminal import say, warn


def rebuild(out: Path) -> None:
    """Build the home anew from landing/, in an empty folder, and say which tables tell other rows than here.

    Logs, ledger, records of deliveries and settings come along; nothing is issued or sent. Once the new home
    has taken this one's place, the next night issues as ever, differences as corrections.

    Parameters
    ----------
    out
        An empty folder, or none: the new home.
    """
    from orchestration.runs.rebuilding import bring, differences
    from orchestration.settings.loading import load_settings

    old, new = load_settings().home, out.resolve()
    bring(old, new, say)
    os.environ["QUARTERHOUR_HOME"] = str(new)  # before partitions are made of it
    from orchestration.home import waiting_days
    from orchestration.partitions import within
    from orchestration.runs.nightly import run_rebuild

    days = within(waiting_days(new))
    if not days:
        raise UsageError(f"there are no files in {old / 'landing'} to build from")
    say(f"building {days[0]} to {days[-1]} anew…")
    for warning in run_rebuild(new, days[0], days[-1], say):
        warn(warning)
    found = differences(old, new)
    for difference in found:
        warn(f"tells other rows than {old}: {difference}")
    print(f"built anew: {new}; " + (f"{len(found)} tables differ" if found else f"every table as in {old}"))
