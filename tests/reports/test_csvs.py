"""CSV: what Python's own writer makes of the same cells."""

import csv
import io

from hypothesis import example, given
from hypothesis import strategies as st

from reports import csvs

CELLS = st.lists(st.text("a1 ,;\"'\r\n\t€", max_size=4), min_size=2, max_size=4)


@given(CELLS, st.lists(CELLS, max_size=3))
@example(["a", "b"], [["1,5", "x"]])
@example(["a", "b"], [["", ""], ['"', "\r"], ["\n", " x "]])
def test_a_file_is_as_python_writes_it(header: list[str], rows: list[list[str]]):
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\r\n").writerows([header, *rows])
    assert csvs.written(header, rows) == text.getvalue()
