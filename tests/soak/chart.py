"""The soak as a picture: the work of each night, and megabytes of the home after it."""

from collections.abc import Sequence
from typing import Any

import vl_convert

from tests.soak.nights import Night


def svg(nights: Sequence[Night]) -> str:
    """Both curves, one above the other."""
    rows = [
        {
            "night": night.number + 1,
            "processor": night.processor_seconds,
            "home": night.home_mb,
            "dagster": night.dagster_mb,
        }
        for night in nights
        if not night.is_command
    ]
    spec: dict[str, Any] = {
        "data": {"values": rows},
        "vconcat": [
            _panel("processor seconds of a night", [{"field": "processor"}]),
            _panel("MB of the home; of Dagster's part of it", [{"field": "home"}, {"field": "dagster"}]),
        ],
        "config": {"background": "white", "font": "sans-serif", "view": {"stroke": None}},
    }
    return str(vl_convert.vegalite_to_svg(spec))


def _panel(title: str, lines: list[dict[str, str]]) -> dict[str, Any]:
    x = {"field": "night", "type": "quantitative", "scale": {"nice": False}, "axis": {"grid": False}}
    layers = [
        {"mark": {"type": "line", "strokeWidth": 1.2, "color": color},
         "encoding": {"x": x, "y": {**line, "type": "quantitative", "title": title}}}
        for line, color in zip(lines, ("#2458a6", "#b3541e"), strict=False)
    ]  # fmt: skip
    return {"width": 760, "height": 180, "layer": layers}
