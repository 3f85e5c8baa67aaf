"""A whole site, and a browser that reads it: shared by all tests of the pages.

A page fails its test for any error on its console, any script that throws, anything its content security
policy refuses, and any request that leaves it.
"""

import fcntl
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from orchestration.console.site import render_site
from orchestration.home import WAREHOUSE
from orchestration.serve import server
from tests.browser import home as made
from tests.browser.chromium import ARGUMENTS, program
from tests.browser.home import make_home

pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
from playwright.sync_api import Browser, Page, expect, sync_playwright

REPOSITORY = Path(__file__).parents[2]
BUILT = REPOSITORY / "build" / "browser-homes"
PATIENCE = 60_000
"""Milliseconds: a machine that does other things too is slow, and no test here is about time."""
PAGES = ("console", "commands", "bench")
"""Packages that have no part in a home without a site."""
AT_HOME = ("file:", "data:", "blob:", "http://127.0.0.1:")

expect.set_options(timeout=PATIENCE)

Watched = Callable[..., AbstractContextManager[Page]]
"""A page with options of a browser context; it must behave until it is closed."""


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with its site; made once, whoever of several workers comes first, and not to be changed."""
    shared = tmp_path_factory.getbasetemp()
    if shared.name.startswith("popen-"):  # a worker's own folder lies in the session's
        shared = shared.parent
    with _locked(shared / "home.lock"):
        home = shared / "browser-home"
        if not (home / "reports" / "index.html").exists():
            shutil.rmtree(home, ignore_errors=True)
            shutil.copytree(_built(), home)
            render_site(home)
    return home


@pytest.fixture(scope="session")
def site(home: Path) -> Path:
    """The folder of the rendered site."""
    return home / "reports"


@pytest.fixture(scope="session")
def served(site: Path) -> Iterator[str]:
    """The address under which `quarterhour serve` gives the site."""
    with server(site, 0) as httpd:
        threading.Thread(target=httpd.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{httpd.server_address[1]}"
        httpd.shutdown()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium without a window."""
    path = program()
    if path is None:
        pytest.skip("there is no Chromium; on Debian: apt-get install chromium")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=list(ARGUMENTS))
        yield chromium
        chromium.close()


@pytest.fixture
def watched(browser: Browser) -> Watched:
    """Opens a page in a context of its own and watches it: `with watched(color_scheme="dark") as page:`."""

    @contextmanager
    def opened(**options: Any) -> Iterator[Page]:
        faults: list[str] = []
        context = browser.new_context(**{"viewport": {"width": 1280, "height": 900}, **options})
        context.on("console", lambda told: faults.append(told.text) if told.type == "error" else None)
        context.on("weberror", lambda error: faults.append(str(error.error)))
        context.on("request", lambda asked: None if _is_at_home(asked.url) else faults.append(asked.url))
        context.set_default_timeout(PATIENCE)
        try:
            page = context.new_page()
            yield page
        finally:
            context.close()
        assert not faults, "\n".join(faults)

    return opened


@pytest.fixture
def page(watched: Watched) -> Iterator[Page]:
    """A watched page, 1280 pixels wide and light."""
    with watched() as opened:
        yield opened


def _is_at_home(url: str) -> bool:
    return url.startswith(AT_HOME) or url == "about:blank"


def _built() -> Path:
    """The home without a site. It is kept under `build/` until something changes that it is made by."""
    home = BUILT / _hash_of_code()
    with _locked(BUILT / "lock"):
        if not (home / WAREHOUSE).exists():
            for older in BUILT.glob("[!l]*"):
                shutil.rmtree(older)
            beside = BUILT / "making"
            make_home(beside)
            beside.rename(home)
    return home


def _hash_of_code() -> str:
    digest = sha256()
    sources = [REPOSITORY / "requirements.lock", Path(made.__file__)]
    sources += REPOSITORY.glob("transforms/*.py")
    sources += [path for path in REPOSITORY.glob("orchestration/**/*.py") if path.parent.name not in PAGES]
    for folder in ("models", "macros", "seeds"):
        sources += REPOSITORY.joinpath("dbt_project", folder).rglob("*.*")
    for path in sorted(sources):
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]


@contextmanager
def _locked(lock: Path) -> Iterator[None]:
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield
