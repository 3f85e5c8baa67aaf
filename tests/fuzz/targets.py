"""What must hold of every reader, whatever it is given: no crash, nothing outside its folder, no row lost."""

import json
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from orchestration.backup.listing import read_backup
from orchestration.book.judging import state_at
from orchestration.counting import audits
from orchestration.counting.clean import clean_days
from orchestration.counting.direct import read_apps, sessionize_files
from orchestration.counting.fragmenting import build_fragments, dirty_days
from orchestration.counting.sessionizing import dirty_days as dirty_sessions
from orchestration.counting.sessionizing import rebuild
from orchestration.counting.terms import terms_of
from orchestration.errors import RunError, UsageError
from orchestration.lake import Lake
from orchestration.lake.tables import TABLES
from orchestration.landing.contents import parse_landed
from orchestration.landing.ingest import ingest
from orchestration.landing.late_files import cursor_of
from orchestration.ledger import Ledger
from orchestration.made import is_whole
from orchestration.outbox.delivering import Records
from orchestration.privacy.dropped import finish
from orchestration.privacy.forgetting import finish_begun
from orchestration.rate import rate_cases, read_cases
from orchestration.runs.one_run import holder_of
from orchestration.settings.loading import Settings, SettingsError, load
from orchestration.settings.text import shown
from tests.fuzz.inputs import STREAM, VALUES, apps, events, files, kept, toml
from tests.orchestration.test_rate import ANYTHING, MODEL_NAMES
from transforms.limits import Limits
from transforms.rules import Rules

ARRIVAL = date(2024, 3, 2)
SMALL = Limits(file_bytes=1 << 20, lines=2_000, line_bytes=20_000)
Target = Callable[[Any, Path], None]
"""Draws its input and tries it in an empty folder."""


def file(data: st.DataObject, folder: Path) -> None:
    """One landed file of any stream: each of its rows is accepted, excluded or refused with a reason."""
    stream = data.draw(STREAM)
    name, content = data.draw(files(stream))
    (folder / name).write_bytes(content)
    found = parse_landed(folder / name, stream, ARRIVAL, name, SMALL)
    rows, excluded, quarantined = found.files.select("rows", "excluded", "quarantined").sum().row(0)
    assert rows == found.accepted.height + excluded + quarantined
    assert quarantined == found.quarantine.height
    assert not found.quarantine["reason"].null_count()
    assert not found.quarantine["raw"].null_count()
    assert found.accepted["line"].is_unique().all()
    assert max((len(raw) for raw in found.quarantine["raw"]), default=0) <= 4 * SMALL.line_bytes


def home(data: st.DataObject, folder: Path) -> None:
    """A night's files in a home: the ledger of rows balances, and nothing is written beside the home."""
    inside = folder / "home"
    for number in range(data.draw(st.integers(1, 3))):
        stream = data.draw(STREAM)
        name, content = data.draw(files(stream))
        path = inside / "landing" / stream / str(ARRIVAL) / f"{number}{name}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    lake = Lake(inside)
    lake.ensure(TABLES)
    landed = {path: path.read_bytes() for path in (inside / "landing").rglob("*") if path.is_file()}
    for stream in ("account_events", "alerts", "handoffs", "interactions"):
        ingest(lake, inside / "landing", stream, ARRIVAL)
    for day in dirty_days(lake):
        build_fragments(lake, day)
    terms = terms_of(lake, Settings(inside))
    rebuild(lake, dirty_sessions(lake, terms), terms)
    assert audits.unbalanced_files(lake).is_empty()
    assert [path.name for path in folder.iterdir()] == ["home"]
    assert {path.name for path in inside.iterdir()} <= {"landing", "lake", ".headless", ".lock"}
    assert landed == {path: path.read_bytes() for path in landed}


def command(data: st.DataObject, folder: Path) -> None:
    """What `sessionize` does with files: the ledger balances, or the apps file is refused."""
    given: dict[str, list[str]] = {}
    for stream in ("interactions", "handoffs", "alerts"):
        name, content = data.draw(files(stream))
        (folder / stream).mkdir()
        (folder / stream / name).write_bytes(content)
        given[stream] = [str(folder / stream)]
    ledger = sessionize_files(given, None, None, Rules(), SMALL).ledger
    kinds = ("accepted", "duplicate", "superseded", "excluded", "quarantined")
    for row in ledger.iter_rows(named=True):
        assert row["rows"] == sum(row[kind] for kind in kinds)


def settings(data: st.DataObject, folder: Path) -> None:
    """Any file of settings is taken, or refused with each line naming a setting or the file."""
    (folder / "quarterhour.toml").write_bytes(data.draw(toml()))
    variables = data.draw(
        st.dictionaries(st.sampled_from(["OUTBOX", "PDF", "FIRST_DAY", "NOTIFY"]), st.text())
    )
    env = {f"QUARTERHOUR_{name}": value for name, value in variables.items()}
    try:
        loaded = load({**env, "QUARTERHOUR_HOME": str(folder)})
    except SettingsError:
        pass
    else:
        assert "\x1b" not in shown(loaded, env)


def timeouts(data: st.DataObject, folder: Path) -> None:
    """The apps file of `sessionize` is read, or refused in a sentence."""
    name, content = data.draw(apps())
    (folder / name).write_bytes(content)
    with suppress(UsageError):
        minutes = read_apps(folder / name)["inactivity_minutes"]
        assert all(5 <= each <= 20160 for each in minutes)


def cases(data: st.DataObject, folder: Path) -> None:
    """The cases of `rate` are read, or refused in a sentence."""
    text = json.dumps(data.draw(VALUES), ensure_ascii=data.draw(st.booleans()))
    raw = text.encode(errors="surrogatepass")
    (folder / "cases.json").write_bytes(raw[: data.draw(st.sampled_from([None, None, 5]))])
    with suppress(UsageError):
        assert isinstance(read_cases(folder / "cases.json"), list)


def rating(data: st.DataObject, folder: Path) -> None:
    """Whatever cases say, the models rate them or say why not."""
    one = st.fixed_dictionaries(
        {"model": st.sampled_from(MODEL_NAMES), "params": ANYTHING, "units": ANYTHING}
    )
    asked = data.draw(st.lists(one | ANYTHING, min_size=1, max_size=60))
    for result in rate_cases(asked):
        assert result.status in ("rated", "unsupported", "invalid")
        assert result.amount is None or isinstance(result.amount, Decimal)


def book(data: st.DataObject, folder: Path) -> None:
    """Whatever events an account has, its book is folded, and what is refused has a reason."""
    listed = data.draw(st.lists(events(), min_size=1, max_size=60))
    path = folder / "landing" / "account_events" / str(ARRIVAL) / "a.jsonl"
    path.parent.mkdir(parents=True)
    path.write_text("".join(json.dumps(event) + "\n" for event in listed))
    for account_id in ("acme", "globex"):
        state = state_at(folder, account_id, datetime(2024, 4, 1, tzinfo=UTC))
        assert all(row["refusal_reason"] for row in state.get("account_event_refusals", []))


def records(data: st.DataObject, folder: Path) -> None:
    """What we keep in files of our own, after a disk or a hand was at it: read, passed over, or named."""
    name, read = data.draw(st.sampled_from(sorted(RECORDS.items())))
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data.draw(kept()))
    try:
        read(folder)
    except (RunError, UsageError) as error:
        assert path.name in str(error)  # noqa: PT017  # the other readers pass it over


def _clean(folder: Path) -> None:
    with clean_days(Lake(folder), "fragments", "4", known=True) as clean:
        assert ARRIVAL not in clean


RECORDS: dict[str, Callable[[Path], object]] = {
    ".clean.json": _clean,
    ".forgetting.json": finish_begun,
    ".made.json": is_whole,
    ".retaining.json": finish,
    ".run.lock": holder_of,
    "backup.json": read_backup,
    "cursor": lambda folder: cursor_of((folder / "cursor").read_text(errors="replace")),
    "ledger/00000001.json": lambda folder: Ledger(folder).verify(),
    "ledger/HEAD.json": lambda folder: Ledger(folder).verify(),
    "outbox/.sent/INV-1.mail.json": lambda folder: Records(folder / "outbox").state("INV-1", "mail"),
}
"""By file what reads it. An entry of the ledger is told among others, so no error is raised."""


QUICK: dict[str, Target] = {
    "file": file,
    "home": home,
    "command": command,
    "settings": settings,
    "timeouts": timeouts,
    "cases": cases,
    "records": records,
}
SLOW: dict[str, Target] = {"rating": rating, "book": book}
"""They run dbt: seconds each."""
EVERY = QUICK | SLOW


def _hang(data: st.DataObject, folder: Path) -> None:
    time.sleep(1_000)


def _hoard(data: st.DataObject, folder: Path) -> None:
    assert bytearray(1 << 40)


BROKEN: dict[str, Target] = {"hang": _hang, "hoard": _hoard}
"""Readers as they must not be: the search has to find them out."""


def tried(target: Target, data: st.DataObject) -> None:
    """The target in a folder of its own."""
    with tempfile.TemporaryDirectory(prefix="quarterhour-fuzz-") as name:
        target(data, Path(name))
