"""Whether what stands in the lake has come onto the pages: a run that died behind the lake is seen."""

import os
from pathlib import Path

import pytest

from orchestration.billing.issued import ISSUED
from orchestration.ledger import Ledger
from orchestration.made import (
    is_whole,
    keeping_whole,
    lake_version,
    made_marts,
    making_outbox,
    making_pages,
)
from tests.orchestration.ledger.entries import new


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home whose pages tell what stands in its lake."""
    for name in ("files/interactions/2026-03-01", *(f"{table}/all" for table in ISSUED)):
        put(tmp_path, name)
    (tmp_path / "warehouse.duckdb").touch()
    (tmp_path / "reports").mkdir()
    (tmp_path / "reports" / "index.html").touch()
    built(tmp_path)
    assert is_whole(tmp_path)
    return tmp_path


def put(home: Path, name: str) -> None:
    path = home / "lake" / f"{name}.parquet"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"rows")


def built(home: Path) -> None:
    made_marts(home, lake_version(home))
    with making_outbox(home), making_pages(home):
        pass


def test_a_home_of_before_is_not_whole(tmp_path: Path) -> None:
    put(tmp_path, "files/interactions/2026-03-01")
    assert not is_whole(tmp_path)


def test_a_table_of_what_was_issued_that_is_gone_is_seen(home: Path) -> None:
    (home / "lake" / "issued_lines" / "all.parquet").unlink()
    assert not is_whole(home)


def test_a_run_that_dies_before_its_marts_or_before_its_pages_is_seen(home: Path) -> None:
    put(home, "conversations/2026-03-01")
    assert not is_whole(home)
    made_marts(home, lake_version(home))
    assert not is_whole(home)
    with pytest.raises(KeyboardInterrupt), making_pages(home):
        raise KeyboardInterrupt
    assert not is_whole(home)
    with making_pages(home):
        pass
    assert not is_whole(home)  # what is due was not issued
    with making_outbox(home):
        pass
    assert is_whole(home)


@pytest.mark.parametrize("gone", ["warehouse.duckdb", "reports/index.html"])
def test_what_is_gone_is_not_whole(home: Path, gone: str) -> None:
    (home / gone).unlink()
    assert not is_whole(home)


def test_what_was_issued_since_is_on_no_page(home: Path) -> None:
    with Ledger(home).writing() as writer:
        writer.append(new("invoice/acme/1"))
    assert not is_whole(home)


def test_pages_of_older_marts_make_nothing_whole(home: Path) -> None:
    put(home, "conversations/2026-03-01")
    with making_pages(home):
        pass
    assert not is_whole(home)


def test_what_changes_while_pages_are_made_is_not_on_them(home: Path) -> None:
    with making_pages(home):
        put(home, "conversations/2026-03-02")
        made_marts(home, lake_version(home))
    assert not is_whole(home)


@pytest.mark.parametrize("name", ["issued_lines/all", "wallet_draws/all", "touched/2026-03-01", "legs/.half"])
def test_what_follows_from_the_ledger_or_is_of_a_run_does_not_count(home: Path, name: str) -> None:
    put(home, name)
    assert is_whole(home)


def test_a_file_written_again_may_say_something_else(home: Path) -> None:
    path = home / "lake/files/interactions/2026-03-01.parquet"
    os.utime(path, ns=(1, 1))
    assert not is_whole(home)


def test_work_that_brings_all_along_leaves_a_whole_home_whole_and_no_other(home: Path) -> None:
    with keeping_whole(home):
        put(home, "settled/2026-03-01")
    assert is_whole(home)
    put(home, "conversations/2026-03-01")
    with keeping_whole(home):
        put(home, "settled/2026-03-02")
    assert not is_whole(home)
