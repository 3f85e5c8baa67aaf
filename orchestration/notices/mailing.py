"""A mail to an SMTP server, and what is known of it afterwards."""

import os
import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP

from orchestration.outbox.delivering import ChannelDownError, NotSentError, UnclearError
from orchestration.outbox.settings import MailSettings


def envelope(settings: MailSettings, recipient: str) -> tuple[Address, Address]:
    """The addresses of sender and recipient; raises NotSentError where one of them is none."""
    try:
        return Address(addr_spec=settings.sender), Address(addr_spec=recipient)
    except (ValueError, IndexError, MessageError):
        raise NotSentError(f"no usable e-mail address: {settings.sender!r} or {recipient!r}") from None


def hand_over(
    settings: MailSettings, message: EmailMessage, sender: Address, recipient: Address, timeout: float
) -> None:
    """Sent is what the server has taken over; after the last byte its silence leaves it unclear."""
    with _server(settings, timeout) as server:
        try:
            _agree(*server.mail(sender.addr_spec))
            _agree(*server.rcpt(recipient.addr_spec))
        except OSError as error:
            raise ChannelDownError(_words_of(error)) from None
        except UnicodeEncodeError:
            raise NotSentError(f"the server takes no address such as {recipient.addr_spec!r}") from None
        try:
            answer = server.data(message.as_bytes(policy=SMTP))
        except smtplib.SMTPDataError as error:  # refused before the first byte
            raise NotSentError(_words_of(error)) from None
        except OSError as error:
            raise UnclearError(f"the server did not answer: {_words_of(error)}") from None
        _agree(*answer)


@contextmanager
def _server(settings: MailSettings, timeout: float) -> Iterator[smtplib.SMTP]:
    """A server that is ready to take mails."""
    try:
        server = smtplib.SMTP(settings.host, settings.port, timeout=timeout)
    except OSError as error:
        raise ChannelDownError(f"{settings.host}: {_words_of(error)}") from None
    try:
        try:
            _greet(settings, server)
        except OSError as error:
            raise ChannelDownError(f"{settings.host}: {_words_of(error)}") from None
        yield server
        with suppress(OSError):  # it has the mail, and may be as impolite as it likes
            server.quit()
    finally:
        server.close()


def _greet(settings: MailSettings, server: smtplib.SMTP) -> None:
    if settings.starttls:
        server.starttls(context=ssl.create_default_context())
    if settings.user and settings.password_env:
        password = os.environ.get(settings.password_env)
        if password is None:
            raise ChannelDownError(f"the environment has no {settings.password_env}")
        server.login(settings.user, password)
    server.ehlo_or_helo_if_needed()


def _agree(code: int, answer: bytes) -> None:
    if not 200 <= code < 300:
        raise NotSentError(f"{code} {answer.decode(errors='replace')}")


def _words_of(error: OSError) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        said = error.smtp_error
        return f"{error.smtp_code} {said.decode(errors='replace') if isinstance(said, bytes) else said}"
    return error.strerror or str(error) or type(error).__name__
