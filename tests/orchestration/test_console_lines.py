"""Where lines come from, of columns as the marts give them (I3, I6)."""

from datetime import date

import numpy as np

from orchestration.console.lines import _counts, _elsewhere
from reports.models.orders import DocumentFiles

FILES = {name: DocumentFiles(name.upper(), name) for name in ("march", "april", "may")}


def texts(*values: str) -> np.ndarray:
    return np.array(values, object)


def test_a_charge_names_its_lines_on_other_documents_and_none_of_its_own():
    found = _elsewhere(
        {
            "invoice_id": texts("march", "march", "april", "april", "may", "may"),
            "line_number": np.arange(1, 7),
            "line_kind": texts("usage", "usage", "usage", "usage", "fee", "usage"),
            "line_key": texts("voice", "alert", "voice", "voice", "voice", "api"),
            "quantity": np.array([60, 5, 2, 1, 1, 9]),
        },
        FILES,
    )
    told = [[(each.files.name, each.line_number, each.quantity) for each in of_line] for of_line in found]
    march = [("march", 1, 60)]
    assert told == [[("april", 3, 2), ("april", 4, 1)], [], march, march, [], []]


def test_a_line_of_usage_has_a_count_for_each_day_of_its_period_and_a_fee_has_none():
    start = np.array([date(2026, 3, 1)] * 3, "datetime64[us]")
    end = np.array([date(2026, 3, 4), date(2026, 4, 1), date(2026, 3, 3)], "datetime64[us]")
    lines = {"start": start, "end": end, "line_kind": texts("usage", "fee", "usage")}
    usage = {"place": np.array([0, 2, 2]), "day": np.array([1, 0, 0]), "quantity": np.array([4, 7, 1])}
    assert list(_counts(lines, usage)) == [[0, 4, 0], [], [8, 0]]


def test_there_may_be_no_lines():
    nothing = np.array([], np.int64)
    days = np.array([], "datetime64[us]")
    lines = {
        "start": days, "end": days, "line_kind": texts(), "line_key": texts(), "invoice_id": texts(),
        "line_number": nothing, "quantity": nothing,
    }  # fmt: skip
    assert list(_counts(lines, {"place": nothing, "day": nothing, "quantity": nothing})) == []
    assert _elsewhere(lines, {}) == []
