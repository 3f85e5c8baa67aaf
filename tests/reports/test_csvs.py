"""CSV: what Python's own writer makes of the same cells."""

import csv
import io

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from reports import csvs


def rows_of(width: int) -> st.SearchStrategy[list[list[str]]]:
    """A header and rows, all of so many cells."""
    row = st.lists(st.text("a1 ,;\"'\r\n\t€", max_size=4), min_size=width, max_size=width)
    return st.lists(row, min_size=1, max_size=4)


@given(st.integers(2, 4).flatmap(rows_of))
@example([["a", "b"], ["1,5", "x"]])
@example([["a", "b"], ["", ""], ['"', "\r"], ["\n", " x "]])
def test_a_file_is_as_python_writes_it(rows: list[list[str]]):
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\r\n").writerows(rows)
    assert csvs.written(rows[0], rows[1:]) == text.getvalue()


@pytest.mark.parametrize("row", [["1"], ["1,2"], ["1", "2", "3"], []])
def test_a_row_has_a_cell_for_each_column(row: list[str]):
    with pytest.raises(ValueError, match=f"has {len(row)} cells under 2 columns"):
        csvs.written(["a", "b"], [["1", "2"], row])
