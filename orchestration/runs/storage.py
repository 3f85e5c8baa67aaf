"""Dagster's storage in SQLite, with its connections kept, and what never changes asked once.

Dagster opens a connection for each statement, SQLAlchemy compiles each statement anew for it, and each event
asks which tables and columns there are: of a night with three hundred events a large part. The databases are
as Dagster makes them, whoever opens them; a home says in its `dagster.yaml` which storage it has.
"""

import os
import sqlite3
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any, ClassVar
from uuid import uuid4

from dagster._core.event_api import EventHandlerFn
from dagster._core.events.log import EventLogEntry
from dagster._core.storage.event_log import SqlPollingEventWatcher
from dagster._core.storage.event_log.schema import AssetKeyTable
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

    _empty: ClassVar[bytes] = b""
    """A database of a run without events, once this process has made one."""

    def __init__(self, base_dir: str, inst_data: ConfigurableClassData | None = None):
        self._engines: dict[str, Engine] = {}
        self._there: set[str] = set()
        super().__init__(base_dir, inst_data)
        self._watcher = SqlPollingEventWatcher(self)

    def has_table(self, table_name: str) -> bool:
        """Whether the index has a table; it keeps those that it has."""
        ask = super().has_table
        return self._is_there(f"table {table_name}", lambda: ask(table_name))

    def has_secondary_index(self, name: str) -> bool:
        """Whether a migration of Dagster's has been done; it stays done."""
        ask = super().has_secondary_index
        return self._is_there(f"index {name}", lambda: ask(name))

    def _has_asset_key_col_on_connection(self, conn: Connection, column_name: str) -> bool:
        ask = super()._has_asset_key_col_on_connection
        return self._is_there(f"column {column_name}", lambda: ask(conn, column_name))

    def has_asset_key_col(self, column_name: str) -> bool:
        """Whether the index of assets has a column; it keeps those that it has."""
        ask = super().has_asset_key_col
        return self._is_there(f"column {column_name}", lambda: ask(column_name))

    def _store_asset_event(self, conn: Connection, event: EventLogEntry, event_id: int) -> None:
        """Tells an asset's row of an event; Dagster first tries to make one, but most stand."""
        key = event.dagster_event.asset_key if event.dagster_event else None
        if key:
            has_columns = self._has_asset_key_index_cols_on_connection(conn)
            values = self._get_asset_entry_values(event, event_id, has_columns)
            row = AssetKeyTable.c.asset_key == key.to_string()
            if not values or conn.execute(AssetKeyTable.update().values(**values).where(row)).rowcount:
                return
        super()._store_asset_event(conn, event, event_id)

    def _is_there(self, what: str, ask: Callable[[], bool]) -> bool:
        """What was there once is not asked for again; what was not may have come since."""
        if what not in self._there and ask():
            self._there.add(what)
        return what in self._there

    def _initdb(self, engine: Engine, for_index_shard: bool = False) -> None:
        """Makes sure of a database; a new one of a run is a copy, as the migrations of each take long."""
        path = Path(str(engine.url.database))
        if not for_index_shard and not path.exists():
            EventLog._empty = EventLog._empty or self._new_database()
            _make(path, EventLog._empty)
        else:
            super()._initdb(engine, for_index_shard)

    def _new_database(self) -> bytes:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "empty.db"
            engine = create_engine(f"sqlite:///{path}")
            super()._initdb(engine)
            engine.dispose()
            with closing(sqlite3.connect(path)) as connection:
                return connection.serialize()

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

    def watch(self, run_id: str, cursor: str | None, callback: EventHandlerFn) -> None:
        """Calls back for each event of a run soon after it comes: so its page in the UI grows.

        By asking, as Dagster does of other databases: of this one it watches the file, into which the last
        connection to close moves what is new. Here they stay open, those of the webserver too.
        """
        self._watcher.watch_run(run_id, cursor, callback)

    def end_watch(self, run_id: str, handler: EventHandlerFn) -> None:
        """Calls back no more."""
        self._watcher.unwatch_run(run_id, handler)

    def wipe(self) -> None:
        """Removes all events; what is open would show them still."""
        self._close()
        self._there.clear()
        super().wipe()

    def dispose(self) -> None:
        """Closes what is open."""
        self._watcher.close()
        super().dispose()
        self._close()

    def _close(self) -> None:
        with self._db_lock:
            while self._engines:
                self._engines.popitem()[1].dispose()


def _make(path: Path, content: bytes) -> None:
    """Makes a file whole at once, unless somebody else has made it meanwhile."""
    beside = path.with_name(f".{path.name}.{uuid4().hex}")
    beside.write_bytes(content)
    try:
        with suppress(FileExistsError):
            os.link(beside, path)
    finally:
        beside.unlink()


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
