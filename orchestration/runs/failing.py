"""What a failed run says: its first causes."""

from typing import Any

import dagster as dg

from orchestration.errors import RunError


def failure_of(result: dg.ExecuteInProcessResult) -> RunError:
    """The error of a run that failed: its steps, their first causes, and the checks that held it up."""
    steps = [event for event in result.all_events if event.is_step_failure and event.step_key]
    failed = ", ".join(str(event.step_key) for event in steps) or "its start"
    causes = dict.fromkeys(
        _cause(event.step_failure_data.error) for event in steps if event.step_failure_data.error
    )
    checks = [
        f"{check.asset_key.to_user_string()}: {check.check_name}: {check.description or 'failed'}"
        for check in result.get_asset_check_evaluations()
        if not check.passed and check.severity == dg.AssetCheckSeverity.ERROR
    ]
    lines = [f"run {result.run_id} failed in {failed}", *(cause for cause in causes if cause)]
    return RunError("\n".join([*lines, *checks]))


def _cause(error: Any) -> str:
    """What was wrong at first, without the name of its class."""
    while error.cause:
        error = error.cause
    text = error.message.strip()
    name, colon, rest = text.partition(": ")
    return rest if colon and name.rpartition(".")[2] == error.cls_name else text
