"""What dbt or the build of its models says."""

from orchestration.errors import RunError


class DbtError(RunError):
    """The marts could not be compiled or built; the message names each node and what is wrong with it."""
