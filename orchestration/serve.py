"""The reports folder on loopback."""

from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from orchestration.errors import UsageError


class ReportsHandler(SimpleHTTPRequestHandler):
    """Files of the reports folder, and nothing that a browser might take for something else."""

    def end_headers(self) -> None:
        """Adds the headers of a site that trusts only itself."""
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Referrer-Policy", "no-referrer")
        super().end_headers()


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
