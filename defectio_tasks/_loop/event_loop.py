"""Which event loop a loop starts in."""

from __future__ import annotations

import asyncio
from contextlib import suppress


def event_loop_of(subject: tuple[object, ...]) -> asyncio.AbstractEventLoop:
    """Return the event loop to start in: the one that runs, the instance's, or the current one.

    A bot starts its loops before ``client.run()``, and its client may have its own event loop.

    Args:
        subject: The instance to which the loop is bound, if it is.

    Raises:
        RuntimeError: There is none.
    """
    with suppress(RuntimeError):
        return asyncio.get_running_loop()
    for instance in subject:
        for name in ("loop", "bot.loop", "client.loop"):
            found: object = instance
            # Whatever a property of the user's own raises, there are other ways.
            with suppress(Exception):
                for part in name.split("."):
                    found = getattr(found, part)
                if isinstance(found, asyncio.AbstractEventLoop):
                    return found
    try:
        return asyncio.get_event_loop()
    except RuntimeError:
        message = (
            "there is no event loop to start in: start the loop in a coroutine, pass "
            "`loop=` to `loop(...)`, or call "
            "`asyncio.set_event_loop(asyncio.new_event_loop())` before"
        )
        raise RuntimeError(message) from None
