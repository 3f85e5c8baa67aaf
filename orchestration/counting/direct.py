"""`quarterhour sessionize`: the transforms alone, on files."""

import csv
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import polars as pl

from orchestration.errors import UsageError
from orchestration.lake.tables import COPIES, FILES, QUARANTINE
from orchestration.landing.contents import parse_landed
from orchestration.landing.files import arrival_day_of, expand
from transforms.alerts import as_billing_sessions, delivered
from transforms.contracts import lake_schema
from transforms.copies import resolve_copies
from transforms.ledger import file_ledger, kept_whole
from transforms.limits import DEFAULTS, Limits
from transforms.parsing import ParsedFile
from transforms.rules import Rules
from transforms.sessions import BILLING_SESSIONS, Sessions, sessions_of
from transforms.timeouts import TIMEOUTS


@dataclass(frozen=True)
class Result:
    """The sessions of the files, the refused rows and the ledger of all rows (R20)."""

    sessions: Sessions
    quarantine: pl.DataFrame
    ledger: pl.DataFrame


def sessionize_files(
    paths: Mapping[str, Sequence[str]],
    apps: Path | None,
    watermark: datetime | None,
    rules: Rules,
    limits: Limits = DEFAULTS,
) -> Result:
    """Sessions of the files, folders or globs of each stream (interactions, handoffs, alerts).

    Raises UsageError where a path names no file or the apps file cannot be used.
    """
    parsed = {
        stream: [
            parse_landed(path, stream, arrival_day_of(path), path.as_posix(), limits)
            for path in _files(stream, given)
        ]
        for stream, given in paths.items()
    }
    rows: dict[str, pl.DataFrame] = {}
    copies = [COPIES.to_frame()]
    for stream in ("interactions", "handoffs", "alerts"):
        accepted = [part.accepted for part in parsed.get(stream, [])]
        rows[stream], counted = resolve_copies(pl.concat([lake_schema(stream).to_frame(), *accepted]), stream)
        copies.append(counted.select(COPIES.names()))
    sessions = sessions_of(rows["interactions"], rows["handoffs"], read_apps(apps), rules, watermark)
    parts = [part for each in parsed.values() for part in each]
    return Result(
        sessions=_with_alerts(sessions, rows["alerts"]),
        quarantine=_quarantine(parts, sessions, rows),
        ledger=file_ledger(
            pl.concat([FILES.to_frame(), *(part.files.select(FILES.names()) for part in parts)]),
            pl.concat(copies),
            sessions.rejected_handoffs,
        ),
    )


def read_apps(path: Path | None) -> pl.DataFrame:
    """The timeouts of a CSV or JSON file of `app_id, inactivity_minutes` (R3), as `TIMEOUTS`."""
    if path is None:
        return TIMEOUTS.to_frame()
    try:
        text = path.read_text(encoding="utf-8-sig")
        rows = json.loads(text) if path.suffix == ".json" else list(csv.DictReader(text.splitlines()))
        if isinstance(rows, dict):  # also taken: {"<app_id>": <minutes>, …}
            rows = [{"app_id": app_id, "inactivity_minutes": minutes} for app_id, minutes in rows.items()]
        listed = [(str(row["app_id"]), _minutes(row["inactivity_minutes"])) for row in rows]
        return pl.DataFrame(
            [(None, app_id, None, minutes) for app_id, minutes in listed], schema=TIMEOUTS, orient="row"
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UsageError(
            f"{path}: expected app_id, inactivity_minutes (5 to 20160) as CSV or JSON: {error}"
        ) from error


def write(result: Result, out: Path) -> None:
    """The five files of the command, each renamed into its place."""
    out.mkdir(parents=True, exist_ok=True)
    tables = {
        "billing_sessions": result.sessions.billing_sessions,
        "voice_sessions": result.sessions.voice_sessions,
        "conversations": result.sessions.conversations,
        "quarantine": result.quarantine,
    }
    for name, frame in tables.items():
        beside = out / f".{name}.parquet.{os.getpid()}"
        frame.write_parquet(beside)
        os.replace(beside, out / f"{name}.parquet")
    beside = out / f".ledger.json.{os.getpid()}"
    beside.write_text(json.dumps(_ledger(result), indent=2, ensure_ascii=False) + "\n")
    os.replace(beside, out / "ledger.json")


def _minutes(value: object) -> int:
    minutes = int(str(value))
    if not 5 <= minutes <= 20160:
        raise ValueError(f"inactivity_minutes is {minutes}")
    return minutes


def _files(stream: str, given: Sequence[str]) -> list[Path]:
    try:
        paths = expand(given)
    except FileNotFoundError as error:
        raise UsageError(f"--{stream}: {error}") from error
    if not paths:
        raise UsageError(f"--{stream}: no file in {', '.join(given)}")
    return paths


def _with_alerts(sessions: Sessions, alerts: pl.DataFrame) -> Sessions:
    counted = as_billing_sessions(delivered(alerts))
    return Sessions(
        conversations=sessions.conversations,
        billing_sessions=pl.concat([sessions.billing_sessions, counted]).sort(BILLING_SESSIONS.names()),
        voice_sessions=sessions.voice_sessions,
        rejected_handoffs=sessions.rejected_handoffs,
        unmatched_legs=sessions.unmatched_legs,
    )


def _quarantine(parts: list[ParsedFile], sessions: Sessions, rows: dict[str, pl.DataFrame]) -> pl.DataFrame:
    """Refused rows, those among them that only their neighbours condemned (R7)."""
    late = kept_whole(sessions.rejected_handoffs, rows)
    refused = [part.quarantine.select(QUARANTINE.names()) for part in parts]
    return pl.concat([QUARANTINE.to_frame(), late.select(QUARANTINE.names()), *refused]).sort(
        "stream", "file", "line"
    )


def _ledger(result: Result) -> dict[str, object]:
    counts = ["rows", "accepted", "duplicate", "superseded", "excluded", "quarantined"]
    sessions = result.sessions
    types = sessions.billing_sessions["session_type"].value_counts(sort=True)
    return {
        "totals": {name: int(result.ledger[name].sum()) for name in counts},
        "files": result.ledger.to_dicts(),
        "unmatched_legs": sessions.unmatched_legs.height,
        "conversations": sessions.conversations.height,
        "billing_sessions": sessions.billing_sessions.height,
        "billing_sessions_by_type": dict(sorted(types.iter_rows())),
        "voice_sessions": sessions.voice_sessions.height,
        "provisional_sessions": sessions.billing_sessions.filter(~pl.col("is_complete")).height,
    }
