"""The quick part of `make faults`: a night killed at five instants, and a full disk; each is run again."""

import os
import random
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.faults.fault import SkippedError
from tests.faults.homes import Home, prepare
from tests.faults.kinds import disk_full, killed_after

KILLS = 5


@pytest.fixture(scope="module")
def make() -> Iterator[Callable[[str], Home]]:
    folder = Path(tempfile.mkdtemp(prefix="quarterhour-faults-"))
    try:
        yield prepare(folder)
    finally:
        shutil.rmtree(folder)


@pytest.mark.parametrize("number", range(KILLS))
def test_a_night_that_is_killed_is_whole_after_the_next_run(make: Callable[[str], Home], number: int) -> None:
    """At a random instant of each fifth of the night's work."""
    home = make("killed")
    killed_after((number + random.Random(number).random()) / KILLS, home)
    ran = home.run("run")  # it sees by itself which day waits, and what is left to do
    assert ran.code == 0, ran.said
    assert home.faults() == []


def test_a_night_on_a_full_disk_is_whole_after_the_next_run(make: Callable[[str], Home]) -> None:
    home = make("full")
    try:
        disk_full("marts", home)
    except SkippedError as reason:
        pytest.skip(str(reason))
    ran = home.run("run")
    assert ran.code == 0, ran.said
    assert home.faults() == []


def test_what_is_compared_would_tell_of_a_loss(make: Callable[[str], Home]) -> None:
    home = make("lost")
    shutil.rmtree(home.path)
    shutil.copytree(home.whole, home.path)
    assert home.faults() == []
    (home.path / "lake/billing_sessions/2026-10-01.parquet").unlink()
    entry = sorted((home.path / "ledger").glob("0*.json"))[0]
    entry.write_bytes(entry.read_bytes().replace(b"aurora", b"Aurora").replace(b"helios", b"Helios"))
    os.truncate(home.path / "outbox/2026-10/register.csv", 3)
    found = "\n".join(home.faults())
    for each in (
        "lake/billing_sessions/2026-10-01.parquet",
        f"ledger/{entry.name} was changed",
        "register.csv",
    ):
        assert each in found
