"""The marts as an operator sees them: assets of what others read, each test of the project a check of one."""

import dagster as dg

from orchestration import dbt
from orchestration.dbt.marts import marts_of
from orchestration.dbt.project import Node, Project
from orchestration.defs.usage import MARTS, _verdict

KEY = dg.AssetCheckKey(dg.AssetKey("b"), "dbt_tests")


def test_every_mart_is_an_asset_and_every_test_a_part_of_one_check() -> None:
    project = dbt.project()
    assert {key.to_user_string() for key in MARTS} == {
        node.name for node in project.nodes if node.folder.startswith("marts/") and not node.is_test
    }
    tests = [test for mart in MARTS.values() for test in mart.tests]
    assert sorted(tests) == sorted(node.unique_id for node in project.nodes if node.is_test)


def test_what_lies_between_two_marts_is_the_later_one_s() -> None:
    nodes = [
        Node("model.q.stg", "model", "1", ("source.q.lake.rows",), folder="staging"),
        Node("model.q.a", "model", "2", ("model.q.stg",), folder="marts/usage"),
        Node("model.q.int", "model", "3", ("model.q.a", "source.q.lake.files"), folder="intermediate"),
        Node("model.q.b", "model", "4", ("model.q.int",), folder="marts/billing"),
        Node("test.q.of_stg.1", "test", "5", ("model.q.stg",)),
        Node("test.q.of_both.1", "test", "6", ("model.q.a", "model.q.b")),
    ]
    a, b = marts_of(Project.of(nodes))
    assert (a.node.name, a.group, a.deps, a.tests) == ("a", "usage", ("lake/rows",), ("test.q.of_stg.1",))
    assert (b.node.name, b.group, b.deps) == ("b", "billing", ("a", "lake/files"))
    assert b.tests == ("test.q.of_both.1",)
    nodes[2] = Node("model.q.int", "model", "otherwise", nodes[2].needs, folder="intermediate")
    again = marts_of(Project.of(nodes))
    assert [mart.version for mart in again] != [a.version, b.version]
    assert again[0].version == a.version


def result(status: str, failures: int | None = 0) -> dbt.NodeResult:
    return dbt.NodeResult(f"test.q.{status}.1", "test", status, "finds rows", failures=failures)


def test_a_check_fails_by_the_worst_of_its_tests_and_names_them() -> None:
    good = _verdict(KEY, [result("pass"), result("pass")])
    assert good.passed
    warned = _verdict(KEY, [result("pass"), result("warn", 2)])
    assert (warned.passed, warned.severity) == (False, dg.AssetCheckSeverity.WARN)
    failed = _verdict(KEY, [result("warn", 2), result("fail", 3), result("skipped", None)])
    assert (failed.passed, failed.severity) == (False, dg.AssetCheckSeverity.ERROR)
    assert failed.description == "warn: finds rows; fail: finds rows"
    assert failed.metadata["rows_found"].value == 5
