"""The fixture ``virtual_clock``, for pytest with pytest-asyncio.

Say so in the ``conftest.py`` at the top of the tests::

    pytest_plugins = ["defectio_tasks.testing.pytest_plugin"]

It changes nothing for tests that don't ask for the fixture.
"""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable, Generator, Mapping

import pytest

from defectio_tasks.testing._clock import VirtualClock


class OneTest:
    """The clock of the test that runs: who asks first, its event loop or the fixture, makes it."""

    def __init__(self) -> None:
        """Begin without one."""
        self._clock: VirtualClock | None = None

    def clock(self) -> VirtualClock:
        """Return the test's clock."""
        if self._clock is None:
            self._clock = VirtualClock()
        return self._clock

    def new_event_loop(self) -> asyncio.AbstractEventLoop:
        """Make an event loop for the test."""
        return self.clock().new_event_loop()

    def end(self) -> None:
        """Forget the clock, so that the next test has another."""
        self._clock = None


ONE_TEST = OneTest()


class VirtualEventLoops:
    """Make pytest-asyncio run a test in an event loop of its virtual clock."""

    @pytest.hookimpl(tryfirst=True)
    def pytest_asyncio_loop_factories(
        self,
    ) -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
        """Return the factory of event loops."""
        return {"virtual": ONE_TEST.new_event_loop}


def check_test(function: Callable[..., object]) -> None:
    """Check that a test which asks for the fixture itself is an async one.

    Raises:
        TypeError: It isn't.
    """
    # Hypothesis wraps an async test in a function, and pytest-asyncio looks into that.
    test = getattr(getattr(function, "hypothesis", None), "inner_test", function)
    asks = "virtual_clock" in inspect.signature(test).parameters
    if asks and not inspect.iscoroutinefunction(test):
        message = (
            f"`virtual_clock` must be asked for by an async test, got {test.__name__!r} "
            "(write `async def`, or make a `VirtualClock()` and call its `run`)"
        )
        raise TypeError(message)


@pytest.fixture
def virtual_clock(request: pytest.FixtureRequest) -> Generator[VirtualClock]:
    """Run the test by a virtual clock, and return that.

    It shows 2026-01-01 00:00 UTC at first; ``virtual_clock.set`` sets it to another moment.

    Raises:
        TypeError: The test that asks for it isn't an ``async def``: no event loop would run by the
            clock. A fixture may ask for it on behalf of any test.
    """
    check_test(request.function)
    yield ONE_TEST.clock()
    ONE_TEST.end()


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_generate_tests(metafunc: pytest.Metafunc) -> Generator[None]:
    """Choose the event loop of each test that asks for the fixture, and of no other."""
    manager = metafunc.config.pluginmanager
    if "virtual_clock" not in metafunc.fixturenames or not manager.has_plugin("asyncio"):
        yield
        return
    loops = VirtualEventLoops()
    manager.register(loops)
    try:
        yield
    finally:
        manager.unregister(loops)
