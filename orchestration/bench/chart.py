"""The figures as bars, one panel per stage: an SVG without scripts that a browser or a README shows."""

from collections.abc import Iterable, Mapping
from typing import Any
from xml.sax.saxutils import escape

WIDTH, LABEL, BARS = 900, 260, 370
ROW, BAR, HEAD, GAP = 22, 14, 30, 16
OURS, PEER = "#2458a6", "#b8bec9"
_STYLE = (
    "text{font:13px system-ui,sans-serif;fill:#1c2330}.t{font-weight:600;font-size:15px}"
    ".v{font-size:12px;fill:#4a5263}"
)


def svg(stages: Iterable[Mapping[str, Any]], caption: str) -> str:
    """Stages as the JSON holds them."""
    parts: list[str] = []
    y = GAP
    for stage in stages:
        parts.append(f'<text class="t" x="{GAP}" y="{y + 16}">{escape(stage["title"])}</text>')
        y += HEAD
        longest = max(figure["seconds"] for figure in stage["figures"]) or 1.0
        for figure in stage["figures"]:
            parts.append(_bar(figure, longest, y))
            y += ROW
        y += GAP
    parts.append(f'<text class="v" x="{GAP}" y="{y + 12}">{escape(caption)}</text>')
    height = y + HEAD
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" '
        f'height="{height}" role="img" aria-label="{escape(caption)}"><style>{_STYLE}</style>'
        f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>\n' + "\n".join(parts) + "\n</svg>\n"
    )


def _bar(figure: Mapping[str, Any], longest: float, y: int) -> str:
    """A program: its name, a bar as long as its work took, and the figures."""
    width = max(1.0, BARS * figure["seconds"] / longest)
    said = (
        f"{figure['seconds']:,.2f} s · {figure['rows_per_second'] / 1e6:,.2f} M rows/s · "
        f"{figure['peak_bytes'] / 1e6:,.0f} MB"
    )
    middle = y + BAR - 3
    return (
        f'<text x="{LABEL - 8}" y="{middle}" text-anchor="end">{escape(figure["program"])}</text>'
        f'<rect x="{LABEL}" y="{y}" width="{width:.1f}" height="{BAR}" rx="2" '
        f'fill="{OURS if figure["is_ours"] else PEER}"/>'
        f'<text class="v" x="{LABEL + width + 6:.1f}" y="{middle}">{said}</text>'
    )
