"""Dagster's storage in SQLite, with its connections kept.

Dagster opens a connection for each statement, and SQLAlchemy compiles each statement anew for it: of a night
with three hundred events that is a third of the time. The databases are the same, whoever opens them; a home
says in its `dagster.yaml` which storage it has.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from dagster._core.storage.event_log.sqlite.sqlite_event_log import SqliteEventLogStorage
from dagster._core.storage.sqlite_storage import DagsterSqliteStorage
from dagster._serdes import ConfigurableClassData
from sqlalchemy import Connection, Engine, create_engine

SECONDS_TO_WAIT = 60
"""For another process that writes."""
MOST_KEPT = 4
"""Databases that stay open: the index of all runs, and those of the last runs."""


class EventLog(SqliteEventLogStorage):
    """Dagster's event log: a database for each run, and one of all that concerns assets."""

    def __init__(self, base_dir: str, inst_data: ConfigurableClassData | None = None):
        self._engines: dict[str, Engine] = {}
        super().__init__(base_dir, inst_data)

    @contextmanager
    def _connect(self, shard: str) -> Iterator[Connection]:
        with self._db_lock:
            engine = self._engine(shard)
            if shard not in self._initialized_dbs:
                self._initdb(engine)
                self._initialized_dbs.add(shard)
            with engine.begin() as connection:
                yield connection

    def _engine(self, shard: str) -> Engine:
        """The one that was used longest ago gives way."""
        engine = self._engines.pop(shard, None) or create_engine(
            self.conn_string_for_shard(shard), connect_args={"timeout": SECONDS_TO_WAIT}
        )
        self._engines[shard] = engine
        if len(self._engines) > MOST_KEPT:
            self._engines.pop(next(iter(self._engines))).dispose()
        return engine

    def wipe(self) -> None:
        """Removes all events; what is open would show them still."""
        self._close()
        super().wipe()

    def dispose(self) -> None:
        """Closes what is open."""
        super().dispose()
        self._close()

    def _close(self) -> None:
        with self._db_lock:
            while self._engines:
                self._engines.popitem()[1].dispose()


class Storage(DagsterSqliteStorage):
    """Dagster's three storages below a folder; that of events is `EventLog`."""

    def __init__(self, base_dir: str, inst_data: ConfigurableClassData | None = None):
        super().__init__(base_dir, inst_data)
        self._event_log_storage.dispose()
        self._event_log_storage = EventLog(f"{base_dir}/history/runs/")
        for other in (self._run_storage, self._schedule_storage):
            other._conn_string += f"?timeout={SECONDS_TO_WAIT}"  # SQLite itself gives up after five

    @classmethod
    def from_config_value(
        cls, inst_data: ConfigurableClassData | None, config_value: Mapping[str, Any]
    ) -> "Storage":
        """As `dagster.yaml` configures it."""
        return cls.from_local(config_value["base_dir"], inst_data)
