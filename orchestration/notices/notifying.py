"""Telling an operator: by webhook, by mail, by a command. It never fails what it tells of.

All channels are tried side by side, each until a deadline, whatever a server does meanwhile: a night must not
hang on it, and Dagster gives a sensor no more than a minute.
"""

import json
import os
import subprocess
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid
from http import HTTPStatus
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from orchestration.notices.deciding import Notice
from orchestration.notices.mailing import envelope, hand_over
from orchestration.outbox.delivering import ChannelDownError, NotSentError, UnclearError
from orchestration.outbox.settings import MailSettings
from orchestration.terminal import plain
from orchestration.watching.settings import NotifySettings

DEADLINE_SECONDS = 15.0
"""For a channel with all its attempts."""
ATTEMPTS = 3
PAUSE_SECONDS = 0.5
"""Before the second attempt; twice as long before the third."""
SUBJECT_LENGTH = 200


class _AgainError(Exception):
    """An attempt failed in a way that the next one may not."""


@dataclass(frozen=True)
class Channel:
    """A way to tell somebody; `send` is given the notice and the seconds that it may take."""

    name: str
    send: Callable[[Notice, float], None]


@dataclass(frozen=True)
class Outcome:
    """What became of a notice in a channel; `problem` is empty where it was taken."""

    channel: str
    problem: str = ""

    def __str__(self) -> str:
        return f"not told by {self.channel}: {self.problem}" if self.problem else f"told by {self.channel}"


def channels_of(settings: NotifySettings) -> list[Channel]:
    """The channels that are configured; none by default."""
    found = []
    if settings.webhook or settings.webhook_env:
        found.append(Channel("webhook", lambda notice, seconds: _post(settings, notice, seconds)))
    if mail := settings.mail:
        found.append(Channel("mail", lambda notice, seconds: _mail(mail, notice, seconds)))
    if settings.command:
        found.append(Channel("command", lambda notice, seconds: _run(settings.command, notice, seconds)))
    return found


def notify(
    settings: NotifySettings, notice: Notice, deadline_seconds: float = DEADLINE_SECONDS
) -> list[Outcome]:
    """Tells it by every channel; gives what became of it, and raises nothing."""
    until = time.monotonic() + deadline_seconds
    attempts = [(channel.name, _Attempt(channel, notice, until)) for channel in channels_of(settings)]
    return [attempt.outcome(name) for name, attempt in attempts]


class _Attempt:
    """A channel in a thread of its own: one that hangs, in a look-up of names too, is left behind."""

    def __init__(self, channel: Channel, notice: Notice, until: float):
        self._until, self._problem = until, "it took too long"
        self._thread = threading.Thread(target=self._try, args=(channel, notice), daemon=True)
        self._thread.start()

    def _try(self, channel: Channel, notice: Notice) -> None:
        for number in range(ATTEMPTS):
            try:
                channel.send(notice, max(self._until - time.monotonic(), 0.1))
                self._problem = ""
                return
            except _AgainError as error:
                problem = str(error)
            except Exception as error:  # whatever it is, the run that is told of goes on
                self._problem = str(error) or type(error).__name__
                return
            pause = PAUSE_SECONDS * 2**number
            if number + 1 == ATTEMPTS or time.monotonic() + pause >= self._until:
                self._problem = problem
                return
            time.sleep(pause)

    def outcome(self, name: str) -> Outcome:
        """What is known of it at the deadline."""
        self._thread.join(max(self._until - time.monotonic(), 0))
        return Outcome(name, plain(self._problem))


class _NoRedirects(HTTPRedirectHandler):
    """What is posted goes to the URL of the settings and to no other."""

    def redirect_request(self, *_: Any) -> None:
        """None: the answer itself is the error."""


def _post(settings: NotifySettings, notice: Notice, seconds: float) -> None:
    """The URL may be a secret by itself: of it only the host is ever told."""
    url = settings.url() or ""
    headers = {"Content-Type": "application/json; charset=utf-8", "User-Agent": "quarterhour"}
    if settings.token_env:
        token = os.environ.get(settings.token_env, "")
        if not token.isascii() or not token.isprintable() or not token:
            raise NotSentError(f"the environment has no usable token in {settings.token_env}")
        headers["Authorization"] = f"Bearer {token}"
    body = json.dumps(notice.payload(), ensure_ascii=False).encode()
    request = Request(url, data=body, headers=headers, method="POST")
    host = urlsplit(url).hostname
    try:
        with build_opener(_NoRedirects).open(request, timeout=min(seconds, DEADLINE_SECONDS / 2)) as answer:
            answer.read(1)
    except HTTPError as error:
        with error:
            told = f"{host} answers {error.code} {plain(error.reason)}"
        if error.code >= HTTPStatus.INTERNAL_SERVER_ERROR or error.code == HTTPStatus.TOO_MANY_REQUESTS:
            raise _AgainError(told) from None
        raise NotSentError(told) from None
    except (URLError, OSError) as error:
        reason = error.reason if isinstance(error, URLError) else error
        raise _AgainError(f"{host}: {reason or type(error).__name__}") from None
    except Exception as error:  # those of http.client may hold the URL
        raise NotSentError(f"{host}: {type(error).__name__}") from None


def _mail(settings: MailSettings, notice: Notice, seconds: float) -> None:
    sender, recipient = envelope(settings, settings.to)
    message = EmailMessage()
    message["From"], message["To"] = sender, recipient
    message["Subject"] = plain(notice.subject)[:SUBJECT_LENGTH]
    message["Date"] = format_datetime(datetime.now(UTC))
    message["Message-ID"] = make_msgid(domain="quarterhour.invalid")
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(notice.text(), cte="quoted-printable")
    try:
        hand_over(settings, message, sender, recipient, min(seconds, DEADLINE_SECONDS / 2))
    except ChannelDownError as error:
        raise _AgainError(str(error)) from None


def _run(words: tuple[str, ...], notice: Notice, seconds: float) -> None:
    quiet = subprocess.DEVNULL
    body = json.dumps(notice.payload(), ensure_ascii=False).encode()
    before_the_end = seconds * 0.9  # so that it is stopped, and not left behind
    try:
        ran = subprocess.run(
            words, input=body, stdout=quiet, stderr=quiet, timeout=before_the_end, check=False
        )
    except subprocess.TimeoutExpired:
        raise UnclearError(f"{words[0]} did not end in time, and was stopped") from None
    except OSError as error:
        raise NotSentError(f"{words[0]}: {error.strerror}") from None
    if ran.returncode:
        raise NotSentError(f"{words[0]} ended with {ran.returncode}")
