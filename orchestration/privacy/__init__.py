"""Retention and forgetting: what goes, so that nothing that is billed changes."""
