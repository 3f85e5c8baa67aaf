"""Backups of a home in use, and how one becomes a home again."""
