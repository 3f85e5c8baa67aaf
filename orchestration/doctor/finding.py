"""What a check of a home finds."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """What was found, and what to do: a command, or a sentence. A note needs nobody."""

    what: str
    remedy: str
    is_note: bool = False
