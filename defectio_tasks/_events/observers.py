"""Who observes, and whether anybody would hear of an event."""

from __future__ import annotations

from collections.abc import Callable
from inspect import getattr_static
from types import FunctionType, MethodType
from typing import TYPE_CHECKING, Final, TypeAlias

from defectio_tasks._events.logger import is_enabled

if TYPE_CHECKING:
    from defectio_tasks._events.events import Event

Observer: TypeAlias = "Callable[[Event], object]"

observers: Final[dict[object, Observer]] = {}
"""The users' observers; while there is none, iterations make no events."""


def observe(observer: Observer) -> Callable[[], None]:
    """Call a function with each event of all loops of the process, from now on.

    It is called in the task of the iteration, at once: a context variable that it sets at
    ``Started`` is seen by the body. It isn't awaited, and should be quick. What it raises is
    logged, and changes nothing else.

    Args:
        observer: Any callable that takes an event.

    Returns:
        A function that takes the observer back.

    Raises:
        TypeError: The observer isn't callable.

    Example:
        >>> import asyncio
        >>> import defectio_tasks as tasks
        >>> @tasks.loop(seconds=1, count=2)
        ... async def tick() -> None: ...
        >>> async def main() -> None:
        ...     unobserve = tasks.observe(lambda event: print(type(event).__name__))
        ...     await tick.start()
        ...     unobserve()
        >>> asyncio.run(main())
        Started
        Finished
        Started
        Finished
        Ended
    """
    _check_observer(observer)
    # The same observer may be there twice.
    key = object()
    observers[key] = _by_method(observer)

    def unobserve() -> None:
        observers.pop(key, None)

    return unobserve


def is_heard(level: int) -> bool:
    """Return whether anybody would be told of an event that the log has at a level."""
    return bool(observers) or is_enabled(level)


def _by_method(observer: Observer) -> Observer:
    """Return what to call: of an object its method, which takes two thirds of the time."""
    call: object = getattr_static(type(observer), "__call__")
    return MethodType(call, observer) if isinstance(call, FunctionType) else observer


def _check_observer(observer: object) -> None:
    if not callable(observer):
        message = f"`observer` must be callable, got {observer!r}"
        raise TypeError(message)
