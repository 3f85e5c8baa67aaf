"""Sessionizing as RULES.md words it, one key at a time, one instant after the other: slow and literal.

It shares no code and no method with `transforms`; the tests hold the two against each other. All times
are integer milliseconds. Where a rule leaves room, the reading is stated beside the code that takes it.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from transforms.rules import Rules

QUARTER_HOUR = 15 * 60 * 1000
BEFORE_ALL, AFTER_ALL = -(2**62), 2**62
HANDOFF_KINDS = ("handoff_start", "handoff_end")

Row = dict[str, Any]
Block = tuple[int, int]


@dataclass(eq=False)
class Leg:
    """R7: a leg of a human agent, from whatever source."""

    leg_id: str
    start: int
    end: int | None
    """None until the walk has reached a leg without an end."""
    user_id: str
    channel: str
    is_logged: bool
    is_accepted: bool
    ends_inside: bool = False
    """R7: the row that ended the leg only by being the last is inside it."""

    @property
    def ended_at(self) -> int:
        """The end; only for the time before the walk has found it, the start."""
        return self.start if self.end is None else self.end

    def holds(self, at: int) -> bool:
        """R6: a row at the very instant at which a leg starts or ends is outside it."""
        return self.start < at < self.ended_at or (self.ends_inside and self.start < at == self.ended_at)


@dataclass(eq=False)
class Conversation:
    """R1: one conversation of a key, with all that is billed for it."""

    key: tuple
    started_at: int
    timeout: int
    ended_at: int
    activities: list[Row] = field(default_factory=list)
    legs: list[Leg] = field(default_factory=list)
    ended_by: str = "inactivity"
    is_complete: bool = True
    user_id: str = ""
    channel: str = ""
    anchored_at: int | None = None
    billable_ms: int = 0
    blocks: list[Block] = field(default_factory=list)
    voice_blocks: list[Block] = field(default_factory=list)


@dataclass(frozen=True)
class Settings:
    """What an operator and the accounts have chosen."""

    timeouts: list[Row]
    rules: Rules
    watermark_ms: int | None

    def timeout_at(self, key: tuple, at: int) -> int:
        """R3: the latest value that is in effect at an instant, the account's own before everyone's."""
        in_force = [
            (
                float("-inf") if value["effective_at"] is None else value["effective_at"],
                value["account_id"] is not None,
                value["inactivity_minutes"],
            )
            for value in self.timeouts
            if value["app_id"] == key[1]
            and value["account_id"] in (None, key[0])
            and (value["effective_at"] is None or value["effective_at"] <= at)
        ]
        return (max(in_force)[-1] if in_force else self.rules.default_inactivity_minutes) * 60_000


@dataclass(frozen=True)
class Segment:
    """R4: what lies between two resets of a key, or between one and the end of time.

    A row at the instant of a reset belongs to the segment that the reset closes.
    """

    opened_at: int
    closed_at: int

    def has_row(self, at: int) -> bool:
        return self.opened_at < at <= self.closed_at

    def has_start(self, at: int) -> bool:
        """R7, resets: a leg that starts at a reset belongs to the next conversation."""
        return self.opened_at <= at < self.closed_at

    def start_of(self, leg: Leg) -> int | None:
        """R7, resets: where the leg, or its rest, starts here, if it does."""
        if self.has_start(leg.start):
            return leg.start
        return self.opened_at if leg.start < self.opened_at < leg.ended_at else None


@dataclass
class Reference:
    """What `reference_sessions` finds; the rejected and unmatched are (account_id, id)."""

    conversations: list[Conversation] = field(default_factory=list)
    requests: list[Row] = field(default_factory=list)
    rejected: set[tuple[str, str]] = field(default_factory=set)
    unmatched: set[tuple[str, str]] = field(default_factory=set)


def reference_sessions(
    rows: list[Row], legs: list[Row], timeouts: list[Row], rules: Rules, watermark_ms: int | None
) -> Reference:
    """R1 to R14 for all keys; `timeouts` as in `sessions_of`, `watermark_ms` None means all complete."""
    found = Reference()
    settings = Settings(timeouts, rules, watermark_ms)
    rows_of: dict[tuple, list[Row]] = defaultdict(list)
    legs_of: dict[tuple, list[Row]] = defaultdict(list)
    for row in rows:
        if row["kind"] == "api_request":  # R12
            found.requests.append(row)
        else:
            rows_of[key_of(row)].append(row)
    for leg in legs:
        legs_of[key_of(leg)].append(leg)
    for key in rows_of.keys() | legs_of.keys():
        reference_key(key, rows_of[key], legs_of[key], settings, found)
    return found


def key_of(row: Row) -> tuple:
    """R1."""
    if row["session_id"] is not None:
        return (row["account_id"], row["app_id"], "session", row["session_id"])
    return (row["account_id"], row["app_id"], "user", row["channel"], row["user_id"])


def reference_key(
    key: tuple, rows: list[Row], logged: list[Row], settings: Settings, found: Reference
) -> None:
    """All conversations of one key."""
    legs, rejected = legs_of_log(logged, settings.rules)
    row_legs, closing_none = legs_of_rows(rows)
    found.rejected |= {(key[0], row_id) for row_id in (*rejected, *closing_none)}
    legs += row_legs

    resets = sorted({row["occurred_at"] for row in rows if row["kind"] == "session_reset"})
    conversations = []
    for opened_at, closed_at in pairwise([BEFORE_ALL, *resets, AFTER_ALL]):
        segment = Segment(opened_at, closed_at)
        for conversation in walk_segment(key, segment, rows, legs, settings):
            close(conversation, segment, settings.watermark_ms)
            if is_conversation(conversation, segment, rows):
                conversations.append(conversation)
    for conversation in conversations:
        name(conversation)
        bill(conversation, settings.rules)
        call(conversation, settings.rules)
    matched = {leg.leg_id for conversation in conversations for leg in conversation.legs if leg.is_logged}
    found.unmatched |= {(key[0], leg.leg_id) for leg in legs if leg.is_logged and leg.leg_id not in matched}
    found.conversations += conversations


# Legs (R7)


def legs_of_log(logged: list[Row], rules: Rules) -> tuple[list[Leg], list[str]]:
    """R7: the legs of the handoff log, and the ids of those that end before they start."""
    legs, rejected = [], []
    for row in logged:
        start = row["transferred_at"] if rules.handoff_starts_at == "transfer" else row["accepted_at"]
        if start is None:
            continue
        if row["ended_at"] is not None and row["ended_at"] < start:
            rejected.append(row["leg_id"])
            continue
        legs.append(
            Leg(
                leg_id=row["leg_id"],
                start=start,
                end=row["ended_at"],
                user_id=row["user_id"],
                channel=row["channel"],
                is_logged=True,
                is_accepted=row["accepted_at"] is not None,
            )
        )
    return legs, rejected


def leg_of_row(row: Row, end: int | None) -> Leg:
    """R14: a leg known from rows alone, or implied, is accepted."""
    by_rows = {"is_logged": False, "is_accepted": True}
    return Leg(row["event_id"], row["occurred_at"], end, row["user_id"], row["channel"], **by_rows)


def legs_of_rows(rows: list[Row]) -> tuple[list[Leg], list[str]]:
    """R7, pairs of rows: the legs, and the ids of the `handoff_end` rows that close none."""
    handoffs = [row for row in rows if row["kind"] in HANDOFF_KINDS]
    handoffs.sort(key=lambda row: (row["occurred_at"], row["kind"] == "handoff_start", row["event_id"]))
    legs, closing_none = [], []
    open_start: Row | None = None
    for row in handoffs:
        if row["kind"] == "handoff_end":
            if open_start is None:
                closing_none.append(row["event_id"])
            else:
                legs.append(leg_of_row(open_start, row["occurred_at"]))
            open_start = None
        else:
            if open_start is not None:
                legs.append(leg_of_row(open_start, None))
            open_start = row
    if open_start is not None:
        legs.append(leg_of_row(open_start, None))
    return legs, closing_none


def run_endless(leg: Leg, rows_by_instant: dict[int, list[Row]], timeout: int) -> None:
    """R7, without an end: find where the leg ends.

    Rows strictly after the start count, and those of one instant as a set; the gap from the start to
    the first of them is a gap, too.
    """
    leg.end = leg.start
    for at in sorted(instant for instant in rows_by_instant if instant > leg.start):
        rows = [row for row in rows_by_instant[at] if row["kind"] not in ("closure_notice", "api_request")]
        if not rows:
            continue
        if at - leg.end > timeout:
            break
        leg.end = at
        if any(row["kind"] == "session_reset" or is_app_activity(row) for row in rows):
            leg.ends_inside = False
            return
        leg.ends_inside = True


# Conversations (R2 to R5)


def is_activity(row: Row) -> bool:
    """R2."""
    if row["kind"] == "message":
        return row["actor"] in ("user", "app")
    return row["kind"] == "greeting" and row["actor"] == "app"


def is_app_activity(row: Row) -> bool:
    return is_activity(row) and row["actor"] == "app"


def walk_segment(
    key: tuple, segment: Segment, rows: list[Row], legs: list[Leg], settings: Settings
) -> list[Conversation]:
    """Walk from one reset to the next (R3, R4); implied legs (R7) are added to `legs` on the way."""
    by_instant: dict[int, list[Row]] = defaultdict(list)
    for row in rows:
        by_instant[row["occurred_at"]].append(row)
    starting: dict[int, list[Leg]] = defaultdict(list)
    for leg in legs:
        start = segment.start_of(leg)
        if start is not None:
            starting[start].append(leg)

    conversations: list[Conversation] = []
    for at in sorted({*by_instant, *starting}):
        here = by_instant.get(at, [])
        activities = [row for row in here if is_activity(row) and segment.has_row(at)]
        implied = implied_leg(at, here, legs) if segment.has_start(at) else None
        if implied is not None:
            legs.append(implied)
            starting[at].append(implied)
        if not activities and not starting.get(at):
            continue
        if not conversations or at - conversations[-1].ended_at > conversations[-1].timeout:
            conversations.append(Conversation(key, at, settings.timeout_at(key, at), at))
        conversation = conversations[-1]
        conversation.ended_at = max(conversation.ended_at, at)
        conversation.activities += activities
        for leg in starting.get(at, []):
            if leg.end is None:
                run_endless(leg, by_instant, conversation.timeout)
            conversation.ended_at = max(conversation.ended_at, min(leg.ended_at, segment.closed_at))
            conversation.legs.append(leg)
    return conversations


def implied_leg(at: int, rows: list[Row], legs: list[Leg]) -> Leg | None:
    """R7, implied: an agent's message outside every leg, whose bounds count as inside here."""
    messages = [row for row in rows if row["kind"] == "message" and row["actor"] == "agent"]
    if not messages or any(leg.start <= at <= leg.ended_at for leg in legs):
        return None
    return leg_of_row(min(messages, key=lambda row: row["event_id"]), None)


def close(conversation: Conversation, segment: Segment, watermark_ms: int | None) -> None:
    """R4 and R13; a conversation that was over when the reset came has ended by inactivity."""
    ended_at, timeout = conversation.ended_at, conversation.timeout
    if segment.closed_at - ended_at <= timeout:
        conversation.ended_by = "reset"
    by_inactivity = watermark_ms is None or ended_at + timeout < watermark_ms
    conversation.is_complete = by_inactivity or conversation.ended_by == "reset"


def is_conversation(conversation: Conversation, segment: Segment, rows: list[Row]) -> bool:
    """R7, logged legs alone: some message, greeting or handoff row must fall into their closed span."""
    if conversation.activities or any(not leg.is_logged for leg in conversation.legs):
        return True
    return any(
        row["kind"] in ("message", "greeting", *HANDOFF_KINDS)
        and segment.has_row(row["occurred_at"])
        and conversation.started_at <= row["occurred_at"] <= conversation.ended_at
        for row in rows
    )


def name(conversation: Conversation) -> None:
    """R1: channel and user are those of the first activity, else of the first leg."""
    if conversation.activities:
        first = min(conversation.activities, key=lambda row: (row["occurred_at"], row["event_id"]))
        conversation.user_id, conversation.channel = first["user_id"], first["channel"]
    else:
        leg = min(conversation.legs, key=lambda leg: (leg.start, not leg.is_logged, leg.leg_id))
        conversation.user_id, conversation.channel = leg.user_id, leg.channel


# Sessions (R6 to R11, R14)


def bill(conversation: Conversation, rules: Rules) -> None:
    """R6 to R11: anchor, billable time and blocks; none of them without a user's message (R10)."""
    outside = [
        row
        for row in conversation.activities
        if not any(leg.holds(row["occurred_at"]) for leg in conversation.legs)
    ]
    spoken = [row["occurred_at"] for row in outside if row["actor"] == "user" and row["kind"] == "message"]
    if not spoken:
        return
    last = max(row["occurred_at"] for row in outside)
    anchor = min(spoken if rules.anchor == "first_user_message" else (row["occurred_at"] for row in outside))
    stretches = billable_stretches(anchor, last, conversation.legs)
    conversation.anchored_at = anchor
    conversation.billable_ms = sum(end - start for start, end in stretches)
    conversation.blocks = blocks_of(stretches) or [(anchor, anchor)]


def billable_stretches(anchor: int, last: int, legs: list[Leg]) -> list[Block]:
    """R6: the stretches of positive length between anchor and last that no leg covers."""
    cuts = {anchor, last}
    for leg in legs:
        cuts |= {at for at in (leg.start, leg.ended_at) if anchor < at < last}
    stretches: list[Block] = []
    for start, end in pairwise(sorted(cuts)):
        if not any(leg.start <= start and end <= leg.ended_at for leg in legs):
            stretches.append((start, end))
    return stretches


def blocks_of(stretches: list[Block]) -> list[Block]:
    """R8, R9, R11: fill quarters of an hour, one stretch after the other, with a clock that pauses."""
    blocks: list[Block] = []
    filled = QUARTER_HOUR
    for start, end in stretches:
        at = start
        while at < end:
            if filled == QUARTER_HOUR:
                blocks.append((at, at))
                filled = 0
            step = min(end - at, QUARTER_HOUR - filled)
            at += step
            filled += step
            blocks[-1] = (blocks[-1][0], at)
    return blocks


def call(conversation: Conversation, rules: Rules) -> None:
    """R14: the whole call, human time included."""
    if conversation.channel not in rules.voice_channels:
        return
    has_user = any(row["actor"] == "user" for row in conversation.activities)
    if has_user or any(leg.is_accepted for leg in conversation.legs):
        whole = (conversation.started_at, conversation.ended_at)
        conversation.voice_blocks = blocks_of([whole]) or [whole]
