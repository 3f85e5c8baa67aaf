from dataclasses import replace
from datetime import date

import pytest

from reports import charts
from reports.models import UsageMonth
from tests.reports import samples


def test_each_panel_has_a_column_for_each_day_and_says_its_peak():
    billing, voice, alerts, agents = charts.usage_charts(samples.busy_month(), with_agents=True)
    assert [panel.key for panel in (billing, voice, alerts, agents)] == [
        "billing",
        "voice",
        "alerts",
        "agents",
    ]
    assert all(len(panel.columns) == 28 for panel in (billing, voice, alerts, agents))
    assert agents.summary == "highest 22 on 15 Feb"
    assert [mark.text for mark in agents.days] == ["1 Feb", "8 Feb", "15 Feb", "22 Feb"]


def test_the_bars_of_a_day_stand_on_one_another_up_to_its_sum():
    usage = samples.busy_month()
    billing = charts.usage_charts(usage, with_agents=True)[0]
    ticks = {mark.text: float(mark.at) for mark in billing.levels}
    pixels = (billing.ground - ticks["1,000"]) / 1000
    for column, day in zip(billing.columns, usage.days, strict=True):
        shown = day.measures.billing_sessions + day.measures.provisional_sessions
        assert billing.ground - float(column.bars[-1].y) == pytest.approx(shown * pixels, abs=0.2)
        assert sum(float(bar.height) for bar in column.bars) == pytest.approx(shown * pixels, abs=0.3)


def test_no_trace_of_agents_where_they_may_not_be_shown():
    panels = charts.usage_charts(samples.busy_month(), with_agents=False)
    assert "agents" not in [panel.key for panel in panels]
    assert all("Agents" not in column.tooltip for panel in panels for column in panel.columns)


def test_a_month_without_usage_has_empty_panels():
    nothing = UsageMonth(date(1999, 2, 1), (), (), samples.measures_sum([], 0))
    assert all(panel.is_empty and not panel.columns for panel in charts.usage_charts(nothing, True))


@pytest.mark.parametrize(
    ("highest", "most", "scale"), [(0, 4, (1, 1)), (3, 4, (1, 3)), (1909, 4, (500, 2000))]
)
def test_an_axis_has_few_round_steps(highest: int, most: int, scale: tuple[int, int]):
    assert charts._scale(highest, most) == scale


def test_a_sparkline_stays_in_its_box_and_is_as_long_as_the_month_is_old():
    month = replace(samples.month_page().summary(), trend=(0, 10, 5))
    assert charts.sparkline(month).path == "M0.0,23.0 L3.7,1.0 L7.4,12.0"
