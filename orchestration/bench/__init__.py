"""The benchmark: our stages and what else could do their work, on the same files in the same run."""
