"""Days that a run builds beside those it was asked for: late rows and long conversations join them to it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import dagster as dg

NOTHING_YET = "NULL"
"""How Dagster writes that an input had no event."""

SESSIONS = dg.AssetKey(["lake", "billing_sessions"])


def told_days(instance: dg.DagsterInstance, run_id: str, key: dg.AssetKey) -> list[date]:
    """The days of an asset that a run has told to be new, ascending."""
    told = instance.get_asset_partitions_for_run(run_id, of_type=dg.DagsterEventType.ASSET_MATERIALIZATION)
    return sorted(date.fromisoformat(day) for day in told.get(key, ()) if day)


@dataclass(frozen=True)
class Teller:
    """Tells Dagster of the days that a run built; made before their inputs are read."""

    context: dg.AssetExecutionContext
    asked: frozenset[date]
    provenance: Mapping[dg.AssetKey, Mapping[str, str]]

    def tell(self, key: dg.AssetKey, day: date, metadata: Mapping[str, Any]) -> None:
        """Metadata of a day that was asked for; of another one a materialization of its own."""
        if day in self.asked:
            self.context.add_asset_metadata(metadata, asset_key=key, partition_key=day.isoformat())
        else:
            self.context.log_event(
                dg.AssetMaterialization(
                    key, partition=day.isoformat(), metadata=metadata, tags=self.provenance[key]
                )
            )


def teller(context: dg.AssetExecutionContext, asked: Iterable[date], version: str | None = None) -> Teller:
    """A teller for the assets of a step; each run makes a version of its own, or one stays."""
    seen = {key: _latest(context, key) for spec in context.assets_def.specs for key in _inputs(spec)}
    provenance = {
        spec.key: {**_provenance(context, spec, seen), "dagster/data_version": version or context.run_id}
        for spec in context.assets_def.specs
    }
    return Teller(context, frozenset(asked), provenance)


def _provenance(
    context: dg.AssetExecutionContext, spec: dg.AssetSpec, seen: Mapping[dg.AssetKey, tuple[str, str]]
) -> dict[str, str]:
    """The tags by which Dagster tells that a day is stale: it sets them itself only for days asked for."""
    tags = {"dagster/code_version": spec.code_version or context.run_id}
    for key in _inputs(spec):
        pointer, version = seen[key]
        tags[f"dagster/input_event_pointer/{key.to_user_string()}"] = pointer
        tags[f"dagster/input_data_version/{key.to_user_string()}"] = version
    return tags


def _inputs(spec: dg.AssetSpec) -> list[dg.AssetKey]:
    return [dep.asset_key for dep in spec.deps]


def _latest(context: dg.AssetExecutionContext, key: dg.AssetKey) -> tuple[str, str]:
    """The place in the event log up to which an input is known, and the input's version there."""
    instance = context.instance
    records = instance.fetch_materializations(key, limit=1).records  # of `landing` there are observations
    records = records or instance.fetch_observations(key, limit=1).records
    if not records:
        return NOTHING_YET, NOTHING_YET
    event = records[0].asset_materialization or records[0].asset_observation
    tags = (event.tags if event else None) or {}
    return str(records[0].storage_id), tags.get("dagster/data_version", NOTHING_YET)
