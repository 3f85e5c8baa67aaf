"""Marts: the models of the dbt project that others read, as assets; its tests are their checks.

What lies between the lake and a mart is part of the mart: an asset for each of 130 models and a check for
each of 240 tests would tell Dagster more, night for night, than anyone reads.
"""

import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import dagster as dg
import duckdb

from orchestration import dbt
from orchestration.dbt.marts import Mart, marts_of
from orchestration.defs.ingestion import OWNERS
from orchestration.defs.resources import Home
from orchestration.defs.state import STATE
from orchestration.lake.tables import STREAMS

MADE_BY = {
    "lake/account_events": ["ingest/account_events", "lake/account_events"],
    "lake/files": [f"ingest/{stream}" for stream in STREAMS],
    "lake/quarantine": [f"ingest/{stream}" for stream in STREAMS],
    "lake/copies": ["lake/fragments"],
    "lake/alert_sessions": ["lake/fragments"],
    "lake/rejected_handoffs": ["lake/conversations"],
}
"""The assets behind those tables of the lake that are none themselves, or that no step makes."""

MARTS = {dg.AssetKey(mart.node.name): mart for mart in marts_of(dbt.project())}
CHECK = "dbt_tests"


def _spec(key: dg.AssetKey, mart: Mart) -> dg.AssetSpec:
    columns = [dg.TableColumn(name, description=told) for name, told in mart.node.columns.items()]
    deps = {found for dep in mart.deps for found in MADE_BY.get(dep, [dep])}
    if any(dep.startswith("lake/") for dep in mart.deps):
        deps.add(STATE.to_user_string())
    return dg.AssetSpec(
        key,
        deps=[dg.AssetKey.from_user_string(dep) for dep in sorted(deps)],
        description=mart.node.description,
        metadata={"dagster/column_schema": dg.TableSchema(columns)} if columns else None,
        group_name=mart.group,
        kinds={"dbt", "duckdb"},
        owners=OWNERS,
        code_version=mart.version,
    )


@dg.multi_asset(
    specs=[_spec(key, mart) for key, mart in MARTS.items()],
    check_specs=[
        dg.AssetCheckSpec(
            CHECK, asset=key, description=f"{len(mart.tests)} tests of it and of what it is made of."
        )
        for key, mart in MARTS.items()
        if mart.tests
    ],
    can_subset=True,
    # `dg launch --partition-range` asks it of every asset of a job.
    backfill_policy=dg.BackfillPolicy.single_run(),
    pool="warehouse",
    name="marts",
)
def marts(
    context: dg.AssetExecutionContext, home: Home
) -> Iterator[dg.AssetCheckResult | dg.MaterializeResult]:
    """Builds all marts whole: they are small, and a window could keep a row that should have gone.

    All of them too where some are asked for, as they are published together; those are told of.
    """
    began = time.monotonic()
    result = dbt.build(home.path())
    verdicts = list(_verdicts(context.selected_asset_check_keys, result.nodes))
    if result.failed:
        yield from verdicts
        result.raise_if_failed()
    rows = _row_counts(home.path() / dbt.WAREHOUSE)
    seconds = round(time.monotonic() - began, 3)
    for (
        key,
        mart,
    ) in MARTS.items():  # in the order in which they were built: what a mart reads comes before it
        if key in context.selected_asset_keys:
            told = {"dagster/row_count": rows[mart.node.name], "seconds_of_build": seconds}
            yield dg.MaterializeResult(asset_key=key, metadata=told)
    # Behind what they speak of: Dagster shows a check as one of the last materialization that it knows.
    yield from verdicts


def _verdicts(
    checks: Iterable[dg.AssetCheckKey], results: Iterable[dbt.NodeResult]
) -> Iterator[dg.AssetCheckResult]:
    """What is to be told of each check, if any of its tests was run."""
    nodes = {node.unique_id: node for node in results}
    for check in checks:
        tests = [nodes[test] for test in MARTS[check.asset_key].tests]
        if any(test.status != "skipped" for test in tests):
            yield _verdict(check, tests)


def _verdict(check: dg.AssetCheckKey, tests: Sequence[dbt.NodeResult]) -> dg.AssetCheckResult:
    """What the tests of a mart found; a warning if nothing that was found keeps it back."""
    found = [test for test in tests if test.status in ("warn", "fail", "error")]
    is_warning = all(test.is_good for test in found)
    return dg.AssetCheckResult(
        asset_key=check.asset_key,
        check_name=check.name,
        passed=not found,
        severity=dg.AssetCheckSeverity.WARN if found and is_warning else dg.AssetCheckSeverity.ERROR,
        description="; ".join(f"{test.name}: {test.message}" for test in found) or None,
        metadata={"tests": len(tests), "rows_found": sum(test.failures or 0 for test in found)},
    )


def _row_counts(warehouse: Path) -> dict[str, int]:
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        return dict(connection.execute("select table_name, estimated_size from duckdb_tables()").fetchall())


@dg.definitions
def usage() -> dg.Definitions:
    """The dbt project."""
    return dg.Definitions(assets=[marts])
