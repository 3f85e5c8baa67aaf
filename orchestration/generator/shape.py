"""What the generated logs are like: shares and sizes, in one place."""

from dataclasses import dataclass
from typing import Literal

Format = Literal["jsonl.gz", "jsonl.zst", "jsonl", "csv", "parquet"]
FORMATS: tuple[Format, ...] = ("jsonl.gz", "jsonl.zst", "jsonl", "csv", "parquet")


@dataclass(frozen=True)
class Shape:
    """Knobs of `generate`; each share is of conversations unless it says rows."""

    handoff_share: float = 0.08
    test_share: float = 0.01
    api_share: float = 0.03
    burst_share: float = 0.2
    heavy_share: float = 0.015
    heavy_rows_most: int = 3000
    """The longest conversation; the shortest is one row, the mean is about five."""
    alert_share: float = 0.03
    """Alerts for each interaction row."""
    tie_share: float = 0.08
    """Rows at the very instant of the row before, beside the ties of apps that log whole seconds."""
    late_share: float = 0.01
    """Rows that arrive 1 to 20 days after their day."""
    duplicate_share: float = 0.004
    """Rows delivered twice, byte for byte, in another file or on another day."""
    superseded_share: float = 0.003
    """Rows delivered again with other values and a later `modified_at`."""
    session_share: float | None = None
    """Overrides every app's share of conversations with a `session_id`."""
    rows_per_part: int = 250_000
