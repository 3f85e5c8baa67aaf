"""The book of each account: opened, published, subscribed, and what an admin changes later."""

import json
from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from orchestration.generator.catalogue import Account, opened_ms


@dataclass(frozen=True)
class AccountEvent:
    """One event; `fields` are the particulars of its type."""

    account_id: str
    occurred_at: datetime
    type: str
    fields: tuple[tuple[str, str | int], ...]


def opening_events(account: Account, first_day: date) -> list[AccountEvent]:
    """Return how an account begins: in its first minutes everything is published and subscribed."""
    opened = datetime.fromtimestamp(opened_ms(account, first_day) / 1000, UTC)
    events = [
        AccountEvent(
            account.account_id,
            opened,
            "account_opened",
            (
                ("account_name", account.name),
                ("zone", account.zone),
                ("currency", account.currency),
                ("kind", account.kind),
                ("locale", account.locale),
            ),
        )
    ]

    def add(type_: str, **fields: str | int) -> None:
        occurred = opened + timedelta(seconds=len(events))
        events.append(AccountEvent(account.account_id, occurred, type_, tuple(fields.items())))

    if account.plan_id:
        add("plan_subscribed", plan_id=account.plan_id)
    for app in account.apps:
        add("app_published", app_id=app.app_id, app_name=app.name)
        if app.inactivity_minutes != 15:
            add("inactivity_minutes_set", app_id=app.app_id, inactivity_minutes=app.inactivity_minutes)
        if app.seats:
            add("seats_set", app_id=app.app_id, seats=app.seats)
        if app.plan_id:
            add("plan_subscribed", app_id=app.app_id, plan_id=app.plan_id)
    return events


def delivered_days(events: list[AccountEvent]) -> dict[date, bytes]:
    """Return the JSONL of each arrival day; event ids count up within an account."""
    numbers: defaultdict[str, int] = defaultdict(int)
    days: defaultdict[date, list[str]] = defaultdict(list)
    for event in sorted(events, key=lambda event: event.occurred_at):
        numbers[event.account_id] += 1
        row = {
            "event_id": f"{event.account_id}-{numbers[event.account_id]}",
            "account_id": event.account_id,
            "occurred_at": event.occurred_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "type": event.type,
            **dict(event.fields),
        }
        days[event.occurred_at.date()].append(json.dumps(row, ensure_ascii=False))
    return {day: ("\n".join(lines) + "\n").encode() for day, lines in days.items()}
