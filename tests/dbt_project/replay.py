"""The fold once more without dbt: the SQL that a build compiled, run on other rows in half a second."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import duckdb

from orchestration import dbt


@dataclass(frozen=True)
class Replay:
    """A build's models in their order, and the warehouse from which seeds are taken."""

    warehouse: Path
    seeds: tuple[str, ...]
    models: tuple[tuple[str, str], ...]

    @classmethod
    def of(cls, home: Path) -> Replay:
        """What `dbt.build_untested` has left in a home."""
        results = json.loads((home / ".dbt" / "run_results.json").read_text())["results"]
        named = [(result["unique_id"].split("."), result["compiled_code"]) for result in results]
        return cls(
            warehouse=home / dbt.WAREHOUSE,
            seeds=tuple(parts[2] for parts, _ in named if parts[0] == "seed"),
            models=tuple((parts[2], sql) for parts, sql in named if parts[0] == "model"),
        )

    def over(self, home: Path) -> Path:
        """Build the models over the lake of another home."""
        with duckdb.connect(str(home / dbt.WAREHOUSE)) as connection:
            connection.execute(f"set TimeZone = 'UTC'; set threads = 1; set file_search_path = '{home}'")
            connection.execute(f"attach '{self.warehouse}' as built (read_only)")
            for seed in self.seeds:
                connection.execute(f"create table {seed} as from built.main.{seed}")
            connection.execute("detach built")
            for model, sql in self.models:
                connection.execute(f"create table if not exists {model} as {sql}")
        return home
