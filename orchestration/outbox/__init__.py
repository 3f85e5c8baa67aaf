"""The outbox: what finance receives, and how documents leave the house."""
