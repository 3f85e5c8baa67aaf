"""The shape of some days in a line of text's height."""

from collections.abc import Sequence
from dataclasses import dataclass

_HEIGHT = 24
_MARGIN = 1


@dataclass(frozen=True)
class Spark:
    """One path in a box whose width is counted in days, so that months of all accounts compare."""

    path: str
    width: int
    highest: int


def spark(values: Sequence[int], days: int) -> Spark:
    """The path of the first of `days` days; a single day is a dash."""
    highest = max(values, default=0)
    pixels = (_HEIGHT - 2 * _MARGIN) / (highest or 1)
    points = [f"{day} {round(_HEIGHT - _MARGIN - value * pixels)}" for day, value in enumerate(values)]
    if len(points) == 1:
        points.append(points[0].replace("0 ", "1 ", 1))
    return Spark("M" + "L".join(points) if points else "", max(days - 1, 1), highest)
