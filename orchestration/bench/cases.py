"""The logs that the benchmark runs on: generated once per set of parameters, then kept."""

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from hashlib import blake2b
from pathlib import Path

from orchestration.bench.bursts import generate_bursts
from orchestration.generator import FIRST_DAY, Shape, Summary, generate
from orchestration.generator.catalogue import Account, App

RECIPE = "1"
"""Changes when the same parameters would give other logs, so that kept ones are made again."""
SEED = 7
CHATS = Shape(
    handoff_share=0.0,
    test_share=0.0,
    api_share=0.0,
    alert_share=0.0,
    late_share=0.0,
    duplicate_share=0.0,
    superseded_share=0.0,
    session_share=1.0,
)
"""Users and apps alone: what a page of SQL can count without leaving a rule out."""
CHAT_ACCOUNTS = (
    Account(
        "northbank", "North Bank", "America/New_York", "USD",
        (App("nb-assist", "Assistant", ("web", "whatsapp"), 6), App("nb-cards", "Cards", ("web",), 2)),
    ),
    Account(
        "fluglinie", "Fluglinie AG", "Europe/Berlin", "EUR",
        (App("fl-chat", "Chat", ("web", "telegram"), 4),),
    ),
    Account(
        "dukaan", "Dukaan Retail", "Asia/Kolkata", "INR",
        (App("dk-shop", "Shop", ("whatsapp",), 5, resolution_ms=1000),),
    ),
)  # fmt: skip
"""Every app has the default timeout of 15 minutes, and none of them hands over to another."""


@dataclass(frozen=True)
class Case:
    """Generated logs in a landing folder."""

    name: str
    landing: Path
    rows: int
    """Interactions, copies included."""
    bytes: int
    first_day: date
    last_day: date

    @property
    def id(self) -> str:
        """Tells apart cases of one name and other sizes."""
        return self.landing.parent.name


def chats(cache: Path, events: int, days: int) -> Case:
    """Plain chats with a `session_id`: greetings, closing resets, gaps around the timeout; no agents."""

    def make(out: Path) -> Summary:
        return generate(events, days, SEED, out, accounts=CHAT_ACCOUNTS, shape=CHATS)

    return _kept(cache, "chats", events, days, make)


def bursts(cache: Path, events: int, days: int) -> Case:
    """IRC-like chats without a `session_id`, see `generate_bursts`."""
    return _kept(cache, "bursts", events, days, lambda out: generate_bursts(events, days, SEED, out))


def mixed(cache: Path, events: int, days: int) -> Case:
    """All that the generator knows: agents, voice, API requests, alerts, late rows, copies."""
    return _kept(cache, "mixed", events, days, lambda out: generate(events, days, SEED, out))


def _kept(cache: Path, name: str, events: int, days: int, make: Callable[[Path], Summary]) -> Case:
    """The case from the cache; made there whole, or not at all."""
    shape = repr((RECIPE, SEED, FIRST_DAY, CHATS, CHAT_ACCOUNTS))
    folder = cache / f"{name}-{events}-{days}-{blake2b(shape.encode(), digest_size=4).hexdigest()}"
    told = folder / "made.json"
    if not told.exists():
        beside = folder.with_name(f".{folder.name}.making")
        shutil.rmtree(beside, ignore_errors=True)
        shutil.rmtree(folder, ignore_errors=True)
        summary = make(beside / "landing")
        facts = {"rows": summary.rows["interactions"], "bytes": summary.bytes}
        (beside / "made.json").write_text(json.dumps(facts))
        beside.rename(folder)
    facts = json.loads(told.read_text())
    last_day = FIRST_DAY + timedelta(days=days - 1)
    return Case(name, folder / "landing", facts["rows"], facts["bytes"], FIRST_DAY, last_day)
