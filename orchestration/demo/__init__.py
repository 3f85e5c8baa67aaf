"""The demo's home."""
