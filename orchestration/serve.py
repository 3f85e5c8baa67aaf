"""The reports folder on loopback."""

from functools import partial
from http import HTTPStatus
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from orchestration.errors import UsageError

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-cache",
}
"""A site that trusts only itself. Documents have their style within them: their own policy knows its hash."""

TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".csv": "text/csv; charset=utf-8",
    ".json": "application/json",
    ".pdf": "application/pdf",
    "": "application/octet-stream",
}

OUR_NAMES = ("127.0.0.1", "localhost")


class ReportsHandler(SimpleHTTPRequestHandler):
    """Files of the reports folder: no listings, nothing hidden, nothing outside that a link leads to."""

    server_version = "quarterhour"
    sys_version = ""
    extensions_map = TYPES

    def do_GET(self) -> None:
        """Gives a file, unless it was asked for by another site's name, which would let its pages read it."""
        if self._is_ours():
            super().do_GET()

    def do_HEAD(self) -> None:
        """The same without the content."""
        if self._is_ours():
            super().do_HEAD()

    def send_head(self):
        """Opens the file that was asked for."""
        root = Path(self.directory).resolve()
        asked = Path(self.translate_path(self.path))
        if not asked.resolve().is_relative_to(root) or any(
            part.startswith(".") for part in asked.relative_to(self.directory).parts
        ):
            self.send_error(HTTPStatus.NOT_FOUND, "File not found")
            return None
        return super().send_head()

    def list_directory(self, path: object) -> None:
        """A folder without an index is not shown."""
        self.send_error(HTTPStatus.NOT_FOUND, "File not found")

    def end_headers(self) -> None:
        """Adds the headers."""
        for name, value in HEADERS.items():
            self.send_header(name, value)
        super().end_headers()

    def _is_ours(self) -> bool:
        host = self.headers.get("Host", "")
        if not host or host.rsplit(":", 1)[0] in OUR_NAMES:
            return True
        self.send_error(HTTPStatus.MISDIRECTED_REQUEST, "This server is 127.0.0.1")
        return False


def server(folder: Path, port: int) -> ThreadingHTTPServer:
    """A server of the folder on 127.0.0.1, not yet serving. Raises UsageError without a folder."""
    if not (folder / "index.html").exists():
        raise UsageError(f"no reports in {folder}; run `quarterhour run` or `quarterhour demo` first")
    return ThreadingHTTPServer(("127.0.0.1", port), partial(ReportsHandler, directory=str(folder)))


def serve_reports(folder: Path, port: int) -> None:
    """Serves until interrupted."""
    with server(folder, port) as httpd:
        print(f"reports: http://127.0.0.1:{httpd.server_address[1]}/  (Ctrl-C ends)", flush=True)
        try:
            httpd.serve_forever()
        except KeyboardInterrupt:
            print()
