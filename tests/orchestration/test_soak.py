"""The judges of `make soak`, on nights by hand."""

from dataclasses import replace

from tests.soak.judging import grown
from tests.soak.nights import Night

NIGHT = Night(0, "2025-01-01", 5.0, 4.0, False, 0, 10.0, 100, 2.0, 500.0)


def nights(seconds: float, late: float) -> list[Night]:
    return [
        replace(NIGHT, number=number, seconds=late if number >= 100 else seconds,
                processor_seconds=late if number >= 100 else seconds,
                home_mb=10.0 + number, dagster_mb=2.0 + number / 2)
        for number in range(130)
    ]  # fmt: skip


def test_a_flat_year_holds() -> None:
    assert list(grown(nights(5.0, 5.9))) == []


def test_a_year_that_grows_is_told() -> None:
    assert list(grown(nights(5.0, 6.1))) == [
        "a night's seconds: 1.22 times those of the second month",
        "a night's processor seconds: 1.22 times those of the second month",
    ]


def test_a_slow_year_is_told() -> None:
    assert list(grown(nights(9.0, 9.0))) == ["a night takes more than 8 s: 9.00 s"]
