"""What dbt or the build of its models says."""


class DbtError(Exception):
    """The marts could not be compiled or built; the message names each node and what is wrong with it."""
