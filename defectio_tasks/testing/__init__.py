"""Time in the hands of a test: days of a loop in milliseconds.

A :class:`VirtualClock` is a clock that an event loop lives by: monotonic time and a wall clock, in
step. Nobody waits for it. Time passes only when nothing else can run, and then it leaps to the next
timer; or when the test says so.

With pytest and pytest-asyncio, an async test that asks for the fixture ``virtual_clock`` runs by
it. Without them, :meth:`VirtualClock.run` runs a coroutine.

- ``_clock``: ``VirtualClock``, what a test holds.
- ``_event_loop``: the event loop whose time leaps; ``_waiting`` says what everything waits for,
  when nothing can happen any more.
- ``pytest_plugin``: the fixture.
"""

from defectio_tasks.testing._clock import VirtualClock
from defectio_tasks.testing._event_loop import VirtualTimeError

__all__ = ("VirtualClock", "VirtualTimeError")
