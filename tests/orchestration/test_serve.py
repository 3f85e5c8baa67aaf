"""`quarterhour serve`: what it gives, as what, and what it does not give."""

import http.client
import threading
from collections.abc import Iterator

import pytest

from orchestration.serve import server

PAGES = {
    "index.html": "<p>all accounts</p>",
    "acme/admin/usage.html": "<p>usage</p>",
    "acme/admin/data/2026-01.js": "figures()",
    "acme/admin/csv/days.csv": "day,sessions\r\n",
    "acme/admin/documents/a.pdf": "%PDF-1.7",
    "assets/site.css": "p {}",
    "acme/admin/.usage.html.1": "half written",
}

Got = tuple[int, http.client.HTTPMessage, bytes]


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    folder = tmp_path_factory.mktemp("served")
    for name, content in PAGES.items():
        path = folder / "reports" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    (folder / "secret.txt").write_text("a secret")
    (folder / "reports" / "leads-out").symlink_to(folder)
    with server(folder / "reports", 0) as httpd:
        threading.Thread(target=httpd.serve_forever, daemon=True).start()
        yield httpd.server_address[1]
        httpd.shutdown()


def get(port: int, path: str, host: str | None = None, method: str = "GET") -> Got:
    """The path as it is, which urllib would tidy up."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.putrequest(method, path, skip_host=True)
    connection.putheader("Host", host or f"127.0.0.1:{port}")
    connection.endheaders()
    answer = connection.getresponse()
    got = answer.status, answer.headers, answer.read()
    connection.close()
    return got


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/", "text/html; charset=utf-8"),
        ("/acme/admin/usage.html?range=7d", "text/html; charset=utf-8"),
        ("/acme/admin/data/2026-01.js", "text/javascript; charset=utf-8"),
        ("/acme/admin/csv/days.csv", "text/csv; charset=utf-8"),
        ("/acme/admin/documents/a.pdf", "application/pdf"),
        ("/assets/site.css", "text/css; charset=utf-8"),
    ],
)
def test_each_file_comes_as_what_it_is(port: int, path: str, kind: str) -> None:
    status, headers, content = get(port, path)
    assert (status, headers["Content-Type"]) == (200, kind)
    assert content
    assert headers["X-Content-Type-Options"] == "nosniff"


def test_the_policy_forbids_every_other_host(port: int) -> None:
    _, headers, _ = get(port, "/")
    policy = dict(part.split(" ", 1) for part in headers["Content-Security-Policy"].split("; "))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == "'self'"
    assert policy["frame-ancestors"] == "'none'"
    assert "http" not in headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    "path",
    [
        "/acme/",
        "/acme/admin/documents/",
        "/../secret.txt",
        "/%2e%2e/secret.txt",
        "/..%2fsecret.txt",
        "//..//secret.txt",
        "/leads-out/secret.txt",
        "/leads-out/",
        "/acme/admin/.usage.html.1",
        "/nothing",
    ],
)
def test_neither_listings_nor_what_lies_outside_nor_what_is_hidden(port: int, path: str) -> None:
    status, _, content = get(port, path)
    assert status == 404
    assert b"secret" not in content
    assert b"usage.html" not in content


def test_a_page_of_another_name_may_not_read_it(port: int) -> None:
    """As after a name of its own was made to lead to this machine."""
    assert get(port, "/", host="evil.example")[0] == 421
    assert get(port, "/", host="evil.example:80", method="HEAD")[0] == 421
    assert get(port, "/", host=f"localhost:{port}")[0] == 200


def test_nothing_can_be_written(port: int) -> None:
    assert get(port, "/index.html", method="POST")[0] == 501
    assert get(port, "/index.html", method="DELETE")[0] == 501
