"""The commands of `quarterhour` by subject; `orchestration.cli` puts them together."""
