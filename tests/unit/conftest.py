"""Virtual time for all unit tests: none of them waits for real."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable, Iterator

import pytest
from support.virtual_time import CLOCK, VirtualClock, VirtualEventLoop

from defectio_tasks import _clock


def pytest_asyncio_loop_factories() -> dict[str, Callable[[], asyncio.AbstractEventLoop]]:
    """Run every async test in virtual time."""
    return {"virtual": VirtualEventLoop}


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[VirtualClock]:
    """Set the clock, and have the package read it."""
    CLOCK.reset()
    monkeypatch.setattr(_clock, "wall_time", CLOCK.wall_time)
    yield CLOCK
    CLOCK.reset()


@pytest.fixture
def full_jitter(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have each back-off take the whole of its range: 2, 4, 8 ... seconds."""
    monkeypatch.setattr(random, "random", lambda: 1.0)


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    """Catch what the package logs."""
    caplog.set_level(logging.DEBUG, "defectio_tasks")
    return caplog
