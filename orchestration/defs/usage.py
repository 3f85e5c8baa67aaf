"""Marts: the dbt project as assets, built in this process; its tests are the assets' checks."""

import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import dagster as dg
import duckdb
from dagster_dbt import DagsterDbtTranslator, DagsterDbtTranslatorSettings, DbtProject, dbt_assets

from orchestration import dbt
from orchestration.defs.ingestion import OWNERS
from orchestration.defs.resources import Home
from orchestration.tables import STREAMS

MADE_BY = {
    "lake/account_events": [["ingest", "account_events"], ["lake", "account_events"]],
    "lake/files": [["ingest", stream] for stream in STREAMS],
    "lake/quarantine": [["ingest", stream] for stream in STREAMS],
    "lake/copies": [["lake", "fragments"]],
    "lake/alert_sessions": [["lake", "fragments"]],
    "lake/rejected_handoffs": [["lake", "conversations"]],
}
"""The assets behind those tables of the lake that are none themselves, or that no step makes."""


class Translator(DagsterDbtTranslator):
    """dbt's folders as Dagster's groups; marts carry their own names, the rest a prefix."""

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str | None:
        """`usage`, `billing`, … for marts; `staging`, `intermediate`, `seeds` for the others."""
        folders = dbt_resource_props.get("fqn", [])[1:-1]
        if dbt_resource_props.get("resource_type") == "seed":
            return "seeds"
        return str(folders[-1]) if folders else "usage"

    def get_asset_spec(
        self, manifest: Mapping[str, Any], unique_id: str, project: DbtProject | None
    ) -> dg.AssetSpec:
        """As dbt says, but with sources stood for by the assets that make them (`MADE_BY`)."""
        spec = super().get_asset_spec(manifest, unique_id, project)
        found = (MADE_BY.get(dep.asset_key.to_user_string(), [dep.asset_key]) for dep in spec.deps)
        return spec.replace_attributes(deps=[key for keys in found for key in keys])

    def get_owners(self, dbt_resource_props: Mapping[str, Any]) -> list[str]:
        """The team that answers for all of it."""
        return OWNERS


def _manifest() -> Path:
    """The manifest of the project as it is now."""
    dbt.project()
    return dbt.MANIFEST_PATH


@dbt_assets(
    manifest=_manifest(),
    dagster_dbt_translator=Translator(DagsterDbtTranslatorSettings(enable_source_tests_as_checks=False)),
    backfill_policy=dg.BackfillPolicy.single_run(),
    pool="warehouse",
    name="marts",
)
def marts(context: dg.AssetExecutionContext, home: Home) -> Iterator[Any]:
    """Builds all marts whole: they are small, and a window could keep a row that should have gone.

    All of them too where some are asked for, as they are published together; those are told of.
    """
    began = time.monotonic()
    result = dbt.build(home.path())
    tests = {node.name: node for node in result.nodes if node.resource_type == "test"}
    for spec in context.assets_def.check_specs:
        node = tests.get(spec.name)
        if node and node.status != "skipped" and spec.key in context.selected_asset_check_keys:
            yield dg.AssetCheckResult(
                asset_key=spec.asset_key,
                check_name=spec.name,
                passed=node.status == "pass",
                severity=dg.AssetCheckSeverity.WARN if node.status == "warn" else dg.AssetCheckSeverity.ERROR,
                description=node.message or None,
                metadata={"failures": node.failures or 0, "seconds": node.seconds},
            )
    result.raise_if_failed()
    rows = _row_counts(home.path() / dbt.WAREHOUSE)
    keys = {str(spec.metadata.get("dagster_dbt/unique_id")): spec.key for spec in context.assets_def.specs}
    for node in result.nodes:  # in the order in which they were built: sources of a model come before it
        if keys.get(node.unique_id) in context.selected_asset_keys:
            told = {"seconds": node.seconds, "seconds_of_build": round(time.monotonic() - began, 3)}
            if node.name in rows:
                told["dagster/row_count"] = rows[node.name]
            yield dg.MaterializeResult(asset_key=keys[node.unique_id], metadata=told)


def _row_counts(warehouse: Path) -> dict[str, int]:
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        return dict(connection.execute("select table_name, estimated_size from duckdb_tables()").fetchall())


@dg.definitions
def usage() -> dg.Definitions:
    """The dbt project."""
    return dg.Definitions(assets=[marts])
