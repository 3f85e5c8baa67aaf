"""Dagster's instance of a home, as its `dagster.yaml` configures it."""

from pathlib import Path

import dagster as dg

from orchestration.errors import RunError
from orchestration.home import dagster_home


def opened(home: Path) -> dg.DagsterInstance:
    """The instance. Raises RunError, which names the file, where its storage cannot be opened."""
    folder = dagster_home(home)
    try:
        return dg.DagsterInstance.get()
    except Exception as error:
        why = str(error).strip().partition("\n")[0] or type(error).__name__
        told = f"Dagster's storage cannot be opened as {folder / 'dagster.yaml'} says: {why}"
        raise RunError(told) from error
