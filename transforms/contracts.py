"""The contracts of the tables that ingest writes: columns, meaning and rules (DESIGN "Streams").

A schema class below is the documentation of its table and the law for its rows. What a *delivered*
row must satisfy to become a row of that table is derived from the class by `contract_of`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import dataframely as dy
import polars as pl

from transforms.keys import KEY_COLUMNS

ACTORS = ("user", "app", "agent", "system")
INTERACTION_KINDS = (
    "message",
    "greeting",
    "closure_notice",
    "session_reset",
    "handoff_start",
    "handoff_end",
    "api_request",
)
ALERT_STATUSES = ("delivered", "failed", "queued", "suppressed", "filtered")
ALERT_KINDS = ("alert", "proactive")
ACCOUNT_EVENT_TYPES = (
    "account_opened",
    "account_closed",
    "zone_set",
    "currency_set",
    "tax_set",
    "billing_profile_set",
    "seller_set",
    "role_granted",
    "role_revoked",
    "app_published",
    "app_suspended",
    "app_closed",
    "owner_changed",
    "inactivity_minutes_set",
    "plan_subscribed",
    "plan_changed",
    "plan_cancelled",
    "extension_requested",
    "extension_granted",
    "extension_refused",
    "seats_set",
    "order_placed",
    "order_cleared",
    "order_failed",
    "order_cancelled",
    "free_credit_granted",
    "auto_reload_set",
    "payment_recorded",
    "payment_reversed",
    "contract_price_set",
    "discount_granted",
    "credit_note_requested",
    "id_accepted",
    "raw_rows_dropped",
    "person_forgotten",
)


def _id(description: str, nullable: bool = False) -> dy.String:
    return dy.String(nullable=nullable, min_length=1, description=description, metadata={"role": "id"})


def _text(description: str, nullable: bool = False) -> dy.String:
    return dy.String(nullable=nullable, min_length=1, description=description, metadata={"role": "text"})


def _choice(values: tuple[str, ...], description: str) -> dy.String:
    def is_known(column: pl.Expr) -> pl.Expr:
        return column.is_in(values)

    return dy.String(check=is_known, description=description, metadata={"role": "text", "choices": values})


def _time(description: str, nullable: bool = False) -> dy.Datetime:
    return dy.Datetime(
        nullable=nullable,
        time_unit="ms",
        time_zone="UTC",
        description=description,
        metadata={"role": "time"},
    )


def _extra() -> dy.String:
    return dy.String(nullable=True, description="Columns that the contract does not know: a JSON object.")


def _file() -> dy.String:
    return dy.String(min_length=1, description="File that delivered the row, relative to the landing folder.")


def _line() -> dy.Int64:
    return dy.Int64(min=1, description="Line of the file (row of a Parquet file), counted from 1.")


def _arrival_day() -> dy.Date:
    return dy.Date(nullable=True, description="Day on which the file arrived; null outside a landing folder.")


def _key() -> dy.UInt64:
    return dy.UInt64(description="The conversation's key (R1) as a hash, see transforms/keys.py.")


def _who() -> dy.UInt64:
    return dy.UInt64(description="Channel and user as a hash.")


def _mark() -> dy.UInt8:
    return dy.UInt8(description="What the row is to the count, see transforms/marks.py.")


def _is_first() -> dy.Bool:
    return dy.Bool(description="Whether this is the first row of its key and `who` in this partition.")


def greeting_is_of_the_app() -> pl.Expr:
    """R2: a greeting is written by the app and nobody else."""
    return (pl.col("kind") != "greeting") | (pl.col("actor") == "app")


def leg_ends_after_its_start() -> pl.Expr:
    """R7: a leg may be empty, but never ends before its transfer."""
    return pl.col("ended_at").is_null() | (pl.col("ended_at") >= pl.col("transferred_at"))


def has_happened(time_column: str) -> pl.Expr:
    """No row is later than the day after its file's arrival, so a wrong clock moves no watermark (R13)."""
    arrival = pl.col("arrival_day")
    return arrival.is_null() | (pl.col(time_column).dt.date() <= arrival.dt.offset_by("1d"))


class Interactions(dy.Schema):
    """What was said and done in conversations. One row per delivered copy of an event; no test rows."""

    event_id = _id("Id of the event, unique per account and UTC day (R18).")
    account_id = _id("Account that is billed.")
    app_id = _id("App that handled the row (R1).")
    user_id = _id("End user of the conversation, whoever wrote the row.")
    channel = _text("Channel of the conversation; voice channels count calls too (R14).")
    session_id = _id("Session of the source system, where it has one (R1).", nullable=True)
    occurred_at = _time("When it happened.")
    actor = _choice(ACTORS, "Who wrote the row (R2).")
    kind = _choice(INTERACTION_KINDS, "What the row is (R2, R4, R7, R12).")
    modified_at = _time("When the source last changed the row; the latest copy wins (R18).", nullable=True)
    extra = _extra()
    file = _file()
    line = _line()
    arrival_day = _arrival_day()
    key = _key()
    who = _who()
    mark = _mark()
    is_first = _is_first()

    @dy.rule()
    def greeting_is_of_the_app(cls) -> pl.Expr:  # noqa: N805 - dataframely's rules are class methods
        """R2."""
        return greeting_is_of_the_app()

    @dy.rule()
    def has_happened(cls) -> pl.Expr:  # noqa: N805 - dataframely's rules are class methods
        """R13."""
        return has_happened("occurred_at")


class Handoffs(dy.Schema):
    """Legs of human agents (R7). One row per delivered copy of a leg."""

    leg_id = _id("Id of the leg, unique per account and UTC day of the transfer (R18).")
    account_id = _id("Account that is billed.")
    app_id = _id("App that handed the conversation over.")
    user_id = _id("End user of the conversation.")
    channel = _text("Channel of the conversation.")
    session_id = _id("Session of the source system, where it has one (R1).", nullable=True)
    transferred_at = _time("Start of the leg, queue included (R7).")
    accepted_at = _time("When an agent took it; null: nobody did (R14).", nullable=True)
    ended_at = _time("End of the interaction, without after-call work; null: not known (R7).", nullable=True)
    agent_id = _id("The agent.", nullable=True)
    modified_at = _time("When the source last changed the row (R18).", nullable=True)
    extra = _extra()
    file = _file()
    line = _line()
    arrival_day = _arrival_day()
    key = _key()
    who = _who()
    is_first = _is_first()

    @dy.rule()
    def leg_ends_after_its_start(cls) -> pl.Expr:  # noqa: N805 - dataframely's rules are class methods
        """R7."""
        return leg_ends_after_its_start()

    @dy.rule()
    def has_happened(cls) -> pl.Expr:  # noqa: N805 - dataframely's rules are class methods
        """R13."""
        return has_happened("transferred_at")


class Alerts(dy.Schema):
    """Alerts and proactive notifications sent (R15). One row per delivered copy of a sending."""

    delivery_id = _id("Id of the sending to one user, unique per account and UTC day (R15, R18).")
    account_id = _id("Account that is billed.")
    app_id = _id("App that sent it.")
    user_id = _id("User it was sent to.")
    delivered_at = _time("When it was delivered, or got its status.")
    status = _choice(ALERT_STATUSES, "What became of it; only `delivered` is billed (R15).")
    kind = _choice(ALERT_KINDS, "Alert, or proactive notification, which is counted apart (R15).")
    channel = _text("Channel it was sent over.", nullable=True)
    alert_name = _text("Name of the alert.", nullable=True)
    modified_at = _time("When the source last changed the row (R18).", nullable=True)
    extra = _extra()
    file = _file()
    line = _line()
    arrival_day = _arrival_day()

    @dy.rule()
    def has_happened(cls) -> pl.Expr:  # noqa: N805 - dataframely's rules are class methods
        """R13."""
        return has_happened("delivered_at")


class AccountEvents(dy.Schema):
    """The book of the account: everything an admin does is an event. One row per delivered copy."""

    event_id = _id("Id of the event, unique per account and UTC day (R18).")
    account_id = _id("The account.")
    app_id = _id("The app that it is about, if any.", nullable=True)
    occurred_at = _time("When it takes effect.")
    type = _choice(ACCOUNT_EVENT_TYPES, "What happened; its particulars stand in `extra`.")
    modified_at = _time("When the source last changed the row (R18).", nullable=True)
    extra = _extra()
    file = _file()
    line = _line()
    arrival_day = _arrival_day()

    @dy.rule()
    def has_happened(cls) -> pl.Expr:  # noqa: N805 - dataframely's rules are class methods
        """R13."""
        return has_happened("occurred_at")


class Files(dy.Schema):
    """What each file delivered for each account (R20). rows = accepted copies + excluded + quarantined."""

    stream = dy.String(description="Stream of the file.")
    arrival_day = _arrival_day()
    file = _file()
    account_id = dy.String(description="The account; empty where a row does not tell it.")
    rows = dy.Int64(min=0, description="Rows delivered, blank lines not counted.")
    excluded = dy.Int64(min=0, description="Rows of developers and testers (R2).")
    quarantined = dy.Int64(min=0, description="Rows that break the contract.")
    problem = dy.String(nullable=True, description="What is wrong with the file as a whole, if anything.")


class Quarantine(dy.Schema):
    """Rows that break the contract, kept whole (R20). One row per refused row."""

    stream = dy.String(description="Stream of the file.")
    arrival_day = _arrival_day()
    file = _file()
    line = _line()
    account_id = dy.String(nullable=True, description="The account, where the row tells it.")
    reason = dy.String(min_length=1, description="Which columns are wrong, and how, for people.")
    raw = dy.String(description="The row as delivered; bytes that are not UTF-8 as backslash escapes.")


class Copies(dy.Schema):
    """What R18 made of the rows of a file. One row per event day, file and account."""

    stream = dy.String(description="Stream of the file.")
    event_day = dy.Date(description="UTC day of the rows' time.")
    arrival_day = _arrival_day()
    file = _file()
    account_id = dy.String(description="The account.")
    accepted = dy.Int64(min=0, description="Rows that count.")
    duplicate = dy.Int64(min=0, description="Identical copies of a row.")
    superseded = dy.Int64(min=0, description="Rows that lost against a copy with other content.")


@dataclass(frozen=True)
class RowRule:
    """A rule between columns; `text` says how a row breaks it, `{}` stands for the values of `shown`."""

    holds: Callable[[], pl.Expr]
    text: str
    shown: tuple[str, ...]


@dataclass(frozen=True)
class Contract:
    """What a delivered row of a stream must look like, derived from the stream's schema class."""

    stream: str
    schema: type[dy.Schema]
    id_column: str
    time_column: str
    rules: tuple[RowRule, ...]
    has_test_rows: bool
    columns: tuple[str, ...]
    ids: frozenset[str]
    times: tuple[str, ...]
    required: tuple[str, ...]
    choices: dict[str, tuple[str, ...]]

    @property
    def delivered(self) -> tuple[str, ...]:
        """The columns that a file may hold by contract; all others go to `extra`."""
        return (*self.columns, "is_test") if self.has_test_rows else self.columns


STREAMS: dict[str, type[dy.Schema]] = {
    "interactions": Interactions,
    "handoffs": Handoffs,
    "alerts": Alerts,
    "account_events": AccountEvents,
}

_RULES: dict[str, tuple[RowRule, ...]] = {
    "interactions": (
        RowRule(greeting_is_of_the_app, 'actor: a greeting of "{}", only the app greets (R2)', ("actor",)),
    ),
    "handoffs": (
        RowRule(
            leg_ends_after_its_start,
            "ended_at: {} is before transferred_at {} (R7)",
            ("ended_at", "transferred_at"),
        ),
    ),
}

_PLACE_COLUMNS = ("extra", "file", "line", "arrival_day", *KEY_COLUMNS)


@cache
def contract_of(stream: str) -> Contract:
    """The contract of a stream; an unknown stream is a mistake of the caller."""
    schema = STREAMS[stream]
    columns = {name: c for name, c in schema.columns().items() if name not in _PLACE_COLUMNS}
    about = {name: column.metadata or {} for name, column in columns.items()}
    role = {name: facts["role"] for name, facts in about.items()}
    times = tuple(name for name in columns if role[name] == "time")
    return Contract(
        stream=stream,
        schema=schema,
        id_column=next(iter(columns)),
        time_column=times[0],
        rules=_RULES.get(stream, ()),
        has_test_rows=stream == "interactions",
        columns=tuple(columns),
        ids=frozenset(name for name in columns if role[name] == "id"),
        times=times,
        required=tuple(name for name, column in columns.items() if not column.nullable),
        choices={name: facts["choices"] for name, facts in about.items() if "choices" in facts},
    )


@cache
def lake_schema(stream: str) -> pl.Schema:
    """Columns and types of `lake/<stream>`."""
    return schema_of(STREAMS[stream])


def schema_of(table: type[dy.Schema]) -> pl.Schema:
    """Columns and types of a table in Polars' terms."""
    return pl.Schema({name: column.dtype for name, column in table.columns().items()})
