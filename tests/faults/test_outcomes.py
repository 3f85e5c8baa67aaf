"""What `make faults` goes on from: results of this code, and of faults that were done."""

from pathlib import Path

import pytest

from tests.faults.__main__ import to_do
from tests.faults.fault import Fault
from tests.faults.outcomes import RUN, Kept, Outcome, table, version_of

WHOLE = Outcome("cut short", "is damaged", [], 3.0)
FAILED = Outcome("flipped", "", ["lake/files differs"], 2.0)
SKIPPED = Outcome("disk full", "", [], 0.1, "no small disk can be mounted")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for package in RUN:
        (tmp_path / package).mkdir(parents=True)
        (tmp_path / package / "code").write_text(package)
    return tmp_path


@pytest.mark.parametrize("package", RUN)
def test_results_of_other_code_are_gone(root: Path, package: str) -> None:
    folder, before = root / "build", version_of(root)
    Kept(folder, before).write({"cut short": WHOLE})
    (folder / "homes").mkdir()
    assert Kept(folder, version_of(root)).read() == {"cut short": WHOLE}

    (root / package / "code").write_text("other")
    kept = Kept(folder, version_of(root))
    assert not kept.is_of_now()
    assert kept.read() == {}
    kept.begin_anew()
    assert kept.is_of_now()
    assert not kept.homes.exists()
    assert "cut short" not in (folder / "faults.md").read_text()


def test_a_file_that_is_renamed_is_other_code_and_what_a_run_leaves_is_none(root: Path) -> None:
    before = version_of(root)
    for made in ("orchestration/__pycache__/x.pyc", "dbt_project/target/manifest.json"):
        (root / made).parent.mkdir()
        (root / made).write_text("made")
    assert version_of(root) == before
    (root / "reports/code").rename(root / "reports/renamed")
    assert version_of(root) != before


@pytest.mark.parametrize("text", ["", "{", '{"cut short": {"name": "cut short"}}'])
def test_of_a_file_that_tells_no_version_nothing_is_believed(tmp_path: Path, text: str) -> None:
    (tmp_path / "faults.json").write_text(text)
    assert not Kept(tmp_path, "v").is_of_now()
    assert Kept(tmp_path, "v").read() == {}


def test_what_failed_or_was_skipped_is_tried_again() -> None:
    kept = {each.name: each for each in (WHOLE, FAILED, SKIPPED)}
    faults = [Fault(name, lambda _: "") for name in (*kept, "permission denied")]
    assert [name for name, _ in to_do(faults, "", kept)] == ["flipped", "disk full", "permission denied"]
    assert [name for name, _ in to_do(faults, "disk", kept)] == ["disk full"]


@pytest.mark.parametrize(
    ("said", "shown"),
    [("", ""), ("failed\nRemove it", "Remove it"), ("failed\nline 2 has 0.1O\n\n", "line 2 has 0.1O")],
)
def test_the_table_has_the_last_line_of_what_was_told(said: str, shown: str) -> None:
    *_, row = table([Outcome("a fault", said, [], 1.0)]).splitlines()
    assert row == f"| a fault | 1 | 0 | 0 | {shown} |"
