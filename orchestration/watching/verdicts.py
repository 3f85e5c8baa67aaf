"""Whether what arrived is what usually arrives: verdicts on arrival days, for the operator.

They stop nothing: good rows are counted whatever else came, or did not. Each says what it found, in figures
and a sentence, and where it does not pass what to do.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from statistics import median

import polars as pl

from orchestration.lake import Lake
from orchestration.watching.arrivals import Book, Deliveries, arrived_rows, early_rows
from orchestration.watching.settings import WatchSettings

DAY, WEEK = timedelta(days=1), timedelta(days=7)
EXPECTED_ROWS = 10
"""Of a stream with fewer rows on a weekday a day without files is no news: now and then there are none."""
LOOKED_BACK = 52
"""Weeks before those that are compared in which a custom may have begun."""
RETURNS = 2
"""If among the weeks that are compared files came back so often after they were missed, it is no custom."""
FEW_ROWS = 10
"""So many rows say nothing of a share yet."""
SHOWN = 5
"""Pieces of evidence in a sentence."""
NAME_LENGTH = 60


@dataclass(frozen=True)
class Verdict:
    """Whether a check passes, in words, and its figures."""

    passed: bool
    told: str
    figures: dict[str, float]


@dataclass(frozen=True)
class Watched:
    """A stream's arrival days that are judged; days from `today` on are not over, and miss nothing yet."""

    lake: Lake
    stream: str
    days: Sequence[date]
    today: date
    limits: WatchSettings
    book: Book

    @cached_property
    def deliveries(self) -> Deliveries:
        """The counts of the stream's files."""
        return Deliveries(self.lake, self.stream)

    @cached_property
    def rows(self) -> pl.DataFrame:
        """The rows that arrived, by app and day."""
        return arrived_rows(self.lake, self.stream, self.days)

    def usual(self, day: date) -> list[int] | None:
        """The rows of the same weekday in the last weeks that had files; None where it has no such custom.

        A week without files ends the custom, unless it was itself one in which files were missed: however
        long nothing comes, it is not what is usual. Only where files came back and stayed away twice, it is.
        """
        count = self.limits.usual_weeks
        weeks = [day - number * WEEK for number in range(1, count + 1)]
        if not all(map(self.has_files, weeks)):  # seldom: then all of the year before is looked at
            weeks += [day - number * WEEK for number in range(count + 1, count + LOOKED_BACK)]
        rows: list[int] = []
        returns: list[bool] = []  # of each whether files had been missed just before
        is_missing = False
        for week in reversed(weeks):
            if self.has_files(week):
                rows, returns = [*rows, self._rows(week)][-count:], [*returns, is_missing][-count:]
                is_missing = False
            elif _is_custom(rows, count) and sum(returns) < RETURNS:
                is_missing = True
            else:
                rows, returns, is_missing = [], [], False
        return rows if len(rows) == count and sum(returns) < RETURNS else None

    def is_missed(self, day: date) -> bool:
        """Whether files of a day would be missed."""
        return _is_custom(self.usual(day) or [], self.limits.usual_weeks)

    def has_files(self, day: date) -> bool:
        """Whether any file arrived on a day."""
        found = self.deliveries.on(day)
        return found is not None and found.files > 0

    def last_before(self, day: date) -> date:
        """The last day before with files, of a stream that had some within the weeks that are looked at."""
        days = (day - number * DAY for number in range(1, 7 * (LOOKED_BACK + self.limits.usual_weeks) + 1))
        return next(filter(self.has_files, days))

    def _rows(self, day: date) -> int:
        found = self.deliveries.on(day)
        return found.rows if found else 0


def _is_custom(rows: list[int], count: int) -> bool:
    return len(rows) == count and median(rows) >= EXPECTED_ROWS


def files_arrived(watched: Watched) -> Verdict:
    """No files on a day of the week that had some in each of the last weeks, or was to have."""
    missing, silent, compared = [], [0], 0
    for day in _over(watched):
        if not watched.is_missed(day):
            continue
        compared += 1
        if not watched.has_files(day):
            last = watched.last_before(day)
            silent.append((day - last).days)
            missing.append(
                f"{day} (usually {median(watched.usual(day) or ()):,.0f} rows; the last came on {last})"
            )
    return _verdict(
        missing,
        f"{watched.stream}: no files on {_listed(missing)}, though this day of the week always has some. "
        "Ask the sender; what comes late counts as well. Where nothing was to come, put an empty file into "
        f"landing/{watched.stream}/<day>/ and run the day.",
        _compared(watched, compared),
        days_without_files=len(missing),
        days_compared=compared,
        days_since_files=max(silent),
    )


def volume_is_usual(watched: Watched) -> Verdict:
    """Many times fewer or more rows than the median of the same weekday in the last weeks."""
    limits = watched.limits
    unusual, factors = [], [1.0]
    for day in _over(watched):
        usual, found = watched.usual(day), watched.deliveries.on(day)
        if usual is None or not found or not found.files:
            continue  # without files at all is for `files_arrived` to tell
        middle = median(usual)
        factors.append(found.rows / middle if middle else 1.0)
        is_few = middle >= limits.volume_rows and found.rows * limits.volume_factor <= middle
        if is_few or found.rows >= limits.volume_factor * max(middle, limits.volume_rows):
            unusual.append(f"{day} ({found.rows:,} rows, usually {middle:,.0f})")
    return _verdict(
        unusual,
        f"{watched.stream}: {limits.volume_factor:g} times fewer or more rows than this day of the week "
        f"has, on {_listed(unusual)}. Ask the sender whether files are missing or cut off, or events were "
        "sent twice under new ids; copies under the same ids count once.",
        _compared(watched, len(factors) - 1),
        unusual_days=len(unusual),
        days_compared=len(factors) - 1,
        lowest_factor=round(min(factors), 3),
        highest_factor=round(max(factors), 3),
    )


def quarantine_is_small(watched: Watched) -> Verdict:
    """The share of a day's rows that break the contract (R20)."""
    limit = watched.limits.quarantine_limit
    above, shares = [], [0.0]
    for day in watched.days:
        found = watched.deliveries.on(day)
        if not found or not found.rows:
            continue
        shares.append(found.quarantined / found.rows)
        is_many = found.quarantined >= FEW_ROWS or found.quarantined == found.rows
        if shares[-1] > limit and is_many:
            above.append(f"{day} ({found.quarantined:,} of {found.rows:,} rows)")
    return _verdict(
        above,
        f"{watched.stream}: more than {limit:.0%} of the rows are in quarantine on {_listed(above)}. Read "
        "their reasons in lake/quarantine, have the sender correct the files, put these into the same "
        "folder of landing/ under the same names, and run the days again.",
        f"{watched.stream}: at most {max(shares):.1%} of a day's rows are in quarantine (limit {limit:.0%})",
        days_above_limit=len(above),
        highest_share=round(max(shares), 4),
    )


def apps_are_known(watched: Watched) -> Verdict:
    """Apps in the logs that the book of their account never published."""
    unknown = watched.book.unknown(watched.rows)
    told = [
        f"{_name(app)} of {_name(account)} ({count:,} {'row' if count == 1 else 'rows'})"
        for account, app, count in unknown.iter_rows()
    ]
    return _verdict(
        told,
        f"{watched.stream}: the account's book has no app {_listed(told)}. Their usage is counted, but no "
        "plan of theirs prices it. Publish a new app with `quarterhour account publish`; have the sender "
        "correct an id that is misspelt.",
        f"{watched.stream}: every app is in its account's book",
        unknown_apps=unknown.height,
        rows_of_unknown_apps=int(unknown["rows"].sum()),
    )


def clocks_agree(watched: Watched) -> Verdict:
    """By account, rows that lie after the day of their arrival, or many days before it.

    Of an arrival only its day is known: a clock that is wrong by less than a day shows near midnight alone.
    """
    limits = watched.limits
    late = (pl.col("arrival_day") - pl.col("event_day")).dt.total_days()
    half_have_come = pl.col("rows").cum_sum() * 2 >= pl.col("rows").sum()
    of_account = (
        watched.rows.with_columns(late_days=late)
        .sort("late_days")
        .group_by("account_id")
        .agg(
            pl.col("rows").sum(),
            ahead=pl.col("rows").filter(pl.col("late_days") < 0).sum(),
            behind=pl.col("rows").filter(pl.col("late_days") > limits.skew_days).sum(),
            median_days=pl.col("late_days").filter(half_have_come).first(),
        )
        .sort("account_id")
    )
    refused = early_rows(watched.lake, watched.stream, watched.days)
    wrong, shares, medians = [], [0.0], [0]
    for account, count, ahead, behind, median_days in _with_refused(of_account, refused):
        shares.append((ahead + behind) / count)
        medians.append(median_days)
        if shares[-1] > limits.skew_limit and ahead + behind >= FEW_ROWS:
            wrong.append(
                f"{_name(account)} (of {count:,} rows {ahead:,} after the day of their arrival, {behind:,} "
                f"more than {limits.skew_days} days before it, the median {median_days} days)"
            )
    return _verdict(
        wrong,
        f"{watched.stream}: the times of rows do not fit the day of their arrival: {_listed(wrong)}. "
        "Nothing is to be done where old logs were delivered on purpose; else have the sender set clock or "
        "zone right and deliver the files again under the same names.",
        f"{watched.stream}: the times of the rows fit their arrival",
        accounts_with_skew=len(wrong),
        highest_share=round(max(shares), 4),
        highest_median_days_late=max(medians),
    )


def _with_refused(
    accounts: pl.DataFrame, refused: dict[str, int]
) -> Iterable[tuple[str, int, int, int, int]]:
    """The accounts with those of their rows that were refused for their time."""
    for account, count, ahead, behind, median_days in accounts.select(
        "account_id", "rows", "ahead", "behind", "median_days"
    ).iter_rows():
        more = refused.pop(account, 0)
        yield account, count + more, ahead + more, behind, median_days
    for account, more in sorted(refused.items()):
        yield account, more, more, 0, -1


def _over(watched: Watched) -> list[date]:
    return [day for day in watched.days if day < watched.today]


def _compared(watched: Watched, compared: int) -> str:
    """What a check that passes says: how many of its days could be compared with anything."""
    weeks, rest = watched.limits.usual_weeks, len(watched.days) - compared
    told = f"{watched.stream}: as usual on {compared} of {len(watched.days)} days"
    if rest:
        told += (
            f"; {rest} not compared: not over, or without files and rows enough on the same day of each of "
        )
        told += f"the {weeks} weeks before"
    return told


def _verdict(found: list[str], fault: str, fine: str, **figures: float) -> Verdict:
    return Verdict(not found, fault if found else fine, figures)


def _listed(found: list[str]) -> str:
    more = len(found) - SHOWN
    return ", ".join(found[:SHOWN]) + (f" and {more} more" if more > 0 else "")


def _name(value: str) -> str:
    """A name from a log, which may hold anything, on one line and cut."""
    return repr(value if len(value) <= NAME_LENGTH else value[:NAME_LENGTH] + "…")
