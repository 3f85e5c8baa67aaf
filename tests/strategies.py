"""Mean logs: few keys, few instants, and gaps that lie on the limits of RULES.md or 1 ms beside them.

One maker serves both hypothesis, which finds a smallest log that fails, and crowds of seeded logs, which
go through one run together and so cost next to nothing each.
"""

import random
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st

from transforms.rules import Rules

FEWER = settings(max_examples=settings().max_examples // 10)
"""For properties that hold on any log, where the comparison with the reference does the searching."""

Row = dict[str, Any]
Kind = tuple[str, str]
Dice = random.Random

MINUTE = 60_000
QUARTER_HOUR = 15 * MINUTE
LATE_IN_A_LEAP_MONTH = int(datetime(2024, 2, 29, 23, 50, tzinfo=UTC).timestamp()) * 1000
DAY = 24 * 60 * MINUTE
TIMEOUT_MINUTES = [5, 7, 15, 20, 1440, 20160]
"""R3: the shortest and the longest that an app may have among them; any other is drawn now and then."""

QUIET_KINDS = [("user", "message"), ("app", "message"), ("app", "greeting")]
LEG_KINDS = [*QUIET_KINDS, ("agent", "message"), ("system", "handoff_start"), ("agent", "handoff_end")]
ALL_KINDS = [
    *LEG_KINDS,
    ("user", "message"),
    ("system", "message"),
    ("app", "closure_notice"),
    ("system", "session_reset"),
    ("user", "api_request"),
]
IMPLYING_KINDS = [
    ("user", "message"),
    ("app", "message"),
    ("agent", "message"),
    ("system", "session_reset"),
    ("system", "handoff_start"),
]
SILENT_KINDS = [
    ("agent", "message"),
    ("system", "message"),
    ("system", "session_reset"),
    ("system", "handoff_start"),
    ("agent", "handoff_end"),
]

ANN = {"account_id": "acme", "app_id": "bank", "channel": "web", "user_id": "ann", "session_id": None}
WHO = [
    ANN,
    {**ANN, "channel": "ivr"},
    {**ANN, "session_id": "call"},
    {**ANN, "session_id": "call", "user_id": "bob", "channel": "ivr"},
    {**ANN, "session_id": "call", "user_id": "cleo"},
    {**ANN, "session_id": "call", "app_id": "cards"},
    {**ANN, "session_id": "chat"},
    {**ANN, "user_id": "bob"},
    {**ANN, "account_id": "zeta"},
    {**ANN, "account_id": "zeta", "session_id": "call", "channel": "voice"},
    {**ANN, "account_id": "ac", "app_id": "mebank"},
]
"""One user with and without session ids, one session in several apps and of several users; ids that read
alike where they are put together."""

ONE_SESSION = [
    who for who in WHO if (who["account_id"], who["app_id"], who["session_id"]) == ("acme", "bank", "call")
]
SEVERAL_APPS = [who for who in WHO if (who["account_id"], who["session_id"]) == ("acme", "call")]
ONE_USER = [
    who for who in WHO if (who["account_id"], who["app_id"], who["user_id"]) == ("acme", "bank", "ann")
]


@dataclass(frozen=True)
class Log:
    """One log with its settings: what both implementations are given."""

    rows: list[Row]
    legs: list[Row]
    timeouts: list[Row]
    rules: Rules
    watermark_ms: int | None


def logs() -> st.SearchStrategy[Log]:
    """Single mean logs."""
    return st.randoms(use_true_random=False).map(lambda dice: mean_log(dice, settings_of(dice)))


def crowd(seed: int, size: int) -> Log:
    """Many mean logs as one, each under accounts of its own, all under the same rules."""
    return together(members(seed, size))


def members(seed: int, size: int, within_ms: int | None = None) -> list[Log]:
    """Mean logs under the same rules; with `within_ms`, those that last no longer."""
    dice = random.Random(seed)
    given = settings_of(dice)
    found: list[Log] = []
    while len(found) < size:
        log = mean_log(dice, given)
        if within_ms is None or span_ms(log) <= within_ms:
            found.append(log)
    return found


def together(parts: list[Log]) -> Log:
    """Logs under the same rules as one, each under accounts of its own."""
    whole = Log([], [], [], parts[0].rules, parts[0].watermark_ms)
    for number, log in enumerate(parts):
        for part, into in ((log.rows, whole.rows), (log.legs, whole.legs), (log.timeouts, whole.timeouts)):
            into += [{**row, "account_id": f"{row['account_id'] or 'acme'}-{number}"} for row in part]
    return whole


def span_ms(log: Log) -> int:
    """From the first to the last instant of a log."""
    times = [row["occurred_at"] for row in log.rows]
    for leg in log.legs:
        times += [
            leg[name] for name in ("transferred_at", "accepted_at", "ended_at") if leg[name] is not None
        ]
    return max(times) - min(times) if times else 0


def settings_of(dice: Dice) -> tuple[Rules, int | None]:
    rules = Rules(
        anchor=dice.choice(["first_activity", "first_user_message"]),
        handoff_starts_at=dice.choice(["transfer", "accepted"]),
        default_inactivity_minutes=dice.choice([15, 5]),
    )
    after = dice.choice([None, 15, 30, 35, 45, 60, 75, 90, 1440, 20160])
    if after is None:
        return rules, None
    return rules, LATE_IN_A_LEAP_MONTH + after * MINUTE + dice.choice([0, -1, 1])


def mean_log(dice: Dice, given: tuple[Rules, int | None]) -> Log:
    share = dice.random()
    if share < 0.34:
        return long_talk(dice, given) if share < 0.3 else call_of_the_app(dice, given)
    minutes = [15, *(timeout_of(dice) for _ in range(dice.randint(1, 2)))]
    pool = instants(dice, minutes)
    some, one = [dice.choice(WHO) for _ in range(dice.randint(1, 3))], [dice.choice(WHO)]
    who = dice.choice([some, some, one, one, ONE_SESSION, dice.choice([SEVERAL_APPS, ONE_USER])])
    kinds = dice.choice([ALL_KINDS, LEG_KINDS, IMPLYING_KINDS, SILENT_KINDS, QUIET_KINDS])
    rows = rows_of(dice, pool, who, kinds, dice.randint(0, dice.choice([14, 8, 4])))
    legs = legs_of(dice, pool, who, dice.randint(0, 4))
    return Log(rows, legs, timeouts_of(dice, pool, minutes), *given)


def long_talk(dice: Dice, given: tuple[Rules, int | None]) -> Log:
    """One key and hardly a gap above its timeout: many blocks, few pauses, now and then 40 days and more."""
    minutes = timeout_of(dice)
    limits = [minutes * MINUTE] * 3 + [MINUTE, min(minutes, 15) * MINUTE]
    pool = [LATE_IN_A_LEAP_MONTH]
    for _ in range(dice.randint(3, 9)):
        pool.append(pool[-1] + dice.choice(limits) + dice.choice([0, 0, 0, -1, -1, 1]))
    who = dice.choice([ONE_SESSION, [dice.choice(WHO)]])
    kinds = dice.choice([QUIET_KINDS, QUIET_KINDS, LEG_KINDS, ALL_KINDS])
    rows = rows_of(dice, pool, who, kinds, dice.randint(5, 16))
    legs = legs_of(dice, pool, who, dice.choice([0, 0, 1, 1, 2]))
    for_ever = {"account_id": None, "effective_at": None, "inactivity_minutes": minutes}
    return Log(rows, legs, [{**for_ever, "app_id": who[0]["app_id"]}], *given)


def call_of_the_app(dice: Dice, given: tuple[Rules, int | None]) -> Log:
    """A call in which the app alone speaks and agents are asked for, who mostly do not take it (R14)."""
    pool, who = instants(dice, [15]), [dice.choice([each for each in WHO if each["channel"] != "web"])]
    rows = rows_of(dice, pool, who, [("app", "message"), ("app", "greeting")], dice.randint(1, 4))
    legs = legs_of(dice, pool, who, dice.randint(1, 2))
    untaken = [{**leg, "accepted_at": None} for leg in legs]
    return Log(rows, dice.choice([untaken, untaken, legs]), [], *given)


def timeout_of(dice: Dice) -> int:
    """Whole minutes from 5 to 20160 (R3), the ends and the usual ones most of all."""
    return dice.choice([*TIMEOUT_MINUTES, dice.randint(5, 20160)])


def instants(dice: Dice, timeouts: list[int]) -> list[int]:
    """A handful of instants, each a limit (or 1 ms beside it) after the one before."""
    short = [MINUTE, QUARTER_HOUR // 2]
    limits = [minutes * MINUTE for minutes in timeouts]
    limits = dice.choice([[*short, QUARTER_HOUR, *limits], short, [1, 1000, 5 * MINUTE], [max(limits)]])
    pool = [LATE_IN_A_LEAP_MONTH + dice.choice([0, 0, -1, 150_000])]
    for _ in range(dice.randint(0, 9)):
        gap = dice.choice(limits) * dice.choice([1, 1, 2, 3]) + dice.choice([0, 0, -1, 1])
        pool.append(pool[-1] + gap)
    return pool


def rows_of(dice: Dice, pool: list[int], who: list[Row], kinds: list[Kind], count: int) -> list[Row]:
    """Rows of any author and kind; the order of their ids says nothing of their times."""
    rows = []
    for number in range(count):
        actor, kind = dice.choice(kinds)
        event_id = f"row-{dice.randint(0, 9)}{number:02}"
        said = {"event_id": event_id, "occurred_at": dice.choice(pool), "actor": actor, "kind": kind}
        rows.append({**dice.choice(who), **said})
    return rows


def legs_of(dice: Dice, pool: list[int], who: list[Row], count: int) -> list[Row]:
    """Legs that touch, overlap, contain, last no time, have no end, or start and end on a row."""
    legs = []
    for number in range(count):
        transferred_at = dice.choice(pool)
        later = [at for at in pool if at >= transferred_at]
        times = {
            "transferred_at": transferred_at,
            "accepted_at": dice.choice([transferred_at, transferred_at, None, dice.choice(later)]),
            "ended_at": dice.choice([dice.choice(later), dice.choice(later), None]),
        }
        legs.append({**dice.choice(who), "leg_id": f"leg-{dice.randint(0, 9)}{number}", **times})
    return legs


def timeouts_of(dice: Dice, pool: list[int], minutes: list[int]) -> list[Row]:
    """No value, one for ever, or some that change at instants of the log; of one account or of all."""
    values = []
    for app_id in ("bank", "cards"):
        account_id = dice.choice([None, "acme"])
        moments = {dice.choice([None, *pool]): dice.choice(minutes) for _ in range(dice.randint(0, 3))}
        for moment, inactivity in moments.items():
            of = {"account_id": account_id, "app_id": app_id}
            values.append({**of, "effective_at": moment, "inactivity_minutes": inactivity})
    return values


# Logs for a lake: of some days, delivered in files.

NIGHT_KINDS = [("user", "message")] * 4 + [("app", "message")] * 2 + ALL_KINDS
MIDNIGHT = LATE_IN_A_LEAP_MONTH + 10 * MINUTE


def nights(seed: int) -> Log:
    """Mean logs of at most three days, and keys of many rows whose conversations and legs run over nights.

    Mostly the timeouts are short, for a long one keeps every key of its app within reach of every day.
    """
    dice = random.Random(seed)
    logs_of_days = members(dice.randrange(2**32), 4, within_ms=3 * DAY)
    night = Log([], [], [], logs_of_days[0].rules, logs_of_days[0].watermark_ms)
    for key in range(5):
        session_id = f"s-{key}" if key % 2 else None
        over_nights(dice, {**ANN, "user_id": f"user-{key % 3}", "session_id": session_id}, night)
    night.timeouts.extend(timeouts_of(dice, [row["occurred_at"] for row in night.rows], TIMEOUT_MINUTES))
    whole, longest = together([*logs_of_days, night]), dice.choice([20, 20, 20, 20160])
    return replace(whole, timeouts=[v for v in whole.timeouts if v["inactivity_minutes"] <= longest])


def over_nights(dice: Dice, who: Row, night: Log) -> None:
    """A key of up to sixty rows with short gaps, and now and then a leg of minutes or of days."""
    rows: list[Row] = []
    at = MIDNIGHT + dice.choice([0, 0, 1]) * DAY + dice.choice([-20, -10, -1, 0, 1, 10]) * MINUTE
    kinds = dice.choice([QUIET_KINDS, QUIET_KINDS, NIGHT_KINDS])
    for _ in range(dice.randint(2, 60)):
        actor, kind = dice.choice(kinds)
        rows.append({"occurred_at": at, "actor": actor, "kind": kind})
        at += dice.choice([1, 4, 10, 15, 15, 14, 3, 3, 300]) * MINUTE + dice.choice([0, 0, 1])
    begin = MIDNIGHT + dice.randrange(-60, 2 * 24 * 60) * MINUTE
    end = begin + dice.choice([5, 600, dice.randrange(1, 3 * 24 * 60)]) * MINUTE
    known_from = dice.choice(["nothing", "rows", "log"])
    if known_from == "rows":
        for at, kind in ((begin, "handoff_start"), (end, "handoff_end")):
            rows.append({"occurred_at": at, "actor": "system", "kind": kind})
    if known_from == "log":
        times = {"transferred_at": begin, "accepted_at": dice.choice([None, begin])}
        number = len(night.legs)
        night.legs.append(
            {**who, "leg_id": f"leg-{number}", **times, "ended_at": dice.choice([end, end, None])}
        )
    first = len(night.rows)
    night.rows.extend({**who, **row, "event_id": f"row-{first + n:03}"} for n, row in enumerate(rows))
