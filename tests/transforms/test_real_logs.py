"""Sessionizing real logs: a month of a bank's calls, and years of a help channel."""

from collections import Counter

import pytest

from tests.comparison import compared_reference, compared_sessions
from tests.frames import SHARED, handoffs_frame, interactions_frame, read_landing
from tests.reference import reference_sessions
from transforms.rules import Rules
from transforms.sessions import sessions_of

pytestmark = pytest.mark.skipif(
    not (SHARED / "data").is_dir(), reason="the real logs (../shared/data beside the repository) are not here"
)

BANK_BILLING = {
    "ivr-IN": 293,
    "ivr-NE": 2744,
    "ivr-NW": 7564,
    "ivr-PE": 149,
    "ivr-PS": 21246,
    "ivr-TT": 1047,
}
BANK_VOICE = {
    "ivr-IN": 310,
    "ivr-NE": 2896,
    "ivr-NW": 7609,
    "ivr-PE": 153,
    "ivr-PS": 21649,
    "ivr-TT": 1058,
}
PUBLISHED = {
    "bank_1999_february": (BANK_BILLING, BANK_VOICE),
    "ubuntu_irc": ({"irc-help": 38675}, {}),
}
"""Blocks per app, as the README beside the data gives them."""


@pytest.mark.parametrize("name", PUBLISHED)
def test_a_real_log_gives_the_published_totals_and_the_sessions_of_the_reference(name: str) -> None:
    landing = SHARED / "data" / name / "landing"
    rows = read_landing(landing / "interactions", ("occurred_at",))
    legs = read_landing(landing / "handoffs", ("transferred_at", "accepted_at", "ended_at"))
    sessions = sessions_of(interactions_frame(rows), handoffs_frame(legs))
    billing, voice = PUBLISHED[name]
    assert Counter(sessions.billing_sessions["app_id"]) == billing
    assert Counter(sessions.voice_sessions["app_id"]) == voice

    facts = compared_sessions(sessions)
    for table, expected in compared_reference(reference_sessions(rows, legs, [], Rules(), None)).items():
        assert facts[table] == expected, table
