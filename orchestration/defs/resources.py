"""The home folder as a resource."""

from pathlib import Path

import dagster as dg

from orchestration.lake import Lake
from orchestration.settings import Settings, load_settings
from orchestration.tables import TABLES


class Home(dg.ConfigurableResource):
    """Where landing, lake, warehouse and reports lie: `QUARTERHOUR_HOME`, with its settings."""

    def settings(self) -> Settings:
        """The settings in force now."""
        return load_settings()

    def path(self) -> Path:
        """The home folder."""
        return self.settings().home

    def lake(self) -> Lake:
        """The lake, with all its tables laid out."""
        lake = Lake(self.path())
        lake.ensure(TABLES)
        return lake


@dg.definitions
def resources() -> dg.Definitions:
    """What assets ask for by name."""
    return dg.Definitions(resources={"home": Home()})
