"""The contracts say what the lake holds."""

import polars as pl
import pytest

from tests.transforms.deliveries import ARRIVAL, VALID, parsed
from transforms.contracts import STREAMS, contract_of, lake_schema

PLACE = ["extra", "file", "line", "arrival_day"]


@pytest.mark.parametrize(
    ("stream", "columns", "of_keys"),
    [
        (
            "interactions",
            "event_id account_id app_id user_id channel session_id occurred_at actor kind modified_at",
            ["key", "who", "mark", "is_first"],
        ),
        (
            "handoffs",
            "leg_id account_id app_id user_id channel session_id transferred_at accepted_at ended_at "
            "agent_id modified_at",
            ["key", "who", "is_first"],
        ),
        (
            "alerts",
            "delivery_id account_id app_id user_id delivered_at status kind channel alert_name modified_at",
            [],
        ),
        ("account_events", "event_id account_id app_id occurred_at type modified_at", []),
    ],
)
def test_the_lake_has_the_columns_of_its_stream_then_the_place_of_the_row_then_what_keys_add(
    stream: str, columns: str, of_keys: list[str]
) -> None:
    assert list(lake_schema(stream)) == columns.split() + PLACE + of_keys


@pytest.mark.parametrize("stream", STREAMS)
def test_times_are_utc_milliseconds_and_all_else_is_text(stream: str) -> None:
    contract = contract_of(stream)
    types = {name: lake_schema(stream)[name] for name in contract.columns}
    assert {name for name, dtype in types.items() if dtype == pl.Datetime("ms", "UTC")} == set(contract.times)
    assert set(types.values()) == {pl.String, pl.Datetime("ms", "UTC")}


@pytest.mark.parametrize("stream", STREAMS)
def test_what_ingest_accepts_keeps_the_contract(stream: str) -> None:
    accepted = parsed(stream, VALID[stream]).accepted
    assert len(accepted) == 1
    assert STREAMS[stream].is_valid(accepted)
    assert accepted["arrival_day"].to_list() == [ARRIVAL]


@pytest.mark.parametrize("stream", STREAMS)
def test_every_column_is_documented(stream: str) -> None:
    columns = STREAMS[stream].columns()
    assert [name for name, column in columns.items() if not column.description] == []


def test_a_greeting_of_an_agent_breaks_the_contract() -> None:
    accepted = parsed("interactions", VALID["interactions"]).accepted
    wrong = accepted.with_columns(kind=pl.lit("greeting"), actor=pl.lit("agent"))
    assert not STREAMS["interactions"].is_valid(wrong)
