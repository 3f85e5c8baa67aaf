"""The rating models against a slow reference that knows no SQL, many rows in one run of dbt."""

import json
import random
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import settings

from orchestration.rate import Result, rate_cases
from orchestration.rating.inputs import Answer, Charge, Commitment, Document, Question, Rated, Tier
from orchestration.rating.warehouse import rate
from tests import rating_crowd as crowd
from tests.rating_reference import reference_charge, reference_commitment, reference_document, units_of


def asked(*rows: Charge | Commitment | Document) -> Question:
    """Rows without a case."""
    return Question(
        lambda rated: Answer(rated.amount(0)),
        charges=tuple(row for row in rows if isinstance(row, Charge)),
        commitments=tuple(row for row in rows if isinstance(row, Commitment)),
        documents=tuple(row for row in rows if isinstance(row, Document)),
    )


CROWD = 6 * settings().max_examples


@pytest.fixture(scope="module")
def crowds() -> tuple[Question, Rated]:
    """Many rows of each kind in one run of dbt."""
    dice = random.Random(20260901)
    charges = [crowd.charge(dice) for _ in range(CROWD)]
    commitments = [crowd.commitment(dice) for _ in range(CROWD // 3)]
    documents = [crowd.document(dice) for _ in range(CROWD // 2)]
    question = asked(*charges, *commitments, *documents)
    [rated] = rate([question])
    return question, rated


def test_charges_come_to_what_the_reference_says(crowds: tuple[Question, Rated]) -> None:
    question, rated = crowds
    assert len({(one.charge_model, one.minor_unit) for one in question.charges}) == 25
    for charge, found in zip(question.charges, rated.charges, strict=True):
        expected = reference_charge(charge)
        figures = (found.gross_amount, found.discount_amount, found.spend_adjustment, found.amount)
        assert figures == (expected.gross, expected.discount, expected.adjustment, expected.amount), charge


def test_tiers_take_every_unit_once(crowds: tuple[Question, Rated]) -> None:
    question, rated = crowds
    left_over = 0
    for charge, found in zip(question.charges, rated.charges, strict=True):
        assert found.units == units_of(charge), charge
        assert (found.amount is None) == any(tier.tier_number is None for tier in found.tiers)
        left_over += found.amount is None
    assert left_over


def test_commitments_come_to_what_the_reference_says(crowds: tuple[Question, Rated]) -> None:
    question, rated = crowds
    for commitment, found in zip(question.commitments, rated.commitments, strict=True):
        assert (found.true_up_amount, found.overage_amount) == reference_commitment(commitment), commitment


def test_documents_come_to_what_the_reference_says(crowds: tuple[Question, Rated]) -> None:
    question, rated = crowds
    for document, found in zip(question.documents, rated.documents, strict=True):
        expected = reference_document(document)
        assert [line.discount_share for line in found.lines] == expected["shares"], document
        assert (found.subtotal, found.tax, found.total) == (
            expected["subtotal"], expected["tax"], expected["total"],
        ), document  # fmt: skip


def test_shares_and_totals_add_up_and_stay_near_the_exact_ones(crowds: tuple[Question, Rated]) -> None:
    question, rated = crowds
    for document, found in zip(question.documents, rated.documents, strict=True):
        unit = Fraction(1, 10 ** document.lines[0].charge.minor_unit)
        positive = sum((Fraction(max(line.amount, Decimal(0))) for line in found.lines), Fraction(0))
        assert sum(line.discount_share for line in found.lines) == found.discount_amount
        for line in found.lines:
            exact = Fraction(found.discount_amount) * Fraction(max(line.amount, Decimal(0))) / (positive or 1)
            assert abs(Fraction(line.discount_share) - exact) < unit
            assert 0 <= line.discount_share <= max(line.amount, Decimal(0))
            assert line.net_amount == line.amount - line.discount_share
        assert sum(line.net_amount for line in found.lines) == found.subtotal
        assert sum(tax.taxable_amount for tax in found.taxes) == found.subtotal
        assert sum(tax.tax_amount for tax in found.taxes) == found.tax
        assert found.lines_amount - found.discount_amount == found.subtotal
        assert found.subtotal + found.tax == found.total


def test_a_graduated_charge_never_falls_when_usage_rises() -> None:
    dice = random.Random(7)
    rising = []
    for _ in range(CROWD // 5):
        charge = crowd.charge(dice, "graduated")
        quantities = sorted(crowd.quantity(dice, charge) for _ in range(4))
        rising.append(asked(*(charge.of(quantity) for quantity in quantities)))
    for question, found in zip(rising, rate(rising), strict=True):
        amounts = [one.amount for one in found.charges if one.amount is not None]
        is_due = question.charges[0].is_flat_fee_due_at_zero
        first = next((n for n, one in enumerate(question.charges) if units_of(one)), 0) if not is_due else 0
        assert amounts[first:] == sorted(amounts[first:]), question.charges[0]


def test_the_slices_of_a_period_add_up_to_its_total() -> None:
    dice = random.Random(11)
    cases, crowded = [], []
    while len(crowded) < CROWD // 5:
        charge = crowd.charge(dice, dice.choice(crowd.MODELS[1:]))
        cuts = sorted({crowd.quantity(dice, charge) for _ in range(4)} - {Decimal(0)})
        if not cuts:
            continue
        crowded.append(charge)
        sizes = [cut - before for before, cut in zip([Decimal(0), *cuts], cuts, strict=False)]
        for before, size in zip([Decimal(0), *cuts], sizes, strict=False):
            slice_of = {"pre_line_units": crowd.text(before), "min_spend": None}
            cases.append(crowd.case_of(charge, crowd.text(size), **slice_of) | {"id": len(crowded) - 1})
        cases.append(
            crowd.case_of(charge, {"cumulative_snapshots": list(map(crowd.text, cuts))}, min_spend=None)
        )
        cases.append(crowd.case_of(charge, crowd.text(cuts[-1]), min_spend=None) | {"id": "total"})
    slices: list[Result] = []
    for result in rate_cases(cases):
        slices.append(result)
        if result.case_id == "total":
            *parts, runs, total = slices
            slices = []
            if total.status == "rated":
                assert sum(part.amount or 0 for part in parts) == total.amount
                assert sum(runs.figures["per_run_totals"]) == total.amount


def test_a_case_is_rated_as_the_charge_that_it_describes() -> None:
    dice = random.Random(13)
    charges = [crowd.charge(dice) for _ in range(CROWD // 5)]
    cases = [crowd.case_of(charge, crowd.text(charge.quantity)) for charge in charges]
    for charge, result in zip(charges, rate_cases(json.loads(json.dumps(cases))), strict=True):
        whole = Charge(**{**vars(charge), "charged_days": 1, "period_days": 1})
        assert result.amount == reference_charge(whole).amount, charge
        assert result.status == ("invalid" if result.amount is None else "rated")


def test_a_flat_charge_without_its_tier_has_no_amount() -> None:
    [rated] = rate([asked(Charge("flat", ()), Charge("flat", (Tier(flat_fee=Decimal(5)),)))])
    assert [charge.amount for charge in rated.charges] == [None, Decimal(5)]
