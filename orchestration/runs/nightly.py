"""The nightly job through Dagster, headless: what `quarterhour run` and the demo start.

Partitions are made of the home that the environment names when this is imported.
"""

from collections.abc import Callable
from collections.abc import Set as AbstractSet
from datetime import date
from functools import cache
from pathlib import Path
from uuid import uuid4

import dagster as dg

from orchestration.billing.issued import publish_issued
from orchestration.definitions import defs
from orchestration.defs.schedules import AFTER_LAKE, BEHIND_LAKE, ISSUING, LAKE, NIGHT
from orchestration.errors import RunError
from orchestration.lake import Lake
from orchestration.ledger import Ledger
from orchestration.notices.nights import tell_of_night
from orchestration.partitions import require
from orchestration.runs.alive import alive
from orchestration.runs.burying import bury
from orchestration.runs.failing import failure_of
from orchestration.runs.instance import opened
from orchestration.runs.one_run import only_run
from orchestration.runs.refusals import refusals
from orchestration.runs.remedies import chain
from orchestration.runs.telling import telling

TAG = {"quarterhour/headless": "true"}
"""Runs of a command carry it, for whoever looks for them in Dagster's interface."""


def run_night(home: Path, first: date, last: date, tell: Callable[[str], None] = lambda _: None) -> list[str]:
    """Runs the nightly job over arrival days, then all that follows from the lake; gives the warnings.

    Waits for any other run in the home, and tells of it. Raises RunError naming the steps that failed,
    why, and what to do; UsageError where a day is no partition. Whoever is to be notified of what failed has
    been then; a channel that did not take it is a warning, or a note on the error.
    """
    runs: list[str] = []
    with telling(home, first, last, runs):
        warnings = _night(home, first, last, tell, runs)
    return [*warnings, *tell_of_night(home, first, last, runs)]


def _night(home: Path, first: date, last: date, tell: Callable[[str], None], runs: list[str]) -> list[str]:
    """The night itself; adds to `runs` the ids of its runs."""
    require(first, last)
    repository = _repository()
    night, after_lake = repository.get_job(NIGHT), repository.get_job(AFTER_LAKE)
    days = (first.isoformat(), last.isoformat())
    what = f"quarterhour run of {first} to {last}"
    with opened(home) as instance, only_run(home, what, tell):
        bury(home, instance, tell)
        if first == last:
            results = [_run(home, runs, night, instance, partitions=days)]
        else:  # apart, because Dagster plans each mart once per day of the range if they share a run
            lake = LAKE.resolve(repository.asset_graph)
            results = [
                _run(home, runs, night, instance, lake, partitions=days),
                _run(home, runs, after_lake, instance),
            ]
        refused = refusals(home, first, last)
    failed_checks = [warning for result in results for warning in _failed_checks(result)]
    return [*refused, *failed_checks]


def run_rebuild(home: Path, first: date, last: date, tell: Callable[[str], None]) -> list[str]:
    """The night of a home that is built anew beside another: nothing is issued or sent; gives the warnings.

    What was issued stands in its ledger, and the marts are told of it.
    """
    require(first, last)
    repository = _repository()
    graph = repository.asset_graph
    night, after_lake = repository.get_job(NIGHT), repository.get_job(AFTER_LAKE)
    runs: list[str] = []  # whom it concerns sees the command end: nobody is notified
    with opened(home) as instance, only_run(home, "quarterhour rebuild", tell):
        days = (first.isoformat(), last.isoformat())
        results = [_run(home, runs, night, instance, LAKE.resolve(graph), partitions=days)]
        publish_issued(Lake(home), Ledger(home))
        results.append(_run(home, runs, after_lake, instance, (BEHIND_LAKE - ISSUING).resolve(graph)))
        refused = refusals(home, first, last)
    failed_checks = [warning for result in results for warning in _failed_checks(result)]
    return [*refused, *failed_checks]


@cache
def _repository() -> dg.RepositoryDefinition:
    """All definitions; where one cannot be made, as of marts whose seeds are wrong, its own error."""
    try:
        return defs().get_repository_def()
    except Exception as error:
        known = next((each for each in chain(error) if isinstance(each, RunError)), None)
        if known:
            raise known from None
        raise


def _run(
    home: Path,
    runs: list[str],
    job: dg.JobDefinition,
    instance: dg.DagsterInstance,
    selection: AbstractSet[dg.AssetKey] | None = None,
    *,
    partitions: tuple[str, str] | None = None,
) -> dg.ExecuteInProcessResult:
    names = ("dagster/asset_partition_range_start", "dagster/asset_partition_range_end")
    run_id = str(uuid4())
    with alive(home, run_id):
        result = job.execute_in_process(
            run_id=run_id,
            instance=instance,
            asset_selection=sorted(selection) if selection else None,
            tags={**TAG, **(dict(zip(names, partitions, strict=True)) if partitions else {})},
            run_config={"loggers": {"console": {"config": {"log_level": "ERROR"}}}},
            raise_on_error=False,
        )
    runs.append(result.run_id)
    if not result.success:
        raise failure_of(result)
    return result


def _failed_checks(result: dg.ExecuteInProcessResult) -> list[str]:
    return [
        f"{check.asset_key.to_user_string()}: {check.check_name}: {check.description or 'failed'}"
        for check in result.get_asset_check_evaluations()
        if not check.passed
    ]
