"""How long a page takes to open: until it has been drawn whole, and does nothing any more."""

import shutil
import time
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from pathlib import Path
from statistics import median

CHROMIUMS = ("chromium", "chromium-browser", "google-chrome")
_TIMES = 5


def can_open() -> bool:
    """Whether there are a Chromium and playwright, which comes with the extra `dev`."""
    return bool(_program()) and find_spec("playwright") is not None


def seconds_to_open(page: Path) -> float:
    """The median of some openings in a browser that runs already, each in a context of its own."""
    with ThreadPoolExecutor(1) as thread:  # of its own: playwright refuses one in which a loop of events runs
        return thread.submit(_opened, page).result()


def _opened(page: Path) -> float:
    from playwright.sync_api import sync_playwright  # noqa: PLC0415  # an extra

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=_program(), args=["--no-sandbox", "--disable-gpu"]
        )
        took = []
        for _ in range(_TIMES):
            context = browser.new_context(viewport={"width": 1280, "height": 900})
            opened = context.new_page()
            began = time.perf_counter()
            opened.goto(page.as_uri(), wait_until="load")
            opened.evaluate("() => new Promise(done => requestAnimationFrame(() => setTimeout(done, 0)))")
            took.append(time.perf_counter() - began)
            context.close()
        browser.close()
    return median(took)


def _program() -> str | None:
    return next(filter(None, map(shutil.which, CHROMIUMS)), None)
