"""A home with the marts of the plan pages, and nothing else."""

from pathlib import Path

from orchestration import dbt
from tests.dbt_project.plan_book import console_book

MARTS = "+app_plans +plan_notices +plan_offers +plan_actions +usage_forecasts +int_commitments_set"


def plan_home(home: Path) -> Path:
    """The marts of `console_book`."""
    console_book().write(home)
    dbt.build_untested(home / dbt.WAREHOUSE, MARTS)
    return home
