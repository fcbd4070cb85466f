"""``upcoming``: when a schedule or a loop is due next."""

# pyright: reportPrivateUsage=false
# It looks into loops, so that nobody else has to.

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import UTC, datetime, timedelta

from defectio_tasks._loop.loop import Loop
from defectio_tasks._schedules.arguments import (
    parse_aware,
    parse_number_of_slots,
    parse_part,
)
from defectio_tasks._schedules.interval import Interval
from defectio_tasks._schedules.schedule import Schedule
from defectio_tasks._schedules.upcoming import slots_after
from defectio_tasks._slots.interval import IntervalSlots
from defectio_tasks._slots.judged import plain
from defectio_tasks._time.wall_clock import wall_clock_of


def upcoming(
    schedule_or_loop: Schedule | Loop[..., object], *, after: datetime | None = None, n: int = 5
) -> list[datetime]:
    """Return the next slots of a schedule or a loop.

    A loop with wall-clock times or a schedule gives those of its schedule. One with an interval
    gives those of its run, if it is running; otherwise, those that it would have if it were started
    then, the first of them at once or, with ``wait_first``, an interval later. How many iterations
    ``count`` leaves doesn't matter, unless it leaves none.

    Args:
        schedule_or_loop: The schedule, or the loop.
        after: The moment after which the slots come, aware, in any zone; ``None`` for now.
        n: How many slots are wanted; at least 1.

    Returns:
        The slots as aware datetimes in UTC, in order. Fewer than wanted where there are no more, or
        none before datetime's range ends.

    Raises:
        TypeError: Something is of a wrong kind, or a schedule answered with something that isn't a
            datetime.
        ValueError: ``after`` is naive, or ``n`` is below 1, or a schedule answered with a naive
            datetime, or one that isn't later.

    Example:
        >>> from datetime import datetime, time, timezone
        >>> import defectio_tasks as tasks
        >>> @tasks.loop(time=[time(8), time(20)])
        ... async def remind() -> None: ...
        >>> for slot in upcoming(remind, after=datetime(2026, 3, 29, 12, tzinfo=timezone.utc), n=2):
        ...     print(slot)
        2026-03-29 20:00:00+00:00
        2026-03-30 08:00:00+00:00
    """
    n = parse_number_of_slots(n)
    moment = None if after is None else parse_aware(after, "after")
    if not isinstance(schedule_or_loop, Loop):
        schedule = parse_part(schedule_or_loop, "schedule_or_loop")
        return slots_after(schedule, moment or utc_now(), n)
    timing = schedule_or_loop._settings.timing
    if isinstance(timing, Interval):
        return _slots_of_interval(schedule_or_loop, timing.total, moment, n)
    return slots_after(timing, moment or utc_now(), n)


def _slots_of_interval(
    loop: Loop[..., object], interval: float, after: datetime | None, n: int
) -> list[datetime]:
    run = loop._current_run()
    wait = timedelta(seconds=interval if loop._settings.wait_first else 0)
    if run is None:
        return _grid((after or utc_now()) + wait, interval, n)
    if run.next_iteration() is None:
        return []
    now, slots = run.timers.utc_now(), plain(run.slots)
    moment = max(after or now, now)
    if not isinstance(slots, IntervalSlots):
        # It has not begun, or has an interval of 0.
        return _grid(moment + wait, interval, n)
    # While a body is at work for long, that is in the past.
    first = now + timedelta(seconds=slots.next_moment() - run.timers.now())
    return _grid(first, interval, n, moment)


def _grid(
    first: datetime, interval: float, n: int, after: datetime | None = None
) -> list[datetime]:
    """Return the next slots of a grid: after a moment, or from the first on."""
    index = 0
    if after is not None:
        index = max(int((after - first).total_seconds() / interval), 0)
    slots: list[datetime] = []
    # Those outside of datetime's range are left out.
    with suppress(OverflowError):
        while len(slots) < n:
            slot = first + timedelta(seconds=index * interval)
            if after is None or slot > after:
                slots.append(slot)
            index += 1
    return slots


def utc_now() -> datetime:
    """Return the present moment, in UTC: by the clock of the event loop that runs, if one does."""
    event_loop: asyncio.AbstractEventLoop | None = None
    with suppress(RuntimeError):
        event_loop = asyncio.get_running_loop()
    return datetime.fromtimestamp(wall_clock_of(event_loop)(), UTC)
