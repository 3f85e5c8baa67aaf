"""The state of the lake, for what is made of all its days.

Dagster compares an asset that has no partitions with none of the days that it is made of: late rows would
leave all marts fresh in its eyes. So who changes the lake tells of a new state, and the marts depend on that.
"""

import dagster as dg

from orchestration.defs.ingestion import OWNERS

STATE = dg.AssetKey(["lake", "state"])


def tell(context: dg.AssetExecutionContext) -> None:
    """A step has changed what marts are made of; or may have, for nobody compares all bytes.

    In both forms: who shows what is stale reads observations, who makes something of it materializations.
    """
    tags = {"dagster/data_version": context.run_id}
    context.log_event(dg.AssetObservation(STATE, tags=tags))
    context.log_event(dg.AssetMaterialization(STATE, tags=tags))


@dg.definitions
def state() -> dg.Definitions:
    """The state as an asset that no step makes."""
    told = "What the lake holds of all days together. A new version says that days were counted again."
    spec = dg.AssetSpec(STATE, description=told, group_name="sessions", kinds={"parquet"}, owners=OWNERS)
    return dg.Definitions(assets=[spec])
