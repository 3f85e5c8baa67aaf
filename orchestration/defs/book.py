"""The account's book from the launchpad: a job that writes one event, as `quarterhour account` does."""

from typing import Any

import dagster as dg

from orchestration.book.types import EventType, Field, event_types, types_to_write
from orchestration.book.writing import Entry, record
from orchestration.defs.resources import Desk
from orchestration.errors import UsageError
from orchestration.instants import instant_of


def _shape_of(event_type: EventType) -> dg.Field:
    """What the launchpad asks for of a type of event: its app and its particulars."""
    app = {} if event_type.app_rule == "none" else {
        "app_id": dg.Field(str, is_required=event_type.app_rule == "required", description="Id of the app.")
    }  # fmt: skip
    particulars = {
        field.name: dg.Field(
            _config_type(event_type, field), is_required=field.is_required, description=field.help
        )
        for field in event_type.fields
    }
    return dg.Field({**app, **particulars}, description=event_type.help)


def _config_type(event_type: EventType, field: Field) -> Any:
    """Texts, also for amounts and days, but for what can be chosen: the judge decides what they are worth."""
    if field.choices:
        values = [dg.EnumValue(choice) for choice in field.choices]
        return dg.Enum(f"{event_type.name}_{field.name}", values)
    return bool if field.kind == "flag" else str


CONFIG = {
    "account_id": dg.Field(str, description="Id of the account."),
    "event": dg.Field(
        dg.Selector({name: _shape_of(event_type) for name, event_type in types_to_write().items()}),
        description="One type of event with its particulars.",
    ),
    "by": dg.Field(str, is_required=False, description="Who does it."),
    "reason": dg.Field(str, is_required=False, description="Why."),
    "occurred_at": dg.Field(
        str, is_required=False, description="When it takes effect, as 2026-03-01T00:00:00Z; now without it."
    ),
    "dry_run": dg.Field(bool, default_value=False, description="Only say whether it would be taken."),
}


@dg.op(config_schema=CONFIG)
def write_account_event(context: dg.OpExecutionContext, desk: Desk) -> None:
    """Judges the event with all others of the account and, if the fold takes it, puts it into landing."""
    config = context.op_config
    try:
        recorded = record(desk.path(), _entry(config), dry_run=config["dry_run"])
    except (UsageError, ValueError) as error:
        raise dg.Failure(description=str(error), allow_retries=False) from error
    context.add_output_metadata({
        "event": dg.MetadataValue.json(dict(recorded.row)),
        "path": str(recorded.path or "nothing was written (dry run)"),
        "no longer refused": ", ".join(recorded.revived) or "none",
        "warnings": "; ".join(recorded.warnings) or "none",
    })  # fmt: skip


def _entry(config: dict[str, Any]) -> Entry:
    [(event_type, particulars)] = config["event"].items()
    names = {field.name for field in event_types()[event_type].fields}
    return Entry(
        account_id=config["account_id"],
        type=event_type,
        app_id=particulars.get("app_id"),
        fields={name: value for name, value in particulars.items() if name in names},
        by=config.get("by"),
        reason=config.get("reason"),
        occurred_at=instant_of("occurred_at", config.get("occurred_at")),
    )


@dg.job(description="Write one event into an account's book, if the fold takes it.")
def account_event() -> None:
    """One event; `quarterhour account <command>` does the same."""
    write_account_event()


@dg.definitions
def book() -> dg.Definitions:
    """The job."""
    return dg.Definitions(jobs=[account_event])
