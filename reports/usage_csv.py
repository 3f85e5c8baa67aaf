"""Usage as CSV for spreadsheets and programs: numbers as they are, texts that nothing runs as a formula."""

from collections.abc import Mapping, Sequence

import numpy as np
import orjson

from reports.models.usage_page import UsageApp

LINE_END = "\r\n"


def usage_csv(
    when: Mapping[str, Sequence[str]],
    times: np.ndarray,
    apps: Sequence[UsageApp],
    numbers: np.ndarray,
    columns: Mapping[str, np.ndarray],
) -> bytes:
    """A row for each time and app with its measures.

    `when` has columns of texts without commas; `times` and `numbers` say which of them, and which of the
    apps, a row is of. A text has no control characters, so each row is a line.
    """
    header = ",".join((*when, "app_id", "app_name", *columns))
    if not len(times):
        return f"{header}{LINE_END}".encode()
    starts = [",".join(texts) for texts in zip(*when.values(), strict=True)]
    named = [app.as_csv for app in apps]
    figures = _lines(columns)
    rows = zip(times.tolist(), numbers.tolist(), figures, strict=True)
    lines = [f"{starts[time]},{named[app]},{row}" for time, app, row in rows]
    return LINE_END.join((header, *lines, "")).encode()


def _lines(columns: Mapping[str, np.ndarray]) -> list[str]:
    """The rows of columns of numbers: JSON writes them fastest, and then is cut into lines."""
    table = np.stack([np.asarray(column, np.int64) for column in columns.values()], axis=1)
    return orjson.dumps(table, option=orjson.OPT_SERIALIZE_NUMPY)[2:-2].decode().split("],[")
