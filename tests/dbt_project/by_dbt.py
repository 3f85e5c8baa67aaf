"""dbt's own build, unit tests included, as the reference of ours."""

from pathlib import Path

from dbt.cli.main import dbtRunner

from orchestration.dbt.compiling import invoke


def build_by_dbt(home: Path, warehouse: Path) -> dict[str, tuple[str, int | None]]:
    """`dbt build` over the lake of a home, into a warehouse of its own: each node's status and failures.

    Raises DbtError naming what fails.
    """
    ran = invoke(dbtRunner(), ["build"], home, warehouse, warehouse.parent / "target")
    return {each.node.unique_id: (str(each.status), each.failures) for each in ran.results}
