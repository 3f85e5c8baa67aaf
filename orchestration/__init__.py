"""Dagster and the effects: when and where things run."""

import os

# Polars' allocator gives large pieces back to the system at once and asks for them again a moment later: a
# quarter of the time of ingest went into clearing pages. It reads this when Polars is loaded. `_RJEM_` is the
# prefix of the jemalloc that Polars is built with; where there is none, the variable does nothing.
os.environ.setdefault("_RJEM_MALLOC_CONF", "oversize_threshold:0,dirty_decay_ms:5000,muzzy_decay_ms:0")
