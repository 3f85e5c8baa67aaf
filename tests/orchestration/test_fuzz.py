"""A few seconds of `make fuzz` for each reader that is quick; the same input each time."""

import re
import subprocess
import sys

import pytest

from tests.fuzz.__main__ import ROOT
from tests.fuzz.targets import QUICK

SECONDS = 1


def test_hostile_input_neither_breaks_a_reader_nor_fills_the_memory() -> None:
    """In a process of its own, for its memory is bounded and an input may take no longer than a minute."""
    command = [
        sys.executable,
        "-m",
        "tests.fuzz",
        "--target",
        *QUICK,
        "--seed",
        "6",
        "--seconds",
        str(SECONDS),
    ]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=300)
    assert ran.returncode == 0, ran.stdout[-3_000:] + ran.stderr[-6_000:]
    held = {name: int(count) for count, name in re.findall(r"^held (\d+) (\w+)$", ran.stdout, re.MULTILINE)}
    assert held.keys() == QUICK.keys()
    assert min(held.values()) >= 15


@pytest.mark.parametrize("fault", ["hang", "hoard"])
def test_a_reader_that_breaks_is_found(fault: str) -> None:
    """Else the search above would prove nothing."""
    command = [sys.executable, "-m", "tests.fuzz", "--target", fault, "--seconds", "1", "--patience", "2"]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=300)
    assert ran.returncode != 0
    assert ("Timeout" if fault == "hang" else "MemoryError") in ran.stderr
