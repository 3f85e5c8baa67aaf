"""The marts: the dbt project, compiled by dbt once per version of its files, and built from that each night.

Compiling takes dbt a quarter of a minute, and so does running 400 small statements; DuckDB needs three
seconds for them. So dbt says what is to be run, and `running` runs it (docs/decisions.md).
"""

from orchestration.dbt.building import BuildResult, build, build_untested
from orchestration.dbt.compiling import MANIFEST_PATH, PROJECT_DIR, project
from orchestration.dbt.errors import DbtError
from orchestration.dbt.project import Node, Project
from orchestration.dbt.running import NodeResult
from orchestration.home import WAREHOUSE

__all__ = [
    "MANIFEST_PATH",
    "PROJECT_DIR",
    "WAREHOUSE",
    "BuildResult",
    "DbtError",
    "Node",
    "NodeResult",
    "Project",
    "build",
    "build_untested",
    "project",
]
