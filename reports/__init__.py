"""Jinja: dataclass in, text out."""
