"""Lake to blocks, against DuckDB, PySpark and plain Polars: same files, same columns, same rows."""

import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path

from orchestration.bench.answers import differing_rows, read_answer
from orchestration.bench.measure import Measured, run_program, run_script
from orchestration.bench.plan import Plan, rounds
from orchestration.bench.results import Answer, Comparison, Figure, Stage, at_least, figure
from orchestration.errors import RunError
from orchestration.lake.tables import FRAGMENTS, SESSIONS

PUBLISHED, IN_MEMORY = "quarterhour, all tables published", "quarterhour, rows to blocks"
OURS = (PUBLISHED, IN_MEMORY)
WINDOWS, POLARS, SPARK = "DuckDB, windows", "Polars, sort and over", "PySpark, local[2]"
DUCKDB = {WINDOWS: "windows", "DuckDB, windows, delivered columns": "delivered columns",
          "DuckDB, aggregate first": "aggregate first"}  # fmt: skip
DERIVED = (*FRAGMENTS, *SESSIONS, "copies", "alert_sessions", "touched")


def sessions_stage(plan: Plan) -> Stage:
    """Keys with a `session_id`."""
    goals = {WINDOWS: 5.0, SPARK: 20.0}
    return _stage(plan, "sessions", "chats", "keys with session_id", goals | dict.fromkeys(OURS, 12.0))


def bursts_stage(plan: Plan) -> Stage:
    """Keys made of account, app, channel and user."""
    return _stage(plan, "bursts", "bursts", "derived keys", {WINDOWS: 4.0})


def _stage(plan: Plan, key: str, logs: str, text: str, goals: dict[str, float]) -> Stage:
    """All programs on one kind of logs; `goals` by program: how many times slower, of ours the M rows/s."""
    case = plan.case(logs)
    home, out = plan.lake_of(case), plan.fresh("answers", key)
    runs = rounds(plan.repeat, _programs(plan, home, out, has_sessions=logs == "chats"))
    if plan.spark:
        runs[SPARK] = [_spark(plan, _files(home), out)]
    figures = {name: figure(name, case.rows, found, is_ours=name in OURS) for name, found in runs.items()}
    answers = _answers(home, out, list(runs))
    compared = [
        at_least(f"{name}: M rows/s", figures[name].rows_per_second / 1e6, goals.get(name), "M/s")
        for name in OURS
    ]
    peers = [name for name in figures if name not in OURS]
    compared += [_times(figures[peer], figures[mine], goals.get(peer)) for peer in peers for mine in OURS]
    title = f"Lake to blocks, {text}"
    return Stage(key, title, tuple(figures.values()), tuple(compared), answers, {"blocks": answers[0].rows})


def _times(peer: Figure, mine: Figure, goal: float | None) -> Comparison:
    return at_least(f"{peer.program} / {mine.program}", peer.seconds / mine.seconds, goal)


def _programs(plan: Plan, home: Path, out: Path, *, has_sessions: bool) -> dict[str, Callable[[], Measured]]:
    files = _files(home)

    def published() -> Measured:
        plan.tell(f"blocks: {PUBLISHED}")
        for table in DERIVED:
            shutil.rmtree(home / "lake" / table, ignore_errors=True)
        return run_program("blocks, published", {"home": str(home)})

    def in_memory() -> Measured:
        plan.tell(f"blocks: {IN_MEMORY}")
        return run_program("blocks, in memory", {"home": str(home), "out": _place(out, IN_MEMORY)})

    def duckdb(name: str) -> Measured:
        plan.tell(f"blocks: {name}")
        asked = {"files": files, "out": _place(out, name), "has_sessions": has_sessions}
        return run_program("duckdb", {**asked, "variant": DUCKDB[name]})

    def polars() -> Measured:
        plan.tell(f"blocks: {POLARS}")
        return run_program("polars", {"files": files, "out": _place(out, POLARS)})

    peers = {name: partial(duckdb, name) for name in DUCKDB}
    return {PUBLISHED: published, IN_MEMORY: in_memory, **peers, POLARS: polars}


def _spark(plan: Plan, files: list[str], out: Path) -> Measured:
    assert plan.spark is not None
    plan.tell(f"blocks: {SPARK}")
    asked = {"files": files, "out": _place(out, SPARK), "driver_memory": plan.spark.memory}
    return run_script(plan.spark.python, Path(__file__).with_name("peer_spark.py"), asked)


def _answers(home: Path, out: Path, programs: list[str]) -> tuple[Answer, ...]:
    """All answers against ours, row for row; raises RunError where one differs."""
    ours = read_answer(home / "lake" / "billing_sessions")
    answers = [Answer(PUBLISHED, ours.height, 0)]
    for name in programs:
        if name != PUBLISHED:
            theirs = read_answer(Path(_place(out, name)))
            answers.append(Answer(name, theirs.height, differing_rows(ours, theirs)))
    wrong = [f"{answer.program}: {answer.differing:,} rows" for answer in answers if answer.differing]
    if wrong:
        raise RunError(f"not the same blocks as ours: {', '.join(wrong)}; see {out}")
    return tuple(answers)


def _files(home: Path) -> list[str]:
    """The files of lake/interactions."""
    found = sorted((home / "lake" / "interactions").glob("*/*.parquet"))
    return [str(path) for path in found]


def _place(out: Path, program: str) -> str:
    """Where a program writes its answer."""
    return str(out / ("".join(c if c.isalnum() else "-" for c in program) + ".parquet"))
