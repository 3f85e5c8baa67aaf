"""Settings: every fault at once, secrets nowhere, and a page that describes what the code takes."""

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from datetime import date
from pathlib import Path

import pytest

from orchestration.cli import main
from orchestration.settings.loading import Settings, SettingsError, load, load_settings
from orchestration.settings.readers import read_fields, reader_of, settings_of
from orchestration.settings.text import described, sentences, shown

PAGE = Path(__file__).parents[2] / "docs" / "settings.md"


def environ(home: Path, **given: str) -> dict[str, str]:
    return {"QUARTERHOUR_HOME": str(home), **{f"QUARTERHOUR_{name}": value for name, value in given.items()}}


def faults_of(home: Path, text: str, **given: str) -> list[str]:
    (home / "quarterhour.toml").write_text(text)
    with pytest.raises(SettingsError) as raised:
        load_settings(environ(home, **given))
    return str(raised.value).splitlines()


def test_every_fault_is_told_at_once_with_its_place_and_source(tmp_path: Path) -> None:
    text = """
        anchor = "last"
        largest_file = "much"
        ancor = 1
        [outbox]
        deliver_from = "soon"
        command = "lp"
        [outbox.mail]
        host = ""
        port = 70000
        to = "customer"
        [outbox.accounts]
        bank = "1"
        revenue = { seats = 1.5 }
        tax = 3
    """
    found = faults_of(tmp_path, text, PDF="perhaps")
    file = str(tmp_path / "quarterhour.toml")
    assert sorted(told.split(": ")[0] for told in found) == sorted(
        [
            f"setting anchor in {file}",
            f"setting largest_file in {file}",
            f"setting ancor in {file}",
            f"setting outbox.deliver_from in {file}",
            f"setting outbox.command in {file}",
            f"setting outbox.mail.host in {file}",
            f"setting outbox.mail.port in {file}",
            f"setting outbox.mail.sender in {file}",
            f"setting outbox.accounts.bank in {file}",
            f"setting outbox.accounts.revenue.seats in {file}",
            f"setting outbox.accounts.tax in {file}",
            "setting pdf in QUARTERHOUR_PDF",
        ]
    )
    assert "did you mean anchor?" in "".join(found)
    assert "expected a size such as 512 MiB, not 'much'" in "".join(found)


def test_days_that_do_not_go_together_are_told_beside_other_faults(tmp_path: Path) -> None:
    found = faults_of(tmp_path, "first_day = 2026-02-01\nlast_day = 2026-01-01\npdf = 3")
    assert len(found) == 2
    assert "lies before" in found[1]


@pytest.mark.parametrize(
    "text",
    [
        "password = 'hunter2'",
        "[outbox]\nmail_password = 'hunter2'",
        "[outbox.mail]\nhost='h'\nsender='s'\nto='t'\nuser='u'\npassword = 'hunter2'",
        "api_key = { value = 'hunter2' }",
        "[outbox.mail.secret]\nvalue = 'hunter2'",
    ],
)
def test_a_secret_in_the_file_is_refused_and_not_repeated(tmp_path: Path, text: str) -> None:
    told = "\n".join(faults_of(tmp_path, text))
    assert "a secret stands in no settings" in told
    assert "hunter2" not in told


def test_a_refused_secret_is_told_where_to_go(tmp_path: Path) -> None:
    told = "\n".join(faults_of(tmp_path, "[outbox.mail]\npassword = 'hunter2'"))
    assert 'write password_env = "QUARTERHOUR_OUTBOX_MAIL_PASSWORD"' in told


def test_a_variable_that_is_no_table_is_told_without_its_content(tmp_path: Path) -> None:
    (told,) = faults_of(tmp_path, "", OUTBOX="mail password=hunter2")
    assert "outbox in QUARTERHOUR_OUTBOX: not an inline table" in told
    assert "hunter2" not in told


def test_a_variable_stands_before_the_file_even_where_the_file_is_wrong(tmp_path: Path) -> None:
    (tmp_path / "quarterhour.toml").write_text("anchor = 'last'\npdf = false")
    settings = load_settings(environ(tmp_path, ANCHOR="first_user_message"))
    assert (settings.anchor, settings.pdf) == ("first_user_message", False)


@pytest.mark.parametrize(
    "content",
    [
        b"anchor = ",
        b"\xff\xfe",
        b"a" * 10_000,
        b"a = " + b"[" * 100_000,
        b"first_day = 2026-01-01T00:00:00Z",
        b"first_day = 20260",
        b"unmatched_legs_limit = nan",
        b"unmatched_legs_limit = 1" + b"0" * 400,
        b"session_lists_days = 99999999999999999999",
        b"session_lists_days = -1",
        b"session_lists_days = true",
        b"session_lists_days = 1.5",
        b"voice_channels = ['a', 3]",
        b"voice_channels = ''",
        b"largest_file = 0",
        b"largest_file = -5",
        b"longest_line = '1 parsec'",
        b"most_lines = '1e9'",
        b"outbox = 3",
        b"outbox = 0x" + b"f" * 4_000,
    ],
)
def test_what_cannot_be_used_is_a_fault_and_never_a_crash(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "quarterhour.toml").write_bytes(content)
    with pytest.raises(SettingsError, match=r"quarterhour\.toml"):
        load_settings(environ(tmp_path))


@pytest.mark.parametrize("name", ["a,b", "q[1]", "what?", "all*"])
def test_a_home_whose_path_would_be_taken_for_others_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(SettingsError, match="QUARTERHOUR_HOME: a path with one of"):
        load_settings({"QUARTERHOUR_HOME": str(tmp_path / name)})


def test_a_file_that_cannot_be_read_is_a_fault(tmp_path: Path) -> None:
    (tmp_path / "quarterhour.toml").mkdir()
    with pytest.raises(SettingsError, match="cannot be read"):
        load_settings(environ(tmp_path))


@pytest.mark.parametrize(
    ("text", "bytes_"), [("'2 KiB'", 2048), ("'5 MB'", 5_000_000), ("700", 700), ("'1GiB'", 1 << 30)]
)
def test_sizes_have_units(tmp_path: Path, text: str, bytes_: int) -> None:
    (tmp_path / "quarterhour.toml").write_text(f"longest_line = {text}")
    assert load_settings(environ(tmp_path)).limits.line_bytes == bytes_


def test_the_settings_in_force_are_shown_with_where_they_came_from(tmp_path: Path) -> None:
    (tmp_path / "quarterhour.toml").write_text(
        "pdf = false\nanchor = 'first_activity'\nlongest_line = 1048576\n"
        "[outbox]\ncommand = ['send', '--token=hunter2', '\x1b[31m']\n".replace("\x1b", "\\u001b").replace(
            "'", '"'
        )
        + '[outbox.mail]\nhost = "h"\nsender = "s"\nto = "t"\nuser = "u"\npassword_env = "QUARTERHOUR_PW"\n'
    )
    env = environ(tmp_path, ANCHOR="first_user_message", PW="hunter2", ANCHRO="x")
    told = dict(line.split("  # ") for line in _squeezed(shown(load(env), env)) if not line.startswith("#"))
    assert told['anchor = "first_user_message"'] == "QUARTERHOUR_ANCHOR"
    assert told["pdf = false"] == "quarterhour.toml"
    assert told['longest_line = "1 MiB"'] == "quarterhour.toml"
    assert told["schedule = false"] == "default"
    assert told['outbox.mail.host = "h"'] == "quarterhour.toml"
    assert told["outbox.mail.port = 587"] == "default"
    assert told['outbox.mail.password_env = "QUARTERHOUR_PW" (set)'] == "quarterhour.toml"
    whole = shown(load(env), env)
    assert "hunter2" not in whole
    assert "\x1b" not in whole
    assert whole.endswith("# QUARTERHOUR_ANCHRO is set, but is no setting\n")


def _squeezed(text: str) -> Iterator[str]:
    for line in text.splitlines():
        value, _, origin = line.partition("  #")
        yield f"{value.rstrip()}  #{origin}" if origin else line


def test_the_command_prints_them_and_ends_with_2_where_they_cannot_be_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("QUARTERHOUR_HOME", str(tmp_path))
    monkeypatch.setenv("QUARTERHOUR_FIRST_DAY", "2026-03-01")
    with pytest.raises(SystemExit, match="0"):
        main(["settings"])
    assert "first_day = 2026-03-01" in capfd.readouterr().out
    assert list(tmp_path.iterdir()) == []
    monkeypatch.setenv("QUARTERHOUR_FIRST_DAY", "soon")
    with pytest.raises(SystemExit, match="2"):
        main(["settings"])
    assert "expected a day" in capfd.readouterr().err


def test_what_is_shown_can_stand_in_the_file(tmp_path: Path) -> None:
    before = Settings(tmp_path, first_day=date(2026, 3, 1), voice_channels=('a"b', "c\\"), largest_file=3000)
    for name, its in settings_of(Settings).items():
        value, reader = getattr(before, name), reader_of(its)
        if value is None or reader.table:
            continue
        (tmp_path / "quarterhour.toml").write_text(f"{name} = {reader.show(value)}\n")
        assert getattr(load_settings(environ(tmp_path)), name) == value


def test_the_page_of_settings_is_what_the_code_says() -> None:
    """`quarterhour settings --describe > docs/settings.md` brings it up to date."""
    assert PAGE.read_text() == described()


def tables(kind: type) -> Iterator[type]:
    yield kind
    for its in settings_of(kind).values():
        if nested := reader_of(its).table:
            yield from tables(nested)


@pytest.mark.parametrize("kind", list(tables(Settings)))
def test_every_setting_has_a_sentence_and_a_reader(kind: type) -> None:
    assert is_dataclass(kind)
    names = {each.name for each in fields(kind)} - {"home"}
    assert settings_of(kind).keys() == names
    assert all(sentences(kind)[name].endswith(".") for name in names)


def test_defaults_are_what_their_readers_take() -> None:
    for kind in tables(Settings):
        for its in settings_of(kind).values():
            if isinstance(its.default, (bool, int, float)):
                assert read_fields(kind, {its.name: its.default}) == ({its.name: its.default}, [])
