"""Geometry of the charts: days to bars. Across in percent, so that text keeps its size; down in pixels."""

import calendar
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date

from reports import formats
from reports.models import DayUsage, Measures, MonthSummary, UsageMonth

_TOP = 12  # room for the topmost label
_FOOT = 22  # room for the days
_LABEL_EVERY_DAYS = 7


@dataclass(frozen=True)
class _Panel:
    """What a chart shows: the parts of its columns, from the ground up, by their class."""

    key: str
    title: str
    height: int
    parts: tuple[tuple[str, Callable[[Measures], int]], ...]
    legend: tuple[tuple[str, str], ...] = ()


_BILLING = _Panel(
    "billing",
    "Billing sessions by day",
    210,
    (
        ("usage", lambda m: m.usage_sessions),
        ("request", lambda m: m.request_sessions),
        ("alert", lambda m: m.alert_sessions),
        ("provisional", lambda m: m.provisional_sessions),
    ),
    (("usage", "Usage"), ("request", "API requests"), ("alert", "Alerts")),
)
_VOICE = _Panel("voice", "Voice sessions by day", 120, (("voice", lambda m: m.voice_sessions),))
_ALERTS = _Panel("alerts", "Alerts by day", 120, (("alert", lambda m: m.alert_sessions),))
_AGENTS = _Panel("agents", "Agents by day", 120, (("agents", lambda m: m.agent_seats),))


@dataclass(frozen=True)
class Bar:
    """A part of a day's column; `kind` is its class in the stylesheet."""

    kind: str
    y: str
    height: str


@dataclass(frozen=True)
class Column:
    """A day: where it stands, what it says when pointed at, and its bars from the ground up."""

    x: str
    width: str
    bar_x: str
    bar_width: str
    tooltip: str
    bars: tuple[Bar, ...]


@dataclass(frozen=True)
class Mark:
    """A text on an axis and its place along it."""

    at: str
    text: str


@dataclass(frozen=True)
class Chart:
    """One panel, ready to be drawn."""

    key: str
    title: str
    summary: str
    description: str
    height: int
    ground: int
    columns: tuple[Column, ...]
    levels: tuple[Mark, ...]
    days: tuple[Mark, ...]
    legend: tuple[tuple[str, str], ...]
    is_empty: bool


@dataclass(frozen=True)
class Sparkline:
    """A month of billing sessions as one path in a box of 100 by 24."""

    path: str
    description: str


def usage_charts(usage: UsageMonth, with_agents: bool) -> tuple[Chart, ...]:
    """The panels of a usage page: billing sessions by part, voice, alerts, and agents unless R16 forbids."""
    billing = _BILLING
    if usage.total.provisional_sessions:
        billing = replace(billing, legend=(*billing.legend, ("provisional", "Provisional")))
    panels = (billing, _VOICE, _ALERTS, _AGENTS) if with_agents else (billing, _VOICE, _ALERTS)
    tooltips = {day.day: _tooltip(day, with_agents) for day in usage.days}
    return tuple(_chart(usage, tooltips, panel) for panel in panels)


def sparkline(month: MonthSummary) -> Sparkline:
    """The shape of a month, for a table's cell."""
    days = calendar.monthrange(month.month.year, month.month.month)[1]
    top = max(month.trend, default=0)
    points = [
        f"{100 * position / (days - 1):.1f},{23 - 22 * value / (top or 1):.1f}"
        for position, value in enumerate(month.trend)
    ]
    return Sparkline(
        path="M" + " L".join(points) if points else "",
        description=f"Billing sessions by day, at most {formats.number(top)}",
    )


def _chart(usage: UsageMonth, tooltips: dict[date, str], panel: _Panel) -> Chart:
    ground = panel.height - _FOOT
    sums = {day.day: sum(part(day.measures) for _, part in panel.parts) for day in usage.days}
    highest = max(sums.values(), default=0)
    step, top = _scale(highest, most_steps=4 if panel.height > 150 else 2)
    pixels = (ground - _TOP) / top
    slot = 100 / usage.last_day.day
    summary = "none this month"
    if highest:
        peak = min(day for day, value in sums.items() if value == highest)
        summary = f"highest {formats.number(highest)} on {formats.short_day(peak)}"
    return Chart(
        key=panel.key,
        title=panel.title,
        summary=summary,
        description=f"{panel.title} of {formats.month(usage.month)}: {summary}. Figures: table below.",
        height=panel.height,
        ground=ground,
        columns=tuple(_column(day, tooltips[day.day], panel, slot, pixels) for day in usage.days),
        levels=tuple(
            Mark(f"{ground - value * pixels:.1f}", formats.number(value)) for value in range(0, top + 1, step)
        ),
        days=tuple(
            Mark(f"{(number - 0.5) * slot:.2f}%", formats.short_day(usage.month.replace(day=number)))
            for number in range(1, usage.last_day.day + 1, _LABEL_EVERY_DAYS)
        ),
        legend=panel.legend,
        is_empty=highest == 0,
    )


def _column(day: DayUsage, tooltip: str, panel: _Panel, slot: float, pixels: float) -> Column:
    ground = panel.height - _FOOT
    gap = 0.0 if panel.key == "agents" else 0.11  # seats are a level, not a flow
    bars = []
    below = 0
    for kind, part in panel.parts:
        if value := part(day.measures):
            below += value
            bars.append(Bar(kind, f"{ground - below * pixels:.1f}", f"{value * pixels:.1f}"))
    return Column(
        x=f"{(day.day.day - 1) * slot:.2f}%",
        width=f"{slot:.2f}%",
        bar_x=f"{(day.day.day - 1 + gap) * slot:.2f}%",
        bar_width=f"{(1 - 2 * gap) * slot:.2f}%",
        tooltip=tooltip,
        bars=tuple(bars),
    )


def _scale(highest: int, most_steps: int) -> tuple[int, int]:
    """Step (1, 2 or 5 times a power of ten) and top of an axis for counts."""
    power = 1
    while True:
        for digit in (1, 2, 5):
            step = digit * power
            steps = -(-highest // step)
            if steps <= most_steps:
                return step, step * max(1, steps)
        power *= 10


def _tooltip(day: DayUsage, with_agents: bool) -> str:
    measures = day.measures
    lines = [
        f"{formats.weekday(day.day)} {formats.day(day.day)}",
        f"Billing sessions: {formats.number(measures.billing_sessions)}",
        f"Voice sessions: {formats.number(measures.voice_sessions)}",
        f"Alerts: {formats.number(measures.alert_sessions)}",
    ]
    if with_agents:
        lines.append(f"Agents: {formats.number(measures.agent_seats)}")
    if measures.provisional_sessions:
        lines.append(f"Provisional: {formats.number(measures.provisional_sessions)}")
    return "\n".join(lines)
