"""Compiling: dbt reads the project once per version of its files; what it gives is kept beside its manifest.

`DbtCliResource` is left out on purpose: it starts a process per command and asks a package index for
versions.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from functools import lru_cache
from hashlib import blake2b
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from orchestration.dbt.errors import DbtError
from orchestration.dbt.project import Node, Project
from orchestration.home import WAREHOUSE
from orchestration.locking import locked

if TYPE_CHECKING:
    from dbt.cli.main import dbtRunner

PROJECT_DIR = Path(__file__).resolve().parents[2] / "dbt_project"
MANIFEST_PATH = PROJECT_DIR / "target" / "manifest.json"
_COMPILED = PROJECT_DIR / "target" / "compiled.json"
_WORKSHOP = PROJECT_DIR / "target" / ".compiling"
_OFFLINE = {"DBT_SEND_ANONYMOUS_USAGE_STATS": "false", "DO_NOT_TRACK": "1"}
_PLAIN: dict[str, dict[str, Any]] = {
    "seed": {"materialized": "seed"},
    "model": {"pre-hook": [], "post-hook": [], "contract": {"enforced": False}},
    "test": {"fail_calc": "count(*)", "warn_if": "!= 0", "error_if": "!= 0", "limit": None},
}
"""What each kind of node says in the manifest if it is one of those that are built here."""
_SOURCES = ("*.yml", "models/**/*.*", "macros/**/*.*", "seeds/**/*.*", "tests/**/*.*")


def project() -> Project:
    """The project as its files say now; compiled, and the manifest written, where that is not done yet.

    Raises DbtError where dbt refuses it.
    """
    return _project(_version())


@lru_cache(maxsize=1)
def _project(version_now: str) -> Project:
    kept = _kept(version_now)
    if kept is None:
        with locked(_WORKSHOP.with_name(".compiling.lock")):  # whoever comes second finds it compiled
            kept = _kept(version_now) or _compile(version_now)
    return kept


def _version() -> str:
    """A hash of all that the compiled SQL follows from."""
    digest = blake2b(digest_size=12)
    digest.update(f"{version('dbt-core')} {version('dbt-duckdb')}".encode())
    files = {path for pattern in _SOURCES for path in PROJECT_DIR.glob(pattern) if path.is_file()}
    for path in sorted({*files, *Path(__file__).parent.glob("*.py")}):
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def _kept(version_now: str) -> Project | None:
    """What was compiled of this version."""
    try:
        kept = json.loads(_COMPILED.read_bytes())
    except (FileNotFoundError, ValueError):
        return None
    if kept["version"] != version_now or not MANIFEST_PATH.exists():
        return None
    return Project.of(Node(**{**node, "needs": tuple(node["needs"])}) for node in kept["nodes"])


def _compile(version_now: str) -> Project:
    """Compiles, keeps the result and the manifest, and gives the project."""
    _WORKSHOP.mkdir(parents=True, exist_ok=True)
    warehouse = _WORKSHOP / WAREHOUSE
    warehouse.unlink(missing_ok=True)
    runner = _runner()
    for command in ("seed", "compile"):
        invoke(runner, [command], _WORKSHOP, warehouse, _WORKSHOP)
    manifest = json.loads((_WORKSHOP / "manifest.json").read_bytes())
    with duckdb.connect(str(warehouse), read_only=True) as seeded:
        nodes = [_node(each, seeded) for each in manifest["nodes"].values()]
    compiled = Project.of(nodes)
    kept = {"version": version_now, "nodes": [asdict(node) for node in compiled.nodes]}
    beside = _COMPILED.with_suffix(".new")
    beside.write_text(json.dumps(kept))
    os.replace(_WORKSHOP / "manifest.json", MANIFEST_PATH)
    os.replace(beside, _COMPILED)
    return compiled


def _node(told: Mapping[str, Any], seeded: duckdb.DuckDBPyConnection) -> Node:
    """A node of dbt's manifest. Raises DbtError where it asks for what `building` does not do."""
    kind, config = told["resource_type"], told["config"]
    plain = _PLAIN.get(kind)
    if plain is None or any(_part(config.get(name), value) != value for name, value in plain.items()):
        raise DbtError(f"{told['unique_id']}: only plain seeds, models and tests can be built")
    if kind == "model" and config["materialized"] not in ("table", "view"):
        raise DbtError(f"{told['unique_id']}: {config['materialized']} is not built, only table and view")
    return Node(
        unique_id=told["unique_id"],
        resource_type=kind,
        sql=_rows_as_sql(seeded, told["name"]) if kind == "seed" else told["compiled_code"],
        needs=tuple(told["depends_on"].get("nodes", ())),
        is_view=config["materialized"] == "view",
        only_warns=str(config.get("severity")).lower() == "warn",
        folder="/".join(told["fqn"][1:-1]),
        description=told["description"],
        columns={name: column["description"] for name, column in told.get("columns", {}).items()},
    )


def _part(found: Any, wanted: Any) -> Any:
    """Of a table in the manifest only what is wanted of it."""
    return {name: found.get(name) for name in wanted} if isinstance(wanted, dict) and found else found


def _rows_as_sql(seeded: duckdb.DuckDBPyConnection, table: str) -> str:
    """A query that gives what dbt loaded of a seed."""
    columns = seeded.execute(
        "select column_name, data_type from duckdb_columns() where table_name = ? order by column_index",
        [table],
    ).fetchall()
    texts = ", ".join(f"cast({name} as varchar)" for name, _ in columns)
    rows = seeded.execute(f"select {texts} from {table} order by all").fetchall()
    values = ", ".join("(" + ", ".join(map(_literal, row)) + ")" for row in rows or [(None,) * len(columns)])
    casts = ", ".join(f"cast({name} as {kind}) as {name}" for name, kind in columns)
    names = ", ".join(name for name, _ in columns)
    return f"select {casts} from (values {values}) as seed({names})" + ("" if rows else " where false")


def _literal(text: str | None) -> str:
    return "null" if text is None else "'" + text.replace("'", "''") + "'"


def _runner() -> dbtRunner:
    """dbt, which takes seconds to import: only who compiles waits for it."""
    from dbt.cli.main import dbtRunner  # noqa: PLC0415  # seconds, for who compiles alone

    return dbtRunner()


def invoke(runner: dbtRunner, args: list[str], home: Path, warehouse: Path, target: Path) -> Any:
    """What one dbt command gives. Raises DbtError where it fails, with what dbt says of each node."""
    places = ["--project-dir", str(PROJECT_DIR), "--profiles-dir", str(PROJECT_DIR)]
    places += ["--target-path", str(target), "--log-path", str(target / "logs")]
    quiet = ["--quiet", "--log-level", "none", "--log-level-file", "error", "--no-send-anonymous-usage-stats"]
    environment = {"QUARTERHOUR_HOME": str(home), "QUARTERHOUR_WAREHOUSE": str(warehouse), **_OFFLINE}
    with _environ(environment):
        try:
            outcome = runner.invoke([*args, *places, *quiet])
        finally:
            _close_connections()
    if not outcome.success:
        results = getattr(outcome.result, "results", None) or ()
        bad = [f"{each.node.name}: {each.message}" for each in results if each.status in ("error", "fail")]
        reasons = bad or [str(outcome.exception or "no reason given")]
        raise DbtError("\n".join([f"dbt {args[0]} failed", *reasons]))
    return outcome.result


def _close_connections() -> None:
    """Give the file back: the adapter keeps its connection until the process ends."""
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager  # noqa: PLC0415  # dbt's too

    environment = DuckDBConnectionManager._ENV
    if environment is not None:
        environment.close()
    DuckDBConnectionManager.close_all_connections()


@contextmanager
def _environ(values: dict[str, str]) -> Iterator[None]:
    """dbt's profile reads the process's environment: set it for one command."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
