"""What a night refused is told by file and line, and only of the days that it ran."""

from datetime import date
from pathlib import Path

from orchestration.runs.refusals import refusals
from tests.orchestration.nights import Landing, night

FIRST, SECOND = date(2026, 3, 1), date(2026, 3, 2)


def test_refused_rows_and_refused_events_are_told_of_the_days_that_ran(tmp_path: Path) -> None:
    landing = Landing(tmp_path)
    landing.event("2026-03-01", "account_opened", zone="UTC", currency="EUR", kind="standard")
    landing.event("2026-03-01", "app_published", "help", app_name="Help")
    landing.event("2026-03-02", "zone_set", zone="Mars/Olympus")
    landing.alerts("help", "2026-03-02", 1)
    broken = tmp_path / "landing/alerts/2026-03-02/broken.jsonl"
    broken.write_text("no JSON\n")
    night(tmp_path, FIRST, SECOND)
    assert refusals(tmp_path, FIRST, FIRST) == []
    assert refusals(tmp_path, FIRST, SECOND) == [
        "alerts/2026-03-02/broken.jsonl: 1 row in quarantine",
        "account_events/2026-03-02/acme-0003.jsonl:1: zone_set of acme is refused: "
        'zone "Mars/Olympus" is not an IANA zone',
    ]
