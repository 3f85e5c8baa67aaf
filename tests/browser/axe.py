"""axe-core: what keeps people from a page who cannot see it, or not well."""

import json
from typing import Any

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page

CONTRAST = {"runOnly": {"type": "rule", "values": ["color-contrast"]}}


def violations(page: Page, options: dict[str, Any] | None = None) -> list[str]:
    """What axe-core finds on the page as it is now: each rule with its first places."""
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    # `preload` would fetch the stylesheet again, which the policy refuses as it should.
    wanted = {"resultTypes": ["violations"], "preload": False, **(options or {})}
    found = page.evaluate(f"async () => (await axe.run({json.dumps(wanted)})).violations")
    return [
        f"{rule['id']} ({rule['help']}): {len(rule['nodes'])} times, as "
        + "; ".join(f"{node['target'][0]} {node['html'][:160]} {_why(node)}" for node in rule["nodes"][:3])
        for rule in found
    ]


def _why(node: dict[str, Any]) -> str:
    return " ".join(check["message"] for check in [*node["any"], *node["all"], *node["none"]])
