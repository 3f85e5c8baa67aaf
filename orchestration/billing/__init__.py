"""Billing: what the marts have drafted goes into the ledger, and the marts are told of it."""
