"""The prices that billing systems publish, through the rating models."""

import json
import random
import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import settings

from orchestration.rate import Result, rate_cases
from tests.frames import SHARED

FILE = SHARED / "cases" / "pricing.json"
published = pytest.mark.skipif(
    not FILE.is_file(), reason="the published cases (../shared/cases beside the repository) are not here"
)
CASES: dict[str, dict[str, Any]] = (
    {case["id"]: case for case in json.loads(FILE.read_text())["cases"]} if FILE.is_file() else {}
)

PERCENTAGE = "a percentage of what is sold is no price here (P2)"
EACH_UNIT = "units are not prorated one by one (P4)"
BLOCKS = "no blocks in tiers (P2)"
THIRTY = "days are those of the period as it is (P6)"
BILLING_DAY = "a period is a calendar month (P6, R17)"
BUCKETS = "the period's total is rated, not parts of it (P4)"
WINDOWS = "a commitment is one of the period (P7)"
WALLET = "what a wallet pays is on a statement, not on lines (P10)"
DATES = "dates, not money: see test_published_calendars.py (R17)"
COUNTED = "sessions are counted from logs, not rated (R8, R15)"
LEFT_OUT = {
    "lago-graduated-percentage-0": PERCENTAGE,
    "lago-graduated-percentage-1": PERCENTAGE,
    "lago-percentage-free-events-only": PERCENTAGE,
    "lago-percentage-free-units-gt-running": PERCENTAGE,
    "lago-percentage-minmax-fixed": PERCENTAGE,
    "lago-percentage-minmax-free30": PERCENTAGE,
    "lago-doc-gradpct-t2": PERCENTAGE,
    "lago-doc-gradpct-t3": PERCENTAGE,
    "lago-progr-zero-final": EACH_UNIT,
    "lago-progr-neg": EACH_UNIT,
    "lago-progr-overflow": EACH_UNIT,
    "lago-progr-multi": EACH_UNIT,
    "lago-invoice-three-coupons": "fixed discounts are spread over all lines, in whole minor units (P8)",
    "om-flat-midperiod": "a charge in arrears is rated on its whole period (P4)",
    "om-credits-partial-usage": WALLET,
    "om-credits-two-grants": WALLET,
    "kb-top-1000": BLOCKS,
    "kb-top-101000": BLOCKS,
    "kb-top-101001": BLOCKS,
    "kb-top-300000": BLOCKS,
    "kb-proration-fixed30-2023-02-23": THIRTY,
    "kb-fixed30-invoice-2023-05-23": THIRTY,
    "kb-fixed30-repair-credit": "a cancellation ends with its period and credits nothing (P4, P6)",
    "kb-cycles-testPlanChange_AfterBillingDay": BILLING_DAY,
    "kb-cycles-testStartTargetEnd": BILLING_DAY,
    "fp-package-round-down-50": "packages are rounded up (P3)",
    "fp-bucket-flat": BUCKETS,
    "fp-bucket-volume": BUCKETS,
    "fp-proration-quantity_change_increase": "periods are half-open (P6)",
    "fp-windowcommit-32": WINDOWS,
    "fp-windowcommit-quantity-31": BUCKETS,
    "fp-windowcommit-override-530": BUCKETS,
    "fp-daily-allowance": "included units are those of the period (P2, P4)",
    "mt-graduated-cap": "a tier has no cap (P2)",
    "mt-proration-onetime": "no one-time fees (P1)",
    "fp-days-regular_days": DATES,
    "fp-days-crossing_months": DATES,
    "fp-days-same_day": DATES,
    "fp-days-different_hour_midnight": DATES,
    "fp-floorday-utc": DATES,
    "fp-floorhour-npt": DATES,
    "fp-advancedays-spring": DATES,
    "fp-month-anchor-ist": DATES,
    "fp-months-ny-dst": DATES,
    "fp-month31-clamp": DATES,
    "google-agentassist-71": COUNTED,
    "kore-doc-session-31": COUNTED,
    "kore-doc-alerts-3-per-day": COUNTED,
}
NOT_MADE = {"within_commit_allocation", "overage_line"}
"""Figures that others show on the way and we do not have: an overage is a surcharge on the lines of usage."""


def decimals(value: Any) -> Any:
    return [Decimal(one) for one in value] if isinstance(value, list) else Decimal(value)


def not_zero(amounts: list[Decimal]) -> list[Decimal]:
    """Others show a tier without an amount as a line, or its fee and its units as two."""
    return [amount for amount in amounts if amount]


FIGURES: dict[str, Callable[[Any, Any], bool]] = {
    "discount": lambda figures, expected: sum(figures["discounts"]) == decimals(expected),
    "lines": lambda figures, expected: not_zero(figures["lines"]) == not_zero(decimals(expected)),
    "runs": lambda figures, expected: (
        figures["per_run_totals"] == decimals([run["total"] for run in expected])
    ),
}


@pytest.fixture(scope="module")
def results() -> dict[str, Result]:
    return dict(zip(CASES, rate_cases(list(CASES.values())), strict=True))


@published
def test_each_case_is_rated_or_left_out_for_a_reason(results: dict[str, Result]) -> None:
    assert {name for name, result in results.items() if result.status != "rated"} == LEFT_OUT.keys()


@published
@pytest.mark.parametrize("name", LEFT_OUT)
def test_a_case_that_is_left_out_names_the_rule(name: str, results: dict[str, Result]) -> None:
    assert (results[name].status, results[name].amount) == ("unsupported", None)
    rules = re.compile(r"\b[PRI]\d+\b")
    assert set(rules.findall(results[name].reason)) == set(rules.findall(LEFT_OUT[name]))


@published
@pytest.mark.parametrize("name", sorted(CASES.keys() - LEFT_OUT.keys()))
def test_a_published_case_and_the_figures_on_the_way_to_it(name: str, results: dict[str, Result]) -> None:
    expected = dict(CASES[name]["expected"])
    found = results[name]
    assert found.amount == decimals(expected.pop("amount"))
    for figure in expected.keys() - NOT_MADE:
        if figure in FIGURES:
            assert FIGURES[figure](found.figures, expected[figure]), (figure, found.figures)
        else:
            assert found.figures[figure] == decimals(expected[figure]), figure


EXTREMES = (
    "0",
    "1",
    "0.000001",
    "0.000000000001",
    "0.5",
    "100",
    "999999999999.999999",
    "99999999999999",
    "99999999999999.999999",
)


def with_other_numbers(dice: random.Random, value: Any) -> Any:
    """The same value with some of its numbers replaced."""
    if isinstance(value, dict):
        return {name: with_other_numbers(dice, one) for name, one in value.items()}
    if isinstance(value, list):
        return [with_other_numbers(dice, one) for one in value]
    is_number = isinstance(value, str) and re.fullmatch(r"[\d.]+", value)
    return dice.choice(EXTREMES) if is_number and dice.random() < 0.5 else value


@published
def test_no_number_is_too_large_or_too_small_for_the_models() -> None:
    dice = random.Random(17)
    rounds = range(settings().max_examples // 25)
    cases = [with_other_numbers(dice, case) for _ in rounds for case in CASES.values()]
    statuses = {result.status for result in rate_cases(cases)}
    assert statuses == {"rated", "unsupported", "invalid"}
