"""A night that ends badly is told, also one that is refused: cron reads nobody's last words."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path

from orchestration.runs.remedies import told


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
        for problem in tell_of_night(home, first, last, runs, failure):
            failure.add_note(problem)
        if failure is error:
            raise
        raise failure from error
