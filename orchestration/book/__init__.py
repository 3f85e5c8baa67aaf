"""The account's book: what can be written into it, and who judges it."""
