"""What a loop is set to: one frozen value, which a loop and its bound copies share."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Generic, Literal, NamedTuple, TypeAlias, TypeVar

from defectio_tasks._policy.errors import RETRIED_BY_DEFAULT, RetriedExceptions
from defectio_tasks._policy.policy import Policy
from defectio_tasks._schedules.interval import Timing
from defectio_tasks.ledgers._ledger import Ledger

R_co = TypeVar("R_co", covariant=True)

# The `Any`s are what every coroutine of an `async def` has for what it yields and is sent.
HookCoroutine: TypeAlias = Coroutine[Any, Any, object]
HookName: TypeAlias = Literal["before_loop", "after_loop", "error"]


class Hook(NamedTuple):
    """A registered hook."""

    function: Callable[..., HookCoroutine]
    fits_plain: bool
    """Whether it can be called without the body's first argument."""
    fits_self: bool
    """Whether it can be called with it."""
    on_unbound: bool
    """Whether it was registered on a loop that isn't bound to an instance."""

    def call(self, arguments: tuple[object, ...], *error: Exception, bound: bool) -> HookCoroutine:
        """Call the hook.

        Args:
            arguments: The body's positional arguments; a hook is called with the first at most.
            error: What the ``error`` hook is told.
            bound: Whether the first argument is the instance to which the loop is bound.

        Returns:
            The hook's coroutine.
        """
        # A hook of a class gets its instance whenever it can take it, as a method would.
        wants_self = self.fits_self and ((bound and self.on_unbound) or not self.fits_plain)
        return self.function(*(arguments[:1] if wants_self else ()), *error)


class Settings(NamedTuple, Generic[R_co]):
    """All that a loop is set to."""

    callback: Callable[..., Coroutine[Any, Any, R_co]]
    """The decorated function; of a loop in a class, it takes the instance first."""
    name: str
    timing: Timing
    iterations: int | None
    """After how many the loop ends."""
    reconnect: bool
    event_loop: asyncio.AbstractEventLoop | None
    retried: RetriedExceptions = RETRIED_BY_DEFAULT
    before_loop: Hook | None = None
    after_loop: Hook | None = None
    error: Hook | None = None
    arity: int | None = None
    """How many arguments the function takes, all by position; ``None`` if that isn't all."""
    decorated: Callable[..., Coroutine[Any, Any, R_co]] | None = None
    """The function that was decorated, where another one was assigned since."""
    wait_first: bool = False
    """Whether the first slot of an interval is one interval after the start."""
    policy: Policy | None = None
    """What becomes of missed slots, slow bodies and failures."""
    ledger: Ledger | None = None
    """Where each slot is claimed before its iteration."""

    def hook(self, name: HookName) -> Hook | None:
        """Return the hook of a name."""
        if name == "error":
            return self.error
        return self.before_loop if name == "before_loop" else self.after_loop

    def with_hook(self, name: HookName, hook: Hook | None) -> Settings[R_co]:
        """Return the same settings with another hook, or without it."""
        if name == "error":
            return self._replace(error=hook)
        if name == "before_loop":
            return self._replace(before_loop=hook)
        return self._replace(after_loop=hook)
