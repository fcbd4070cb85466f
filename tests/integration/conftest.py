"""What the integration tests share: stand-ins for a server, and clients connected to one."""

import asyncio
import contextlib
import gc
import random
import sys
import threading
import warnings
from collections.abc import AsyncGenerator, Callable, Coroutine, Iterator
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import pytest

import defectio_tasks as tasks

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parents[1] / "examples"))

with warnings.catch_warnings():
    # Compiling the host warns about the docstring of its `utils.get`: as a DeprecationWarning on
    # Python 3.11, as a SyntaxWarning since.
    warnings.filterwarnings("ignore", message=r"invalid escape sequence '\\\*'")
    import defectio

from stand_in import StandIn  # noqa: E402 -- found by way of `sys.path`, see above

HOST_WARNINGS = (
    # defectio gives aiohttp the time limit of a websocket as a number.
    "ignore:parameter 'timeout' of type 'float' is deprecated:DeprecationWarning:defectio",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let the host, and nobody else, warn about what it can't help."""
    for item in items:
        if HERE in item.path.parents:
            for warning in HOST_WARNINGS:
                item.add_marker(pytest.mark.filterwarnings(warning))


@pytest.fixture
async def server() -> AsyncGenerator[StandIn]:
    """Run a server in the event loop of the test, and see that nothing is left of it."""
    async with StandIn() as stand_in:
        yield stand_in
    leftovers = asyncio.all_tasks() - {asyncio.current_task()}
    assert not leftovers
    gc.collect()  # What was not closed shall complain now, and not in the next test.


@pytest.fixture
def server_elsewhere() -> Iterator[StandIn]:
    """Run a server in a thread of its own, for clients that end their own event loop."""
    event_loop = asyncio.new_event_loop()
    thread = threading.Thread(target=event_loop.run_forever)
    thread.start()

    def run(step: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(step, event_loop).result(timeout=5)

    stand_in = StandIn()
    try:
        run(stand_in.start())
        yield stand_in
        run(stand_in.stop())
    finally:
        event_loop.call_soon_threadsafe(event_loop.stop)
        thread.join()
        event_loop.close()


@pytest.fixture
def own_event_loop() -> Iterator[asyncio.AbstractEventLoop]:
    """Make an event loop that doesn't run yet the current one, as before `Client.run`."""
    event_loop = asyncio.new_event_loop()
    asyncio.set_event_loop(event_loop)
    yield event_loop
    asyncio.set_event_loop(None)
    event_loop.close()


@pytest.fixture
def quick_retries(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have each back-off take a hundredth of its range: 0.02 s, 0.04 s, 0.08 s ..."""
    monkeypatch.setattr(random, "random", lambda: 0.01)


@pytest.fixture
def connect() -> Callable[..., AbstractAsyncContextManager[None]]:
    """Tell how to run a client for the length of a block: `connect(client, *loops)`.

    The loops are cancelled at the end of the block.
    """

    @contextlib.asynccontextmanager
    async def connected(client: defectio.Client, *loops: tasks.Loop) -> AsyncGenerator[None]:
        running = asyncio.create_task(client.start(token="any"))  # noqa: S106 -- not a secret
        try:
            # For the whole block: no test needs half as long.
            async with asyncio.timeout(10):
                await client.wait_until_ready()
                yield
        finally:
            for loop in loops:
                loop.cancel()
            running.cancel()
            ending = [task for loop in loops if (task := loop.get_task()) is not None]
            await asyncio.gather(running, *ending, return_exceptions=True)
            # The client's own `close` would leave both open.
            if client.websocket is not None and client.websocket.authenticated:
                await client.websocket.close()
            if client.session is not None:
                await client.session.close()

    return connected
