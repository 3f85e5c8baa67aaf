import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports import names

HOSTILE = [
    "../x",
    "..",
    ".",
    "",
    " ",
    "CON",
    "nul.txt",
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "=cmd|' /C calc'!A0",
    "x" * 300,
    "شركة الاتصالات",
    "\u202egnp.exe",
    "a\x00b\nc",
    "/etc/passwd",
    "C:\\temp",
    "%2e%2e%2f",
    "名前",
    "\ud800",
    "-rf",
]


@pytest.mark.parametrize("name", HOSTILE)
def test_a_folder_is_safe_whatever_the_account_is_called(name: str):
    folder = names.account_folder(name, name)
    assert names.FOLDER.fullmatch(folder)
    assert re.fullmatch(r"[a-z0-9][a-z0-9-]{16,57}", folder)


@given(st.text(), st.text(), st.text())
def test_the_id_alone_tells_two_folders_apart(name: str, one: str, other: str):
    same = names.account_folder(one, name) == names.account_folder(other, name)
    assert same == (one == other)


def test_a_folder_is_readable_and_stays_the_same():
    assert names.account_folder("acme", "Acme Café & Söhne") == "acme-cafe-sohne-qivthlmhyfekbiqk"
    assert names.account_folder("acme", "شركة").startswith("acme-")
    assert names.account_folder("", "").startswith("account-")


def test_a_shown_name_has_no_character_that_reorders_or_hides():
    assert names.display_name("\u202egnp.exe", "id") == "\ufffdgnp.exe"
    assert names.display_name("a\x00b\n", "id") == "a\ufffdb\ufffd"
    assert names.display_name("شركة الاتصالات", "id") == "شركة الاتصالات"


@pytest.mark.parametrize("blank", ["", " ", None, "\u200b", "\u00a0\u2003"])
def test_a_blank_name_gives_way_to_the_id(blank: str | None):
    assert names.display_name(blank, "acme") == "acme"
    assert names.display_name(blank, "") == "(no name)"
