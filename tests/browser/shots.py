"""Pictures of pages, to be looked at: `python -m tests.browser.shots SITE OUT [PART …]`.

Every page of the site whose path has one of the parts in it (by default the first account's), 1280 and 390
pixels wide, light and dark.
"""

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from tests.browser.chromium import ARGUMENTS, program

WIDTHS = (1280, 390)
SCHEMES = ("light", "dark")


def pages_of(site: Path, parts: Sequence[str]) -> Iterator[Path]:
    """The pages to look at."""
    for path in sorted(site.rglob("*.html")):
        name = path.relative_to(site).as_posix()
        if name in parts or (path.name != "index.html" and any(part in name for part in parts)):
            yield path


def take(browser: Browser, page: Path, out: Path, scheme: str, width: int) -> Path:
    """One picture of a whole page."""
    context = browser.new_context(
        viewport={"width": width, "height": 844 if width < 700 else 900},
        color_scheme="dark" if scheme == "dark" else "light",
        device_scale_factor=2 if width < 700 else 1,
    )
    opened = context.new_page()
    opened.goto(page.as_uri())
    opened.wait_for_timeout(400)  # charts draw themselves
    taken = out / f"{page.parent.name}-{page.stem}-{width}-{scheme}.png"
    opened.screenshot(path=taken, full_page=True)
    context.close()
    return taken


def main(site: Path, out: Path, parts: Sequence[str]) -> None:
    """Pictures of all that was asked for."""
    out.mkdir(parents=True, exist_ok=True)
    chosen = parts or [f"{next(site.glob('*/admin')).parent.name}/admin/", "index.html"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program(), args=list(ARGUMENTS))
        for page in pages_of(site, chosen):
            for scheme in SCHEMES:
                for width in WIDTHS:
                    print(take(browser, page, out, scheme, width))
        browser.close()


if __name__ == "__main__":
    if len(sys.argv) < 3 or program() is None:
        sys.exit(__doc__)
    main(Path(sys.argv[1]).resolve(), Path(sys.argv[2]), sys.argv[3:])
