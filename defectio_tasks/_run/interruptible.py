"""Await a coroutine that can be broken off, without cancelling what others await as well."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Generator
from types import coroutine
from typing import Any, TypeGuard


@coroutine
def interruptible(
    awaited: Coroutine[Any, Any, object], is_interruption: Callable[[], bool]
) -> Generator[object, None, None]:
    """Await a coroutine.

    A task that is cancelled cancels the future for which it waits: another task that it awaits, for
    one. So the coroutine is sent on from here, and the task waits for a future that is nobody
    else's. Where the cancellation is one of the task itself, it is handed on; where it is an
    interruption, the coroutine is broken off and the other task lives.

    Args:
        awaited: The coroutine.
        is_interruption: Returns whether a cancellation that has come is only an interruption.
    """
    thrown: BaseException | None = None
    while True:
        try:
            future: object = awaited.send(None) if thrown is None else awaited.throw(thrown)
        except StopIteration:
            return
        finally:
            # Its traceback holds this frame.
            thrown = None
        try:
            if _is_of_this_event_loop(future):
                yield from _wait(future, is_interruption)
            else:
                # A turn of the event loop; or what a task refuses, with a message of its own.
                yield future
        except BaseException as error:  # noqa: BLE001 -- all of them are the coroutine's
            thrown = error


def _is_of_this_event_loop(future: object) -> TypeGuard[asyncio.Future[object]]:
    return isinstance(future, asyncio.Future) and future.get_loop() is asyncio.get_running_loop()


def _wait(
    future: asyncio.Future[object], is_interruption: Callable[[], bool]
) -> Generator[object, None, None]:
    """Wait until a future is done, whose awaiting coroutine will ask for its result.

    Raises:
        asyncio.CancelledError: The coroutine is to be broken off.
    """
    # asyncio's way to tell `await future` from `yield future`; now it is this function that waits.
    future._asyncio_future_blocking = False  # noqa: SLF001 -- see above
    while not future.done():
        own = future.get_loop().create_future()

        def wake(_: asyncio.Future[object], own: asyncio.Future[None] = own) -> None:
            if not own.done():
                own.set_result(None)

        future.add_done_callback(wake)
        try:
            yield from own
        except asyncio.CancelledError as error:
            if (is_interruption() and not _is_gathered(future)) or not future.cancel(*error.args):
                raise
        finally:
            future.remove_done_callback(wake)


def _is_gathered(future: object) -> bool:
    """Return whether cancelling a future cancels what was made for it, and is nobody else's.

    That is what ``asyncio.gather`` returns: neither a task nor a plain future.
    """
    return not isinstance(future, asyncio.Task) and type(future) is not asyncio.Future
