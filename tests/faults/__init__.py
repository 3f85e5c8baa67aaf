"""Broken on purpose: real runs over a small home, each spoiled in its way; the next run makes it whole."""
