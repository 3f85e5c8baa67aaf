"""Delivery of issued documents: each once per channel, whenever a run dies.

`<home>/outbox/.sent/<number>.<channel>.json` says what is known of it, and is on disk before the next step:

1. `intent`: the document is about to be sent;
2. `done`: it has been sent. Where it certainly has not, the record is removed, and the next run tries again.

A run that finds an `intent` cannot know whether the run that died behind it had sent the document or not. It
sends nothing, and leaves it to an operator.
"""

import json
import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from orchestration.errors import RunError
from reports.models.documents import IssuedDocument

INTENT, DONE = "intent", "done"


class NotSentError(RunError):
    """A document has certainly not been sent."""


class ChannelDownError(NotSentError):
    """Nothing at all can be sent by this channel now."""


class UnclearError(RunError):
    """A document may have been sent or not."""


@dataclass(frozen=True)
class Letter:
    """A document, and the page that is sent."""

    document: IssuedDocument
    page: Path


class Channel(Protocol):
    """A way to send documents, by a name of letters alone."""

    name: str

    def send(self, letter: Letter) -> None:
        """Sends it; raises NotSentError where it certainly did not, UnclearError where nobody knows."""


@dataclass
class Delivered:
    """What a run sent, could not send, and does not dare to send."""

    sent: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)


class Records:
    """What is known of each document and channel."""

    def __init__(self, outbox: Path):
        self.root = outbox / ".sent"

    def state(self, number: str, channel: str) -> str | None:
        """`intent`, `done`, or None where nothing was sent; a damaged record is no reason to send again."""
        try:
            found = json.loads(self._path(number, channel).read_bytes())
        except FileNotFoundError:
            return None
        except (ValueError, RecursionError):
            return INTENT
        return DONE if isinstance(found, dict) and found.get("state") == DONE else INTENT

    def note(self, number: str, channel: str, state: str) -> None:
        """Writes a record; on return it is on disk."""
        if not self.root.exists():
            self.root.mkdir(parents=True)
            _sync(*self.root.parents[:2])
        place = self._path(number, channel)
        beside = place.with_name(f".{place.name}.tmp")
        record = {"number": number, "channel": channel, "state": state, "at": datetime.now(UTC).isoformat()}
        with beside.open("w") as file:
            file.write(json.dumps(record, sort_keys=True) + "\n")
            file.flush()
            os.fsync(file.fileno())
        os.replace(beside, place)
        _sync(self.root)

    def forget(self, number: str, channel: str) -> None:
        """Removes a record; the document counts as not sent."""
        self._path(number, channel).unlink()
        _sync(self.root)

    def unclear(self, number: str) -> list[str]:
        """The channels of which nobody knows whether they have sent the document."""
        paths = sorted(self.root.glob("[!.]*.json"))
        found = [path.stem.rpartition(".") for path in paths]
        return [
            channel
            for named, _, channel in found
            if named == number and self.state(number, channel) == INTENT
        ]

    def _path(self, number: str, channel: str) -> Path:
        return self.root / f"{number}.{channel}.json"


def deliver(letters: Iterable[Letter], channels: Iterable[Channel], records: Records) -> Delivered:
    """Sends what has not been sent; a channel that is down is not tried again by the same run."""
    delivered, listed = Delivered(), list(letters)
    for channel in channels:
        down: ChannelDownError | None = None
        for letter in listed:
            number = letter.document.number
            told = f"{number} by {channel.name}"
            match records.state(number, channel.name):
                case "done":
                    continue
                case "intent":
                    delivered.unknown.append(told)
                    continue
            if down:
                delivered.failed.append(f"{told}: {down}")
                continue
            try:
                _send(letter, channel, records)
                delivered.sent.append(told)
            except NotSentError as error:
                delivered.failed.append(f"{told}: {error}")
                down = error if isinstance(error, ChannelDownError) else None
            except UnclearError as error:
                delivered.unknown.append(f"{told}: {error}")
    return delivered


def _send(letter: Letter, channel: Channel, records: Records) -> None:
    number = letter.document.number
    records.note(number, channel.name, INTENT)
    try:
        channel.send(letter)
    except NotSentError:
        records.forget(number, channel.name)
        raise
    records.note(number, channel.name, DONE)


def _sync(*folders: Path) -> None:
    """Makes names last, as fsync of a file does for its bytes."""
    for folder in folders:
        opened = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(opened)
        finally:
            os.close(opened)
