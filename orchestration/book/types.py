"""What can be written into an account's book: the seeds by which the marts judge it, read as they are."""

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

BY_THE_WAY = ("raw_rows_dropped", "person_forgotten")
"""Types that no one writes by hand: records of what another command has done."""
AppRule = Literal["required", "optional", "none"]
SEEDS = Path(__file__).resolve().parents[2] / "dbt_project" / "seeds"


@dataclass(frozen=True)
class Field:
    """A particular of an event; `kind` says what values it takes, `choices` which if they are few."""

    name: str
    kind: str
    is_required: bool
    choices: tuple[str, ...]
    help: str


@dataclass(frozen=True)
class EventType:
    """A type of event and the command that writes it."""

    name: str
    command: str
    app_rule: AppRule
    help: str
    fields: tuple[Field, ...]


@cache
def event_types() -> dict[str, EventType]:
    """All types by name, in the order of the seed."""
    fields = _rows("account_event_fields")
    return {
        row["event_type"]: EventType(
            name=row["event_type"],
            command=row["command"],
            app_rule=_app_rule(row["app_rule"]),
            help=row["help"],
            fields=tuple(_field(each) for each in fields if each["event_type"] == row["event_type"]),
        )
        for row in _rows("account_event_types")
    }


def types_to_write() -> dict[str, EventType]:
    """The types that a person writes."""
    return {name: each for name, each in event_types().items() if name not in BY_THE_WAY}


@cache
def plan_currencies() -> dict[str, str]:
    """The currency of each plan; a trial has none."""
    return {row["plan_id"]: row["currency"] for row in _rows("plans")}


def _rows(seed: str) -> list[dict[str, str]]:
    with (SEEDS / f"{seed}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _field(row: dict[str, str]) -> Field:
    return Field(
        name=row["field"],
        kind=row["value_kind"],
        is_required=row["is_required"] == "true",
        choices=tuple(row["choices"].split("|")) if row["choices"] else (),
        help=row["help"],
    )


def _app_rule(text: str) -> AppRule:
    rules: dict[str, AppRule] = {"required": "required", "optional": "optional", "none": "none"}
    return rules[text]
