"""One late row against a rebuild of all days."""

import json
import shutil
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import polars as pl

from orchestration.bench.cases import Case
from orchestration.bench.measure import Measured, run_program
from orchestration.bench.plan import LATE_AGE_DAYS, Plan
from orchestration.bench.results import Comparison, Figure, Stage, at_most, figure
from orchestration.lake import Lake, midnight

GOAL_PERCENT = 5.0
LOGS = {"chats": "chats", "mixed": "all kinds of logs"}
"""Chats end within minutes, so few days are joined. Among all kinds there is an app with a timeout of two
days, whose conversations join a week and more."""


def late_stage(plan: Plan) -> Stage:
    """A row that arrives the day after the last one, and belongs to a day 20 days before."""
    figures: list[Figure] = []
    compared: list[Comparison] = []
    facts: dict[str, Any] = {}
    for name, text in LOGS.items():
        case = plan.case(name, plan.rows_per_day * plan.late_days, plan.late_days)
        ingested, rebuild, one = _measured(plan, case)
        works = {"ingest of all days": ingested, "rebuild of all days": rebuild, "one late row": one}
        figures += [
            figure(f"{text}: {work}", case.rows, [took], is_ours=True) for work, took in works.items()
        ]
        parts = rebuild.told["parts"]
        percent = 100 * one.seconds / (parts["fragments"] + parts["sessions"])
        compared.append(at_most(f"{text}: late row / rebuild", percent, GOAL_PERCENT, "%"))
        facts[name] = {
            "days_of_rebuild": len(rebuild.told["days_of_sessions"]),
            "days_of_fragments": one.told["days_of_fragments"],
            "days_of_sessions": one.told["days_of_sessions"],
        }
    title = f"One row {LATE_AGE_DAYS} days late, against a rebuild of {plan.late_days} days"
    return Stage("late", title, tuple(figures), tuple(compared), facts=facts)


def _measured(plan: Plan, case: Case) -> tuple[Measured, Measured, Measured]:
    """Ingest of all days, their rebuild, and the late row."""
    ingested, home = plan.ingested(case), plan.lake_of(case)
    arrival_day = case.last_day + timedelta(days=1)
    # The day before the late row has closed: a later watermark (R13) would rebuild days of its own.
    closing, late = plan.fresh("closing"), plan.fresh("late")
    _write(closing, "alerts", arrival_day, _unsent_alert(case))
    plan.tell(f"late: rebuild of {plan.late_days} days")
    rebuild = _run(home, closing, "alerts", arrival_day)
    event_day = arrival_day - timedelta(days=LATE_AGE_DAYS)
    _write(late, "interactions", arrival_day, _late_row(Lake(home), event_day))
    plan.tell("late: one row")
    one = _run(home, late, "interactions", arrival_day)
    shutil.rmtree(home)
    return ingested, rebuild, one


def _run(home: Path, landing: Path, stream: str, arrival_day: date) -> Measured:
    asked: dict[str, Any] = {"arrivals": [[stream, str(arrival_day)]]}
    return run_program("days", {"home": str(home), "landing": str(landing), **asked})


def _write(landing: Path, stream: str, arrival_day: date, row: dict[str, Any]) -> None:
    path = landing / stream / arrival_day.isoformat() / "one.jsonl"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps(row) + "\n")


def _unsent_alert(case: Case) -> dict[str, Any]:
    """A row that changes no count, but closes the arrival days before it."""
    whose = {"account_id": "northbank", "app_id": "nb-assist", "user_id": "u1"}
    at = midnight(case.last_day).isoformat()
    return {"delivery_id": "closing", **whose, "delivered_at": at, "status": "suppressed", "kind": "alert"}


def _late_row(lake: Lake, day: date) -> dict[str, Any]:
    """A message of a user who spoke around noon of that day, five minutes after his own."""
    noon = midnight(day) + timedelta(hours=12)
    spoken = (
        pl.scan_parquet(lake.arrivals("interactions", day))
        .filter((pl.col("actor") == "user") & (pl.col("kind") == "message") & (pl.col("occurred_at") >= noon))
        .sort("occurred_at", "event_id")
        .head(1)
        .select("account_id", "app_id", "user_id", "channel", "session_id", "occurred_at")
        .collect()
        .row(0, named=True)
    )
    at = spoken.pop("occurred_at") + timedelta(minutes=5)
    return {"event_id": "late", **spoken, "occurred_at": at.isoformat(), "actor": "user", "kind": "message"}
