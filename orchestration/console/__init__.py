"""The billing console: marts and ledger in, a static site out. One module per section of the console."""
