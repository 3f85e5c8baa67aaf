"""What lands: which files there are, what they say, and which of it no ingest has read yet."""
