"""Settings: from the environment (`QUARTERHOUR_*`) and `quarterhour.toml` in the home folder.

A new one is a field with its reader and a sentence; `docs/settings.md` is made from both.
"""

import os
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, get_args

from orchestration.outbox.settings import OutboxSettings
from orchestration.settings import readers as read
from orchestration.settings.readers import read_fields, reader_of, setting, settings_of
from orchestration.watching.settings import NotifySettings, WatchSettings
from transforms.limits import DEFAULTS, Limits
from transforms.rules import VOICE_CHANNELS, Anchor, HandoffStart, Rules

FILE_NAME = "quarterhour.toml"
PREFIX = "QUARTERHOUR_"


class SettingsError(ValueError):
    """A setting that cannot be used; the message names it and says what it takes."""


@dataclass(frozen=True)
class Settings:
    """What an operator may choose. Each field is a key of `quarterhour.toml` and `QUARTERHOUR_<FIELD>`."""

    home: Path
    first_day: date | None = setting(read.day)
    """First partition; without it the earliest arrival day in `landing/`."""
    last_day: date | None = setting(read.day)
    """Last partition of a home whose logs have ended; without it the partitions grow with the calendar."""
    schedule: bool = setting(read.switch, default=False)
    """Whether the nightly schedule is on as soon as the daemon runs."""
    anchor: Anchor = setting(read.one_of(*get_args(Anchor)), "first_activity")
    """With what the billable time of a conversation begins (R6)."""
    handoff_starts_at: HandoffStart = setting(read.one_of(*get_args(HandoffStart)), "transfer")
    """Whether a human agent's leg begins with the transfer or with its acceptance (R7)."""
    voice_channels: tuple[str, ...] = setting(read.names, tuple(sorted(VOICE_CHANNELS)))
    """The channels whose conversations are calls (R14)."""
    unmatched_legs_limit: float = setting(read.share, 0.2)
    """Share of logged legs without a conversation above which a day's check fails (R7)."""
    pdf: bool = setting(read.switch, default=True)
    """Whether issued documents are made as PDF too, where WeasyPrint and Pango are there."""
    session_lists_days: int = setting(read.whole(0, 100_000, of="days"), 92)
    """Days up to the watermark whose sessions the console lists one by one (I6); 0: none."""
    largest_file: int = setting(read.size, DEFAULTS.file_bytes)
    """A landed file that holds more, decompressed, is refused; five times as much must fit in memory."""
    most_lines: int = setting(read.whole(1, 10**9, of="lines"), DEFAULTS.lines)
    """A landed file of more lines, or with more values in a Parquet column, is refused."""
    longest_line: int = setting(read.size, DEFAULTS.line_bytes)
    """A longer line is refused; of such a row the quarantine keeps the beginning and the length."""
    watch: WatchSettings = setting(read.table(WatchSettings, "watch"), made_by=WatchSettings)
    """What of an arrival day is unusual enough to be told."""
    notify: NotifySettings = setting(read.table(NotifySettings, "notify"), made_by=NotifySettings)
    """Whom a failed run and a failed check are told to."""
    outbox: OutboxSettings = setting(read.table(OutboxSettings, "outbox"), made_by=OutboxSettings)
    """What finance receives, and how it is delivered; a table in the file, inline TOML in the environment."""

    @property
    def rules(self) -> Rules:
        """The configurable rules (R6, R7, R14)."""
        return Rules(
            anchor=self.anchor,
            handoff_starts_at=self.handoff_starts_at,
            voice_channels=frozenset(self.voice_channels),
        )

    @property
    def limits(self) -> Limits:
        """How much of a landed file is taken."""
        return Limits(self.largest_file, self.most_lines, self.longest_line)

    def faults(self) -> Iterator[str]:
        """What does not go together."""
        if self.first_day and self.last_day and self.last_day < self.first_day:
            yield f"setting last_day = {self.last_day}: lies before first_day = {self.first_day}"


@dataclass(frozen=True)
class Loaded:
    """The settings in force, and what was said of them: for each key that was given, where, and its value."""

    settings: Settings
    given: Mapping[str, tuple[str, Any]]

    def origin(self, *place: str) -> str:
        """Where the setting at a place such as `outbox`, `mail`, `host` came from, or `default`."""
        where, found = self.given.get(place[0], ("default", {}))
        for name in place[1:]:
            if not isinstance(found, dict) or name not in found:
                return "default"
            found = found[name]
        return where


def load_settings(environ: Mapping[str, str] | None = None) -> Settings:
    """The settings in force; a variable of the environment stands before the file.

    Raises SettingsError with every fault at once.
    """
    return load(environ).settings


def load_settings_of(home: Path) -> Settings:
    """The settings of a home, whichever the environment names."""
    return load_settings({**os.environ, "QUARTERHOUR_HOME": str(home)})


PATTERN = frozenset(",*?[")
"""By these Polars and DuckDB take a path for several."""


def load(environ: Mapping[str, str] | None = None) -> Loaded:
    """The settings in force and where each came from. Raises SettingsError with every fault at once."""
    env = os.environ if environ is None else environ
    home = Path(env.get("QUARTERHOUR_HOME") or "data").resolve()
    path = home / FILE_NAME
    faults: list[str] = []
    given = {name: (FILE_NAME, value) for name, value in _said_by(path, faults).items()}
    for name, its in settings_of(Settings).items():
        variable = PREFIX + name.upper()
        if variable not in env:
            continue
        given.pop(name, None)
        try:
            said: Any = _inline_table(env[variable]) if reader_of(its).table else env[variable]
            given[name] = (variable, said)
        except ValueError as error:
            faults.append(f"setting {name} in {variable}: {error}")
    values, wrong = read_fields(Settings, {name: value for name, (_, value) in given.items()})
    for place, told in wrong:
        where = given[place.partition(".")[0]][0]
        faults.append(f"setting {place} in {path if where == FILE_NAME else where}: {told}")
    settings = Settings(home=home, **values)
    faults += settings.faults()
    if set(str(home)) & PATTERN:
        faults.append(f"QUARTERHOUR_HOME: a path with one of , * ? [ in it would be taken for others: {home}")
    if faults:
        raise SettingsError("\n".join(faults))
    return Loaded(settings, given)


def _said_by(path: Path, faults: list[str]) -> dict[str, Any]:
    """What the file says; a home may have none."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        return {}
    except OSError as error:
        faults.append(f"{path}: cannot be read: {error.strerror or error}")
    except (ValueError, RecursionError) as error:
        faults.append(f"{path}: not TOML: {error}")
    return {}


def _inline_table(value: str) -> Any:
    try:
        return tomllib.loads(f"table = {value}")["table"]
    except (ValueError, RecursionError):
        raise ValueError('not an inline table of TOML such as {command = ["lp"]}') from None
