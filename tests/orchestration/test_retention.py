"""Raw rows are dropped, and nothing that is counted, billed or explained changes."""

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from unittest import mock

import duckdb
import polars as pl
import pytest

from orchestration import dbt
from orchestration.counting import audits, fragmenting, sessionizing
from orchestration.counting.terms import Terms, terms_of
from orchestration.doctor import stores
from orchestration.errors import RunError, UsageError
from orchestration.explain.sessions import explain
from orchestration.generator import generate
from orchestration.home import WAREHOUSE, waiting_days
from orchestration.lake import Lake, days_between, packs
from orchestration.lake.tables import QUARANTINE, SESSIONS, STREAMS, TABLES
from orchestration.landing.ingest import Delivered, ingest
from orchestration.privacy import retention
from orchestration.privacy.dropped import Request, finish
from orchestration.privacy.kept import missing, require_kept
from orchestration.privacy.retention import retain
from orchestration.privacy.searching import places_of
from orchestration.settings.loading import Settings
from tests.orchestration.runs import bytes_of

FIRST, LAST = date(2026, 2, 24), date(2026, 3, 3)
RAW_DAYS = 3
BEFORE = date(2026, 3, 1)
"""Arrival days before it are dropped: the watermark is 2026-03-04."""
LATE_FOR = date(2026, 2, 26)
ASKED_ON = date(2026, 3, 10)
ASKED = Request("tests", None, f"{ASKED_ON}T22:00:00.000+00:00")


def terms(home: Path) -> Terms:
    return terms_of(Lake(home), Settings(home))


def catch_up(home: Path, days: list[date]) -> None:
    """A night up to the sessions: arrivals of some days, and what they make dirty."""
    lake = Lake(home)
    lake.ensure(TABLES)
    for stream in STREAMS:
        for day in days:
            ingest(lake, home / "landing", stream, day)
    for day in fragmenting.dirty_days(lake):
        fragmenting.build_fragments(lake, day)
    sessionizing.rebuild(lake, sessionizing.dirty_days(lake, terms(home)), terms(home))


def build_all(home: Path) -> None:
    """Every day anew, as if each had been asked for."""
    lake = Lake(home)
    for stream in STREAMS:
        for day in lake.days("files", stream):
            ingest(lake, home / "landing", stream, day)
    days = lake.days("stretches")
    for day in days:
        fragmenting.build_fragments(lake, day)
    sessionizing.rebuild(lake, days, terms(home))


def counted(home: Path) -> dict[str, pl.DataFrame]:
    """What is counted: the sessions, the ledger of rows, the copies."""
    lake = Lake(home)
    tables = {table: lake.scan(table).collect() for table in (*SESSIONS, "copies", "files", "alert_sessions")}
    return {table: rows.drop("raw", strict=False).sort(pl.all()) for table, rows in tables.items()}


def assert_same(home: Path, other: dict[str, pl.DataFrame]) -> None:
    found = counted(home)
    for table, rows in other.items():
        assert found[table].equals(rows), f"{table}: {_apart(found[table], rows)}"


def _apart(found: pl.DataFrame, expected: pl.DataFrame) -> str:
    first, second = (set(frame.rows()) for frame in (found, expected))
    return f"only found {sorted(first - second, key=str)[:5]}, only due {sorted(second - first, key=str)[:5]}"


def raw_files(home: Path) -> list[Path]:
    """Files of arrival days that are to be dropped, in landing and in the lake."""
    landing = [home / "landing" / stream for stream in retention.STREAMS]
    found = [path for folder in landing for path in folder.rglob("*") if path.is_file()]
    dropped = [path for path in found if path.parent.name < str(BEFORE)]
    lake = [path for stream in retention.STREAMS for path in (home / "lake" / stream).glob("*/*.parquet")]
    return dropped + [path for path in lake if path.name < str(BEFORE)]


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A landing folder with dirt, copies, and texts in unknown columns."""
    folder = tmp_path_factory.mktemp("logs")
    generate(2500, len(days_between(FIRST, LAST)), 5, folder, FIRST, fmt="jsonl")
    for path in sorted((folder / "interactions").rglob("*.jsonl")):
        rows = [json.loads(line) for line in path.read_text().splitlines()]
        for number, row in enumerate(rows):
            if number % 3:
                row["text"] = f"My name is Ann, {number}"
        path.write_text("".join(json.dumps(row) + "\n" for row in rows) + "not a row\n")
    return folder


@pytest.fixture(scope="module")
def whole(logs: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with all its raw rows."""
    home = tmp_path_factory.mktemp("whole")
    shutil.copytree(logs, home / "landing")
    catch_up(home, days_between(FIRST, LAST))
    return home


@pytest.fixture(scope="module")
def dropped(whole: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same home after a retention."""
    home = tmp_path_factory.mktemp("dropped")
    shutil.copytree(whole, home, dirs_exist_ok=True)
    retain(home, RAW_DAYS, ASKED)
    return home


@pytest.fixture
def home(dropped: Path, tmp_path: Path) -> Path:
    shutil.copytree(dropped, tmp_path, dirs_exist_ok=True)
    return tmp_path


def test_raw_rows_are_gone_and_nothing_else(whole: Path, dropped: Path) -> None:
    assert raw_files(whole)
    assert raw_files(dropped) == []
    lake = Lake(dropped)
    assert fragmenting.dirty_days(lake) == []
    assert sessionizing.dirty_days(lake, terms(dropped)) == []
    assert_same(dropped, counted(whole))
    assert audits.unbalanced_files(lake).is_empty()
    kept = (lake.root / "settled").rglob("*.parquet")
    assert not any("My name" in str(row) for path in kept for row in pl.read_parquet(path).rows())
    old = lake.scan("quarantine").filter(pl.col("arrival_day") < BEFORE).collect()
    assert old.height
    assert old["raw"].str.starts_with("<dropped on ").all()
    assert old.drop("raw").equals(
        Lake(whole).scan("quarantine").filter(pl.col("arrival_day") < BEFORE).collect().drop("raw")
    )


def test_a_dry_run_says_what_a_run_does_and_changes_no_byte(whole: Path, tmp_path: Path) -> None:
    shutil.copytree(whole, tmp_path, dirs_exist_ok=True)
    before = bytes_of(tmp_path)
    told = retain(tmp_path, RAW_DAYS, ASKED, dry_run=True)
    assert bytes_of(tmp_path) == before
    assert told.rows > 0
    done = retain(tmp_path, RAW_DAYS, ASKED)
    assert len(done.recorded) == 1
    assert replace(done, recorded=[]) == told
    again = retain(tmp_path, RAW_DAYS, Request.now("later"))
    assert (again.arrivals, again.files, again.kept, again.recorded) == ([], 0, [], [])


def test_every_day_built_again_gives_the_same_bytes(home: Path) -> None:
    before = bytes_of(home / "lake")
    build_all(home)
    assert bytes_of(home / "lake") == before


def test_a_rebuild_needs_landing_and_what_is_settled(dropped: Path, tmp_path: Path) -> None:
    for folder in ("landing", "lake/settled"):
        shutil.copytree(dropped / folder, tmp_path / folder)
    assert waiting_days(tmp_path) == [*days_between(FIRST, LAST), ASKED_ON]
    catch_up(tmp_path, days_between(FIRST, LAST))
    assert_same(tmp_path, counted(dropped))


def late(logs: Path) -> dict[str, list[dict]]:
    """Rows for a dropped day: identical copies, copies with another time, text or change, and new ones."""
    path = logs / "interactions" / str(LATE_FOR) / "part-0.jsonl"
    rows = [json.loads(line) for line in path.read_text().splitlines() if line.startswith("{")]
    rows = [row for row in rows if row["occurred_at"].startswith(str(LATE_FOR))]
    shifted = [{**row, "occurred_at": row["occurred_at"].replace("T1", "T0")} for row in rows[20:70]]
    changed = [{**row, "text": "changed"} for row in rows[70:120]]
    newer = [{**row, "modified_at": "2026-03-03T00:00:00Z", "actor": "agent"} for row in rows[120:140]]
    new = [{**row, "event_id": f"new-{row['event_id']}", "actor": "agent"} for row in rows[140:150]]
    whose = {name: rows[151][name] for name in ("account_id", "app_id", "user_id", "channel", "session_id")}
    legs = [{**whose, "leg_id": "late", "transferred_at": rows[151]["occurred_at"], "agent_id": "a1"}]
    return {"interactions": [*rows[:20], *shifted, *changed, *newer, *new], "handoffs": legs}


def test_late_rows_of_a_dropped_day_meet_their_copies(
    whole: Path, home: Path, logs: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    never = tmp_path_factory.mktemp("never")
    shutil.copytree(whole, never, dirs_exist_ok=True)
    arrival = LAST + timedelta(days=1)
    for each in (never, home):
        for stream, rows in late(logs).items():
            path = each / "landing" / stream / str(arrival) / "late.jsonl"
            path.parent.mkdir(parents=True)
            path.write_text("".join(json.dumps(row) + "\n" for row in rows))
        catch_up(each, [arrival])
    copies = Lake(home).scan("copies").filter(pl.col("event_day") == LATE_FOR).collect()
    late_ones = copies.filter(pl.col("file").str.ends_with("late.jsonl")).sum()
    assert min(late_ones.select("accepted", "duplicate", "superseded").row(0)) > 0
    assert copies.filter(~pl.col("file").str.ends_with("late.jsonl"))["superseded"].sum() > 20
    assert_same(home, counted(never))
    retain(home, 1, ASKED)
    assert_same(home, counted(never))
    build_all(home)
    assert_same(home, counted(never))


def test_other_timeouts_count_dropped_days_again(
    whole: Path, home: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    never = tmp_path_factory.mktemp("never")
    shutil.copytree(whole, never, dirs_exist_ok=True)
    apps = Lake(home).scan("conversations").select("account_id", "app_id").unique().collect()
    arrival = LAST + timedelta(days=1)
    for each in (never, home):
        path = each / "landing" / "account_events" / str(arrival) / "timeouts.jsonl"
        path.parent.mkdir(parents=True)
        path.write_text("".join(
            json.dumps({"event_id": f"t-{app}", "account_id": account, "app_id": app,
                        "type": "inactivity_minutes_set", "inactivity_minutes": 1440,
                        "occurred_at": f"{FIRST}T00:00:00Z"}) + "\n"
            for account, app in apps.iter_rows()
        ))  # fmt: skip
    before = counted(home)["conversations"].height
    for each in (never, home):
        catch_up(each, [arrival])
    assert counted(home)["conversations"].height < before
    assert_same(home, counted(never))


def test_an_explanation_says_that_the_rows_were_dropped(whole: Path, dropped: Path) -> None:
    conversations = Lake(dropped).scan("conversations").sort("billing_sessions", "conversation_id").collect()
    old = conversations.filter(pl.col("started_at").dt.date() < BEFORE)["conversation_id"]
    for conversation_id in [*old.head(5), *old.tail(20)]:
        before = explain(Lake(whole), terms(whole), conversation_id)
        after = explain(Lake(dropped), terms(dropped), conversation_id)
        assert before.dropped is None
        is_dropped = any(file.split("/")[1] < str(BEFORE) for file in after.explanation.rows["file"])
        assert is_dropped == ("were dropped on " in (after.dropped or ""))
        assert after.explanation.rows.equals(before.explanation.rows)
        assert after.explanation.facts == before.explanation.facts


def test_a_file_that_comes_again_is_told_and_not_counted(home: Path, logs: Path) -> None:
    before = counted(home)
    place = home / "landing" / "interactions" / str(FIRST)
    shutil.copytree(logs / "interactions" / str(FIRST), place)
    (place / "zz-other.jsonl").write_text((place / "part-0.jsonl").read_text())
    catch_up(home, [FIRST])
    files = Lake(home).scan("files").filter(pl.col("arrival_day") == FIRST).collect()
    told = files.filter(pl.col("file").str.ends_with(f"{FIRST}/part-0.jsonl"))["problem"]
    assert told.str.contains("came again under its name was not read").all()
    assert counted(home)["conversations"].equals(before["conversations"])
    other = Lake(home).scan("copies").filter(pl.col("file").str.ends_with("zz-other.jsonl")).collect()
    assert other["accepted"].sum() == 0
    assert other["duplicate"].sum() > 0
    assert audits.unbalanced_files(Lake(home)).is_empty()
    retain(home, RAW_DAYS, ASKED)
    assert raw_files(home) == []
    assert counted(home)["conversations"].equals(before["conversations"])
    build_all(home)
    assert counted(home)["conversations"].equals(before["conversations"])
    assert audits.unbalanced_files(Lake(home)).is_empty()


def test_what_is_not_ingested_or_not_counted_stays(whole: Path, tmp_path: Path) -> None:
    shutil.copytree(whole, tmp_path, dirs_exist_ok=True)
    first, second, third = (FIRST + timedelta(days=n) for n in range(3))
    waiting = tmp_path / "landing" / "interactions" / str(first) / "waiting.jsonl"
    waiting.write_text("{}\n")
    lost = tmp_path / "landing" / "interactions" / str(second) / "part-0.jsonl"
    lost.unlink()
    stretches = Lake(tmp_path).file("stretches", third)
    stretches.unlink()
    kept = retain(tmp_path, RAW_DAYS, ASKED).kept
    assert f"interactions that arrived on {first}: its files are not what was ingested" in kept[0]
    assert "is in landing no more; put it back" in kept[1]
    assert f"{third} is not counted yet" in " ".join(kept)
    assert waiting.exists()
    assert Lake(tmp_path).arrivals("interactions", second)


@pytest.mark.parametrize("dry_run", [False, True])
def test_what_a_sender_writes_while_the_rows_are_read_is_not_lost(
    whole: Path, tmp_path: Path, *, dry_run: bool
) -> None:
    shutil.copytree(whole, tmp_path, dirs_exist_ok=True)
    path = tmp_path / "landing" / "interactions" / str(FIRST) / "part-0.jsonl"
    before, read = path.read_text(), retention.delivered

    def delivered(landing: Path, stream: str, day: date, without: set[str]) -> Delivered:
        found = read(landing, stream, day, without)
        if path in found.paths:
            with path.open("a") as sender:
                sender.write("not read\n")
        return found

    with mock.patch.object(retention, "delivered", delivered):
        done = retain(tmp_path, RAW_DAYS, ASKED, dry_run=dry_run)
    assert path.read_text() == before + "not read\n"
    assert len(done.kept) == 1
    assert f"interactions that arrived on {FIRST}: " in done.kept[0]
    assert "part-0.jsonl is being written" in done.kept[0]
    assert ("interactions", FIRST) not in done.arrivals
    catch_up(tmp_path, [FIRST])
    assert retain(tmp_path, RAW_DAYS, ASKED, dry_run=dry_run).kept == []
    assert path.exists() == dry_run


class Killed(BaseException):
    """Stands for the end of a process."""


def dying(after: int, what: Callable[..., object]) -> Callable[..., object]:
    calls = iter(range(10_000))

    def step(*arguments: object, **named: object) -> object:
        if next(calls) >= after:
            raise Killed
        return what(*arguments, **named)

    return step


@pytest.mark.parametrize(
    ("step", "after"),
    [("_publish", 1), ("_publish", 8), ("_thin_rejected", 0), ("_remove", 0), ("_remove", 7)],
)
def test_a_retention_that_is_killed_leaves_each_row_once(
    whole: Path, dropped: Path, tmp_path: Path, step: str, after: int
) -> None:
    shutil.copytree(whole, tmp_path, dirs_exist_ok=True)
    with mock.patch.object(retention, step, dying(after, getattr(retention, step))), pytest.raises(Killed):
        retain(tmp_path, RAW_DAYS, Request("ann", "policy 7", f"{ASKED_ON}T06:00:00.000+00:00"))
    assert_same(tmp_path, counted(whole))
    catch_up(tmp_path, [FIRST, LATE_FOR])
    lake = Lake(tmp_path)
    assert audits.unbalanced_files(lake).is_empty()
    assert counted(tmp_path)["conversations"].equals(counted(whole)["conversations"])
    retain(tmp_path, RAW_DAYS, ASKED)
    assert raw_files(tmp_path) == []
    assert recorded(tmp_path) == recorded(dropped)
    catch_up(tmp_path, days_between(FIRST, LAST))
    assert_same(tmp_path, counted(whole))


def test_a_retention_that_is_killed_at_its_end_is_recorded_and_leaves_no_text(
    whole: Path, dropped: Path, tmp_path: Path
) -> None:
    shutil.copytree(whole, tmp_path, dirs_exist_ok=True)
    lake = Lake(tmp_path)
    lake.publish(lake.file("quarantine", "interactions", LAST + timedelta(days=60)), QUARANTINE.to_frame())
    packs.packed(lake, "quarantine")
    text = lake.scan("quarantine").filter(pl.col("arrival_day") < BEFORE).collect()["raw"][0]
    packed = "2026-02.parquet"
    assert any(packed in place.file for place in places_of(tmp_path, text))
    with mock.patch.object(retention, "finish", dying(1, finish)), pytest.raises(Killed):
        retain(tmp_path, RAW_DAYS, Request("ann", "policy 7", f"{ASKED_ON}T06:00:00.000+00:00"))
    assert recorded(tmp_path) == {}
    done = retain(tmp_path, RAW_DAYS, ASKED)
    assert done.arrivals == []
    assert [path.parent.name for path in done.recorded] == [str(ASKED_ON)]
    assert '"by": "ann", "reason": "policy 7"' in done.recorded[0].read_text()
    assert recorded(tmp_path) == recorded(dropped)
    assert not any("2026-02" in place.file for place in places_of(tmp_path, text))
    assert not list(tmp_path.glob(".retaining*"))


def test_a_retention_that_is_killed_before_it_sweeps_is_ended_by_one_that_keeps_more(
    whole: Path, tmp_path: Path
) -> None:
    shutil.copytree(whole, tmp_path, dirs_exist_ok=True)
    with mock.patch.object(retention, "_remove", dying(0, retention._remove)), pytest.raises(Killed):
        retain(tmp_path, RAW_DAYS, Request("ann", "policy 7", f"{ASKED_ON}T06:00:00.000+00:00"))
    settled = sorted((tmp_path / "lake/settled/files/interactions").glob("*.parquet"))
    assert settled
    retain(tmp_path, 30, ASKED)
    for path in settled:
        assert not (tmp_path / "landing/interactions" / path.stem).exists()
        assert not list((tmp_path / "lake/interactions").glob(f"*/{path.stem}.parquet"))


def recorded(home: Path) -> dict[str, int]:
    """By account the rows that the book says were dropped."""
    found: dict[str, int] = {}
    for path in (home / "landing" / "account_events").rglob("*-retained.jsonl"):
        for row in map(json.loads, path.read_text().splitlines()):
            found[row["account_id"]] = found.get(row["account_id"], 0) + int(row["rows"])
    return found


def test_what_is_left_of_dropped_rows_must_be_there(dropped: Path, home: Path) -> None:
    require_kept(home)
    shutil.rmtree(home / "lake" / "settled" / "files" / "interactions")
    with pytest.raises(RunError) as told:
        require_kept(home)
    said = str(told.value)
    for account, rows in recorded(dropped).items():
        assert f" of {rows:,} rows of {account} that arrived before {BEFORE}, whose raw rows" in said
    assert "dropped on 2026-03-10 22:00:00 UTC" in said
    assert f"put lake/settled back from a backup, into {home}/lake/settled; then quarterhour run" in said
    assert [each.what for each in stores.dropped(home)] == said.splitlines()[:-1]
    shutil.rmtree(home / "lake")
    assert len(missing(home)) == len(recorded(dropped))


def test_no_dropped_rows_or_a_record_in_quarantine_ask_for_nothing(whole: Path, home: Path) -> None:
    assert missing(whole) == []
    (record,) = (home / "landing" / "account_events").rglob("*-retained.jsonl")
    record.write_text('not a row\n[]\n{"type": "raw_rows_dropped"}\n')
    shutil.rmtree(home / "lake")
    assert missing(home) == []


def test_a_disk_that_lies_loses_nothing(whole: Path, tmp_path: Path) -> None:
    shutil.copytree(whole, tmp_path, dirs_exist_ok=True)
    before = {path: data for path, data in bytes_of(tmp_path).items() if "settled" not in path}

    def lossy(lake: Lake, path: Path, rows: pl.DataFrame, notes: dict[str, str]) -> None:
        lake.publish(path, rows.head(rows.height - 1), notes=notes)

    with (
        mock.patch.object(retention, "_publish", lossy),
        pytest.raises(RunError, match="nothing was removed"),
    ):
        retain(tmp_path, RAW_DAYS, ASKED)
    after = {path: data for path, data in bytes_of(tmp_path).items() if "settled" not in path}
    assert after == before


def test_a_home_without_a_night_or_with_no_days_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="nothing was ingested yet"):
        retain(tmp_path, 30, ASKED)
    with pytest.raises(UsageError, match="1 at least"):
        retain(tmp_path, 0, ASKED)


def test_usage_and_invoices_stay_as_they_are(
    whole: Path, home: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    never = tmp_path_factory.mktemp("never")
    shutil.copytree(whole, never, dirs_exist_ok=True)
    for each in (never, home):
        dbt.build_untested(each / WAREHOUSE, "*")
    assert marts(home) == marts(never)


def marts(home: Path) -> dict[str, list[tuple]]:
    with duckdb.connect(str(home / WAREHOUSE), read_only=True) as warehouse:
        names = [name for (name,) in warehouse.execute("select table_name from duckdb_tables()").fetchall()]
        return {name: warehouse.execute(f'from "{name}" order by all').fetchall() for name in sorted(names)}
