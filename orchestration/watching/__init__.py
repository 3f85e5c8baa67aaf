"""Watching: whether what arrives is what usually arrives."""
