"""A webhook in a thread: it keeps what it is posted, and can be told how to answer, or not to."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, cast


class Webhook(ThreadingHTTPServer):
    """`answers` are given one after the other, the last for ever; `is_silent` answers nothing."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.posts: list[tuple[dict[str, str], dict[str, Any]]] = []
        self.answers = [204]
        self.is_silent = False
        self.location = ""
        self.released = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/hook?key=abc123"


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        server = cast(Webhook, self.server)
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        server.posts.append((dict(self.headers), body))
        if server.is_silent:
            server.released.wait(30)
            return
        self.send_response(server.answers.pop(0) if len(server.answers) > 1 else server.answers[0])
        if server.location:
            self.send_header("Location", server.location)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Nothing."""


@contextmanager
def webhook() -> Iterator[Webhook]:
    """A webhook that runs meanwhile."""
    with Webhook() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield server
        server.released.set()
        server.shutdown()
