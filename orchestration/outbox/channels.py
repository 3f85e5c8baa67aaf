"""The ways in which a document leaves the house: a mail to an SMTP server, or a command of the operator's."""

import signal
import subprocess
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO

from orchestration.notices.mailing import envelope, hand_over
from orchestration.outbox.delivering import Channel, ChannelDownError, Letter, NotSentError, UnclearError
from orchestration.outbox.settings import CUSTOMER, MailSettings, OutboxSettings
from reports import formats
from reports.models.documents import IssuedDocument

TIMEOUT_SECONDS = 60
"""For each answer of a mail server, and for a command as a whole: a night must not hang on it."""


def channels_of(settings: OutboxSettings) -> list[Channel]:
    """The channels that are configured; none by default."""
    mail: list[Channel] = [Mail(settings.mail)] if settings.mail else []
    command: list[Channel] = [Command(settings.command)] if settings.command else []
    return mail + command


class Command:
    """Runs a program with the path of the document's page as its last argument."""

    name = "command"

    def __init__(self, words: tuple[str, ...], timeout_seconds: float = TIMEOUT_SECONDS):
        self._words, self._timeout = words, timeout_seconds

    def send(self, letter: Letter) -> None:
        """Exit code 0 is sent, any other is not; a program that was killed has not said."""
        with TemporaryFile() as errors:  # a pipe would wait for what the program leaves running behind it
            code = self._run(letter.page, errors)
            errors.seek(0)
            said = errors.read().decode(errors="replace").strip().splitlines()[-1:]
        if code < 0:
            raise UnclearError(f"it was killed by {signal.Signals(-code).name}")
        if code > 0:
            raise NotSentError("; ".join([f"exit code {code}", *said]))

    def _run(self, page: Path, errors: IO[bytes]) -> int:
        quiet = subprocess.DEVNULL
        command = [*self._words, str(page)]
        try:
            return subprocess.run(
                command, stdin=quiet, stdout=quiet, stderr=errors, timeout=self._timeout, check=False
            ).returncode
        except subprocess.TimeoutExpired:
            raise UnclearError(f"it did not end within {self._timeout:g} seconds") from None
        except OSError as error:
            raise ChannelDownError(f"{self._words[0]}: {error.strerror}") from None


class Mail:
    """Hands a mail with the document's page to an SMTP server."""

    name = "mail"

    def __init__(self, settings: MailSettings, timeout_seconds: float = TIMEOUT_SECONDS):
        self._settings, self._timeout = settings, timeout_seconds

    def send(self, letter: Letter) -> None:
        """To the address of the settings, or to the customer's own."""
        wanted = self._settings.to
        address = letter.document.customer.email if wanted == CUSTOMER else wanted
        if not address:
            raise NotSentError("the customer's billing profile has no e-mail address")
        sender, recipient = envelope(self._settings, address)
        message = mail_of(letter, sender, recipient)
        hand_over(self._settings, message, sender, recipient, self._timeout)


def mail_of(letter: Letter, sender: Address, recipient: Address) -> EmailMessage:
    """A short text, and the page as an attachment.

    The Message-ID follows from the document alone: a receiver that gets it twice can tell.
    """
    document = letter.document
    message = EmailMessage()
    message["From"] = Address(document.seller.shown_name, addr_spec=sender.addr_spec)
    message["To"] = recipient
    message["Subject"] = f"{document.title} {document.number} of {document.seller.shown_name}"
    message["Message-ID"] = f"<{document.number}@{document.seller.party_id}>"
    message["Date"] = format_datetime(datetime.now(UTC))
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(_text_of(document), cte="quoted-printable")  # also for servers that take seven bits
    message.add_attachment(
        letter.page.read_bytes(),
        maintype="text",
        subtype="html",
        filename=f"{document.number}.html",
        params={"charset": "utf-8"},
    )
    return message


def _text_of(document: IssuedDocument) -> str:
    total = f"{document.currency} {formats.money(document.invoice.total, document.currency)}"
    period = formats.period(document.invoice.period_start_date, document.invoice.period_end_date)
    told = [
        f"{document.title} {document.number}, issued on {formats.day(document.issue_date)}",
        f"To: {document.customer.shown_name}",
        f"Period: {period}",
        f"Total: {total}",
    ]
    if document.is_payable:
        told.append(f"To be paid until: {formats.day(document.due_date)}")
    return "\n".join([*told, "", "The document is attached.", "", document.seller.shown_name, ""])
