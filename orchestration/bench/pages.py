"""Renders a site; tells the seconds of its parts, and how large its pages are."""

from pathlib import Path
from typing import Any

from orchestration.console.assets import vega
from orchestration.console.shares import REPORTS
from orchestration.console.site import render_site
from reports.models import Role

vega()  # the start of the program, not its work


def run(arguments: dict[str, Any]) -> dict[str, Any]:
    """Renders the trees of some roles into a home, which may have a site already."""
    home, roles = Path(arguments["home"]), [Role(role) for role in arguments["roles"]]
    result = render_site(home, roles)
    pages = sorted((home / REPORTS).glob("*/*/usage.html"), key=lambda page: page.stat().st_size)
    return {
        "parts": dict(result.seconds),
        "written": result.pages_written,
        "unchanged": result.pages_unchanged,
        "bytes": result.bytes,
        "largest": str(pages[-1]) if pages else "",
        "largest_bytes": pages[-1].stat().st_size if pages else 0,
    }
