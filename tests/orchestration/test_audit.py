"""`make audit` finds what it looks for; what it finds in this environment is for people to judge."""

from email.message import Message
from importlib.metadata import Distribution, distribution
from pathlib import Path

import pytest

from tests.audit import LOCK, differing, doubtful, known_of, pinned, tampered

HASH = "--hash=sha256:" + "0" * 64


class Installed(Distribution):
    """A distribution of a folder, with a record of its files."""

    def __init__(self, folder: Path, **said: str):
        self.folder, self.said = folder, said

    def read_text(self, filename: str) -> str | None:
        if filename == "METADATA":
            message = Message()
            for name, value in ({"Name": "thing", "Version": "1"} | self.said).items():
                message[name.replace("_", "-")] = value
            return message.as_string()
        path = self.folder / filename
        return path.read_text() if path.exists() else None

    def locate_file(self, path: object) -> Path:
        return self.folder / str(path)


def test_the_lock_is_read_for_this_machine() -> None:
    text = f"a-b==1.0 \\\n    {HASH}\nc==2 ; python_version < '3' \\\n    {HASH} \\\n    {HASH}\n"
    text += f"d[x]==3 {HASH}\n"
    assert pinned(text) == {"a-b": "1.0", "d": "3"}
    assert len(pinned(LOCK.read_text())) > 100


@pytest.mark.parametrize("line", ["a==1", "a==1 --hash=md5:0", "a @ file:///x", "a==1 --hash=sha256:0"])
def test_a_line_of_the_lock_without_a_hash_is_told(line: str) -> None:
    with pytest.raises(SystemExit, match="not a version with hashes"):
        pinned(line)


def test_an_environment_that_is_not_the_lock_is_told() -> None:
    assert sorted(differing({"a": "1", "b": "1", "c": "1"}, {"a": "1", "b": "2", "d": "1"})) == [
        "b is 2, the lock says 1",
        "c is in the lock, but is not installed",
        "d 1 is installed, but is not in the lock",
    ]


def test_a_changed_and_a_missing_file_are_told_and_one_that_another_delivered_is_not(tmp_path: Path) -> None:
    empty = "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU"
    (tmp_path / "whole.py").write_text("")
    (tmp_path / "changed.py").write_text("import os")
    (tmp_path / "shared.py").write_text("")
    record = "".join(f"{name}.py,sha256={empty},0\n" for name in ("whole", "changed", "missing"))
    (tmp_path / "RECORD").write_text(record + "shared.py,sha256=other,3\n")
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "RECORD").write_text(f"../shared.py,sha256={empty},0\n")
    found = list(tampered([Installed(tmp_path), Installed(tmp_path / "other")]))
    assert [told.rpartition("/")[2] for told in found] == ["changed.py was changed", "missing.py is missing"]


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"License_Expression": "MIT"}, None),
        ({"License_Expression": "Apache-2.0 OR BSD-3-Clause"}, None),
        ({"Classifier": "License :: OSI Approved :: BSD License"}, None),
        ({"License": "BSD 3-Clause\n\nmuch text"}, None),
        ({"License_Expression": "AGPL-3.0"}, "copyleft"),
        ({"License": "Proprietary"}, "to be looked at"),
        ({}, "not named"),
    ],
)
def test_a_licence_that_is_not_known_is_told(tmp_path: Path, said: dict[str, str], told: str | None) -> None:
    found = doubtful(Installed(tmp_path, **said))
    assert (found is None) if told is None else (told in str(found))


def test_what_is_installed_here_was_not_changed() -> None:
    assert list(tampered([distribution("polars"), distribution("cyclopts")])) == []


def test_what_the_database_says_and_does_not_know_is_told() -> None:
    flaw = {"id": "CVE-1", "fix_versions": ["2"]}
    found = known_of([{"name": "a", "version": "1", "vulns": [flaw]}, {"name": "b", "skip_reason": "none"}])
    assert found == (["a 1: CVE-1, mended in 2"], "the database does not know 1 of 2")
    assert known_of([{"name": "a", "version": "1", "vulns": []}]) == ([], None)
