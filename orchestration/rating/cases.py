"""Which case is which question, and which is none of ours: for what RULES.md excludes, its rule."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from orchestration.rating import charges, documents, periods
from orchestration.rating.inputs import InvalidError, Question, UnsupportedError

_OFFERED = "flat, per_unit, graduated, volume and package are offered (P2)"
_CATEGORIES = frozenset({
    None, "pricing", "commitment", "re_rating_delta", "re_rating_period_preserving", "rounding", "allocation",
    "invoice_totals", "tax", "credit_note", "proration", "prepaid", "pricing_prorated", "pricing_bucketed",
})  # fmt: skip
_NO_MONEY = {
    "sessionization": "Sessions are counted from logs (R8, R15), they are not rated.",
    "calendar_bucketing": "It asks for dates (R17), not for money.",
}

HANDLERS: Mapping[str, Callable[[Any, Any], Question]] = {
    "package_count": charges.count_packages,
    "free_allowance_across_slices": charges.count_after_allowance,
    "half_away_from_zero": documents.round_amount,
    "largest_remainder_split": documents.split_by_weights,
    "distribute_discount_over_lines": documents.spread_discount,
    "fixed_coupon_spread_pro_rata_then_tax_per_fee": documents.invoice_with_coupon,
    "per_line_tax_cents_half_up": documents.tax_of_lines,
    "unused_days_credit_plus_tax": documents.credit_of_unused_days,
    "credit_capped_to_amount_paid_minus_earlier_credits": documents.capped_credit,
    "max_spend_discount_on_line": documents.maximum_of_line,
    "min_commit_true_up": documents.true_up,
    "cumulative_commitment_across_monthly_invoices_overage_factor": documents.overage_of_commitment,
    "days_over_actual_period_days": periods.days_of_period,
    "days_left_over_days_half_open": periods.change_within_period,
    "number_of_billing_cycles": periods.billing_cycles,
}

_EXCLUDED = {
    r"(graduated_)?percentage.*": f"A percentage of what is sold is not a price here: {_OFFERED}.",
    r"prorated_graduated.*": "Units are not prorated one by one: the period's total is rated (P4).",
    r".*_per_bucket": "Buckets of a period are not rated apart: its total is rated (P4).",
    r"free_allowance_reset_daily": "Included units are those of the period (P2, P4), not of a day.",
    r".*_with_tier_cap": "A tier has a unit price, a flat fee or both, but no cap (P2).",
    r"volume_block": "Tiers of blocks are not offered: a tier has a unit price, a flat fee or both (P2).",
    r"fixed_30_day_month.*": "Days are those of the period as it is (P6), not thirty to a month.",
    r"day_based_period_end_inclusive": "Periods are half-open (P6): their last day is not counted twice.",
    r"repair_adjustment_on_early_cancel": "A cancellation ends with its period and credits nothing (P4, P6).",
    r"one_time_fee.*": "One-time fees are not offered: a plan has a base fee and a charge per metric (P1).",
    r"time_of_day_.*": "The period's total is rated (P4), whatever the time of day.",
    r".*_per_window.*": "A commitment is one of the period (P7), not of a window within it.",
    r"coupons_applied_sequentially.*": (
        "Coupons for some of the lines, with shares below the minor unit, are not offered: "
        "fixed discounts are spread over all lines in whole minor units (P8)."
    ),
    r"credits_applied_in_line_order": (
        "What a wallet pays is drawn from its balance each night and shown on a statement; "
        "it is not applied to lines (P10)."
    ),
}  # fmt: skip


def question_of(case: Any) -> Question:
    """The case as rows of the rating models; raises a RefusalError with the reason where it is none."""
    if not isinstance(case, dict):
        raise InvalidError("The case is not an object.")
    category, model = case.get("category"), case.get("model")
    if not isinstance(model, str) or not isinstance(category, str | None):
        raise InvalidError("The case has no model, or one that is no name.")
    if category in _NO_MONEY:
        raise UnsupportedError(_NO_MONEY[category])
    if category not in _CATEGORIES:
        raise UnsupportedError(f"The category {category:.60} is not known.")
    question = _asked(model, case.get("params"), case.get("units"))
    question.check()
    return question


def _asked(model: str, params: Any, units: Any) -> Question:
    priced = charges.NAME.fullmatch(model)
    if priced:
        return charges.rate_charge(priced["base"], priced["words"], params, units)
    if model in HANDLERS:
        return HANDLERS[model](params, units)
    for pattern, reason in _EXCLUDED.items():
        if re.fullmatch(pattern, model):
            raise UnsupportedError(reason)
    raise UnsupportedError(f"The model {model:.60} is not offered: {_OFFERED}.")
