"""Rows of some dozen accounts at a time: a query for each would be slow, and one for all of them big."""

from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

Found = TypeVar("Found")

SIZE = 64
"""Accounts of a batch."""


class Batches(Generic[Found]):
    """What `load` finds for accounts, in batches, in the order in which accounts are asked for."""

    def __init__(self, account_ids: Sequence[str], load: Callable[[Sequence[str]], dict[str, Found]]):
        self._ids = account_ids
        self._places = {account_id: place for place, account_id in enumerate(account_ids)}
        self._load = load
        self._loaded: frozenset[str] = frozenset()
        self._found: dict[str, Found] = {}

    def get(self, account_id: str) -> Found | None:
        """What there is of the account; loads it, and the next ones with it."""
        if account_id not in self._loaded and account_id in self._places:
            place = self._places[account_id]
            ids = self._ids[place : place + SIZE]
            self._loaded, self._found = frozenset(ids), self._load(ids)
        return self._found.get(account_id)
