"""The terms under which days are counted."""

import json
from pathlib import Path

import pytest

from orchestration.counting.terms import terms_of
from orchestration.lake import Lake
from orchestration.lake.tables import TABLES
from orchestration.settings.loading import Settings
from tests.frames import lake_frame
from tests.strategies import MIDNIGHT


@pytest.mark.parametrize("text", ["30", 30, "30.5", " 30 ", "1e2", "4", 20161, None, True])
def test_only_whole_minutes_from_5_to_20160_are_timeouts(tmp_path: Path, text: object) -> None:
    """The marts refuse the same events (int_account_events_judged)."""
    lake = Lake(tmp_path)
    lake.ensure(TABLES)
    event = {
        "event_id": "t",
        "account_id": "acme",
        "app_id": "app-0",
        "type": "inactivity_minutes_set",
        "occurred_at": MIDNIGHT,
        "extra": json.dumps({"inactivity_minutes": text}),
    }
    frame = lake_frame([event], "account_events")
    lake.publish(lake.file("account_events", frame["arrival_day"][0], frame["arrival_day"][0]), frame)
    taken = terms_of(lake, Settings(home=tmp_path)).timeouts["inactivity_minutes"].to_list()
    assert taken == ([30] if str(text) == "30" else [])


def test_a_timeout_that_a_later_copy_takes_back_no_longer_holds(tmp_path: Path) -> None:
    """R18: one event_id is one event; its latest copy may be of another type."""
    lake = Lake(tmp_path)
    lake.ensure(TABLES)
    event = {"event_id": "t", "account_id": "acme", "app_id": "app-0", "occurred_at": MIDNIGHT}
    told = {**event, "type": "inactivity_minutes_set", "extra": json.dumps({"inactivity_minutes": 30})}
    frame = lake_frame([told], "account_events")
    day = frame["arrival_day"][0]
    lake.publish(lake.file("account_events", day, day), frame)
    settings = Settings(home=tmp_path)
    assert terms_of(lake, settings).timeouts["inactivity_minutes"].to_list() == [30]
    copies = lake_frame(
        [told, {**event, "type": "app_published", "modified_at": MIDNIGHT + 1}], "account_events"
    )
    lake.publish(lake.file("account_events", day, day), copies)
    assert terms_of(lake, settings).timeouts.is_empty()
