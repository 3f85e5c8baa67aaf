"""Runs of the job without a UI: the night, one at a time, what a failed or killed one leaves behind."""
