"""From numbers to delivered columns: the last step before the bytes."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property

import polars as pl

from orchestration.generator import alerts, interactions
from orchestration.generator.catalogue import DAY_MS
from orchestration.generator.randomness import Dice, looked_up
from orchestration.generator.world import World

_SECONDS = pl.Series([f"T{s // 3600:02}:{s // 60 % 60:02}:{s % 60:02}" for s in range(86_400)])
_MILLISECONDS = pl.Series([f".{ms:03}Z" for ms in range(1000)])
_ACTORS = pl.Series(interactions.ACTORS)
_KINDS = pl.Series(interactions.KINDS)
_STATUSES = pl.Series(alerts.STATUSES)
_ALERT_KINDS = pl.Series(alerts.KINDS)
_ALERT_NAMES = pl.Series(alerts.NAMES)

TimeOf = Callable[[str], pl.Expr]


@dataclass(frozen=True)
class Renderer:
    """Writes out the ids, names and times of generated rows."""

    world: World

    @cached_property
    def _dates(self) -> pl.Series:
        # Three look-ups and a concatenation take half the time of formatting each instant.
        days = range(self.world.first_day, self.world.last_day + 1)
        return pl.Series([datetime.fromtimestamp(day * 86_400, UTC).date().isoformat() for day in days])

    def iso(self, column: str) -> pl.Expr:
        """ISO 8601 text of epoch milliseconds."""
        instant = pl.col(column)
        return pl.concat_str(
            looked_up(self._dates, instant // DAY_MS - self.world.first_day),
            looked_up(_SECONDS, instant // 1000 % 86_400),
            looked_up(_MILLISECONDS, instant % 1000),
        )

    @staticmethod
    def instant(column: str) -> pl.Expr:
        """A timestamp, for formats that have a type for it."""
        return pl.col(column).cast(pl.Datetime("ms", "UTC"))

    def columns(self, stream: str, frame: pl.DataFrame, time: TimeOf) -> pl.DataFrame:
        """Columns of a stream as they are delivered."""
        return {"interactions": self.interactions, "handoffs": self.handoffs, "alerts": self.alerts}[stream](
            frame, time
        )

    def _lane(self, name: str) -> pl.Expr:
        return looked_up(self.world.lanes[name], pl.col("lane"))

    def _session(self) -> pl.Expr:
        bits = Dice(self.world.seed, "conversation").bits("session id")
        return pl.when("has_session").then(pl.concat_str(pl.lit("s"), bits))

    def _user(self) -> pl.Expr:
        return pl.concat_str(pl.lit("u"), "user")

    def interactions(self, rows: pl.DataFrame, time: TimeOf) -> pl.DataFrame:
        """Columns of the interactions stream."""
        return rows.select(
            event_id=pl.concat_str(pl.lit("e"), Dice(self.world.seed, "row").bits("event id")),
            account_id=self._lane("account_id"),
            app_id=self._lane("app_id"),
            user_id=self._user(),
            channel=self._lane("channel"),
            session_id=self._session(),
            occurred_at=time("occurred_ms"),
            actor=looked_up(_ACTORS, pl.col("role")),
            kind=looked_up(_KINDS, pl.col("role")),
            is_test="is_test",
            modified_at=time("modified_ms"),
        )

    def handoffs(self, legs: pl.DataFrame, time: TimeOf) -> pl.DataFrame:
        """Columns of the handoffs stream."""
        accepted = pl.col("accepted_ms").is_not_null()
        return legs.select(
            leg_id=pl.concat_str(pl.lit("l"), Dice(self.world.seed, "leg").bits("leg id")),
            account_id=self._lane("account_id"),
            app_id=self._lane("app_id"),
            user_id=self._user(),
            channel=self._lane("channel"),
            session_id=self._session(),
            transferred_at=time("transferred_ms"),
            accepted_at=time("accepted_ms"),
            ended_at=time("ended_ms"),
            agent_id=pl.when(accepted).then(pl.concat_str(pl.lit("agent-"), "agent")),
            modified_at=time("modified_ms"),
        )

    def alerts(self, sent: pl.DataFrame, time: TimeOf) -> pl.DataFrame:
        """Columns of the alerts stream."""
        return sent.select(
            delivery_id=pl.concat_str(pl.lit("d"), Dice(self.world.seed, "delivery").bits("delivery id")),
            account_id=self._lane("account_id"),
            app_id=self._lane("app_id"),
            user_id=self._user(),
            delivered_at=time("delivered_ms"),
            status=looked_up(_STATUSES, pl.col("status")),
            kind=looked_up(_ALERT_KINDS, pl.col("kind")),
            channel=pl.when("has_channel").then(self._lane("channel")),
            alert_name=looked_up(_ALERT_NAMES, pl.col("name")),
            modified_at=time("modified_ms"),
        )
