"""The generator keeps its promises: same seed same bytes, and every feature of real logs, counted."""

import csv
import gzip
import io
import json
from datetime import date, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import polars as pl
import pytest
import zstandard

from orchestration.generator import Format, Shape, generate, generate_demo
from orchestration.generator.catalogue import DEFAULT_ACCOUNTS, lane_slots, lanes_of
from orchestration.generator.demo_accounts import DEMO_ACCOUNTS, HOSTILE_NAME
from orchestration.generator.demo_book import demo_events
from orchestration.generator.demo_dirt import dirty_files
from orchestration.generator.rhythm import rows_by_day
from transforms.parsing import parse_file
from transforms.rules import VOICE_CHANNELS

EVENTS, DAYS, FIRST_DAY = 30_000, 25, date(2026, 3, 2)
PLANS = Path(__file__).parents[2] / "dbt_project" / "seeds" / "plans.csv"


def content_of(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*.*"))}


def read(folder: Path, stream: str) -> pl.DataFrame:
    """All rows of a stream as delivered, with `file` and `arrival_day`."""
    frames = []
    for path in sorted((folder / stream).glob("*/part-*.jsonl.gz")):
        rows = [json.loads(line) for line in gzip.decompress(path.read_bytes()).splitlines()]
        frame = pl.DataFrame(rows, infer_schema_length=None).with_columns(
            file=pl.lit(str(path)), arrival_day=pl.lit(date.fromisoformat(path.parent.name))
        )
        frames.append(frame)
    return pl.concat(frames, how="vertical_relaxed")


def at(column: str) -> pl.Expr:
    return pl.col(column).str.to_datetime("%Y-%m-%dT%H:%M:%S%.3fZ", time_zone="UTC", time_unit="ms")


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("logs") / "landing"
    generate(EVENTS, DAYS, 3, out, FIRST_DAY)
    return out


@pytest.fixture(scope="module")
def interactions(logs: Path) -> pl.DataFrame:
    return read(logs, "interactions").with_columns(at("occurred_at"))


@pytest.fixture(scope="module")
def originals(interactions: pl.DataFrame) -> pl.DataFrame:
    return interactions.filter(pl.col("modified_at").is_null()).unique("event_id", maintain_order=True)


@pytest.fixture(scope="module")
def legs(logs: Path) -> pl.DataFrame:
    return read(logs, "handoffs").with_columns(at("transferred_at"), at("accepted_at"), at("ended_at"))


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("demo") / "landing"
    generate_demo(out)
    return out


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(tmp_path: Path):
    for name, seed in {"first": 5, "again": 5, "other": 6}.items():
        generate(3000, 4, seed, tmp_path / name)

    first, again, other = (content_of(tmp_path / name) for name in ("first", "again", "other"))
    assert first == again
    assert first != other


def test_a_second_run_into_the_same_folder_changes_nothing(tmp_path: Path):
    generate(1000, 2, 5, tmp_path)
    before = content_of(tmp_path)
    generate(1000, 2, 5, tmp_path)
    assert content_of(tmp_path) == before


def test_there_are_about_as_many_rows_as_asked_for(logs: Path, interactions: pl.DataFrame):
    assert interactions.height == pytest.approx(EVENTS, rel=0.03)


@pytest.mark.parametrize(("events", "days"), [(0, 1), (1, 1), (7, 3), (50, 2)])
def test_tiny_logs_are_logs_too(tmp_path: Path, events: int, days: int):
    summary = generate(events, days, 1, tmp_path)
    assert summary.rows.get("interactions", 0) <= events + 2
    assert (tmp_path / "account_events" / "2026-09-01" / "part-0.jsonl").exists()


def test_impossible_sizes_are_refused(tmp_path: Path):
    with pytest.raises(ValueError, match="days at least 1"):
        generate(10, 0, 1, tmp_path)


def test_days_split_the_events_without_a_rest():
    assert sum(rows_by_day(EVENTS, DAYS, FIRST_DAY, 3)) == EVENTS


def test_files_stand_in_the_landing_layout_within_the_days(logs: Path):
    days = {path.parent.name for path in logs.rglob("*.jsonl.gz")}
    assert days == {str(FIRST_DAY + timedelta(days=i)) for i in range(DAYS)}
    assert (logs / "interactions" / str(FIRST_DAY) / "part-0.jsonl.gz").exists()
    assert (logs / "interactions" / str(FIRST_DAY) / "part-1.jsonl.gz").exists()


def test_every_row_keeps_its_contract(logs: Path):
    for path in sorted(logs.rglob("*.jsonl.gz")):
        day, stream = date.fromisoformat(path.parent.name), path.parent.parent.name
        parsed = parse_file(gzip.decompress(path.read_bytes()), "jsonl", stream, day, path.name)
        assert parsed.quarantine.is_empty(), parsed.quarantine["reason"].to_list()


def test_every_author_and_kind_occurs(originals: pl.DataFrame):
    pairs = set(originals.select("actor", "kind").unique().rows())
    assert pairs == {
        ("user", "message"),
        ("app", "message"),
        ("agent", "message"),
        ("system", "message"),
        ("app", "greeting"),
        ("app", "closure_notice"),
        ("system", "session_reset"),
        ("system", "handoff_start"),
        ("system", "handoff_end"),
        ("system", "api_request"),
    }


def test_rows_come_with_and_without_a_session_also_for_one_user(originals: pl.DataFrame):
    assert 0.3 < originals["session_id"].is_null().mean() < 0.7
    both = originals.group_by("account_id", "user_id", "channel").agg(
        mixed=pl.col("session_id").is_null().any() & pl.col("session_id").is_not_null().any()
    )
    assert both["mixed"].sum() > 20


def test_sessions_have_about_five_rows_and_a_heavy_tail(originals: pl.DataFrame):
    sizes = originals.drop_nulls("session_id").group_by("session_id").len()["len"]
    assert 3.5 < sizes.mean() < 6
    assert sizes.min() == 1
    assert sizes.max() > 50


def test_some_source_sessions_pass_through_two_apps(originals: pl.DataFrame):
    apps = originals.drop_nulls("session_id").group_by("session_id").agg(pl.col("app_id").n_unique())
    assert apps.filter(pl.col("app_id") == 2).height > 10


def test_handoffs_are_a_twelfth_of_the_sessions(originals: pl.DataFrame, legs: pl.DataFrame):
    sessions = set(originals["session_id"].drop_nulls())
    in_rows = originals.filter((pl.col("actor") == "agent") | (pl.col("kind") == "handoff_start"))
    handed = set(legs["session_id"].drop_nulls()) | set(in_rows["session_id"].drop_nulls())
    assert 0.05 < len(handed & sessions) / len(sessions) < 0.11


def test_legs_have_queues_and_some_are_abandoned_or_open_or_pass_midnight(legs: pl.DataFrame):
    final = legs.sort("modified_at", nulls_last=False).unique("leg_id", keep="last")
    queue = (final["accepted_at"] - final["transferred_at"]).dt.total_seconds()
    assert 20 < queue.mean() < 120
    assert 0.05 < final["accepted_at"].is_null().mean() < 0.2
    assert 0.02 < final["ended_at"].is_null().mean() < 0.15
    assert final.filter(pl.col("ended_at").dt.date() > pl.col("transferred_at").dt.date()).height > 0
    ordered = final.drop_nulls(["accepted_at", "ended_at"])
    assert ordered.filter(
        (pl.col("accepted_at") < pl.col("transferred_at")) | (pl.col("ended_at") < pl.col("accepted_at"))
    ).is_empty()


def test_some_legs_are_delivered_open_and_then_ended(legs: pl.DataFrame):
    versions = legs.group_by("leg_id").agg(pl.col("modified_at").n_unique(), pl.col("ended_at").n_unique())
    assert versions.filter((pl.col("modified_at") == 2) & (pl.col("ended_at") == 2)).height > 20


def test_some_legs_touch(legs: pl.DataFrame):
    ends = legs.select("user_id", "app_id", at="ended_at").unique()
    starts = legs.select("user_id", "app_id", at="transferred_at").unique()
    assert ends.join(starts, on=["user_id", "app_id", "at"]).height > 5


def test_times_tie(originals: pl.DataFrame):
    per_instant = originals.group_by("account_id", "user_id", "occurred_at").len()
    assert per_instant.filter(pl.col("len") > 1)["len"].sum() / originals.height > 0.1


def test_some_gaps_are_exactly_the_timeout_and_some_a_millisecond_more(originals: pl.DataFrame):
    chat = originals.filter((pl.col("app_id") == "nb-assist") & pl.col("session_id").is_not_null())
    gaps = chat.sort("occurred_at").select(
        gap=pl.col("occurred_at").diff().over("session_id").dt.total_milliseconds()
    )["gap"]
    assert (gaps == 900_000).any()
    assert (gaps == 900_001).any()


def test_a_hundredth_of_the_rows_is_late_by_at_most_twenty_days(interactions: pl.DataFrame):
    first = interactions.sort("arrival_day").unique("event_id", keep="first")
    delay = (first["arrival_day"] - first["occurred_at"].dt.date()).dt.total_days()
    assert delay.min() == 0
    assert 0.004 < (delay > 0).mean() < 0.015
    assert 10 < delay.max() <= 20


def test_duplicates_stand_in_other_files_and_on_other_days(interactions: pl.DataFrame):
    same = ["event_id", "occurred_at", "modified_at", "user_id", "actor", "kind"]
    copies = interactions.group_by(same).agg(
        pl.len(), pl.col("file").n_unique(), days=pl.col("arrival_day").n_unique()
    )
    again = copies.filter(pl.col("len") > 1)
    assert 0.002 < again.height / copies.height < 0.006
    assert again.filter((pl.col("days") == 1) & (pl.col("file") > 1)).height > 0
    assert again.filter(pl.col("days") > 1).height > 0


def test_superseded_copies_have_a_later_version_on_the_same_day(interactions: pl.DataFrame):
    changed = interactions.filter(pl.col("modified_at").is_not_null())
    assert 0.001 < changed.height / interactions.height < 0.005
    days = interactions.group_by("event_id").agg(pl.col("occurred_at").dt.date().n_unique())
    assert days["occurred_at"].max() == 1


def test_testers_and_voice_and_every_account_occur(originals: pl.DataFrame):
    assert 0.003 < originals["is_test"].mean() < 0.03
    assert set(originals["account_id"]) == {account.account_id for account in DEFAULT_ACCOUNTS}
    assert originals.filter(pl.col("channel").is_in(VOICE_CHANNELS)).height > 1000


def test_alerts_have_every_status_and_kind_and_some_come_twice(logs: Path):
    alerts = read(logs, "alerts")
    assert set(alerts["status"]) == {"delivered", "failed", "queued", "suppressed", "filtered"}
    assert set(alerts["kind"]) == {"alert", "proactive"}
    assert alerts.height > alerts["delivery_id"].n_unique()
    confirmed = alerts.group_by("delivery_id").agg(pl.col("status").sort())
    assert ["delivered", "queued"] in confirmed["status"].to_list()


def test_the_day_has_a_rhythm_in_the_zone_of_the_account(originals: pl.DataFrame):
    local = originals.filter(pl.col("account_id") == "northbank").select(
        hour=pl.col("occurred_at").dt.convert_time_zone("America/New_York").dt.hour()
    )["hour"]
    assert local.is_between(9, 17).sum() > 8 * local.is_between(0, 4).sum()


def test_nothing_happens_before_an_account_is_opened(interactions: pl.DataFrame):
    first = interactions.filter(pl.col("account_id") == "northbank")["occurred_at"].min()
    assert first.astimezone(ZoneInfo("America/New_York")).date() == FIRST_DAY


def test_the_share_of_sessions_can_be_set(tmp_path: Path):
    generate(2000, 2, 1, tmp_path / "all", shape=Shape(session_share=1))
    generate(2000, 2, 1, tmp_path / "none", shape=Shape(session_share=0))
    assert read(tmp_path / "all", "interactions")["session_id"].null_count() == 0
    nobody = read(tmp_path / "none", "interactions")["session_id"]
    assert nobody.null_count() == len(nobody)


def rows_in(path: Path, fmt: Format) -> list[dict[str, object]]:
    content = path.read_bytes()
    match fmt:
        case "parquet":
            return pl.read_parquet(io.BytesIO(content)).to_dicts()
        case "csv":
            return list(csv.DictReader(io.StringIO(content.decode())))
        case "jsonl.gz":
            content = gzip.decompress(content)
        case "jsonl.zst":
            content = zstandard.ZstdDecompressor().decompressobj().decompress(content)
    return [json.loads(line) for line in content.splitlines()]


@pytest.mark.parametrize("fmt", ["jsonl", "jsonl.zst", "csv", "parquet"])
def test_every_format_holds_the_same_rows(tmp_path: Path, fmt: Format):
    generate(400, 1, 1, tmp_path / "plain", fmt="jsonl.gz")
    generate(400, 1, 1, tmp_path / "other", fmt=fmt)
    place = Path("interactions") / "2026-09-01"
    for number in (0, 1):
        usual = rows_in(tmp_path / "plain" / place / f"part-{number}.jsonl.gz", "jsonl.gz")
        other = rows_in(tmp_path / "other" / place / f"part-{number}.{fmt}", fmt)
        assert [row["event_id"] for row in other] == [row["event_id"] for row in usual]
        assert [row["session_id"] or None for row in other] == [row["session_id"] for row in usual]


def test_large_days_are_written_in_parts(tmp_path: Path):
    generate(5000, 1, 1, tmp_path, shape=Shape(rows_per_part=1000))
    parts = read(tmp_path, "interactions").group_by("file").len()["len"]
    assert len(parts) == 5
    assert parts.max() <= 1000


def test_lanes_are_drawn_by_weight():
    lanes = lanes_of(DEFAULT_ACCOUNTS, FIRST_DAY)
    drawn = lane_slots(lanes).to_list()
    for index, weight in enumerate(lanes["weight"] / lanes["weight"].sum()):
        assert drawn.count(index) == pytest.approx(4096 * weight, abs=1)


def test_the_demo_has_two_months_of_every_account_in_every_format(demo: Path):
    days = sorted(path.name for path in (demo / "interactions").iterdir())
    assert days[0] == "2026-09-01"
    assert days[-1] == "2026-11-05"
    assert len(days) == 66
    suffixes = {path.name.split(".", 1)[1] for path in demo.rglob("part-0.*")}
    assert suffixes == {"jsonl.gz", "jsonl.zst", "jsonl", "csv", "parquet"}
    accounts = read(demo, "interactions")["account_id"]
    assert set(accounts) == {account.account_id for account in DEMO_ACCOUNTS}


def test_the_demo_subscribes_plans_of_the_seeds_in_the_currency_of_the_account():
    with PLANS.open(encoding="utf-8") as file:
        currency_of = {row["plan_id"]: row["currency"] for row in csv.DictReader(file)}
    for account in DEMO_ACCOUNTS:
        plans = [account.plan_id, *(app.plan_id for app in account.apps)]
        assert {currency_of[plan] for plan in plans if plan} == {account.currency}
    currencies = {account.account_id: account.currency for account in DEMO_ACCOUNTS}
    changed = {
        (event.account_id, dict(event.fields)["plan_id"])
        for event in demo_events(FIRST_DAY)
        if event.type in ("plan_subscribed", "plan_changed")
    }
    unknown = {plan for _, plan in changed if plan not in currency_of}
    assert unknown == {"gold_usd"}
    assert all(
        currency_of[plan] in ("", currencies[account]) for account, plan in changed if plan not in unknown
    )


def test_the_demo_has_a_hostile_name_and_an_enterprise_account(demo: Path):
    book = b"".join(path.read_bytes() for path in sorted((demo / "account_events").rglob("*.jsonl")))
    events = [json.loads(line) for line in book.splitlines()]
    opened = {event["account_name"]: event for event in events if event["type"] == "account_opened"}
    assert HOSTILE_NAME in opened
    assert [event["kind"] for event in opened.values()].count("enterprise") == 1
    assert {"zone_set", "seats_set", "tax_set", "app_published"} <= {event["type"] for event in events}


def test_the_demo_has_its_dirt(demo: Path):
    dirt = list(dirty_files(date(2026, 9, 1)))
    assert dirt == list(dirty_files(date(2026, 9, 1)))
    for file in dirt:
        assert (demo / file.stream / str(file.day) / file.name).read_bytes() == file.content
    content = {file.name: file.content for file in dirt}
    with pytest.raises(EOFError):
        gzip.decompress(content["truncated.jsonl.gz"])
    with pytest.raises(UnicodeDecodeError):
        content["latin-1.jsonl"].decode()
    assert not content["half-written.jsonl"].endswith(b"\n")
    assert content["empty.jsonl"] == b""
    assert max(map(len, content["long-line.jsonl"].splitlines())) > 1_000_000


def test_each_refused_row_of_the_demo_breaks_one_rule():
    refused = next(file for file in dirty_files(date(2026, 9, 1)) if file.name == "refused.jsonl")
    parsed = parse_file(refused.content, "jsonl", refused.stream, refused.day, refused.name)
    assert parsed.accepted.height == 2
    assert parsed.quarantine.height == parsed.quarantine["reason"].n_unique() == 11
