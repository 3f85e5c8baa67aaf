"""The compiled project is what dbt would build, and a build that fails says so and publishes nothing."""

import re
import signal
import threading
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import duckdb
import polars as pl
import pytest

from orchestration import dbt
from orchestration.dbt import compiling
from orchestration.dbt.project import Node, Project
from orchestration.dbt.running import behind_what_they_read, in_turn
from orchestration.dbt.running import run as run_nodes
from orchestration.lake import packs
from tests.dbt_project.by_dbt import build_by_dbt
from tests.dbt_project.test_marts import home  # noqa: F401

Tables = dict[str, tuple[str, list[tuple[str, str]], list[tuple[object, ...]]]]


def tables(warehouse: Path, beside: Path) -> Tables:
    """Of each table and view whether it is one, its columns and types, and all its rows."""
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute(f"set TimeZone = 'UTC'; set file_search_path = '{beside}'")
        kinds = connection.execute("select table_name, table_type from information_schema.tables").fetchall()
        return {
            name: (
                kind,
                connection.execute(
                    f"select column_name, data_type from duckdb_columns() where table_name = '{name}'"
                ).fetchall(),
                sorted(connection.execute(f"from {name}").fetchall(), key=repr),
            )
            for name, kind in kinds
        }


def test_it_builds_what_dbt_builds(
    home: Path,  # noqa: F811
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Every table, column, type and row, and every test with the same verdict; dbt runs its unit tests.

    dbt reads the files of the lake; ours reads packs, here also of files that are of no past month.
    """
    monkeypatch.setattr(packs, "_OF_DAY", re.compile(r"(.*)\.parquet"))
    by_dbt = build_by_dbt(home, tmp_path / dbt.WAREHOUSE)
    ours = dbt.build(home)
    assert pl.read_parquet(home / packs.FOLDER / "billing_sessions").height > 100
    assert tables(home / dbt.WAREHOUSE, home) == tables(tmp_path / dbt.WAREHOUSE, home)
    kinds = {key.split(".")[0] for key in by_dbt}
    assert kinds == {"seed", "model", "test", "unit_test"}
    assert {
        node.unique_id: (node.status, node.failures) for node in ours.nodes if node.resource_type == "test"
    } == {key: told for key, told in by_dbt.items() if key.startswith("test.")}
    assert {node.unique_id for node in ours.nodes} == {
        key for key in by_dbt if not key.startswith("unit_test.")
    }


def test_a_part_is_built_with_the_tests_that_read_it(home: Path) -> None:  # noqa: F811
    before = tables(home / dbt.WAREHOUSE, home)
    built = dbt.build(home, select="source:lake.files+")
    names = {node.name for node in built.nodes}
    assert {"stg_lake__files", "file_ledger", "assert_file_ledger_balances"} <= names
    assert "plans" not in names
    assert tables(home / dbt.WAREHOUSE, home) == before


def test_a_name_that_nothing_has_is_said() -> None:
    with pytest.raises(dbt.DbtError, match="nothing called file_legder"):
        dbt.project().select("+file_legder")


# A small project by hand: a → b → c, tests of a and b.
A = Node("model.q.a", "model", "select 1 as n", ())
B = Node("model.q.b", "model", "select n + 1 as n from a", ("model.q.a",))
C = Node("model.q.c", "model", "select n + 1 as n from b", ("model.q.b",), is_view=True)
GOOD = Node("test.q.good.1", "test", "from a where n <> 1", ("model.q.a",))
BAD = Node("test.q.bad.1", "test", "from b where n = 2", ("model.q.b",))
ALSO = Node("test.q.also.1", "test", "from b where n <> 2", ("model.q.b",))


def run(tmp_path: Path, *nodes: Node) -> dict[str, tuple[str, str]]:
    ordered = Project.of(nodes).nodes
    results = run_nodes(tmp_path / dbt.WAREHOUSE, ordered, behind_what_they_read(ordered))
    return {result.name: (result.status, result.message) for result in results}


def test_tests_run_right_behind_what_they_read() -> None:
    assert [node.name for node in Project.of([ALSO, C, BAD, B, GOOD, A]).nodes] == [
        "a", "good", "b", "also", "bad", "c",
    ]  # fmt: skip


def test_what_a_failed_test_doubts_is_not_built_on(tmp_path: Path) -> None:
    assert run(tmp_path, A, B, C, GOOD, BAD, ALSO) == {
        "a": ("success", ""),
        "good": ("pass", ""),
        "b": ("success", ""),
        "also": ("pass", ""),
        "bad": ("fail", "finds 1 row that should not be"),
        "c": ("skipped", ""),
    }


def test_a_warning_keeps_nothing_back(tmp_path: Path) -> None:
    warning = Node(BAD.unique_id, "test", BAD.sql, BAD.needs, only_warns=True)
    told = run(tmp_path, A, B, C, warning)
    assert told["bad"] == ("warn", "finds 1 row that should not be")
    assert told["c"][0] == "success"


def test_what_an_error_kept_from_being_made_is_not_built_on_and_all_else_is(tmp_path: Path) -> None:
    broken = Node(B.unique_id, "model", "select m from a", B.needs)
    beside = Node("model.q.d", "model", "select n from a", ("model.q.a",))
    both = Node("test.q.both.1", "test", "from b where n in (from d)", ("model.q.b", "model.q.d"))
    last = Node("model.q.e", "model", "select n from d", ("model.q.d",))
    told = run(tmp_path, A, broken, C, ALSO, beside, both, last)
    assert told["b"][0] == "error"
    assert '"m" not found' in told["b"][1]
    assert {name: status for name, (status, _) in told.items() if name != "b"} == {
        "a": "success", "c": "skipped", "also": "skipped", "d": "success", "both": "skipped", "e": "success",
    }  # fmt: skip


def test_a_test_that_cannot_run_is_as_good_as_failed(tmp_path: Path) -> None:
    broken = Node(GOOD.unique_id, "test", "from a where m = 1", GOOD.needs)
    told = run(tmp_path, A, B, broken)
    assert {name: status for name, (status, _) in told.items()} == {
        "a": "success", "good": "error", "b": "skipped",
    }  # fmt: skip


def test_what_does_not_wait_for_each_other_runs_at_once(tmp_path: Path) -> None:
    """Many tables, each made of the two before it, with a test of each: all are there, as if made in turn."""
    models, tests = [A, Node("model.q.t1", "model", "select 2 as n", ())], []
    for number in range(2, 60):
        one, other = models[-2:]
        sql = f"select max(n) + 1 as n from (from {one.name} union all from {other.name})"
        models.append(Node(f"model.q.t{number}", "model", sql, (one.unique_id, other.unique_id)))
        wrong = f"from t{number} where n <> {number + 1}"
        tests.append(Node(f"test.q.is{number}.1", "test", wrong, (models[-1].unique_id,)))
    told = run(tmp_path, *models, *tests)
    assert list(told) == [node.name for node in Project.of([*models, *tests]).nodes]
    assert {status for status, _ in told.values()} == {"success", "pass"}
    with duckdb.connect(str(tmp_path / dbt.WAREHOUSE), read_only=True) as made:
        assert made.execute("from t59").fetchall() == [(60,)]


def slow(name: str, needs: tuple[str, ...] = ()) -> Node:
    """A test that finds nothing for some tenths of a second, at the least."""
    busy = "from range(20_000_000) as many(n) where hash(n) = 0 and hash(n + 1) = 1"
    return Node(f"test.q.{name}.1", "test", busy, needs)


def test_a_test_that_outlasts_the_tables_keeps_no_file_from_being_complete(tmp_path: Path) -> None:
    """Its session is done with it, else nothing could be checkpointed."""
    others = [Node(f"model.q.o{number}", "model", "select 1 as n", ()) for number in range(5)]
    told = run(tmp_path, A, slow("slow", ("model.q.a",)), *others)
    assert {status for status, _ in told.values()} == {"success", "pass"}
    assert not list(tmp_path.glob("*.wal"))


def test_in_turn_each_waits_for_the_one_before(tmp_path: Path) -> None:
    """A view that stands already is no reason to read what is not made yet."""
    run(tmp_path, A, Node("model.q.v", "model", "select n from a", ("model.q.a",), is_view=True))
    nodes = [
        Node(
            "model.q.a",
            "model",
            "select max(n) as n from range(20_000_000) as many(n) where hash(n) <> 0",
            (),
        ),
        Node("model.q.z", "model", "select n from v", ("model.q.v",)),
    ]
    results = run_nodes(tmp_path / dbt.WAREHOUSE, nodes, in_turn(nodes))
    assert [result.status for result in results] == ["success", "success"]
    with duckdb.connect(str(tmp_path / dbt.WAREHOUSE), read_only=True) as made:
        assert made.execute("from z").fetchall() == [(19_999_999,)]
    assert in_turn([]) == {}


def test_what_does_not_fit_into_memory_goes_beside_the_file(tmp_path: Path) -> None:
    where = Node("model.q.where", "model", "select current_setting('temp_directory') as folder", ())
    run(tmp_path, where)
    with duckdb.connect(str(tmp_path / dbt.WAREHOUSE), read_only=True) as made:
        assert made.execute('from "where"').fetchall() == [(str(tmp_path / f"{dbt.WAREHOUSE}.tmp"),)]


def test_who_stops_a_build_stops_its_statements(tmp_path: Path) -> None:
    """Ctrl-C, or Dagster that ends a run: neither waits for what is under way, or begins what is not."""
    endless = "select count(*) as n from range(1_000_000_000_000) as many(n) where hash(n) = 0"
    nodes = [Node(f"model.q.e{number}", "model", endless, ()) for number in range(6)]
    timer = threading.Timer(1, signal.pthread_kill, [threading.get_ident(), signal.SIGINT])
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background job ignores it
    try:
        timer.start()
        with pytest.raises(KeyboardInterrupt):
            run(tmp_path, *nodes)
    finally:
        timer.join()
        signal.signal(signal.SIGINT, before)


def test_causes_that_are_alike_are_told_once() -> None:
    nodes = [dbt.NodeResult(f"model.q.{name}", "model", "error", "The disk is full.") for name in "ab"]
    nodes.append(dbt.NodeResult("model.q.c", "model", "skipped"))
    with pytest.raises(dbt.DbtError) as refused:
        dbt.BuildResult(nodes).raise_if_failed()
    assert str(refused.value).splitlines()[1:] == [
        "model a, model b: The disk is full.", "1 more did not run because of that",
    ]  # fmt: skip


def test_a_table_takes_the_place_of_a_view(tmp_path: Path) -> None:
    run(tmp_path, A, B, C)
    table = Node(C.unique_id, "model", C.sql, C.needs)
    assert run(tmp_path, A, B, table)["c"] == ("success", "")
    assert run(tmp_path, A, B, C)["c"] == ("success", "")


# Compiling, tried on a project of its own


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A project of a seed, a model and a test; nothing of it compiled."""
    folder = tmp_path / "dbt_project"
    for name, text in {
        "dbt_project.yml": "name: small\nconfig-version: 2\nprofile: quarterhour\n"
        "seeds:\n  +column_types:\n    price: decimal(18,6)\n    note: varchar\n",
        "profiles.yml": (dbt.PROJECT_DIR / "profiles.yml").read_text(),
        "seeds/prices.csv": "price,note\n0.10,it's\n2.000001,\n",
        "models/doubled.sql": "select price * 2 as price, note from {{ ref('prices') }}",
        "tests/assert_positive.sql": "select * from {{ ref('doubled') }} where price <= 0",
    }.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    target = folder / "target"
    for name, path in {
        "PROJECT_DIR": folder,
        "MANIFEST_PATH": target / "manifest.json",
        "_COMPILED": target / "compiled.json",
        "_WORKSHOP": target / ".compiling",
    }.items():
        monkeypatch.setattr(compiling, name, path)
    compiling._project.cache_clear()
    yield folder
    compiling._project.cache_clear()


def test_a_seed_is_its_rows_and_types(small: Path, tmp_path: Path) -> None:
    assert run(tmp_path, *compiling.project().nodes)["assert_positive"] == ("pass", "")
    found = tables(tmp_path / dbt.WAREHOUSE, tmp_path)
    columns = [("price", "DECIMAL(18,6)"), ("note", "VARCHAR")]
    assert found["prices"] == (
        "BASE TABLE", columns, [(Decimal("0.100000"), "it's"), (Decimal("2.000001"), None)]
    )  # fmt: skip
    assert [price for price, _ in found["doubled"][2]] == [Decimal("0.2"), Decimal("4.000002")]


def test_a_project_is_compiled_once_and_again_when_a_file_changes(
    small: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = compiling.project()
    compiling._project.cache_clear()
    with monkeypatch.context() as patched:
        patched.setattr(compiling, "_compile", lambda version: pytest.fail("compiled again"))
        assert compiling.project() == first
    model = small / "models" / "doubled.sql"
    model.write_text(model.read_text() + "\n-- changed\n")
    second = compiling.project()
    assert [node.name for node, old in zip(second.nodes, first.nodes, strict=True) if node != old] == [
        "doubled"
    ]


def test_a_seed_with_an_error_is_refused_by_name_and_the_last_compiled_stays(small: Path) -> None:
    before = compiling.project()
    seed = small / "seeds" / "prices.csv"
    good = seed.read_text()
    seed.write_text(good.replace("0.10", "ten"))
    with pytest.raises(dbt.DbtError, match=r"(?s)prices: .*Line: 2.*ten"):
        compiling.project()
    seed.write_text(good)
    compiling._project.cache_clear()
    assert compiling.project() == before


def test_what_is_not_built_here_is_refused(small: Path) -> None:
    model = small / "models" / "doubled.sql"
    model.write_text("{{ config(materialized='incremental') }}\n" + model.read_text())
    with pytest.raises(dbt.DbtError, match="doubled: incremental is not built, only table and view"):
        compiling.project()
