"""The home folder as a resource. A run that asks for it has the home for itself until it ends."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import dagster as dg

from orchestration.errors import RunError
from orchestration.lake import Lake
from orchestration.lake.tables import STREAMS, TABLES
from orchestration.privacy.forgetting import finish_begun
from orchestration.runs.alive import alive_until_exit, was_begun_here
from orchestration.runs.burying import bury
from orchestration.runs.one_run import only_run
from orchestration.settings.loading import Settings, load_settings


class Desk(dg.ConfigurableResource):
    """Where landing, lake, warehouse and reports lie: `QUARTERHOUR_HOME`, with its settings.

    For what needs no turn of its own beside a run.
    """

    def settings(self) -> Settings:
        """The settings in force now."""
        return load_settings()

    def path(self) -> Path:
        """The home folder."""
        return self.settings().home

    def lake(self) -> Lake:
        """The lake, with all its tables laid out."""
        lake = Lake(self.path())
        lake.ensure(TABLES)
        return lake


class Home(Desk):
    """The same for a run over lake, marts, ledger or pages: while it lasts no other one works there.

    All steps share it, as they share the run's process; it comes before the first and goes after the last.
    """

    @contextmanager
    def yield_for_execution(self, context: dg.InitResourceContext) -> Iterator["Home"]:
        """Waits for other runs, and says so in the run's log; a run that waits can be cancelled.

        Raises RunError for a run that Dagster was told had ended before it began: nobody waits for it now.
        """
        run = context.run
        if run and context.instance and _has_ended(context.instance, run):
            if not was_begun_here(self.path(), run.run_id):
                raise RunError(f"{_told(run)} was ended before it began: it did nothing; run it again")
            yield self  # whoever looks at what has been made needs no turn
            return
        tell = context.log.info if context.log else print
        what = _told(run) if run else "Dagster itself, of no run"
        with ExitStack() as held:
            if run:
                held.enter_context(alive_until_exit(self.path(), run.run_id))
            held.enter_context(only_run(self.path(), what, tell))
            if context.instance:
                bury(self.path(), context.instance, tell)
                _observe_landing_once(context.instance)
            finish_begun(self.path())
            yield self


def _observe_landing_once(instance: dg.DagsterInstance) -> None:
    """Dagster shows an ingest as stale by what landed since only where an observation stands before it."""
    for stream in STREAMS:
        key = dg.AssetKey(["landing", stream])
        if not instance.fetch_observations(key, limit=1).records:
            instance.report_runless_asset_event(dg.AssetObservation(key))


def _has_ended(instance: dg.DagsterInstance, run: dg.DagsterRun) -> bool:
    now = instance.get_run_by_id(run.run_id)
    return now is not None and now.is_finished


def _told(run: dg.DagsterRun) -> str:
    """A run as others hear of it."""
    first = run.tags.get("dagster/asset_partition_range_start")
    last = run.tags.get("dagster/asset_partition_range_end")
    days = f"{first} to {last}" if first else run.tags.get("dagster/partition")
    name = "of assets" if run.job_name.startswith("__") else run.job_name
    return f"Dagster's run {run.run_id[:8]} {name}" + (f", {days}" if days else "")


@dg.definitions
def resources() -> dg.Definitions:
    """What assets ask for by name."""
    return dg.Definitions(resources={"home": Home(), "desk": Desk()})
