"""Hooks: which functions may be one, and what it is called with (contract T3, L15)."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Coroutine
from typing import Any, Literal, NamedTuple, TypeAlias

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
    """Check that something is a coroutine function.

    Raises:
        TypeError: It isn't.
    """
    if callable(function) and inspect.iscoroutinefunction(function):
        return function
    message = f"`{parameter}` must be a coroutine function (`async def`), got {describe(function)}"
    raise TypeError(message)


def describe(value: object) -> str:
    """Say in a message what came instead of a coroutine function."""
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
    """Tell a function's qualified name; objects that stand for a function may have none."""
    name = getattr(function, "__qualname__", None)
    return name if isinstance(name, str) else repr(function)


def _has_first_parameter(callback: Callable[..., object]) -> bool:
    """Tell whether there can be a first argument that a hook could be called with."""
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
        return inspect.signature(function)
    except ValueError:
        # A partial with arguments that its function doesn't take has none.
        return None
