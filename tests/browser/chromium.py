"""Where Chromium is, and how it is started: so that nothing that it asks for leaves this machine."""

import shutil

NAMES = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-dev-shm-usage",
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
)


def program() -> str | None:
    """Its path, if it is there."""
    return next(filter(None, map(shutil.which, NAMES)), None)
