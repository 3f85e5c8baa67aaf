"""Settings: how each is read, where it came from, and how they are told."""
