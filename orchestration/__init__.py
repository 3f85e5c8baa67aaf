"""Dagster and the effects: when and where things run."""
