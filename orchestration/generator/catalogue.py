"""Who talks: accounts, their apps and channels, and what the logs of each look like."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Literal
from zoneinfo import ZoneInfo

import polars as pl

from transforms.rules import VOICE_CHANNELS

DAY_MS = 86_400_000


@dataclass(frozen=True)
class App:
    """One app of an account; `weight` is its share of the traffic against all other apps."""

    app_id: str
    name: str
    channels: tuple[str, ...]
    weight: float = 1.0
    inactivity_minutes: int = 15
    session_share: float = 0.6
    """Share of the conversations whose rows carry a `session_id` (R1)."""
    pace_seconds: int = 45
    """Mean gap between two rows of a conversation."""
    resolution_ms: int = 1
    """Some apps log whole seconds, some whole minutes: times tie."""
    linked_app: str | None = None
    """An app that takes over some source sessions half-way (R1)."""
    seats: int = 0
    plan_id: str | None = None
    users: int = 20_000


@dataclass(frozen=True)
class Account:
    """One account; an Enterprise account has one contract instead of a plan for each app (P0)."""

    account_id: str
    name: str
    zone: str
    currency: str
    apps: tuple[App, ...]
    kind: Literal["standard", "enterprise"] = "standard"
    locale: str = "en_US"
    plan_id: str | None = None


DEFAULT_ACCOUNTS = (
    Account(
        "northbank", "North Bank", "America/New_York", "USD",
        (
            App("nb-assist", "Assistant", ("web", "whatsapp"), 6, seats=12, linked_app="nb-cards"),
            App("nb-cards", "Cards", ("web", "whatsapp"), 2),
            App("nb-phone", "Phone bot", ("ivr",), 2, session_share=1, resolution_ms=1000, seats=30),
        ),
    ),
    Account(
        "fluglinie", "Fluglinie AG", "Europe/Berlin", "EUR",
        (
            App("fl-chat", "Chat", ("web", "telegram"), 4, inactivity_minutes=30, session_share=0.8),
            App("fl-mail", "Mail", ("email",), 0.5, 2880, 0.5, pace_seconds=9000, users=50_000),
        ),
        locale="de_DE",
    ),
    Account(
        "dukaan", "Dukaan Retail", "Asia/Kolkata", "INR",
        (
            App("dk-shop", "Shop", ("whatsapp",), 5, session_share=0, resolution_ms=1000),
            App("dk-voice", "Voice", ("twiliovoice", "voice"), 1, session_share=1),
        ),
        locale="en_IN",
    ),
    Account(
        "helpirc", "Help channel", "UTC", "USD",
        (App("irc-help", "IRC", ("irc",), 2, session_share=0, resolution_ms=60_000, users=3000),),
    ),
    Account(
        "depato", "Depāto", "Asia/Tokyo", "JPY",
        (App("dp-line", "LINE", ("line",), 3, inactivity_minutes=5, resolution_ms=1000),),
        locale="ja_JP",
    ),
)  # fmt: skip
"""The accounts of `quarterhour generate`."""


def opened_ms(account: Account, first_day: date) -> int:
    """Epoch milliseconds of the account's first instant: the later of 00:00 UTC and 00:00 in its zone.

    West of Greenwich the first UTC day begins on the local day before, which would be a month of its own.
    """
    midnights = [datetime.combine(first_day, time(), zone) for zone in (UTC, ZoneInfo(account.zone))]
    return max(int(midnight.timestamp()) * 1000 for midnight in midnights)


def lanes_of(accounts: tuple[Account, ...], first_day: date) -> pl.DataFrame:
    """Return one row per lane: an app on one of its channels. Rows of the generator carry a lane's index."""
    lanes: list[dict[str, object]] = []
    for account in accounts:
        midnight = datetime.combine(first_day, time(), ZoneInfo(account.zone))
        offset = midnight.utcoffset()
        assert offset is not None
        for app in account.apps:
            lanes += [
                {
                    "account_id": account.account_id,
                    "app_id": app.app_id,
                    "channel": channel,
                    "weight": app.weight / len(app.channels),
                    "timeout_ms": app.inactivity_minutes * 60_000,
                    "session_share": float(app.session_share),
                    "pace_ms": app.pace_seconds * 1000.0,
                    "resolution_ms": app.resolution_ms,
                    "is_voice": channel in VOICE_CHANNELS,
                    "opened_ms": opened_ms(account, first_day),
                    "offset_ms": int(offset.total_seconds()) * 1000,
                    "users": app.users,
                    "linked_app": app.linked_app,
                }
                for channel in app.channels
            ]
    index = {(lane["account_id"], lane["app_id"], lane["channel"]): i for i, lane in enumerate(lanes)}
    for i, lane in enumerate(lanes):
        # A linked app that is not on this channel cannot take the session over.
        lane["linked_lane"] = index.get((lane["account_id"], lane["linked_app"], lane["channel"]), i)
    return pl.DataFrame(lanes, infer_schema_length=None).drop("linked_app")


def lane_slots(lanes: pl.DataFrame, slots: int = 4096) -> pl.Series:
    """Return `slots` lane indices in proportion to the lanes' weights, so that one look-up draws a lane."""
    total = lanes["weight"].sum()
    filled: list[int] = []
    reached = 0.0
    for index, weight in enumerate(lanes["weight"]):
        reached += weight
        filled += [index] * (round(slots * reached / total) - len(filled))
    return pl.Series(filled, dtype=pl.UInt32)
