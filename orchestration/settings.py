"""Settings: from the environment (`QUARTERHOUR_*`) and `quarterhour.toml` in the home folder."""

import os
import tomllib
from dataclasses import dataclass, field, fields
from datetime import date
from pathlib import Path
from typing import Any, get_args

from orchestration.outbox_settings import OutboxSettings, read_outbox
from transforms.rules import VOICE_CHANNELS, Anchor, HandoffStart, Rules

FILE_NAME = "quarterhour.toml"


class SettingsError(ValueError):
    """A setting that cannot be used; the message names it and says what it takes."""


@dataclass(frozen=True)
class Settings:
    """What an operator may choose. Each field is a key of `quarterhour.toml` and `QUARTERHOUR_<FIELD>`."""

    home: Path
    first_day: date | None = None
    """First partition; without it the earliest arrival day in `landing/`."""
    last_day: date | None = None
    """Last partition of a home whose logs have ended; without it the partitions grow with the calendar."""
    schedule: bool = False
    """Whether the nightly schedule is on as soon as the daemon runs."""
    anchor: Anchor = "first_activity"
    handoff_starts_at: HandoffStart = "transfer"
    voice_channels: tuple[str, ...] = tuple(sorted(VOICE_CHANNELS))
    unmatched_legs_limit: float = 0.2
    """Share of logged legs without a conversation above which a day's check fails (R7)."""
    pdf: bool = True
    """Whether issued documents are made as PDF too, where WeasyPrint and Pango are there."""
    session_lists_days: int = 92
    """Days up to the watermark whose sessions the console lists one by one (I6); 0: none."""
    outbox: OutboxSettings = field(default_factory=OutboxSettings)
    """What finance receives, and how it is delivered; a table in the file, inline TOML in the environment."""

    @property
    def rules(self) -> Rules:
        """The configurable rules (R6, R7, R14)."""
        return Rules(
            anchor=self.anchor,
            handoff_starts_at=self.handoff_starts_at,
            voice_channels=frozenset(self.voice_channels),
        )


def load_settings(environ: dict[str, str] | None = None) -> Settings:
    """The settings in force; a variable of the environment stands before the file.

    Raises SettingsError with every fault at once.
    """
    env = dict(os.environ if environ is None else environ)
    home = Path(env.get("QUARTERHOUR_HOME") or "data").resolve()
    values: dict[str, Any] = {}
    faults: list[str] = []
    path = home / FILE_NAME
    if path.exists():
        try:
            values = tomllib.loads(path.read_text())
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            faults.append(f"{path}: not TOML: {error}")
    names = [each.name for each in fields(Settings) if each.name != "home"]
    faults += [f"{path}: unknown setting {name!r}" for name in values if name not in names]
    values |= {
        name: env[f"QUARTERHOUR_{name.upper()}"] for name in names if f"QUARTERHOUR_{name.upper()}" in env
    }
    checked: dict[str, Any] = {}
    for name in values.keys() & set(names):
        try:
            checked[name] = _READ[name](values[name])
        except ValueError as error:
            faults.append(f"setting {name} = {values[name]!r}: {error}")
    first, last = checked.get("first_day"), checked.get("last_day")
    if first and last and last < first:
        faults.append(f"setting last_day = {last}: lies before first_day = {first}")
    if faults:
        raise SettingsError("\n".join(faults))
    return Settings(home=home, **checked)


def load_settings_of(home: Path) -> Settings:
    """The settings of a home, whichever the environment names."""
    return load_settings({**os.environ, "QUARTERHOUR_HOME": str(home)})


def _day(value: Any) -> date:
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        raise ValueError("expected a day such as 2026-11-01") from None


def _switch(value: Any) -> bool:
    known = {"true": True, "1": True, "on": True, "false": False, "0": False, "off": False}
    if str(value).lower() not in known:
        raise ValueError("expected true or false")
    return known[str(value).lower()]


def _one_of(*choices: str) -> Any:
    def read(value: Any) -> str:
        if value not in choices:
            raise ValueError(f"expected one of {', '.join(choices)}")
        return str(value)

    return read


def _names(value: Any) -> tuple[str, ...]:
    listed = value.split(",") if isinstance(value, str) else value
    if not isinstance(listed, list) or not all(isinstance(name, str) and name.strip() for name in listed):
        raise ValueError("expected a list of channels")
    return tuple(sorted(name.strip() for name in listed))


def _share(value: Any) -> float:
    try:
        share = float(value)
    except (TypeError, ValueError):
        raise ValueError("expected a share between 0 and 1") from None
    if not 0 <= share <= 1:
        raise ValueError("expected a share between 0 and 1")
    return share


def _whole(value: Any) -> int:
    if isinstance(value, bool) or not str(value).isdecimal():
        raise ValueError("expected a whole number of days, or 0")
    return int(value)


_READ = {
    "first_day": _day,
    "last_day": _day,
    "schedule": _switch,
    "anchor": _one_of(*get_args(Anchor)),
    "handoff_starts_at": _one_of(*get_args(HandoffStart)),
    "voice_channels": _names,
    "unmatched_legs_limit": _share,
    "pdf": _switch,
    "session_lists_days": _whole,
    "outbox": read_outbox,
}
