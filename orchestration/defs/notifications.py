"""Whom the daemon tells of a run that failed, and of a check that failed in a run that did not (`[notify]`).

Runs of the command line tell it themselves, and belong to no code location: the sensors do not see them.
"""

import dagster as dg

from orchestration.defs.resources import Desk
from orchestration.notices.nights import tell_of_run

ON = dg.DefaultSensorStatus.RUNNING
"""Without a channel in the settings they do nothing; with one they need not be switched on first."""


@dg.run_failure_sensor(default_status=ON, description="Tells of a run that failed, with its checks.")
def tell_of_failures(context: dg.RunFailureSensorContext, desk: Desk) -> None:
    """A run that failed."""
    _tell(context, desk)


@dg.run_status_sensor(
    run_status=dg.DagsterRunStatus.SUCCESS,
    default_status=ON,
    description="Tells of the checks that failed in a run that did not.",
)
def tell_of_checks(context: dg.RunStatusSensorContext, desk: Desk) -> None:
    """A run that went well, but not all of its checks."""
    _tell(context, desk)


def _tell(context: dg.RunStatusSensorContext, desk: Desk) -> None:
    for outcome in tell_of_run(desk.path(), context.instance, context.dagster_run):
        log = context.log.warning if outcome.startswith("not") else context.log.info
        log(f"run {context.dagster_run.run_id}: {outcome}")


@dg.definitions
def notifications() -> dg.Definitions:
    """Both sensors."""
    return dg.Definitions(sensors=[tell_of_failures, tell_of_checks])
