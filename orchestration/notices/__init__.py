"""Notices: what an operator is told of failures, and by which channels."""
