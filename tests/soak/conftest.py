"""Time for the long forms."""

from __future__ import annotations

import faulthandler

import pytest

from soak.world import IS_LONG


@pytest.fixture(autouse=True)
def patience() -> None:
    """Have a test that takes very long not be taken for one that hangs."""
    if IS_LONG:
        faulthandler.cancel_dump_traceback_later()
