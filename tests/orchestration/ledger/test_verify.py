"""The ledger: what verify finds (I2, I4)."""

import shutil
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestration.ledger import (
    Ledger,
    LedgerError,
)
from tests.orchestration.ledger.entries import (
    BODY,
    SEVERAL,
    assert_found,
    files,
    forge,
    issue,
)


@given(st.data())
def test_any_changed_byte_is_found(pristine: Ledger, data: st.DataObject) -> None:
    name = data.draw(st.sampled_from([name for name in files(pristine) if name != ".lock"]))
    path = pristine.root / name
    good = path.read_bytes()
    at = data.draw(st.integers(0, len(good) - 1))
    bad = bytes([good[at] ^ data.draw(st.integers(1, 255))])
    how = data.draw(st.sampled_from(["changed", "inserted", "removed"]))
    after = {"changed": bad + good[at + 1 :], "inserted": bad + good[at:], "removed": good[at + 1 :]}[how]
    try:
        path.write_bytes(good[:at] + after)
        assert pristine.verify()
    finally:
        path.write_bytes(good)
    assert pristine.verify() == []


@pytest.mark.parametrize("raw", [b"", b"[]", b"null\n", b"\xff", b"[" * 100_000, b'{"body":1.5}\n', b"{}\n"])
@pytest.mark.parametrize("name", ["00000002.json", "HEAD.json"])
def test_a_file_of_something_else_is_found(ledger: Ledger, name: str, raw: bytes) -> None:
    (ledger.root / name).write_bytes(raw)
    assert_found(ledger, name)
    with pytest.raises(LedgerError):
        ledger.entries()


@pytest.mark.parametrize(
    "change",
    [{"key": ["a"]}, {"number": 7}, {"sequence": "6"}, {"body": []}, {"issue_date": "2.1.2027"}, {"more": 1}],
)
def test_an_entry_of_another_shape_is_found(ledger: Ledger, change: dict[str, Any]) -> None:
    forge(ledger, 6, **change)
    assert_found(ledger, "00000006.json is not an entry")


@pytest.mark.parametrize("written", [rb'"\ud800"', b'"Zo\\u00eb"', b' "Zoe"', b"[" * 300 + b"]" * 300])
def test_an_entry_written_in_another_way_is_found(ledger: Ledger, written: bytes) -> None:
    path = ledger.root / "00000006.json"
    path.write_bytes(path.read_bytes().replace(b'"to":', b'"to":' + written + b',"was":'))
    assert_found(ledger, "00000006.json")


@pytest.mark.parametrize("sequence", range(1, len(SEVERAL) + 1))
def test_a_removed_entry_is_found(ledger: Ledger, sequence: int) -> None:
    (ledger.root / f"{sequence:08}.json").unlink()
    assert_found(ledger, f"{sequence:08}.json is missing")
    with pytest.raises(LedgerError, match="an entry is missing"):
        ledger.entries()


def test_several_removed_entries_are_one_finding(ledger: Ledger) -> None:
    for sequence in (4, 5, 6):
        (ledger.root / f"{sequence:08}.json").unlink()
    assert ledger.verify() == ["00000004.json to 00000006.json are missing: they were removed"]


def test_a_removed_head_is_found(ledger: Ledger) -> None:
    (ledger.root / "HEAD.json").unlink()
    assert_found(ledger, "HEAD.json cannot be read")
    for read in (ledger.entries, ledger.version):
        with pytest.raises(LedgerError, match=r"HEAD\.json"):
            read()


@pytest.mark.parametrize(
    ("was", "becomes", "why"),
    [
        (b'"sequence":1', b'"sequence": 1', "not in canonical form"),
        (b'"sequence":1', b'"sequence":true', "not in canonical form"),
        (b'"sequence":1', b'"seller":"a","sequence":1', "not in canonical form"),
        (b'"sequence":1', b'"sequence":"1"', "does not name an entry"),
        (b"null", b'{"hash":"","sequence":3}', "announces another entry than the next"),
        (b"null", b"{}", "does not name an entry"),
    ],
)
def test_a_head_that_is_not_as_it_was_written_is_found(
    tmp_path: Path, was: bytes, becomes: bytes, why: str
) -> None:
    ledger = issue(tmp_path, SEVERAL[:1])
    head = ledger.root / "HEAD.json"
    head.write_bytes(head.read_bytes().replace(was, becomes))
    assert_found(ledger, "HEAD.json", why)


def test_swapped_entries_are_found(ledger: Ledger) -> None:
    second, third, aside = (ledger.root / name for name in ("00000002.json", "00000003.json", "aside"))
    second.rename(aside)
    third.rename(second)
    aside.rename(third)
    assert_found(ledger, "00000002.json", "holds entry 3")
    with pytest.raises(LedgerError, match="not in its place"):
        ledger.entries()


def test_a_changed_number_breaks_the_chain_although_the_hash_is_right(ledger: Ledger) -> None:
    forge(ledger, 1, number="INV-acme-2026-000007")
    assert_found(
        ledger, "00000001.json has the number INV-acme-2026-000007, where INV-acme-2026-000001 comes"
    )
    assert_found(ledger, "00000002.json breaks the chain")
    with pytest.raises(LedgerError, match="not in its place"):
        ledger.entries()


def test_a_chain_that_was_forged_to_its_end_is_found(ledger: Ledger) -> None:
    hash_ = None
    for sequence in range(2, len(SEVERAL) + 1):
        hash_ = forge(ledger, sequence, hash_, inputs={"usage": "forged"})
    assert ledger.verify() == ["00000006.json has another hash than HEAD.json has for it"]


def test_an_entry_that_nobody_announced_is_found(ledger: Ledger) -> None:
    shutil.copyfile(ledger.root / "00000006.json", ledger.root / "00000007.json")
    forge(ledger, 7, ledger.version(), sequence=7, key="invoice/acme/4", number="INV-acme-2027-000002")
    assert ledger.verify() == ["00000007.json is not known to HEAD.json: it was put there by someone else"]


def test_a_key_that_stands_twice_is_found(ledger: Ledger) -> None:
    forge(ledger, 6, key="invoice/acme/1")
    assert_found(ledger, "00000006.json has the key 'invoice/acme/1', as has 00000001.json")


def test_a_date_that_goes_back_is_found(ledger: Ledger) -> None:
    forge(ledger, 3, issue_date="2026-03-30")
    assert_found(ledger, "00000003.json is out of order", "2026-03-30", "2026-03-31")


@pytest.mark.parametrize(
    "change", [{"total": "8.94"}, {"lines": [{"amount": "7.49"}]}, {"lines": "7.50"}, {"subtotal": "7,50"}]
)
def test_sums_that_do_not_add_up_are_found(ledger: Ledger, change: dict[str, Any]) -> None:
    forge(ledger, 6, body={**BODY, **change})
    assert_found(ledger, "00000006.json", "(I4)")


@pytest.mark.parametrize(
    "name",
    ["notes.txt", "00000007.json~", "7.json", "00000000.json", ".DS_Store", ".note.tmp", "99999999.json"],
)
def test_a_foreign_file_is_found(ledger: Ledger, name: str) -> None:
    (ledger.root / name).touch()
    assert_found(ledger, name)


def test_a_foreign_folder_is_found(ledger: Ledger) -> None:
    (ledger.root / "00000007.json").mkdir()
    findings = ledger.verify()
    assert any("00000007.json cannot be read" in finding for finding in findings)
