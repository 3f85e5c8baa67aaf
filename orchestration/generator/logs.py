"""Realistic logs of any size, day by day to disk (`quarterhour generate`)."""

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

from orchestration.generator.account_events import AccountEvent, delivered_days, opening_events
from orchestration.generator.alerts import alerts_of
from orchestration.generator.catalogue import DEFAULT_ACCOUNTS, Account, lane_slots, lanes_of
from orchestration.generator.conversations import conversations_of
from orchestration.generator.deliveries import deliver_alerts, deliver_handoffs, deliver_interactions
from orchestration.generator.handoffs import legs_of
from orchestration.generator.interactions import rows_of
from orchestration.generator.landing import FormatOf, Landing, Summary
from orchestration.generator.render import Renderer
from orchestration.generator.rhythm import rows_by_day
from orchestration.generator.shape import Format, Shape
from orchestration.generator.world import Day, World

FIRST_DAY = date(2026, 9, 1)
_EPOCH = date(1970, 1, 1)


def generate(
    events: int,
    days: int,
    seed: int,
    out: Path,
    first_day: date = FIRST_DAY,
    *,
    fmt: Format | FormatOf = "jsonl.gz",
    accounts: tuple[Account, ...] = DEFAULT_ACCOUNTS,
    account_events: tuple[AccountEvent, ...] = (),
    shape: Shape | None = None,
    on_day: Callable[[date], None] = lambda day: None,
) -> Summary:
    """Write about `events` interactions of `days` days, and what goes with them, into a landing folder.

    The same arguments give the same bytes. Memory is bounded by two days and the few rows that arrive later.
    `on_day` is told of each day made, for a progress bar. Files that stand in `out` already are replaced
    where a new one has their name, and left alone elsewhere.
    """
    if events < 0 or days < 1:
        raise ValueError(f"events must be at least 0 and days at least 1, got {events} and {days}")
    lanes = lanes_of(accounts, first_day)
    first = (first_day - _EPOCH).days
    world = World(lanes, lane_slots(lanes), shape or Shape(), seed=seed, first_day=first, days=days)
    format_of = fmt if callable(fmt) else lambda stream, day: fmt
    with Landing(out, Renderer(world), format_of) as landing:
        for index, rows in enumerate(rows_by_day(events, days, first_day, seed)):
            _make_day(world, Day(index, first + index, rows), landing)
            on_day(first_day + timedelta(days=index))
        landing.finish()
        book = [event for account in accounts for event in opening_events(account, first_day)]
        for day, content in delivered_days([*book, *account_events]).items():
            landing.write("account_events", day, "part-0.jsonl", content, content.count(b"\n"))
        return landing.summary(first_day, first_day + timedelta(days=days - 1))


def _make_day(world: World, day: Day, landing: Landing) -> None:
    conversations = conversations_of(world, day)
    rows = rows_of(conversations, world, day)
    landing.take("interactions", deliver_interactions(rows, world, day))
    landing.take("handoffs", deliver_handoffs(legs_of(conversations, rows, world), world, day))
    landing.take("alerts", deliver_alerts(alerts_of(world, day), world, day))
    landing.flush(day.number)
