"""The benchmark at its smallest: every stage runs, all engines give the same rows, every figure is there."""

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import polars as pl
import pytest

from orchestration.bench.answers import ANSWER, differing_rows
from orchestration.bench.compare_blocks import DUCKDB, IN_MEMORY, POLARS, PUBLISHED
from orchestration.bench.compare_ingest import FLOOR, OURS
from orchestration.bench.plan import STAGES
from orchestration.cli import main

Stages = dict[str, dict[str, Any]]
"""What the JSON holds of each stage."""
EVENTS = 20_000
BLOCK_PROGRAMS = {PUBLISHED, IN_MEMORY, *DUCKDB, POLARS}
WORKS = ("ingest of all days", "rebuild of all days", "one late row")
PROGRAMS = {
    "ingest": {OURS, FLOOR},
    "sessions": BLOCK_PROGRAMS,
    "bursts": BLOCK_PROGRAMS,
    "night": {"quarterhour, 20 k"},
    "late": {f"{logs}: {work}" for logs in ("chats", "all kinds of logs") for work in WORKS},
    "lineage": {"quarterhour, written twice"},
    "pages": {
        f"{home}: {asked}"
        for home in ("20 accounts", "one account of 20 apps")
        for asked in ("one role", "both roles", "nothing changed")
    },
}
GOALS = {
    "ingest": {"time / floor"},
    "sessions": {f"DuckDB, windows / {ours}" for ours in (PUBLISHED, IN_MEMORY)}
    | {f"{ours}: M rows/s" for ours in (PUBLISHED, IN_MEMORY)},
    "bursts": {f"DuckDB, windows / {ours}" for ours in (PUBLISHED, IN_MEMORY)},
    "night": set(),
    "late": {f"{logs}: late row / rebuild" for logs in ("chats", "all kinds of logs")},
    "lineage": set(),
    "pages": set(),
}


def bench(*arguments: object) -> int:
    try:
        main(["bench", *map(str, arguments)])
    except SystemExit as end:
        return int(end.code or 0)
    return 0


def test_every_stage_runs_and_all_engines_agree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(Path(__file__).parents[2])
    asked = ["--events", EVENTS, "--days", 3, "--repeat", 1, "--rows-per-day", 400, "--late-days", 21]
    assert bench(*asked, "--home", tmp_path / "home", "--out", tmp_path / "out") == 0
    stages = json.loads((tmp_path / "out" / "20k.json").read_text())["stages"]
    has_all_figures(stages)
    compares_with_each_goal(stages)
    gives_the_same_blocks(stages)
    rebuilds_the_late_rows_day_and_those_joined_to_it(stages)
    tells_steps_and_bytes(stages)
    shows_every_figure(stages, tmp_path / "out")
    assert not list((tmp_path / "home" / "bench-run").iterdir())
    assert len(list((tmp_path / "home" / "bench-logs").iterdir())) == 7


def has_all_figures(stages: Stages) -> None:
    assert list(stages) == list(STAGES)
    for key, stage in stages.items():
        assert {figure["program"] for figure in stage["figures"]} == PROGRAMS[key]
        for figure in stage["figures"]:
            assert figure["rows"] > 0
            for name in ("seconds", "startup_seconds", "rows_per_second", "peak_bytes"):
                assert figure[name] > 0, (key, figure["program"], name)


def compares_with_each_goal(stages: Stages) -> None:
    for key, stage in stages.items():
        compared = {each["what"] for each in stage["comparisons"] if each["is_met"] is not None}
        assert compared == GOALS[key]
        assert all(each["goal"] for each in stage["comparisons"] if each["what"] in GOALS[key])


def gives_the_same_blocks(stages: Stages) -> None:
    for key in ("sessions", "bursts"):
        answers = stages[key]["answers"]
        assert {answer["program"] for answer in answers} == PROGRAMS[key]
        assert len({answer["rows"] for answer in answers}) == 1
        assert answers[0]["rows"] > 500
        assert [answer["differing"] for answer in answers] == [0] * len(answers)


def rebuilds_the_late_rows_day_and_those_joined_to_it(stages: Stages) -> None:
    for facts in stages["late"]["facts"].values():
        assert facts["days_of_fragments"] == ["2026-09-02"]  # 20 days before the day after the 21st
        assert "2026-09-02" in facts["days_of_sessions"]
        assert len(facts["days_of_sessions"]) < facts["days_of_rebuild"]


def tells_steps_and_bytes(stages: Stages) -> None:
    steps = stages["night"]["figures"][0]["parts"]
    assert {"ingest__interactions", "lake__fragments", "sessionize", "marts", "pages"} <= set(steps)
    size = stages["lineage"]["facts"]["written_bytes"]
    assert 0 < size["without"] < size["with"]


def shows_every_figure(stages: Stages, out: Path) -> None:
    """In the chart and in the tables of the documentation."""
    chart = ElementTree.fromstring((out / "20k.svg").read_text())
    texts = {text.text for text in chart.iter("{http://www.w3.org/2000/svg}text")}
    lines = (out / "20k.md").read_text().splitlines()
    for stage in stages.values():
        named = [figure["program"] for figure in stage["figures"]]
        assert {stage["title"], *named} <= texts
        for name in [*named, *(each["what"] for each in stage["comparisons"])]:
            assert any(line.startswith(f"| {name} | ") for line in lines), name


def test_a_row_that_differs_is_told() -> None:
    row = {"account_id": "a", "app_id": "b", "channel": "c", "user_id": "d", "session_id": None, "key": 1}
    blocks = pl.DataFrame([row | {"block_index": index} for index in (0, 1)]).select(
        pl.lit(None).cast(dtype).alias(name)
        if name in ("started_at", "ended_at")
        else pl.col(name).cast(dtype)
        for name, dtype in ANSWER.items()
    )
    assert differing_rows(blocks, blocks.clone()) == 0
    assert differing_rows(blocks, blocks.head(1)) == 1
    assert differing_rows(blocks, blocks.with_columns(pl.col("block_index") + 1)) == 2


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--stages", "nights"], "nights"),
        (["--events", "0"], "at least 1"),
        (["--late-days", "20"], "above 20"),
        (["--spark-python", "/nowhere/python"], "/nowhere/python"),
        (["--spark-python", "/bin/false"], "PySpark is missing"),
    ],
)
def test_what_cannot_be_measured_as_given_ends_with_2_and_says_why(
    arguments: list[str], complaint: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert bench(*arguments, "--home", tmp_path / "home", "--out", tmp_path / "out") == 2
    assert complaint in " ".join(capfd.readouterr().err.split())
    assert not (tmp_path / "home").exists()
