"""What a user passes, checked: to ``loop``, ``change_interval`` and the hooks; all the messages."""

from __future__ import annotations

import asyncio
import functools
import inspect
import math
import sys
from collections.abc import Callable, Iterable
from datetime import time as datetime_time
from numbers import Number
from typing import SupportsFloat, TypeGuard

from defectio_tasks._run.settings import Hook, HookCoroutine, HookName
from defectio_tasks._schedules.daily import parse_daily
from defectio_tasks._schedules.interval import Timing, make_interval
from defectio_tasks._schedules.schedule import Schedule

if sys.version_info >= (3, 14):  # pragma: no cover -- only from Python 3.14 on
    import annotationlib

    # Annotations are evaluated when somebody asks for them. Nobody needs their values here, and
    # they may name what is defined further down, or imported for checkers alone.
    _signature_of = functools.partial(
        inspect.signature, annotation_format=annotationlib.Format.FORWARDREF
    )
else:  # pragma: no cover -- only before Python 3.14
    _signature_of = inspect.signature


def parse_timing(
    *,
    seconds: object,
    minutes: object,
    hours: object,
    time: datetime_time | Iterable[object] | None,
    schedule: Schedule | None,
) -> Timing:
    """Check when a loop is to run.

    Args:
        seconds: Part of an interval; ``None`` is 0.
        minutes: Part of an interval; ``None`` is 0.
        hours: Part of an interval; ``None`` is 0.
        time: Wall times, or ``None``.
        schedule: A schedule, or ``None``.

    Returns:
        The interval or the schedule.

    Raises:
        TypeError: Something is of a wrong kind, or more than one of the three ways was used.
        ValueError: The interval is negative or not finite, or the times can't be used.
    """
    interval = make_interval(
        _parse_number(seconds, "seconds"),
        _parse_number(minutes, "minutes"),
        _parse_number(hours, "hours"),
    )
    named = [name for name in ("seconds", "minutes", "hours") if getattr(interval, name) != 0]
    named += ["time"] * (time is not None) + ["schedule"] * (schedule is not None)
    if named[1:] and not {"time", "schedule"}.isdisjoint(named):
        listed = " and ".join(f"`{name}`" for name in named)
        message = f"an interval, `time` and `schedule` exclude one another, got {listed}"
        raise TypeError(message)
    if time is not None:
        return parse_daily(time, "time")
    if schedule is not None:
        return _parse_schedule(schedule)
    if not math.isfinite(interval.total):
        message = f"`seconds`, `minutes` and `hours` must have a finite sum, got {interval.total} s"
        raise ValueError(message)
    if interval.total < 0:
        message = (
            f"`seconds`, `minutes` and `hours` must not have a negative sum, got {interval.total} s"
        )
        raise ValueError(message)
    return interval


def parse_count(count: object) -> int | None:
    """Check after how many iterations a loop is to end.

    Raises:
        TypeError: It is neither an int nor ``None``.
        ValueError: It is below 1.
    """
    if count is None:
        return None
    if not isinstance(count, int) or isinstance(count, bool):
        message = f"`count` must be an int or None, got {count!r}"
        raise TypeError(message)
    if count < 1:
        message = f"`count` must be at least 1, got {count}"
        raise ValueError(message)
    return count


def parse_reconnect(reconnect: object) -> bool:
    """Check whether iterations are to be retried; ``None`` is yes.

    Raises:
        TypeError: It is neither a bool nor ``None``.
    """
    if reconnect is None:
        return True
    if not isinstance(reconnect, bool):
        message = f"`reconnect` must be a bool, got {reconnect!r}"
        raise TypeError(message)
    return reconnect


def parse_name(name: object) -> str | None:
    """Check a name.

    Raises:
        TypeError: It is neither a string nor ``None``.
    """
    if name is not None and not isinstance(name, str):
        message = f"`name` must be a str or None, got {name!r}"
        raise TypeError(message)
    return name


def parse_event_loop(loop: object) -> asyncio.AbstractEventLoop | None:
    """Check an event loop.

    Raises:
        TypeError: It is neither an event loop nor ``None``.
    """
    if loop is not None and not isinstance(loop, asyncio.AbstractEventLoop):
        message = f"`loop` must be an event loop or None, got {loop!r}"
        raise TypeError(message)
    return loop


def parse_hook(
    function: object, name: HookName, callback: Callable[..., object], *, on_unbound: bool
) -> Hook:
    """Check a function that a user registers as a hook.

    Args:
        function: What the user passed.
        name: Which hook it is to be.
        callback: The loop's function.
        on_unbound: Whether the loop isn't bound to an instance.

    Returns:
        The hook.

    Raises:
        TypeError: It isn't a coroutine function, or needs other arguments than a hook gets.
    """
    if isinstance(function, staticmethod):
        # In the body of a class, `@tick.error` may stand above `@staticmethod`.
        function = function.__wrapped__
    checked = parse_coroutine_function(function, name)
    told = 1 if name == "error" else 0
    fits_plain = _fits(checked, told)
    fits_self = _fits(checked, told + 1) and _has_first_parameter(callback)
    if not (fits_plain or fits_self):
        takes = "the exception, or `self` and the exception" if told else "nothing, or just `self`"
        message = f"`{name}` must take {takes}, got {describe(function)}{_parameters(checked)}"
        raise TypeError(message)
    return Hook(checked, fits_plain, fits_self, on_unbound)


def parse_coroutine_function(function: object, parameter: str) -> Callable[..., HookCoroutine]:
    """Check that something is a coroutine function, and return it.

    Raises:
        TypeError: It isn't.
    """
    if callable(function) and inspect.iscoroutinefunction(function):
        return function
    message = f"`{parameter}` must be a coroutine function (`async def`), got {describe(function)}"
    raise TypeError(message)


def describe(value: object) -> str:
    """Return what a message says of a value that came instead of a coroutine function."""
    if inspect.isasyncgenfunction(value):
        kind = "the async generator function"
    elif inspect.isfunction(value):
        kind = "the function"
    elif inspect.isclass(value):
        kind = "the class"
    else:
        return f"{value!r} of type {type(value).__name__}"
    return f"{kind} {qualified_name(value)!r}"


def qualified_name(function: object) -> str:
    """Return a function's qualified name; objects that stand for a function may have none."""
    name = getattr(function, "__qualname__", None)
    return name if isinstance(name, str) else repr(function)


def _parse_number(value: object, parameter: str) -> float:
    if value is None:
        return 0.0
    if not _is_number(value):
        message = f"`{parameter}` must be a number, got {value!r}"
        raise TypeError(message)
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    except ValueError:
        # A decimal's signalling NaN.
        number = math.nan
    if not math.isfinite(number):
        message = f"`{parameter}` must be finite, got {number}"
        raise ValueError(message)
    # Of two zeros, the one that shows no sign.
    return number + 0.0


def _is_number(value: object) -> TypeGuard[SupportsFloat]:
    if isinstance(value, int | float):
        return not isinstance(value, bool)
    # That is what all numbers register with (Fraction, Decimal, NumPy's); the complex ones of them
    # have no float.
    return isinstance(value, Number) and isinstance(value, SupportsFloat)


def _parse_schedule(schedule: Schedule) -> Schedule:
    # A checker sees to it, but not everybody has one; and a class would pass for its instance.
    if isinstance(schedule, type) or not callable(getattr(schedule, "next_after", None)):
        message = f"`schedule` must be an object with a method `next_after`, got {schedule!r}"
        raise TypeError(message)
    return schedule


def _has_first_parameter(callback: Callable[..., object]) -> bool:
    """Return whether there can be a first argument that a hook could be called with."""
    signature = _signature(callback)
    return signature is not None and any(
        parameter.kind not in {parameter.KEYWORD_ONLY, parameter.VAR_KEYWORD}
        for parameter in signature.parameters.values()
    )


def _parameters(function: Callable[..., object]) -> str:
    signature = _signature(function)
    return "" if signature is None else f" with the parameters {signature}"


def _fits(function: Callable[..., object], arguments: int) -> bool:
    signature = _signature(function)
    if signature is None:
        return False
    try:
        signature.bind(*[None] * arguments)
    except TypeError:
        return False
    return True


def _signature(function: Callable[..., object]) -> inspect.Signature | None:
    try:
        return _signature_of(function)
    except ValueError:
        # A partial with arguments that its function doesn't take has none.
        return None
