"""The usage page in a browser: every control is used, and what it shows is what the marts say."""
