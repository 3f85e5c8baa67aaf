"""A mail server in a thread: it keeps what it takes, and can be told to refuse or to fall silent."""

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import cast


class MailServer(socketserver.ThreadingTCPServer):
    """`refusal` answers a recipient; `is_silent` takes a mail and hangs up without a word."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Session)
        self.mails: list[tuple[str, str, EmailMessage]] = []
        self.refusal: str | None = None
        self.is_silent = False

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    def texts(self) -> list[tuple[str, str]]:
        """Recipient and number of what was taken."""
        return [(to, str(mail["Message-ID"])) for _, to, mail in self.mails]


class _Session(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        server = cast(MailServer, self.server)
        sender = recipient = ""
        self._say("220 here")
        for raw in self.rfile:
            command = raw.decode().strip()
            match command.upper().split(":")[0].split()[0]:
                case "MAIL":
                    sender = command.partition("<")[2].partition(">")[0]
                    self._say("250 ok")
                case "RCPT":
                    recipient = command.partition("<")[2].partition(">")[0]
                    self._say(server.refusal or "250 ok")
                case "DATA":
                    self._say("354 go on")
                    mail = message_from_bytes(self._data(), policy=policy.default)
                    server.mails.append((sender, recipient, cast(EmailMessage, mail)))
                    if server.is_silent:
                        return
                    self._say("250 taken")
                case "QUIT":
                    self._say("221 bye")
                    return
                case _:
                    self._say("250 ok")

    def _data(self) -> bytes:
        lines = list(iter(self.rfile.readline, b".\r\n"))
        return b"".join(line.removeprefix(b".") for line in lines)

    def _say(self, text: str) -> None:
        self.wfile.write(f"{text}\r\n".encode())


@contextmanager
def mail_server() -> Iterator[MailServer]:
    """A server that runs meanwhile."""
    with MailServer() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield server
        server.shutdown()
