"""A night or a command that ends badly is told, also one that is refused: cron reads nobody's last words."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import NoReturn

from orchestration.errors import UsageError
from orchestration.runs.remedies import told
from orchestration.settings.loading import SettingsError


@contextmanager
def telling(
    home: Path, first: date | None = None, last: date | None = None, runs: Sequence[str] = ()
) -> Iterator[None]:
    """Notifies whom it concerns of whatever ends a night, and raises it with what is to be done.

    Days that are not known yet are None; `runs` has, by then, the ids of the night's runs. A channel that did
    not take it is a note on the error.
    """
    try:
        yield
    except Exception as error:
        from orchestration.notices.nights import tell_of_night  # noqa: PLC0415  # seconds, for Dagster

        failure = told(error, home)
        _raise(failure, error, tell_of_night(home, first, last, runs, failure))


@contextmanager
def telling_of_command(home: Path, *words: str) -> Iterator[None]:
    """The same for a command that a timer starts, with the words that repeat it.

    What was given wrongly is told by the command alone: whoever sets up a timer tries it first.
    """
    try:
        yield
    except (UsageError, SettingsError):
        raise
    except Exception as error:
        from orchestration.notices.nights import tell_of_command  # noqa: PLC0415  # as above

        # An error of ours says itself what to do: the disk that is full may be that of the backups.
        failure = told(error, home) if isinstance(error, OSError) else error
        _raise(failure, error, tell_of_command(home, words, failure))


def _raise(failure: Exception, error: Exception, untold: list[str]) -> NoReturn:
    """The failure that was made of an error, or is it, with the channels that did not take it."""
    for problem in untold:
        failure.add_note(problem)
    if failure is not error:
        raise failure from error
    raise failure
