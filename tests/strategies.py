"""Mean logs: few keys, few instants, and gaps that lie on the limits of RULES.md or 1 ms beside them.

One maker serves both hypothesis, which finds a smallest log that fails, and crowds of seeded logs, which
go through one run together and so cost next to nothing each.
"""

import random
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st

from transforms.rules import Rules

FEWER = settings(max_examples=settings().max_examples // 5)
"""For properties that hold on any log, where the comparison with the reference does the searching."""

Row = dict[str, Any]
Kind = tuple[str, str]
Dice = random.Random

MINUTE = 60_000
QUARTER_HOUR = 15 * MINUTE
LATE_IN_A_LEAP_MONTH = int(datetime(2024, 2, 29, 23, 50, tzinfo=UTC).timestamp()) * 1000
TIMEOUT_MINUTES = [5, 7, 15, 20, 1440, 20160]

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
]
"""One user with and without session ids, one session in several apps and of several users."""

ONE_SESSION = [
    who for who in WHO if (who["account_id"], who["app_id"], who["session_id"]) == ("acme", "bank", "call")
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
    dice = random.Random(seed)
    rules, watermark_ms = settings_of(dice)
    whole = Log([], [], [], rules, watermark_ms)
    for number in range(size):
        log = mean_log(dice, (rules, watermark_ms))
        for part, into in ((log.rows, whole.rows), (log.legs, whole.legs), (log.timeouts, whole.timeouts)):
            into += [{**row, "account_id": f"{row['account_id'] or 'acme'}-{number}"} for row in part]
    return whole


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
    minutes = [15, *(dice.choice(TIMEOUT_MINUTES) for _ in range(dice.randint(1, 2)))]
    pool = instants(dice, minutes)
    who = dice.choice(
        [[dice.choice(WHO) for _ in range(dice.randint(1, 3))], [dice.choice(WHO)], ONE_SESSION]
    )
    kinds = dice.choice([ALL_KINDS, LEG_KINDS, IMPLYING_KINDS, SILENT_KINDS, QUIET_KINDS])
    return Log(
        rows_of(dice, pool, who, kinds),
        legs_of(dice, pool, who),
        timeouts_of(dice, pool, minutes),
        *given,
    )


def instants(dice: Dice, timeouts: list[int]) -> list[int]:
    """A handful of instants, each a limit (or 1 ms beside it) after the one before; 40 days are easy."""
    short = [MINUTE, QUARTER_HOUR // 2]
    limits = dice.choice([[*short, QUARTER_HOUR, *(minutes * MINUTE for minutes in timeouts)], short])
    pool = [LATE_IN_A_LEAP_MONTH]
    for _ in range(dice.randint(0, 9)):
        gap = dice.choice(limits) * dice.choice([1, 1, 2, 3]) + dice.choice([0, 0, -1, 1])
        pool.append(pool[-1] + gap)
    return pool


def rows_of(dice: Dice, pool: list[int], who: list[Row], kinds: list[Kind]) -> list[Row]:
    """Rows of any author and kind; the order of their ids says nothing of their times."""
    rows = []
    for number in range(dice.randint(0, dice.choice([14, 8, 4]))):
        actor, kind = dice.choice(kinds)
        event_id = f"row-{dice.randint(0, 9)}{number:02}"
        said = {"event_id": event_id, "occurred_at": dice.choice(pool), "actor": actor, "kind": kind}
        rows.append({**dice.choice(who), **said})
    return rows


def legs_of(dice: Dice, pool: list[int], who: list[Row]) -> list[Row]:
    """Legs that touch, overlap, contain, last no time, have no end, or start and end on a row."""
    legs = []
    for number in range(dice.randint(0, 4)):
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
