"""`quarterhour account …`: a command for each type of event, made from the table of types, and `show`."""

import getpass
import json
from collections.abc import Callable
from datetime import UTC, datetime
from inspect import Parameter as Argument
from inspect import Signature
from typing import Annotated, Any, Literal

from cyclopts import App, Parameter
from rich.console import Console

from orchestration.book.types import EventType, Field, types_to_write
from orchestration.errors import UsageError
from orchestration.instants import instant_of
from orchestration.terminal import plain, warn

account = App(
    name="account",
    help="Write into an account's book, and show it.\n\nAn event that the fold would refuse is not written: "
    "the command ends with 2 and the reason. It counts with the night that ingests its day.",
)

_ACCOUNT = Annotated[str, Parameter(help="Id of the account.")]
_APP = Parameter(name="--app", help="Id of the app.")
_COMMON: dict[str, Any] = {
    "by": Annotated[str | None, Parameter(help="Who does it; by default the user of this machine.")],
    "reason": Annotated[str | None, Parameter(help="Why.")],
    "at": Annotated[
        str | None, Parameter(help="When it takes effect: 2026-03-01T00:00:00Z; by default now.")
    ],
    "dry_run": Annotated[bool, Parameter(negative="", help="Only say whether it would be taken.")],
}


@account.command
def show(account_id: str, *, at: str | None = None) -> None:
    """Show an account's state at an instant: the fold of its events up to then, also of those that wait.

    Parameters
    ----------
    account_id
        Id of the account.
    at
        The instant, as 2026-03-01T00:00:00Z; by default now.
    """
    from orchestration.book.judging import state_at
    from orchestration.book.text import show_state
    from orchestration.settings.loading import load_settings

    instant = instant_of("--at", at) or datetime.now(UTC)
    state = state_at(load_settings().home, account_id, instant)
    if not state:
        raise UsageError(f"there is no account {account_id!r} in the book at {instant.isoformat()}")
    show_state(state, Console())


def _command_of(event_type: EventType) -> Callable[..., None]:
    """A function that takes what the type takes; its signature is all that the command line needs to know."""

    def command(account_id: str, **given: Any) -> None:
        _write(event_type, account_id, given)

    command.__doc__ = event_type.help
    command.__dict__["__signature__"] = Signature(_arguments(event_type))
    return command


def _arguments(event_type: EventType) -> list[Argument]:
    arguments = [Argument("account_id", Argument.POSITIONAL_OR_KEYWORD, annotation=_ACCOUNT)]
    if event_type.app_rule == "required":
        arguments.append(_option("app_id", Annotated[str, _APP], is_required=True))
    elif event_type.app_rule == "optional":
        arguments.append(_option("app_id", Annotated[str | None, _APP]))
    arguments += [_option(field.name, _annotation(field), field.is_required) for field in event_type.fields]
    named = {argument.name for argument in arguments}
    arguments += [_option(name, annotation) for name, annotation in _COMMON.items() if name not in named]
    return arguments


def _option(name: str, annotation: Any, is_required: bool = False) -> Argument:
    default = Argument.empty if is_required else False if name == "dry_run" else None
    return Argument(name, Argument.KEYWORD_ONLY, default=default, annotation=annotation)


def _annotation(field: Field) -> Any:
    """Texts, except where the command line can help: the judge decides what they are worth."""
    told = Parameter(help=field.help)
    if field.kind == "flag":
        return Annotated[bool, Parameter(name="--on", negative="--off", help=field.help)]
    if field.choices:
        choices: Any = Literal[field.choices]
        return Annotated[choices if field.is_required else choices | None, told]
    return Annotated[str if field.is_required else str | None, told]


def _write(event_type: EventType, account_id: str, given: dict[str, Any]) -> None:
    from orchestration.book.writing import Entry, record
    from orchestration.settings.loading import load_settings

    names = {field.name for field in event_type.fields}
    entry = Entry(
        account_id=account_id,
        type=event_type.name,
        app_id=given.get("app_id"),
        fields={name: value for name, value in given.items() if name in names and value is not None},
        by=given.get("by") or getpass.getuser(),
        reason=given.get("reason") if "reason" not in names else None,
        occurred_at=instant_of("--at", given.get("at")),
    )
    recorded = record(load_settings().home, entry, dry_run=bool(given.get("dry_run")))
    print(plain(json.dumps(recorded.row, ensure_ascii=False)))
    print(f"written to {recorded.path}" if recorded.path else "would be taken; nothing was written (dry run)")
    for told in recorded.revived:
        warn(f"no longer refused: {told}")
    for told in recorded.warnings:
        warn(told)


for _event_type in types_to_write().values():
    account.command(_command_of(_event_type), name=_event_type.command)
