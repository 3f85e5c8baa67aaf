"""How far properties search: `HYPOTHESIS_PROFILE=prove` for more; the same examples each time in CI."""

import os

from hypothesis import HealthCheck, settings

SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large]
SEARCH = {"deadline": None, "suppress_health_check": SLOW, "derandomize": "CI" in os.environ}

settings.register_profile("default", max_examples=250, **SEARCH)
settings.register_profile("prove", max_examples=1000, **SEARCH)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))
