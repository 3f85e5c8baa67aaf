"""Where lines come from, of columns as the marts give them (I3, I6)."""

from datetime import date
from decimal import Decimal

import duckdb
import numpy as np

from orchestration.console.lines import _counts, _elsewhere, _source_lines
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


def rows_of(count: int) -> dict[str, np.ndarray]:
    """What DuckDB gives of so many fees, with all empty that may be."""
    with duckdb.connect() as warehouse:
        return warehouse.execute(
            """
            select
                'zoe' as account_id, 'march' as invoice_id, 'key' as line_key, 1::bigint as line_number,
                'fee' as line_kind, 'base_fee' as metric, case when range = 1 then 'bot' end as app_id,
                '' as app_name, null::varchar as plan_name, null::varchar as price_id,
                null::varchar as charge_model, date '2026-03-01' as "start", date '2026-04-01' as "end",
                2::bigint as quantity, case when range = 1 then '0.100000' end as unit_price,
                '3.10' as gross_amount, '0.00' as discount_amount, '3.10' as amount,
                'regular' as charge_class, null::varchar as corrects, null::varchar as order_id
            from range(?)
            """,
            [count],
        ).fetchnumpy()


def test_columns_of_duckdb_become_days_amounts_and_nothing():
    nothing = np.array([], np.int64)
    usage = {"place": nothing, "day": nothing, "quantity": nothing}
    line, of_app = _source_lines(rows_of(2), usage, FILES)
    assert (type(line.start), line.start, line.end) == (date, date(2026, 3, 1), date(2026, 4, 1))
    assert (line.app_id, line.unit_price, line.corrects, line.plan_name, line.order_id) == (None,) * 5
    assert (of_app.app_id, of_app.unit_price, line.amount) == ("bot", Decimal("0.100000"), Decimal("3.10"))
    assert {type(amount) for amount in (of_app.unit_price, line.gross_amount, line.amount)} == {Decimal}
    assert (type(line.quantity), line.line_number, line.counts, line.elsewhere) == (int, 1, [], ())
    assert list(_source_lines(rows_of(0), usage, FILES)) == []
