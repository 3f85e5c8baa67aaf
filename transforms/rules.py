"""The choices of RULES.md that are settings, with their defaults."""

from dataclasses import dataclass
from typing import Literal

BLOCK_MS = 15 * 60 * 1000
"""Length of a billing session and of a voice session (R8, R14)."""

VOICE_CHANNELS = frozenset({"voice", "ivr", "ivrVoice", "korevg", "twiliovoice", "audiocodes"})
"""Channels on which a conversation is also a call (R14)."""

Anchor = Literal["first_activity", "first_user_message"]
HandoffStart = Literal["transfer", "accepted"]


@dataclass(frozen=True)
class Rules:
    """The configurable rules: R3 (default timeout), R6 (anchor), R7 (start of a leg), R14 (voice)."""

    anchor: Anchor = "first_activity"
    handoff_starts_at: HandoffStart = "transfer"
    voice_channels: frozenset[str] = VOICE_CHANNELS
    default_inactivity_minutes: int = 15
