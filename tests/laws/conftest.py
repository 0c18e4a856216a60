"""How many examples the laws draw: ``RIGHTFUL_HYPOTHESIS=dev`` (default), ``thorough`` or ``mutation``."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, Phase, settings

_COMMON = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
settings.register_profile("dev", _COMMON, max_examples=150)
settings.register_profile("thorough", _COMMON, max_examples=10_000)
# A mutant is looked for, not explained: the first failure will do, no shrinking, the same examples each time.
settings.register_profile(
    "mutation",
    _COMMON,
    max_examples=200,
    derandomize=True,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    report_multiple_bugs=False,
)
settings.load_profile(os.environ.get("RIGHTFUL_HYPOTHESIS") or "dev")
