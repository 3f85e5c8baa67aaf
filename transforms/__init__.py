"""Polars: what a log means. Pure functions: no Dagster, no paths, no clock."""
