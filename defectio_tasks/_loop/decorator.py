"""``loop``: the decorator."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterable
from datetime import time as datetime_time
from typing import Any, Literal, Protocol, TypeVar, overload

from typing_extensions import ParamSpec

from defectio_tasks._loop.arguments import parse_keywords, settle
from defectio_tasks._loop.loop import Loop, make_loop
from defectio_tasks._policy.policy import Policy
from defectio_tasks._schedules.dates import Dates
from defectio_tasks._schedules.schedule import Schedule
from defectio_tasks.ledgers._ledger import Ledger

P = ParamSpec("P")
R = TypeVar("R")


class LoopDecorator(Protocol):
    """What ``loop(...)`` returns: it makes a loop of a coroutine function."""

    def __call__(self, callback: Callable[P, Coroutine[Any, Any, R]], /) -> Loop[P, R]:
        """Make a loop.

        Args:
            callback: The coroutine function to run again and again.

        Raises:
            TypeError: It isn't a coroutine function.
        """
        ...


@overload
def loop(
    *,
    seconds: float | None = None,
    minutes: float | None = None,
    hours: float | None = None,
    time: None = None,
    on: None = None,
    schedule: None = None,
    count: int | None = None,
    reconnect: bool | None = True,
    name: str | None = None,
    loop: asyncio.AbstractEventLoop | None = None,
    wait_first: bool | None = False,
    policy: Policy | None = None,
    ledger: None = None,
) -> LoopDecorator: ...
@overload
def loop(
    *,
    seconds: Literal[0] | None = None,
    minutes: Literal[0] | None = None,
    hours: Literal[0] | None = None,
    time: datetime_time | Iterable[datetime_time],
    on: Dates | None = None,
    schedule: None = None,
    count: int | None = None,
    reconnect: bool | None = True,
    name: str | None = None,
    loop: asyncio.AbstractEventLoop | None = None,
    wait_first: Literal[False] | None = False,
    policy: Policy | None = None,
    ledger: Ledger | None = None,
) -> LoopDecorator: ...
@overload
def loop(
    *,
    seconds: Literal[0] | None = None,
    minutes: Literal[0] | None = None,
    hours: Literal[0] | None = None,
    time: None = None,
    on: None = None,
    schedule: Schedule,
    count: int | None = None,
    reconnect: bool | None = True,
    name: str | None = None,
    loop: asyncio.AbstractEventLoop | None = None,
    wait_first: Literal[False] | None = False,
    policy: Policy | None = None,
    ledger: Ledger | None = None,
) -> LoopDecorator: ...
def loop(  # noqa: D417, PLR0913 -- `misplaced` and `unknown` are traps; the others are the API
    *misplaced: object,
    seconds: float | None = None,
    minutes: float | None = None,
    hours: float | None = None,
    time: datetime_time | Iterable[datetime_time] | None = None,
    on: Dates | None = None,
    schedule: Schedule | None = None,
    count: int | None = None,
    reconnect: bool | None = True,
    name: str | None = None,
    loop: asyncio.AbstractEventLoop | None = None,
    wait_first: bool | None = False,
    policy: Policy | None = None,
    ledger: Ledger | None = None,
    **unknown: object,
) -> LoopDecorator:
    """Run a coroutine function again and again in the background.

    When it runs is an interval, or wall times, or a schedule; these exclude one another. Without
    any, it runs again and again with just a turn of the event loop between. ``None`` for any
    parameter is the same as leaving it out.

    Args:
        seconds: The seconds between two iterations. The first comes at once; each is due a whole
            number of intervals after it, whatever the function takes.
        minutes: The minutes between two iterations, added to the seconds.
        hours: The hours between two iterations, added to the seconds.
        time: The wall times to run at, each in its own zone (use ``zoneinfo.ZoneInfo``); one
            without a zone is in UTC. Duplicates count once. See :class:`DailySchedule`.
        on: The dates on which the times count, by the calendar of each time's zone: a container of
            dates, such as :class:`Weekdays`, or a function that answers for one. It is asked anew
            for each slot. ``None`` is all dates.
        schedule: Any object that tells the slots. See :class:`Schedule`.
        count: After how many successful iterations the loop ends by itself.
        reconnect: Whether an iteration that fails because the network or the server is gone (see
            :meth:`Loop.add_exception_type`) is tried again, after an exponential back-off with
            full jitter of at most 1,024 seconds.
        name: The name of the task. If not given, the function's qualified name.
        loop: The event loop to start in. If not given, the one that is running or current when
            the loop is started.
        wait_first: Whether the first iteration comes one interval after ``before_loop``, and not at
            once. Times and schedules wait anyway.
        policy: What becomes of missed slots, slow bodies and failures. See :class:`Policy`.
        ledger: Where each slot is claimed before its iteration, so that it is run once after
            restarts, too, and in one of several processes. It goes with a ``name`` and with times
            or a schedule. See :mod:`defectio_tasks.ledgers`.

    Returns:
        A decorator that makes a :class:`Loop` of a coroutine function.

    Raises:
        TypeError: Something is of a wrong kind, or more than one of interval, ``time`` and
            ``schedule`` was passed, or a ledger without a name or with an interval; or, from the
            decorator, the function isn't a coroutine function.
        ValueError: The interval is negative or not finite, the times can't be used, the count is
            below 1, or the policy has ``overlap`` and the interval is 0.

    Example:
        >>> from datetime import time
        >>> from zoneinfo import ZoneInfo
        >>> import defectio_tasks as tasks
        >>> at = time(8, 30, tzinfo=ZoneInfo("Europe/London"))
        >>> @tasks.loop(time=at, on=tasks.Weekdays("mon-fri"))
        ... async def good_morning() -> None:
        ...     print("good morning, London")
        >>> good_morning.time
        [datetime.time(8, 30, tzinfo=zoneinfo.ZoneInfo(key='Europe/London'))]
    """
    keywords = parse_keywords(
        "loop",
        misplaced,
        unknown,
        seconds=seconds,
        minutes=minutes,
        hours=hours,
        time=time,
        on=on,
        schedule=schedule,
        count=count,
        reconnect=reconnect,
        name=name,
        loop=loop,
        wait_first=wait_first,
        policy=policy,
        ledger=ledger,
    )

    def decorate(callback: Callable[P, Coroutine[Any, Any, R]], /) -> Loop[P, R]:
        kind: type[Loop[P, R]] = Loop
        return make_loop(kind, settle(callback, keywords))

    return decorate
