"""A person is forgotten everywhere in a home, and nothing that is counted changes."""

import gzip
import json
import shutil
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from unittest import mock

import duckdb
import polars as pl
import pytest

from orchestration import dbt
from orchestration.backup.backing_up import back_up
from orchestration.console.site import render_site
from orchestration.errors import RunError, UsageError
from orchestration.explain.sessions import explain
from orchestration.generator import generate
from orchestration.home import WAREHOUSE
from orchestration.lake import Lake, days_between
from orchestration.lake.tables import STREAMS
from orchestration.landing.arrived import unread
from orchestration.landing.files import name_of
from orchestration.landing.ingest import ingest
from orchestration.ledger import Ledger
from orchestration.privacy import forgetting, landed
from orchestration.privacy.dropped import Request
from orchestration.privacy.forgetting import JOURNAL, Whose, find, finish_begun, forget
from orchestration.privacy.retention import retain
from orchestration.privacy.searching import places_of
from tests.orchestration.runs import bytes_of
from tests.orchestration.test_retention import catch_up, terms

FIRST, LAST = date(2026, 2, 26), date(2026, 3, 3)
WHOSE_HOME = "u-4711-xyz"
BY = Whose(WHOSE_HOME, None, "operator", "asked for it")


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Logs in which one person speaks often: plain and packed, as CSV and Parquet, with copies that tie."""
    folder = tmp_path_factory.mktemp("logs")
    generate(900, len(days_between(FIRST, LAST)), 5, folder, FIRST, fmt="jsonl")
    for stream in ("interactions", "handoffs", "alerts"):
        for number, path in enumerate(sorted((folder / stream).rglob("*.jsonl"))):
            rows = [json.loads(line) for line in path.read_text().splitlines()]
            users = sorted({row["user_id"] for row in rows})[::3]
            for row in rows:
                if row["user_id"] in users:
                    row |= {"user_id": WHOSE_HOME, "customer": WHOSE_HOME}
            tied = [{**row, "note": "tied"} for row in rows if row["user_id"] == WHOSE_HOME][:3]
            _write(path, number, [*rows, *tied])
    return folder


def _write(path: Path, number: int, rows: list[dict]) -> None:
    if number % 4 == 1:
        path.with_suffix(".jsonl.gz").write_bytes(
            gzip.compress("".join(json.dumps(r) + "\n" for r in rows).encode())
        )
    elif number % 4 == 2:
        pl.DataFrame(rows, infer_schema_length=None).write_csv(path.with_suffix(".csv"))
    elif number % 4 == 3:
        pl.DataFrame(rows, infer_schema_length=None).write_parquet(path.with_suffix(".parquet"))
    else:
        refused = {**rows[0], "user_id": WHOSE_HOME, "actor": "nobody", "status": "nobody", "ended_at": "?"}
        text = "".join(json.dumps(row) + "\n" for row in [*rows, refused])
        path.write_text(text + f'{{"user_id": "{WHOSE_HOME}", "cut off')
        return
    path.unlink()


@pytest.fixture(scope="module")
def home(logs: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with marts and pages; of its first days the raw rows are dropped."""
    home = tmp_path_factory.mktemp("home")
    shutil.copytree(logs, home / "landing")
    catch_up(home, days_between(FIRST, LAST))
    dbt.build_untested(home / WAREHOUSE, "*")
    render_site(home)
    retain(home, 4, Request.now("tests"))
    return home


@pytest.fixture(scope="module")
def forgotten(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("forgotten")
    shutil.copytree(home, folder, dirs_exist_ok=True)
    with _untested():
        forget(folder, BY)
    return folder


def _untested() -> mock._patch:
    def build(home: Path) -> dbt.BuildResult:
        dbt.build_untested(home / WAREHOUSE, "*")
        return dbt.BuildResult(is_published=True)

    return mock.patch.object(dbt, "build", build)


def counts(home: Path) -> dict[str, list[tuple]]:
    """What no name may change: usage, the ledger of rows, what became of each row, by reason."""
    lake = Lake(home)
    tables = {table: lake.scan(table).collect().sort(pl.all()).rows() for table in ("files", "copies")}
    # Where a broken line is broken depends on the length of the name.
    reason = pl.col("reason").str.replace("at character [0-9]+", "")
    refused = lake.scan("quarantine").select("file", "line", "account_id", reason).collect()
    with duckdb.connect(str(home / WAREHOUSE), read_only=True) as warehouse:
        for mart in ("usage_hourly", "usage_daily", "usage_weekly", "usage_monthly", "invoice_line_items"):
            tables[mart] = warehouse.execute(f"from {mart} order by all").fetchall()
    return {**tables, "quarantine": refused.sort(pl.all()).rows()}


def shape(home: Path, table: str) -> pl.DataFrame:
    """Sessions without the names, and without the ids that are made of them."""
    names = ("user_id", "session_id", "conversation_id", "key", "who", "raw", "reason")
    rows = Lake(home).scan(table).collect()
    return rows.drop(names, strict=False).sort(pl.all())


def texts_of(home: Path) -> Iterator[tuple[str, str]]:
    """All that a home says, unpacked, by file."""
    for path in sorted(home.rglob("*")):
        name = path.relative_to(home).as_posix()
        if path.suffix == ".parquet":
            yield name, str(pl.read_parquet(path).rows())
        elif path.name == WAREHOUSE:
            with duckdb.connect(str(path), read_only=True) as warehouse:
                for (table,) in warehouse.execute("select table_name from duckdb_tables()").fetchall():
                    yield f"{name}/{table}", str(warehouse.execute(f'from "{table}"').fetchall())
            yield name, path.read_bytes().decode("latin-1")
        elif path.is_file():
            data = path.read_bytes()
            yield name, (gzip.decompress(data) if path.suffix == ".gz" else data).decode("latin-1")


def test_no_count_changes(home: Path, forgotten: Path) -> None:
    assert counts(forgotten) == counts(home)
    for table in ("conversations", "billing_sessions", "voice_sessions", "alert_sessions", "unmatched_legs"):
        assert shape(forgotten, table).equals(shape(home, table)), table


def test_the_id_is_nowhere_in_the_home(home: Path, forgotten: Path) -> None:
    there = [name for name, text in texts_of(home) if WHOSE_HOME in text]
    assert {name.split("/")[0] for name in there} >= {"landing", "lake"}
    left = [name for name, text in texts_of(forgotten) if WHOSE_HOME in text]
    # Half a row, whose account and end are unknown, is renamed too.
    assert left == []
    assert places_of(forgotten, WHOSE_HOME) == []
    assert {place.file.split("/")[0] for place in places_of(home, WHOSE_HOME)} >= {"landing", "lake"}


def test_there_is_one_pseudonym_for_all_of_the_person(home: Path, forgotten: Path) -> None:
    before, after = (
        Lake(each).scan("billing_sessions").select("user_id").collect()["user_id"]
        for each in (home, forgotten)
    )
    assert (before == WHOSE_HOME).sum() > 10
    new = set(after) - set(before)
    (pseudonym,) = new
    assert pseudonym.startswith("forgotten-")
    assert (after == pseudonym).sum() == (before == WHOSE_HOME).sum()


def test_every_day_built_again_gives_the_same_and_is_explained(forgotten: Path, tmp_path: Path) -> None:
    shutil.copytree(forgotten, tmp_path, dirs_exist_ok=True)
    before = bytes_of(tmp_path / "lake")
    catch_up(tmp_path, days_between(FIRST, LAST))
    assert bytes_of(tmp_path / "lake") == before
    rows = (
        Lake(forgotten)
        .scan("conversations")
        .filter(pl.col("user_id").str.starts_with("forgotten-"))
        .collect()
    )
    for conversation_id in rows["conversation_id"][:5]:
        found = explain(Lake(forgotten), terms(forgotten), conversation_id)
        assert found.explanation.facts["blocks"] == found.stored["billing_sessions"]


def test_the_book_says_that_it_was_done_and_not_of_whom(home: Path, forgotten: Path) -> None:
    today = forgotten / "landing" / "account_events" / str(datetime.now(UTC).date())
    rows = [
        json.loads(line) for path in today.glob("*-forgotten.jsonl") for line in path.read_text().splitlines()
    ]
    assert rows
    assert {row["type"] for row in rows} == {"person_forgotten"}
    assert all(row["by"] == "operator" and row["reason"] == "asked for it" for row in rows)
    assert sum(int(row["rows"]) for row in rows) <= sum(find(home, WHOSE_HOME).rows_of_accounts.values())
    assert not any(WHOSE_HOME in str(row) or "forgotten-" in str({**row, "event_id": ""}) for row in rows)
    assert Ledger(forgotten).verify() == []


def test_a_dry_run_changes_no_byte(home: Path) -> None:
    before = bytes_of(home)
    found = find(home, WHOSE_HOME)
    assert len(found.files) > 3
    assert found.settled
    assert bytes_of(home) == before
    assert find(home, "nobody-at-all").is_empty


@pytest.mark.parametrize("where", ["rename_landed", "read_again", "_count_again"])
def test_a_forgetting_that_is_killed_is_ended_under_the_same_name(
    home: Path, forgotten: Path, tmp_path: Path, where: str
) -> None:
    class Killed(BaseException):
        pass

    left, real = [2], getattr(forgetting, where)

    def dying(*arguments: object) -> object:
        left[0] -= 1
        if left[0] <= 0:
            raise Killed
        return real(*arguments)

    for folder in ("landing", "lake"):
        shutil.copytree(home / folder, tmp_path / folder)
    with mock.patch.object(forgetting, where, dying), pytest.raises(Killed):
        forget(tmp_path, BY)
    assert (tmp_path / JOURNAL).exists() == (where != "_count_again")
    assert finish_begun(tmp_path) == (where != "_count_again")
    catch_up(tmp_path, [])
    assert not (tmp_path / JOURNAL).exists()
    assert places_of(tmp_path, WHOSE_HOME) == []
    for table in ("conversations", "billing_sessions", "copies", "files"):
        assert shape(tmp_path, table).equals(shape(home, table)), table
    names = set(Lake(tmp_path).scan("billing_sessions").collect()["user_id"])
    assert len({name for name in names if name.startswith("forgotten-")}) == 1
    with _untested():
        assert forget(tmp_path, BY).is_empty


def test_only_one_account_forgets_where_one_is_named(home: Path, tmp_path: Path) -> None:
    for folder in ("landing", "lake"):
        shutil.copytree(home / folder, tmp_path / folder)
    of_accounts = find(home, WHOSE_HOME).rows_of_accounts
    account_id = max(of_accounts, key=lambda name: of_accounts[name])
    assert len(of_accounts) > 1
    forget(tmp_path, Whose(WHOSE_HOME, account_id))
    left = find(tmp_path, WHOSE_HOME).rows_of_accounts
    assert left == {name: rows for name, rows in of_accounts.items() if name != account_id}
    assert shape(tmp_path, "conversations").equals(shape(home, "conversations"))


def test_an_id_that_is_none_is_refused(home: Path) -> None:
    for text in ("", "two\nlines"):
        with pytest.raises(UsageError, match="in one line"):
            find(home, text)


def test_streams_of_the_book_are_left_alone(home: Path, forgotten: Path) -> None:
    assert STREAMS[-1] == "account_events"
    before = bytes_of(home / "landing" / "account_events")
    after = bytes_of(forgotten / "landing" / "account_events")
    assert before.items() <= after.items()


@pytest.fixture
def lake_alone(home: Path, tmp_path: Path) -> Path:
    """The home without marts and pages, to be changed."""
    for folder in ("landing", "lake"):
        shutil.copytree(home / folder, tmp_path / "home" / folder)
    return tmp_path / "home"


def lands(home: Path, day: date, name: str = "later.jsonl") -> Path:
    """A message of the person that no ingest has read."""
    rows = Lake(home).scan("interactions").filter(pl.col("user_id") == WHOSE_HOME).head(1).collect()
    row = {
        **rows.select("account_id", "app_id", "channel", "user_id", "actor", "kind").row(0, named=True),
        "event_id": f"later-{day}-{name}",
        "session_id": None,
        "occurred_at": f"{day}T12:00:00Z",
    }
    path = home / "landing" / "interactions" / str(day) / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(row) + "\n")
    return path


@pytest.mark.parametrize(
    "day", [LAST, LAST + timedelta(days=1)], ids=["of a day that was read", "of a new day"]
)
def test_a_file_that_no_ingest_has_read_is_renamed_and_waits_on(
    home: Path, lake_alone: Path, day: date
) -> None:
    path, landing = lands(lake_alone, day), lake_alone / "landing"
    watermark = terms(lake_alone).watermark
    forget(lake_alone, BY)
    assert places_of(lake_alone, WHOSE_HOME) == []
    assert json.loads(path.read_text())["user_id"].startswith("forgotten-")
    assert unread(Lake(lake_alone), landing, "interactions", day) == [path]
    assert terms(lake_alone).watermark == watermark
    for table in ("conversations", "billing_sessions", "files", "quarantine"):
        assert shape(lake_alone, table).equals(shape(home, table)), table
    ingest(Lake(lake_alone), landing, "interactions", day)
    assert unread(Lake(lake_alone), landing, "interactions", day) == []
    told = Lake(lake_alone).read("files", "interactions", day)
    assert told.filter(file=name_of(path, landing))["rows"].to_list() == [1]


def test_nothing_is_forgotten_where_to_read_again_would_change_counts(lake_alone: Path) -> None:
    path, landing = lands(lake_alone, LAST), lake_alone / "landing"
    ingest(Lake(lake_alone), landing, "interactions", LAST)
    whole = path.read_bytes()
    path.write_bytes(whole * 2)
    before = bytes_of(lake_alone)
    with pytest.raises(RunError, match=rf"{name_of(path, landing)} has changed .*run --date {LAST}"):
        forget(lake_alone, BY)
    path.unlink()
    with pytest.raises(RunError, match=rf"{name_of(path, landing)} was read and is there no more"):
        forget(lake_alone, BY)
    path.write_bytes(whole)
    Lake(lake_alone).file("files", "interactions", LAST).unlink()
    with pytest.raises(
        RunError, match=rf"ingest of interactions that arrived on {LAST} was stopped half-way"
    ):
        forget(lake_alone, BY)
    after = bytes_of(lake_alone)
    assert before.keys() ^ after.keys() == {f"lake/files/interactions/{LAST}.parquet"}
    assert not (lake_alone / JOURNAL).exists()
    catch_up(lake_alone, [LAST])
    forget(lake_alone, BY)
    assert places_of(lake_alone, WHOSE_HOME) == []


class Sender:
    """Writes a row more into a landed file each time that it was read for its new name."""

    def __init__(self, path: Path, times: int):
        self.path, self.left, self.written = path, times, 0
        self._real = landed.renamed_file
        self._row = path.read_bytes()

    def __call__(self, data: bytes, *rest: object) -> object:
        if self.left and (self.path.parents[3] / JOURNAL).exists() and data.startswith(self._row):
            self.left, self.written = self.left - 1, self.written + 1
            with self.path.open("ab") as file:
                file.write(self._row)
        return self._real(data, *rest)


def test_what_a_sender_writes_while_the_id_is_replaced_is_not_lost(lake_alone: Path) -> None:
    path = lands(lake_alone, LAST + timedelta(days=1))
    with mock.patch.object(landed, "renamed_file", Sender(path, times=2)):
        forget(lake_alone, BY)
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    assert len(rows) == 3
    assert all(row["user_id"].startswith("forgotten-") for row in rows)


def test_a_file_that_is_written_all_the_time_is_named_and_the_forgetting_ended_later(
    lake_alone: Path,
) -> None:
    path = lands(lake_alone, LAST + timedelta(days=1))
    sender = Sender(path, times=100)
    with (
        mock.patch.object(landed, "renamed_file", sender),
        pytest.raises(RunError, match=rf"{path} is being written.*closed it, then forget again"),
    ):
        forget(lake_alone, BY)
    assert sender.written == landed.TRIES
    assert path.read_text().count(WHOSE_HOME) == 1 + landed.TRIES
    assert not [each for each in path.parent.iterdir() if each.name.startswith(".")]
    assert finish_begun(lake_alone)
    catch_up(lake_alone, [])
    assert path.read_text().count("forgotten-") == 1 + landed.TRIES
    assert places_of(lake_alone, WHOSE_HOME) == []


def test_a_backup_after_it_holds_no_id_that_is_as_long_as_a_pseudonym(
    lake_alone: Path, tmp_path: Path
) -> None:
    long = "u".ljust(len(forgetting._pseudonym()), "0")
    path = lands(lake_alone, LAST + timedelta(days=1))
    path.write_text(path.read_text().replace(WHOSE_HOME, long))
    size = path.stat().st_size
    first = back_up(lake_alone, tmp_path / "backups", now=datetime(2026, 3, 5, tzinfo=UTC))
    forget(lake_alone, Whose(long))
    second = back_up(lake_alone, tmp_path / "backups", now=datetime(2026, 3, 6, tzinfo=UTC))
    assert path.stat().st_size == size
    name = path.relative_to(lake_alone)
    assert (second.folder / "home" / name).read_bytes() == path.read_bytes()
    assert places_of(first.folder, long) != []
    assert places_of(second.folder, long) == []
