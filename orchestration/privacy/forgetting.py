"""`quarterhour forget`: one person's id gives way to one random pseudonym, and no count changes.

Landing files and settled rows are rewritten, each beside its place and renamed into it; then the lake ingests
again what it had read of those arrival days, and counts again what became dirty, as a late delivery would
make it. Keys (R1), and with them the ids of conversations, are made anew of the pseudonym, the same in lake,
marts and pages. The ledger holds no person: its entries stay.

What is to be done stands in a file of the home, with the id and its pseudonym, until all files are rewritten
and ingested: a forgetting that was killed is ended by the next one, or the next night, under the same name.
"""

import json
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from secrets import token_hex

import polars as pl

from orchestration import dbt
from orchestration.console.site import render_site
from orchestration.counting import fragmenting, sessionizing
from orchestration.counting.copies import choice_among
from orchestration.counting.terms import terms_of
from orchestration.errors import RunError, UsageError
from orchestration.home import WAREHOUSE
from orchestration.lake import COPIES, VERSION, Lake, packs, version_of
from orchestration.lake.parts import (
    SETTLED,
    STREAMS,
    days_of_rows,
    parts_of,
    scan_parts,
    settled_arrivals,
)
from orchestration.lake.tables import TABLES
from orchestration.landing.files import arrival_days, files_of
from orchestration.ledger.head import sync_folder
from orchestration.privacy.landed import rename_landed, renamed
from orchestration.privacy.record import record_of_accounts
from orchestration.privacy.rereading import read_again, require_as_read
from orchestration.privacy.retention import sweep_all
from orchestration.settings.loading import load_settings_of
from transforms.contracts import contract_of
from transforms.keys import in_key_order, with_keys
from transforms.renaming import Renaming, renamed_rows

JOURNAL = ".forgetting.json"
UNFINISHED_JOURNAL = f"{JOURNAL}.new"
DRAWS = 64
"""Pseudonyms that are tried: where copies tie (R18), a hash of their content decides, and it changes."""


@dataclass(frozen=True)
class Found:
    """Where a person stands: landing files and settled rows by path, event days, and rows by account."""

    files: dict[Path, int] = field(default_factory=dict)
    settled: dict[Path, int] = field(default_factory=dict)
    days: list[date] = field(default_factory=list)
    rows_of_accounts: dict[str, int] = field(default_factory=dict)

    @property
    def is_empty(self) -> bool:
        """Whether nothing is to be replaced."""
        return not self.files and not self.settled


@dataclass(frozen=True)
class Whose:
    """The person to forget, of one account or of all; who does it, and why."""

    user_id: str
    account_id: str | None = None
    by: str = ""
    reason: str | None = None


@dataclass(frozen=True)
class _Journal:
    user_id: str
    account_id: str | None
    pseudonym: str
    arrivals: list[tuple[str, str]]
    rows: dict[str, int]
    by: str
    reason: str | None
    at: str

    @property
    def renaming(self) -> Renaming:
        return Renaming(self.user_id, self.pseudonym, self.account_id)


def find(home: Path, user_id: str, account_id: str | None = None) -> Found:
    """What a forgetting would replace."""
    if not user_id or "\n" in user_id or "\0" in user_id:
        raise UsageError("--user takes the id of a person, in one line")
    lake, renaming = Lake(home), Renaming(user_id, _pseudonym(), account_id)
    lake.ensure(TABLES)
    files = {
        path: rows
        for stream in STREAMS
        for day in arrival_days(home / "landing", stream)
        for path in files_of(home / "landing", stream, day)
        if (rows := renamed(home, path, renaming)[1])
    }
    settled = {
        path: rows
        for path in sorted((lake.root / SETTLED / "rows").rglob("*.parquet"))
        if (rows := pl.scan_parquet(path).filter(_is_its(renaming)).select(pl.len()).collect().item())
    }
    days: set[date] = set()
    of_accounts: dict[str, int] = {}
    for stream in STREAMS:
        for day in days_of_rows(lake, stream):
            its = scan_parts(parts_of(lake, stream, day), stream).filter(_is_its(renaming))
            for name, count in its.group_by("account_id").len().collect().iter_rows():
                days.add(day)
                of_accounts[name] = of_accounts.get(name, 0) + count
    return Found(files, settled, sorted(days), of_accounts)


def forget(home: Path, whose: Whose) -> Found:
    """Replaces the id everywhere, and counts and renders again; gives what was replaced.

    Whoever calls it holds the home. Raises RunError where no pseudonym leaves the choice among copies as it
    is, or where files are not what was ingested: then nothing was changed.
    """
    finish_begun(home)
    lake = Lake(home)
    found = find(home, whose.user_id, whose.account_id)
    require_as_read(lake, home / "landing", _arrivals(lake, found))
    sweep_all(lake, home / "landing")
    _count_again(home)  # what waits is no change of ours
    before = _counts(lake)
    if not found.is_empty:
        _begin(home, found, whose, _drawn(lake, whose, found.days))
        finish_begun(home)
    _count_again(home)
    packs.weed(lake)
    if (home / WAREHOUSE).exists():
        dbt.build(home).raise_if_failed()
        render_site(home)
    if not _counts(lake).equals(before):
        raise RunError(
            "the counts are not what they were: compare the usage with that of a backup before you issue; "
            "what was forgotten stays forgotten"
        )
    return found


def finish_begun(home: Path) -> bool:
    """Ends the rewriting that a killed forgetting left, and says whether there was one.

    Whoever calls it holds the home. What it makes dirty, the next steps of a night count again.
    """
    path = home / JOURNAL
    for left in home.glob(f"{JOURNAL}.*"):  # of who died before anything was changed; they have the id
        left.unlink()
    if not path.exists():
        return False
    journal = _begun(path)
    lake, landing = Lake(home), home / "landing"
    for stream in STREAMS:
        for day in arrival_days(landing, stream):
            for file in files_of(landing, stream, day):
                rename_landed(home, file, journal.renaming)
    _rename_settled(lake, journal.renaming)
    for stream, arrival_day in journal.arrivals:
        read_again(lake, landing, stream, date.fromisoformat(arrival_day))
    told = {name: {"rows": str(count)} for name, count in journal.rows.items()}
    record_of_accounts(
        home,
        "person_forgotten",
        told,
        by=journal.by,
        reason=journal.reason,
        now=datetime.fromisoformat(journal.at),
        token="forgotten",
    )
    packs.weed(lake)
    path.unlink()
    return True


def _begun(path: Path) -> _Journal:
    """What was to be done. Raises RunError where the file is damaged."""
    try:
        journal = _Journal(**json.loads(path.read_bytes()))
        texts = [journal.user_id, journal.pseudonym, journal.by]
        for stream, day in journal.arrivals:
            date.fromisoformat(day)
            texts.append(stream)
        is_sound = all(isinstance(each, str) for each in texts) and isinstance(journal.rows, dict)
        if not is_sound or datetime.fromisoformat(journal.at).tzinfo is None:
            raise ValueError
    except (ValueError, TypeError, RecursionError):
        raise RunError(
            f"{path} is damaged: it said who was being forgotten, and under which pseudonym. Restore it from "
            "a backup; or remove it and forget the person again, who then has two pseudonyms"
        ) from None
    return journal


def _begin(home: Path, found: Found, whose: Whose, renaming: Renaming) -> None:
    """Writes down what is to be done, before anything is."""
    journal = _Journal(
        renaming.user_id,
        renaming.account_id,
        renaming.pseudonym,
        [(stream, str(day)) for stream, day in _arrivals(Lake(home), found)],
        found.rows_of_accounts,
        whose.by,
        whose.reason,
        datetime.now(UTC).isoformat(),
    )
    path = home / JOURNAL
    beside = home / UNFINISHED_JOURNAL
    with open(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        json.dump(asdict(journal), file)
        file.flush()
        os.fsync(file.fileno())
    os.replace(beside, path)
    sync_folder(home)


def _arrivals(lake: Lake, found: Found) -> list[tuple[str, date]]:
    """The arrival days that have something of the person, in landing or settled."""
    landed = {path.relative_to(lake.home / "landing").parts[:2] for path in found.files}
    arrivals = {(stream, date.fromisoformat(day)) for stream, day in landed}
    if found.settled:
        arrivals |= {(stream, day) for stream in STREAMS for day in settled_arrivals(lake, stream)}
    return sorted(arrivals)


def _pseudonym() -> str:
    return f"forgotten-{token_hex(12)}"


def _drawn(lake: Lake, whose: Whose, days: Sequence[date]) -> Renaming:
    """A pseudonym under which the same copies win (R18)."""
    for _ in range(DRAWS):
        renaming = Renaming(whose.user_id, _pseudonym(), whose.account_id)
        if all(_same_choice(lake, stream, day, renaming) for stream in STREAMS for day in days):
            return renaming
    raise RunError(f"no pseudonym of {DRAWS} leaves the choice among the person's copies as it is (R18)")


def _same_choice(lake: Lake, stream: str, day: date, renaming: Renaming) -> bool:
    now = choice_among(lake, stream, day)
    return now.equals(choice_among(lake, stream, day, partial(renamed_rows, renaming=renaming)))


def _is_its(renaming: Renaming) -> pl.Expr:
    is_its = pl.col("user_id") == renaming.user_id
    if renaming.account_id is not None:
        is_its &= pl.col("account_id") == renaming.account_id
    return is_its.fill_null(value=False)


def _rename_settled(lake: Lake, renaming: Renaming) -> None:
    for path in sorted((lake.root / SETTLED / "rows").rglob("*.parquet")):
        stream = path.parent.parent.name
        rows = pl.read_parquet(path)
        if rows.filter(_is_its(renaming) | _is_session(rows, renaming)).is_empty():
            continue
        changed = renamed_rows(rows, renaming)
        if "key" in changed.columns:
            changed = in_key_order(with_keys(changed), contract_of(stream).time_column)
        changed = changed.select(rows.columns)
        notes = {COPIES: lake.note(path, COPIES) or "", VERSION: version_of(changed)}
        lake.publish(path, changed, notes=notes)
    for path in sorted((lake.root / SETTLED / "quarantine").rglob("*.parquet")):
        rows = pl.read_parquet(path)
        if rows["reason"].str.contains(f'"{renaming.user_id}"', literal=True).any():
            told = pl.col("reason").str.replace_all(
                f'"{renaming.user_id}"', f'"{renaming.pseudonym}"', literal=True
            )
            lake.publish(path, rows.with_columns(told))


def _is_session(rows: pl.DataFrame, renaming: Renaming) -> pl.Expr:
    if "session_id" not in rows.columns:
        return pl.lit(value=False)
    return (pl.col("session_id") == renaming.user_id).fill_null(value=False)


def _count_again(home: Path) -> None:
    """What is dirty in the lake: also after a forgetting that was killed there."""
    lake = Lake(home)
    for day in fragmenting.dirty_days(lake):
        fragmenting.build_fragments(lake, day)
    terms = terms_of(lake, load_settings_of(home))
    sessionizing.rebuild(lake, sessionizing.dirty_days(lake, terms), terms)


def _counts(lake: Lake) -> pl.DataFrame:
    """Sessions by app, UTC day and kind."""
    by = ["account_id", "app_id", pl.col("started_at").dt.date(), "session_type", "is_complete"]
    tables = [
        lake.scan(table).group_by(by).len().with_columns(table=pl.lit(table))
        for table in ("billing_sessions", "voice_sessions")
    ]
    return pl.concat(tables).collect().sort(pl.all())
