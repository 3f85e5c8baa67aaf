"""The long search knows what it searched: of changed code nothing is held yet."""

from pathlib import Path

import pytest

from tests import prove


@pytest.mark.parametrize("pattern", prove.UNDER_TEST)
def test_each_pattern_names_files(pattern: str) -> None:
    assert list(prove.ROOT.glob(pattern))


@pytest.mark.parametrize(
    "module", ["counting/sessionizing.py", "counting/window.py", "landing/ingest.py", "lake/parts.py"]
)
def test_what_held_of_other_code_is_searched_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, module: str
) -> None:
    path = tmp_path / "orchestration" / module
    path.parent.mkdir(parents=True)
    path.write_text("one = 1\n")
    monkeypatch.setattr(prove, "ROOT", tmp_path)
    before = prove.version()
    path.write_text("one = 2\n")
    assert prove.version() != before


def test_what_explains_alone_is_not_searched_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It counts nothing; its own properties run in `make test`."""
    monkeypatch.setattr(prove, "ROOT", tmp_path)
    (tmp_path / "transforms").mkdir()
    before = prove.version()
    (tmp_path / "transforms" / "explaining_legs.py").write_text("one = 1\n")
    assert prove.version() == before
    (tmp_path / "transforms" / "legs.py").write_text("one = 1\n")
    assert prove.version() != before
