"""Virtual time for all unit tests: none of them waits for real."""

from __future__ import annotations

import asyncio
import logging
import random

import pytest
from support.virtual_time import START

from defectio_tasks.testing import VirtualClock


@pytest.fixture(autouse=True)
def clock(virtual_clock: VirtualClock) -> VirtualClock:
    """Set the clock that each test runs by."""
    virtual_clock.set(START)
    return virtual_clock


@pytest.fixture
async def lazy_tasks() -> None:
    """Have tasks begin with the next turn of the event loop, where they would begin at once.

    For what holds between `start` and the first step, a time that eager tasks don't know.
    """
    asyncio.get_running_loop().set_task_factory(None)


@pytest.fixture
def full_jitter(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have each back-off take the whole of its range: 2, 4, 8 ... seconds."""
    monkeypatch.setattr(random, "random", lambda: 1.0)


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    """Catch what the package logs, but for what is for debugging alone."""
    caplog.set_level(logging.INFO, "defectio_tasks")
    return caplog
