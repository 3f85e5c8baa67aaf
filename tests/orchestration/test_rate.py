"""`quarterhour rate` as a person meets it: what it takes, what it refuses and why."""

import json
import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestration.cli import main
from orchestration.rate import Result, plain, rate_cases
from orchestration.rating import cases
from orchestration.rating.inputs import RefusalError

NAMES = [
    "tiers", "unit_price", "amount", "package_size", "package_price", "rounding", "free_units", "min_spend",
    "max_spend", "scale", "price", "percent_discount", "pre_line_units", "previously_billed", "precision",
    "currency", "period", "from_", "to", "weights", "fees", "lines", "discount_cents", "plan_cents", "up_to",
    "unit", "flat", "commitment", "used_amount", "line_cents", "cumulative_snapshots", "start", "change_date",
    "old_cents", "new_cents", "days_unused", "days_in_period", "tax_rate_pct", "end", "billing_cycle_day",
    "frob",
]  # fmt: skip
WORDS = ["1", "0.5", "-3", "1e5", "NaN", "up", "2024-02-29", "usd", "٣", "9" * 40, "." + "1" * 9]
EXTREMES = [Decimal("1e999999"), Decimal("1e-999999"), 10**99]
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.decimals(),
    st.text(max_size=4),
    st.sampled_from(WORDS),
    st.sampled_from(EXTREMES),
)
ANYTHING = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=6),
    max_leaves=20,
)
MODEL_NAMES = [
    "flat", "per_unit", "graduated", "volume_slice", "package", "per_unit_pct_discount_then_max_spend",
    "volume_free_allowance", "graduated_after_unit_conversion", *sorted(cases.HANDLERS),
]  # fmt: skip


def refusal_of(one: Any) -> str:
    try:
        cases.question_of(one)
    except RefusalError as refusal:
        return str(refusal)
    return "None."


@given(ANYTHING, st.sampled_from(MODEL_NAMES), ANYTHING, ANYTHING)
def test_any_json_is_a_question_or_refused_in_a_sentence(
    case: Any, model: str, params: Any, units: Any
) -> None:
    for one in (case, {"model": model, "params": params, "units": units}, {"category": case, "model": model}):
        assert refusal_of(one).endswith(".")


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**9), max_value=10**9))
def test_an_amount_is_written_in_digits_alone(amount: Decimal) -> None:
    assert re.fullmatch(r"0|-?(\d+|\d+\.\d*[1-9])", plain(amount))
    assert Decimal(plain(amount)) == amount


def case(model: str, units: Any = None, /, **params: Any) -> dict[str, Any]:
    return {"category": "pricing", "model": model, "params": params, "units": units}


LARGEST = "999999999999.999999"
CLOSED = [{"up_to": "100", "unit": "2"}]
ODD: list[tuple[dict[str, Any], str, str]] = [
    (case("frobnicated", "1"), "unsupported", "frobnicated"),
    (case("per_unit", "1", unit_price="1", colour="red"), "unsupported", "colour"),
    (case("per_unit", "1", unit_price="1", previously_billed="3"), "unsupported", "pre_line_units"),
    (case("per_unit", "2", unit_price="1", previously_billed="3", pre_line_units="2"), "unsupported", "is 3"),
    (case("per_unit", "2", unit_price="1", min_spend="9", pre_line_units="2"), "unsupported", "P7"),
    (case("per_unit", "1", unit_price="1", precision=5), "unsupported", "P5"),
    (case("per_unit", "1", unit_price="1", precision=3, currency="usd"), "unsupported", "precision"),
    (case("per_unit", "1", unit_price="1", currency="XTS"), "unsupported", "XTS"),
    (case("per_unit", LARGEST, unit_price=LARGEST), "unsupported", "10^14"),
    (case("per_unit", "1000000000000", unit_price="1"), "unsupported", "too large"),
    (case("package", LARGEST, package_size="0.000001", package_price="0"), "unsupported", "10^12"),
    (case("max_spend", "1", unit_price="1"), "unsupported", "max_spend"),
    (case("per_unit_max_spend_then_pct_discount", "1", unit_price="1"), "unsupported", "P8"),
    (case("graduated", "1", tiers=[{"up_to": None, "unit": "1", "cap": "3"}]), "unsupported", "cap"),
    (case("graduated", {"bucket_values": ["1"]}, tiers=CLOSED), "unsupported", "bucket_values"),
    (case("graduated_after_unit_conversion", "1", tiers=CLOSED, divide_by="3", rounding="half"),
     "unsupported", "P3"),
    (case("days_left_over_days_half_open", None, period=["2025-01-01", "2025-01-31"],
          change_date="2025-01-16", old_cents="900", new_cents="100"), "unsupported", "downgrade"),
    (case("days_over_actual_period_days", None, from_="2025-01-01", to="2025-03-01", scale=2),
     "unsupported", "P6"),
    (case("per_line_tax_cents_half_up", None, lines=[{"amount_cents": "2", "rate": "0.25"}] * 2),
     "unsupported", "P9"),
    (case("per_unit", "1"), "invalid", "unit_price"),
    (case("per_unit", "1,5", unit_price="1"), "invalid", "units"),
    (case("per_unit", "1", unit_price="1e3"), "invalid", "unit_price"),
    (case("per_unit", True, unit_price="1"), "invalid", "units"),
    (case("per_unit", "-1", unit_price="1"), "invalid", "below zero"),
    (case("per_unit", "1", unit_price="1", percent_discount="101"), "invalid", "percent_discount"),
    (case("per_unit", "1", unit_price="1", percent_discount=False), "invalid", "percent_discount"),
    (case("per_unit", "1", unit_price="1", min_spend="5", max_spend="4"), "invalid", "min_spend"),
    (case("per_unit_max_spend", "1", unit_price="1"), "invalid", "max_spend"),
    (case("graduated", "101", tiers=CLOSED), "invalid", "No tier"),
    (case("volume", "100.000001", tiers=CLOSED), "invalid", "No tier"),
    (case("graduated", "1", tiers=CLOSED * 2), "invalid", "rise"),
    (case("graduated", "1", tiers=[]), "invalid", "tiers"),
    (case("graduated", {"cumulative_snapshots": []}, tiers=CLOSED), "invalid", "cumulative_snapshots"),
    (case("distribute_discount_over_lines", {"line_cents": ["5", "-3"]}, discount_cents="9"),
     "invalid", "below zero"),
    (case("largest_remainder_split", None, amount="1", weights=["0", "0"]), "invalid", "zero"),
    (case("number_of_billing_cycles", None, start="2025-02-30", end="2025-03-01", billing_cycle_day=1),
     "invalid", "start"),
]  # fmt: skip
RATED = [
    (case("graduated", "100", tiers=CLOSED), "200"),
    (case("graduated", "12", tiers=[{"up_to": "5", "unit": "1"}, {"up_to": None, "unit": "2"}],
          free_units="5"), "9"),
    (case("package", "1", package_size="10", package_price="3", min_spend="7.005"), "7.01"),
    (case("package", "0", package_size="10", package_price="3", min_spend="7.005", currency="JPY"), "7"),
    (case("volume_slice", "1", tiers=[{"up_to": "5", "unit": "3"}, {"up_to": None, "unit": "2"}],
          pre_line_units="5"), "-3"),
    (case("per_unit_pct_discount_then_max_spend", "20", unit_price="10", max_spend="100",
          percent_discount="50", pre_line_units="7", previously_billed="35"), "65"),
    (case("per_unit", "5", unit_price="10", min_spend="100", pre_line_units="3", previously_billed="30",
          is_last_line_in_period=True), "70"),
    (case("per_unit", Decimal("0.1"), unit_price=3), "0.3"),
    (case("per_unit", "0.000001", unit_price="0.000000000001", precision=4), "0"),
    (case("per_unit", "9999999", unit_price="9999999.999999"), "99999989999990"),
    (case("half_away_from_zero", "-2.5", precision=0), "-3"),
    (case("half_away_from_zero", "-0.004"), "0"),
    (case("days_over_actual_period_days", None, from_="2023-03-20", to="2023-03-31", price="31"), "11"),
    (case("number_of_billing_cycles", None, start="2025-01-31", end="2025-03-02", billing_cycle_day=1,
          price="31"), "33"),
    (case("distribute_discount_over_lines", {"line_cents": ["5", "3", "1"]}, discount_cents="99"), "0"),
    (case("per_unit", {"cumulative_snapshots": ["4"]}, unit_price="2.5"), "10"),
]  # fmt: skip


@pytest.fixture(scope="module")
def odd() -> list[Result]:
    return rate_cases([one for one, *_ in [*ODD, *RATED]])


@pytest.mark.parametrize("place", range(len(ODD)))
def test_what_is_not_rated_says_why(place: int, odd: list[Result]) -> None:
    _, status, word = ODD[place]
    assert (odd[place].status, odd[place].amount) == (status, None), odd[place].reason
    assert word in odd[place].reason


@pytest.mark.parametrize("place", range(len(RATED)))
def test_mixes_of_parameters_that_nobody_published(place: int, odd: list[Result]) -> None:
    found = odd[len(ODD) + place]
    assert found.amount is not None, found.reason
    assert plain(found.amount) == RATED[place][1]


def run(*arguments: object) -> int:
    try:
        main([str(argument) for argument in arguments])
    except SystemExit as end:
        return int(end.code or 0)
    return 0


def test_the_command_writes_a_line_for_each_case(tmp_path: Path) -> None:
    twice = {"id": "twice", **case("per_unit", "3", unit_price="1.50")}
    unknown, broken = {"id": "odd", **case("frobnicated")}, {"id": 7, **case("flat", amount="x")}
    (tmp_path / "cases.json").write_text(json.dumps({"cases": [twice, twice, unknown, "no case", broken]}))
    assert run("rate", tmp_path / "cases.json", "--out", tmp_path / "deep" / "results.json") == 0
    written = json.loads((tmp_path / "deep" / "results.json").read_text())["cases"]
    assert [(one["id"], one["amount"], one["status"]) for one in written] == [
        ("twice", "4.5", "rated"),
        ("twice", "4.5", "rated"),
        ("odd", None, "unsupported"),
        (None, None, "invalid"),
        (7, None, "invalid"),
    ]
    assert all(one["reason"] for one in written)


def test_the_command_takes_a_bare_list_even_an_empty_one(tmp_path: Path) -> None:
    (tmp_path / "cases.json").write_text("[]")
    assert run("rate", tmp_path / "cases.json", "--out", tmp_path / "results.json") == 0
    assert json.loads((tmp_path / "results.json").read_text()) == {"cases": []}


@pytest.mark.parametrize("content", [b"", b"{", b"3", b'{"cases": 3}', b"\xff\xfe\x00", b"[" * 100_000])
def test_a_file_that_is_no_list_of_cases_is_one_clear_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: bytes
) -> None:
    (tmp_path / "cases.json").write_bytes(content)
    assert run("rate", tmp_path / "cases.json", "--out", tmp_path / "results.json") == 2
    assert "cases.json" in capsys.readouterr().err
    assert not (tmp_path / "results.json").exists()
