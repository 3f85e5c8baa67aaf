"""Faults that a person can mend: what was wrong, where, and what to do."""


class UsageError(Exception):
    """A command cannot be carried out as given; exit code 2."""


class RunError(Exception):
    """A run failed; exit code 1."""
