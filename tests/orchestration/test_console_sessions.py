"""The lists of sessions, from a lake made by hand: whose day, how many, written when (I6, R11, R13, R17)."""

import csv
import json
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from itertools import chain
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import polars as pl
import pytest

from orchestration.console import session_lists
from orchestration.console.reading import accounts_of
from orchestration.console.session_state import SessionState
from orchestration.console.sessions import Sessions
from orchestration.console.tree import Tree
from orchestration.errors import RunError
from orchestration.lake import Lake
from orchestration.lake.tables import TABLES
from orchestration.settings.loading import SettingsError, load_settings
from reports.models import Role

DAY = date(2026, 3, 28)
"""The day before the clock of Berlin goes forward."""
NEXT = DAY + timedelta(days=1)

MARTS = """
create table int_watermark as select timestamptz '2026-03-31 00:00:00+00' as watermark_at;
create table accounts (
    account_id varchar, account_name varchar, zone varchar, currency varchar, account_kind varchar,
    locale varchar
);
insert into accounts values
    ('zoe', 'Zoë', 'Europe/Berlin', 'EUR', 'standard', 'de_DE'),
    ('ann', 'Ann', 'America/New_York', 'USD', 'enterprise', 'en_US');
create table apps (account_id varchar, app_id varchar, app_name varchar);
insert into apps values ('zoe', 'bot', 'Bot'), ('zoe', '=cmd(),"x"', null), ('ann', 'hr', 'HR');
create table int_account_zones as
    select account_id, zone, timestamptz '0001-01-01 00:00:00+00' as from_at,
        timestamptz '9999-01-01 00:00:00+00' as until_at, date '0001-01-01' as first_local_date
    from accounts;
create table usage_account_daily (
    account_id varchar, usage_date date, billing_sessions bigint, voice_sessions bigint,
    provisional_sessions bigint
);
"""

Row = dict[str, Any]


def session(at: str, kind: str = "usage", app_id: str = "bot", account_id: str = "zoe", **more: Any) -> Row:
    """A session from an instant in UTC on."""
    started = datetime.fromisoformat(f"{at}+00:00")
    number = int(started.timestamp() * 1000)
    return {
        "account_id": account_id, "app_id": app_id, "channel": "web", "user_id": "u", "session_id": None,
        "conversation_id": f"7-{number}", "block_index": 0, "started_at": started,
        "ended_at": started + timedelta(minutes=9), "session_type": kind, "is_complete": True, **more,
    }  # fmt: skip


def publish(home: Path, sessions: Iterable[Row]) -> None:
    """Each session into its day of the lake."""
    lake, rows = Lake(home), list(sessions)
    for table, is_voice in (("billing_sessions", False), ("voice_sessions", True)):
        lake.ensure({table: TABLES[table]})
        of_table = [row for row in rows if (row["session_type"] == "voice") is is_voice]
        for day in {row["started_at"].date() for row in of_table}:
            found = [row for row in of_table if row["started_at"].date() == day]
            lake.publish(lake.file(table, day), pl.DataFrame(found, TABLES[table]))


def home_of(home: Path, sessions: Iterable[Row], days: dict[tuple[str, date], int]) -> Path:
    publish(home, sessions)
    with duckdb.connect(str(home / "warehouse.duckdb")) as warehouse:
        warehouse.execute(MARTS)
        for (account_id, day), count in days.items():
            warehouse.execute(
                "insert into usage_account_daily values (?, ?, ?, 0, 0)", [account_id, day, count]
            )
    return home


def render(home: Path) -> Path:
    """Renders the lists of both roles; gives the folder of Zoë's."""
    tree = Tree(home / "reports")
    with duckdb.connect(str(home / "warehouse.duckdb"), read_only=True) as warehouse:
        state = SessionState(home, warehouse)
        section = Sessions(home, warehouse)
        for account in accounts_of(warehouse):
            for role in Role:
                for file in section.files(account, role):
                    tree.put(file, f"{account.folder}/{role}")
        state.save()
    tree.prune()
    return next(path for path in (home / "reports").iterdir() if path.name.startswith("zoe-"))


def script(folder: Path, day: date, role: str = "admin") -> Row:
    text = (folder / role / "sessions" / f"{day}.js").read_text()
    found: Row = json.loads(text.removeprefix("quarterhourDay(").removesuffix(");\n"))
    return found


def table(folder: Path, day: date) -> list[Row]:
    with (folder / "admin" / "sessions" / f"{day}.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_a_session_is_on_the_local_day_of_its_start(tmp_path: Path):
    sessions = [
        session("2026-03-28T22:59:59"),  # 23:59:59 in Berlin
        session("2026-03-28T23:00:00"),  # 00:00 of the next day
        session("2026-03-29T21:59:00"),  # 23:59 after the clock went forward
        session("2026-03-29T22:00:00"),  # 00:00 of the day after
        session("2026-03-29T00:30:00", account_id="ann", app_id="hr"),  # the evening of the 28th in New York
    ]
    days = {("zoe", DAY): 1, ("zoe", NEXT): 2, ("zoe", NEXT + timedelta(days=1)): 1, ("ann", DAY): 1}
    folder = render(home_of(tmp_path, sessions, days))
    assert [row["started_at"] for row in table(folder, DAY)] == ["2026-03-28T23:59:59.000+01:00"]
    assert [row["started_at"] for row in table(folder, NEXT)] == [
        "2026-03-29T00:00:00.000+01:00",
        "2026-03-29T23:59:00.000+02:00",
    ]
    ann = next(path for path in folder.parent.iterdir() if path.name.startswith("ann-"))
    assert [row["started_at"] for row in table(ann, DAY)] == ["2026-03-28T20:30:00.000-04:00"]
    assert script(ann, DAY)["zone"] == "America/New_York"
    assert not (ann / "admin" / "sessions" / f"{NEXT}.js").exists()


def test_a_list_tells_why_each_counts_and_what_may_still_change(tmp_path: Path):
    sessions = [
        session("2026-03-28T10:00:00"),
        session("2026-03-28T10:15:00", block_index=1, conversation_id="7-1"),
        session("2026-03-28T11:00:00", "request"),
        session("2026-03-28T12:00:00", "alert"),
        session("2026-03-28T13:00:00", "voice", block_index=2),
        session("2026-03-28T14:00:00", is_complete=False),
    ]
    folder = render(home_of(tmp_path, sessions, {("zoe", DAY): 5}))
    assert [(row["type"], row["reason"], row["is_complete"]) for row in table(folder, DAY)] == [
        ("usage", "minutes 0-15 of the conversation", "true"),
        ("usage", "minutes 15-30 of the conversation", "true"),
        ("request", "API request", "true"),
        ("alert", "alert delivered", "true"),
        ("voice", "minutes 30-45 of the call", "true"),
        ("usage", "minutes 0-15 of the conversation", "false"),
    ]
    (app,) = script(folder, DAY)["apps"]
    assert app["counts"] == {"usage": 2, "request": 1, "alert": 1, "voice": 1}
    assert app["provisional"] == {"usage": 1, "request": 0, "alert": 0, "voice": 0}
    assert (app["types"], app["incomplete"], app["blocks"]) == ("uuravu", [5], [0, 1, 0, 0, 2, 0])
    assert app["started"][0] == 1774692000000
    assert app["lasted"][0] == 9 * 60_000
    assert len(app["conversations"].split(" ")) == 6


def test_the_script_has_the_first_of_each_app_and_the_file_all(tmp_path: Path):
    at = datetime(2026, 3, 28, 6, tzinfo=UTC)
    times = [(at + timedelta(seconds=place)).isoformat()[:19] for place in range(2_500)]
    sessions = [session(each) for each in times] + [session(each, app_id="hr") for each in times[:3]]
    folder = render(home_of(tmp_path, sessions, {("zoe", DAY): 2_503}))
    bot, hr = script(folder, DAY)["apps"]
    assert (len(bot["started"]), bot["counts"]["usage"], len(hr["started"])) == (2_000, 2_500, 3)
    assert bot["started"] == sorted(bot["started"])
    rows = table(folder, DAY)
    assert len(rows) == 2_503
    assert [row["conversation_id"] for row in rows] == sorted(
        (row["conversation_id"] for row in rows[:2_500]), key=lambda text: int(text[2:])
    ) + [row["conversation_id"] for row in rows[2_500:]]


def test_hostile_ids_are_harmless(tmp_path: Path):
    name = '=cmd(),"x"</script>\u202e'
    folder = render(home_of(tmp_path, [session("2026-03-28T10:00:00", app_id=name)], {("zoe", DAY): 1}))
    assert table(folder, DAY)[0]["app_id"] == f"'{name}"
    raw = (folder / "admin" / "sessions" / f"{DAY}.js").read_text()
    assert raw.isascii()
    assert "<" not in raw
    assert script(folder, DAY)["apps"][0]["id"] == name


def test_both_roles_have_the_same_lists(tmp_path: Path):
    folder = render(home_of(tmp_path, [session("2026-03-28T10:00:00")], {("zoe", DAY): 1}))
    for suffix in ("js", "csv"):
        admin, shared = (folder / role / "sessions" / f"{DAY}.{suffix}" for role in Role)
        assert admin.samefile(shared)


def written(folder: Path) -> dict[str, int]:
    return {path.name: path.stat().st_ino for path in (folder / "admin" / "sessions").iterdir()}


def test_only_what_changed_is_read_and_written_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    days = [DAY - timedelta(days=back) for back in (0, 10)]
    sessions = [session(f"{day}T10:00:00") for day in days]
    home = home_of(tmp_path, sessions, {("zoe", day): 1 for day in days})
    before = written(render(home))
    asked: list[list[date]] = []
    read = session_lists.SessionLists._portions
    monkeypatch.setattr(
        session_lists.SessionLists,
        "_portions",
        lambda self, found: read(self, asked.append(list(found)) or found),  # type: ignore[func-returns-value]
    )
    assert written(render(home)) == before
    assert asked == [[]]
    late = session(f"{days[1]}T11:00:00")
    publish(home, [sessions[1], late])
    after = written(render(home))
    assert asked[-1] == [days[1]]
    changed = {name for name in after if after[name] != before[name]}
    assert changed == {f"{days[1]}.js", f"{days[1]}.csv"}


def test_what_was_taken_away_comes_back(tmp_path: Path):
    home = home_of(tmp_path, [session("2026-03-28T10:00:00")], {("zoe", DAY): 1})
    folder = render(home)
    (folder / "admin" / "sessions" / f"{DAY}.csv").unlink()
    render(home)
    assert len(table(folder, DAY)) == 1


def test_lists_go_back_as_far_as_is_set_and_no_further(tmp_path: Path):
    days = [date(2026, 3, 30) - timedelta(days=back) for back in (0, 9, 10, 92)]
    sessions = [session(f"{day}T10:00:00") for day in days]
    home = home_of(tmp_path, sessions, {("zoe", day): 1 for day in days})
    assert {path.stem for path in (render(home) / "admin" / "sessions").iterdir()} == {
        str(day) for day in days[:3]
    }
    (home / "quarterhour.toml").write_text("session_lists_days = 10\n")
    assert {path.stem for path in (render(home) / "admin" / "sessions").iterdir()} == {
        str(day) for day in days[:2]
    }
    (home / "quarterhour.toml").write_text("session_lists_days = 0\n")
    folder = render(home)
    assert not (folder / "admin" / "sessions").exists()
    assert "Sessions are not listed" in (folder / "admin" / "sessions.html").read_text()


def test_a_day_of_which_the_lake_has_nothing_has_an_empty_list(tmp_path: Path):
    folder = render(home_of(tmp_path, [session("2026-03-20T10:00:00")], {("zoe", DAY): 1}))
    assert script(folder, DAY)["apps"] == []
    assert table(folder, DAY) == []


def assert_refused(home: Path, of: str) -> None:
    """The page is not made, rather than without some of its sessions."""
    with pytest.raises(RunError, match=f"the sessions of {of} were read in pieces"):
        render(home)


def test_sessions_that_do_not_stand_beside_each_other_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    sessions = [session(f"2026-03-28T1{hour}:00:00", app_id=app) for hour, app in enumerate(("a", "b", "a"))]
    home = home_of(tmp_path, sessions, {("zoe", DAY): 3})
    monkeypatch.setattr(
        session_lists, "_SESSIONS", session_lists._SESSIONS.replace("usage_date, app_id, started_at", "1")
    )
    assert_refused(home, "an app of zoe on 2026-03-28")


def test_a_day_that_comes_twice_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    sessions = [session(f"2026-03-2{day}T10:00:00") for day in (7, 8)]
    home = home_of(tmp_path, sessions, {("zoe", DAY): 1, ("zoe", DAY - timedelta(days=1)): 1})
    read = session_lists.SessionLists._rows
    monkeypatch.setattr(
        session_lists.SessionLists,
        "_rows",
        lambda self, values: chain(found := list(read(self, values)), found[:1]),
    )
    assert_refused(home, "zoe on 2026-03-27")


@pytest.mark.parametrize("zone", ["America/St_Johns", "Pacific/Marquesas", "Asia/Kathmandu"])
def test_a_clock_that_differs_by_parts_of_an_hour_is_told_as_python_tells_it(zone: str):
    instants = [datetime(2026, month, 15, 3, 4, 5, 678_000, UTC) for month in (1, 7)]
    with duckdb.connect() as warehouse:
        warehouse.execute("set timezone = 'UTC'")
        found = warehouse.execute(
            f"""
            select {session_lists._clock("started")}
            from (
                select timezone(?, instant) as started, instant as started_at
                from unnest(?::timestamptz[]) as asked(instant)
            )
            """,
            [zone, instants],
        ).fetchall()
    told = [at.astimezone(ZoneInfo(zone)).isoformat(timespec="milliseconds") for at in instants]
    assert [text.strip() for (text,) in found] == told


@pytest.mark.parametrize("value", ["-1", "x", "1.5", "true"])
def test_the_setting_takes_a_whole_number(tmp_path: Path, value: str):
    with pytest.raises(SettingsError, match="session_lists_days"):
        load_settings({"QUARTERHOUR_HOME": str(tmp_path), "QUARTERHOUR_SESSION_LISTS_DAYS": value})
