"""Fixtures and settings of all tests."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

# `HYPOTHESIS_PROFILE=thorough` looks longer; the default is what CI runs.
settings.register_profile("ci", deadline=None, print_blob=True, max_examples=100)
settings.register_profile(
    "thorough",
    settings.get_profile("ci"),
    max_examples=5_000,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))
