"""What happens to loops, as values: ``Event`` is one of them.

Making these classes takes a third of the package's import, so it waits until somebody looks; and so
this room can know what a loop is, though it lies below it.

Example:
    >>> from typing import assert_never
    >>> import defectio_tasks as tasks
    >>> def describe(event: tasks.Event) -> str:
    ...     match event:
    ...         case tasks.Started(slot=slot):
    ...             return f"starts for {slot}"
    ...         case tasks.Retrying(error=error, attempt=attempt):
    ...             return f"attempt {attempt} failed: {error!r}"
    ...         case tasks.Finished(took=took):
    ...             return f"took {took}"
    ...         case tasks.Skipped(count=count, reason=reason):
    ...             return f"skipped {count}: {reason}"
    ...         case tasks.Ended(ending=ending):
    ...             return ending
    ...         case _:
    ...             assert_never(event)
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, TypeAlias

from defectio_tasks._events.endings import Ending
from defectio_tasks._loop.loop import Loop

Reason: TypeAlias = Literal["late", "busy", "paused", "claimed", "unclaimed"]
"""Why slots were skipped."""


@dataclass(frozen=True, slots=True)
class Started:
    """An iteration begins.

    Example:
        >>> import asyncio
        >>> import defectio_tasks as tasks
        >>> @tasks.loop(seconds=1, count=1)
        ... async def tick() -> None: ...
        >>> def watch(event: tasks.Event) -> None:
        ...     if isinstance(event, tasks.Started):
        ...         print(f"{event.loop.name} starts, late by {event.late.total_seconds():.0f} s")
        >>> async def main() -> None:
        ...     unobserve = tasks.observe(watch)
        ...     await tick.start()
        ...     unobserve()
        >>> asyncio.run(main())
        tick starts, late by 0 s
    """

    loop: Loop[..., object]
    """The loop."""
    slot: datetime
    """When the iteration was due, in UTC; of an interval, by the wall clock."""
    late: timedelta
    """How long after that it begins."""


@dataclass(frozen=True, slots=True)
class Retrying:
    """An attempt at an iteration failed, and there will be another.

    Example:
        >>> from datetime import datetime, timedelta, timezone
        >>> import defectio_tasks as tasks
        >>> @tasks.loop()
        ... async def tick() -> None: ...
        >>> due = datetime(2026, 3, 29, 8, 30, tzinfo=timezone.utc)
        >>> event = tasks.Retrying(tick, due, OSError("no route"), 2, timedelta(seconds=3))
        >>> f"attempt {event.attempt} failed, the next is in {event.delay.total_seconds():.0f} s"
        'attempt 2 failed, the next is in 3 s'
    """

    loop: Loop[..., object]
    """The loop."""
    slot: datetime
    """When the iteration was due, in UTC."""
    error: BaseException
    """What the attempt raised."""
    attempt: int
    """Which attempt in a row failed, from 1."""
    delay: timedelta
    """How long the loop waits before the next."""


@dataclass(frozen=True, slots=True)
class Finished:
    """An iteration is over: each that started finishes once.

    Example:
        >>> from datetime import datetime, timedelta, timezone
        >>> import defectio_tasks as tasks
        >>> @tasks.loop()
        ... async def tick() -> None: ...
        >>> due = datetime(2026, 3, 29, 8, 30, tzinfo=timezone.utc)
        >>> event = tasks.Finished(tick, due, took=timedelta(seconds=2), error=None)
        >>> "failed" if event.error else "succeeded"
        'succeeded'
    """

    loop: Loop[..., object]
    """The loop."""
    slot: datetime
    """When the iteration was due, in UTC."""
    took: timedelta
    """How long it took, its retries and the waits between them included."""
    error: BaseException | None
    """What it raised at last, an ``asyncio.CancelledError`` included; ``None`` for a success."""


@dataclass(frozen=True, slots=True)
class Skipped:
    """Slots in a row get no iteration.

    Example:
        >>> from datetime import datetime, timezone
        >>> import defectio_tasks as tasks
        >>> @tasks.loop(minutes=1)
        ... async def tick() -> None: ...
        >>> first = datetime(2026, 3, 29, 8, 30, tzinfo=timezone.utc)
        >>> event = tasks.Skipped(tick, first, 9, "busy")
        >>> f"{event.count} from {event.first:%H:%M} on"
        '9 from 08:30 on'
    """

    loop: Loop[..., object]
    """The loop."""
    first: datetime
    """When the first of them was due, in UTC."""
    count: int
    """How many there are."""
    reason: Reason
    """``"busy"`` when they came during the iteration before; ``"late"`` when the event loop was
    blocked, the machine slept, or the clock was set. The others are for what is to come."""


@dataclass(frozen=True, slots=True)
class Ended:
    """A run of a loop is over, its ``after_loop`` included.

    Example:
        >>> import defectio_tasks as tasks
        >>> @tasks.loop()
        ... async def tick() -> None: ...
        >>> tasks.Ended(tick, "failed", LookupError("who?")).ending
        'failed'
    """

    loop: Loop[..., object]
    """The loop."""
    ending: Ending
    """How it ended; see ``Loop.ending``."""
    error: BaseException | None
    """What it failed of; ``None`` for the other endings."""


Event: TypeAlias = Started | Retrying | Finished | Skipped | Ended
"""What happens to a loop: one of five, to be told apart by ``match``."""
