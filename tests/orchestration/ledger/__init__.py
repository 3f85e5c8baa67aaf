"""The ledger: numbers without gaps, no half entry after a kill, and nothing changes unseen (I2, I4)."""
