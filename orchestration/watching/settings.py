"""Settings of the checks on what arrives, and of whom a failure is told to."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from orchestration.outbox.settings import CUSTOMER, MailSettings
from orchestration.settings import readers as read
from orchestration.settings.readers import setting

LOOPBACK = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True)
class WatchSettings:
    """What of an arrival day is unusual enough to be told."""

    usual_weeks: int = setting(read.whole(1, 52, of="weeks"), 4)
    """With the same weekday of so many weeks a day is compared; a home with less history is not judged."""
    volume_factor: float = setting(read.number(1.5, 1000), 10.0)
    """So many times fewer or more rows than the weekday's median are told."""
    volume_rows: int = setting(read.whole(1, 10**9, of="rows"), 100)
    """A weekday whose median is smaller is too small to have fewer, and counts as this to have more."""
    quarantine_limit: float = setting(read.share, 0.05)
    """Share of a day's rows in quarantine above which the check fails, from ten rows on (R20)."""
    skew_limit: float = setting(read.share, 0.05)
    """Share of an account's rows that do not fit the day of their arrival, above which the check warns."""
    skew_days: int = setting(read.whole(1, 10_000, of="days"), 7)
    """A row that arrives more days after its own does not fit."""


@dataclass(frozen=True)
class NotifySettings:
    """Whom a failed run and a failed check of severity ERROR are told to. By default nobody."""

    webhook: str | None = setting(read.url)
    """A URL to which a small JSON is posted."""
    webhook_env: str | None = setting(read.variable)
    """The variable of the environment that holds the URL, if whoever knows the URL may post to it."""
    token_env: str | None = setting(read.variable)
    """The variable of the environment that holds a token for the webhook: `Authorization: Bearer …`."""
    mail: MailSettings | None = setting(read.table(MailSettings, "notify.mail"))
    """The server that takes the mail, and to whom it goes."""
    command: tuple[str, ...] = setting(read.command, ())
    """A program and its arguments; it reads the JSON from its standard input."""
    warnings: bool = setting(read.switch, default=False)
    """Whether checks of severity WARN are told too."""

    def faults(self) -> Iterator[str]:
        """What does not go together."""
        if self.webhook and self.webhook_env:
            yield "webhook and webhook_env exclude each other"
        if self.token_env and not (self.webhook or self.webhook_env):
            yield "token_env needs webhook or webhook_env"
        if self.token_env and self.webhook and is_open(self.webhook):
            yield "token_env needs a webhook that begins with https://: a token goes over no open line"
        if self.mail and self.mail.to == CUSTOMER:
            yield "mail.to: expected an address; no customer is told of a failure"

    def url(self) -> str | None:
        """The webhook's URL, from the environment too; raises ValueError where that has none that is good."""
        if self.webhook_env is None:
            return self.webhook
        try:
            url: str = read.url.read(os.environ.get(self.webhook_env))
        except ValueError:
            raise ValueError(f"the environment has no good URL in {self.webhook_env}") from None
        if self.token_env and is_open(url):
            raise ValueError(f"the URL in {self.webhook_env} takes no token: it begins with http://")
        return url


def is_open(url: str) -> bool:
    """Whether others on the way could read what is posted."""
    parts = urlsplit(url)
    return parts.scheme == "http" and parts.hostname not in LOOPBACK
