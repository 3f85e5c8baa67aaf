"""What Dagster loads."""

import warnings
from pathlib import Path

import dagster as dg

# Backfill policies are in beta: the lock holds Dagster to one version, and tests to what it does.
warnings.filterwarnings("ignore", message="Parameter `backfill_policy`", category=dg.BetaWarning)


@dg.definitions
def defs() -> dg.Definitions:
    """Everything below `defs/`."""
    return dg.load_from_defs_folder(path_within_project=Path(__file__).parent)
