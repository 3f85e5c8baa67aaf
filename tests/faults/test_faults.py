"""The quick part of `make faults`: a night killed in five stages, one after the other, and run again."""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.faults.homes import Home, prepare
from tests.faults.kinds import killed_in

KILLED_IN = ("ingest", "fragments", "marts", "issue", "pages")


@pytest.fixture(scope="module")
def make() -> Iterator[Callable[[str], Home]]:
    folder = Path(tempfile.mkdtemp(prefix="quarterhour-faults-"))
    try:
        yield prepare(folder)
    finally:
        shutil.rmtree(folder)


def test_a_night_killed_in_five_stages_is_whole_after_the_next_run(make: Callable[[str], Home]) -> None:
    home = make("killed")
    killed = [killed_in(stage, home) for stage in KILLED_IN]
    assert [each.startswith("killed in ") for each in killed] == [True] * len(KILLED_IN), killed
    ran = home.run("run")  # nothing waits in landing any more: it sees by itself what is left to do
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
