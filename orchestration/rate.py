"""`quarterhour rate`: cases of prices in a file, rated by the models that rate every invoice."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

from orchestration.dbt import DbtError
from orchestration.errors import RunError, UsageError
from orchestration.rating.cases import question_of
from orchestration.rating.inputs import Question, Rated, RefusalError
from orchestration.rating.warehouse import rate

RATED = "rated"
_LONGEST_INTEGER = 100


@dataclass(frozen=True)
class Result:
    """What became of a case: an amount, or why there is none. `figures` are what led to the amount."""

    case_id: Any
    amount: Decimal | None
    status: str
    reason: str
    figures: Mapping[str, Any] = field(default_factory=dict)


def read_cases(path: Path) -> list[Any]:
    """The cases of a file: a list, or an object with a list of them under `cases`.

    Raises UsageError where the file cannot be read as that.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
        cases = json.loads(text, parse_float=Decimal, parse_int=_integer, parse_constant=str)
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror or error}") from None
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{path} is not JSON: {error}") from None
    if isinstance(cases, dict):
        cases = cases.get("cases")
    if not isinstance(cases, list):
        raise UsageError(f'{path} is neither a list of cases nor {{"cases": [...]}}')
    return cases


def _integer(text: str) -> int | Decimal:
    """Python refuses to read integers of thousands of digits; as decimals they are refused one by one."""
    return int(text) if len(text) <= _LONGEST_INTEGER else Decimal(text)


def rate_cases(cases: Sequence[Any]) -> list[Result]:
    """A result for each case, in their order; all are rated in one run of dbt.

    Raises RunError where the models fail.
    """
    asked = [_question(case) for case in cases]
    questions = [one for one in asked if isinstance(one, Question)]
    try:
        rated = iter(rate(questions) if questions else [])
    except DbtError as error:
        raise RunError(str(error)) from None
    return [
        _answered(case, one, next(rated)) if isinstance(one, Question) else _refused(case, one)
        for case, one in zip(cases, asked, strict=True)
    ]


def _question(case: Any) -> Question | RefusalError:
    try:
        return question_of(case)
    except RefusalError as refusal:
        return refusal


def _answered(case: Any, question: Question, rated: Rated) -> Result:
    try:
        answer = question.answer(rated)
    except RefusalError as refusal:
        return _refused(case, refusal)
    model = case["model"]
    return Result(case.get("id"), answer.amount, RATED, f"Rated as {model}.", answer.figures)


def _refused(case: Any, refusal: RefusalError) -> Result:
    return Result(case.get("id") if isinstance(case, dict) else None, None, refusal.status, str(refusal))


def plain(amount: Decimal) -> str:
    """The amount in digits: no exponent, no zeros at the end of its places, no minus before zero."""
    text = f"{amount:f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def write(results: Sequence[Result], out: Path) -> None:
    """Write `{"cases": [{"id", "amount", "status", "reason"}]}`."""
    listed = [
        {
            "id": result.case_id,
            "amount": None if result.amount is None else plain(result.amount),
            "status": result.status,
            "reason": result.reason,
        }
        for result in results
    ]
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps({"cases": listed}, indent=2, default=str) + "\n", encoding="utf-8")


def counts(results: Sequence[Result]) -> Counter[str]:
    """How many cases have each status."""
    return Counter(result.status for result in results)
