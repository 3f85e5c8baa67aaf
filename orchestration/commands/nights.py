"""`quarterhour run`, `demo` and `serve`: the night, what it makes, and a look at it."""

from datetime import date
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from orchestration.commands.common import home_of_settings, stage
from orchestration.errors import UsageError
from orchestration.terminal import say, warn


def run(*, day: Annotated[date | None, Parameter(name="--date")] = None,
        first: Annotated[date | None, Parameter(name="--from")] = None,
        last: Annotated[date | None, Parameter(name="--to")] = None) -> None:  # fmt: skip
    """Run the nightly job through Dagster, without a server: ingest, sessions, marts, reports.

    Without options it takes every arrival day with a file in landing/ that was not seen yet; where there is
    none, the last one again if a run before did not come to its end.

    Parameters
    ----------
    day
        One arrival day.
    first
        First of a range of arrival days.
    last
        Last of a range of arrival days.
    """
    from orchestration.runs.telling import telling

    home = home_of_settings()
    with telling(home):
        days = _days(home, day, first, last)
    if not days:
        print(f"nothing new in {home / 'landing'}; name days with --date, or --from and --to")
        return
    _run(home, *days)


def demo(*, fresh: bool = True) -> None:
    """Generate two months of logs for several accounts, run everything, and say where the reports are.

    Beside them runs a real month, where its logs are there: the bank's February 1999, in a home of its own.

    Parameters
    ----------
    fresh
        Start from an empty demo home (only what earlier demos wrote is removed).
    """
    from orchestration.demo.bank import beside, prepare_bank
    from orchestration.demo.home import prepare, settle

    home = home_of_settings()
    with stage("generating two months of logs…"):
        nights = prepare(home, fresh=fresh)
        bank = prepare_bank(home / "bank", fresh=fresh)
    print(f"logs of {nights[0][0]} to {nights[-1][1]} are in {home / 'landing'}")
    print(bank.told)
    with beside(bank) as finished:
        for number, (first, last) in enumerate(nights):
            if number:
                settle(home)
            _run(home, first, last)
        with stage("the bank's month…"):
            site = finished()
    if site:
        print(f"reports of the bank's February 1999: {site}")


def serve(*, port: int = 8600) -> None:
    """Serve the reports folder on loopback until interrupted.

    Parameters
    ----------
    port
        The port on 127.0.0.1; 0 takes a free one.
    """
    from orchestration.serve import serve_reports

    serve_reports(home_of_settings() / "reports", port)


def _days(home: Path, day: date | None, first: date | None, last: date | None) -> tuple[date, date] | None:
    """The first and the last day that are asked for or, where none are, that wait; None where none do."""
    if day and (first or last):
        raise UsageError("give --date, or --from and --to, not both")
    if bool(first) != bool(last):
        raise UsageError("--from and --to belong together")
    if day:
        return day, day
    if not first or not last:
        left = _left_to_do(home)
        return (left[0], left[-1]) if left else None
    if first > last:
        raise UsageError("--from lies after --to")
    return first, last


def _left_to_do(home: Path) -> list[date]:
    """The days that wait in landing; where none does, the last one if a run did not come to its end."""
    from orchestration.home import last_arrival, waiting_days
    from orchestration.made import is_whole
    from orchestration.partitions import within
    from orchestration.privacy.forgetting import JOURNAL
    from orchestration.runs.one_run import if_free

    waiting = waiting_days(home)
    days = within(waiting)
    outside = [day for day in waiting if day not in days]
    if outside:
        told = f"{len(outside)} {'day' if len(outside) == 1 else 'days'} ({outside[0]} to {outside[-1]})"
        warn(f"files of {told} wait on: outside the settings first_day and last_day, or ahead of the clock")
    begun = last_arrival(home)
    if days or begun is None:
        return days
    with if_free(home) as is_free:  # or another run is on its way to the end
        is_left = is_free and ((home / JOURNAL).exists() or not is_whole(home))
    if is_left:
        say("lake and ledger are ahead of marts, outbox or pages: the last arrival day is run again")
    return within([begun]) if is_left else []


def _run(home: Path, first: date, last: date) -> None:
    from orchestration.runs.telling import telling

    with telling(home, first, last):  # to import it reads the home
        from orchestration.runs.nightly import run_night
    with stage(f"running {first} to {last}…"):
        warnings = run_night(home, first, last, say)
    for warning in warnings:
        warn(warning)
    print(f"done: {first} to {last}")
    print(f"reports: {home / 'reports' / 'index.html'}")
