"""What a loop does besides its function: hooks, and what it does about exceptions."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Concatenate, overload

from defectio_tasks._loop.definition import Definition, P, R
from defectio_tasks._loop.typing import (
    C,
    H,
    PlainErrorHook,
    PlainHook,
    Q,
    S,
    SelfErrorHook,
    SelfHook,
    TakesInstance,
)
from defectio_tasks._policy.errors import RetriedExceptions
from defectio_tasks._run.hook import Hook, HookCoroutine, HookName, parse_hook


class Reactions(Definition[P, R]):
    """The part of a loop that says what to do before, after, and about exceptions.

    A method of the decorated function's class is told from others by ``self: Callable[...]``: a
    loop is such a callable, and all type checkers follow that way (contract T6).
    """

    if TYPE_CHECKING:

        @property  # What the function takes first; see `TakesInstance`.
        def _instance_type(self: Callable[Concatenate[S, Q], HookCoroutine]) -> S: ...  # pyright: ignore[reportGeneralTypeIssues, reportReturnType]

    @overload
    def before_loop(self, coro: PlainHook) -> PlainHook: ...
    @overload
    def before_loop(
        self: TakesInstance[S, Q], coro: SelfHook[S, H, C]
    ) -> Callable[Concatenate[S, H], C]: ...
    @overload  # To mypy, a hook with **kwargs is no `SelfHook`: one of them could be its `self`.
    def before_loop(self: TakesInstance[S, Q], coro: Callable[[S], C]) -> Callable[[S], C]: ...
    def before_loop(self, coro: Callable[..., HookCoroutine]) -> Callable[..., HookCoroutine]:
        """Register a coroutine function to be called before the first iteration.

        Wait in it for what the loop needs, such as ``await client.wait_until_ready()``. Where it
        fails, the loop fails.

        Args:
            coro: A coroutine function without parameters, except ``self`` in a class.

        Returns:
            The function.

        Raises:
            TypeError: It isn't a coroutine function, or has other parameters.
        """
        hook = self._hook(coro, "before_loop")
        self._apply(self._settings._replace(before_loop=hook))
        return coro

    @overload
    def after_loop(self, coro: PlainHook) -> PlainHook: ...
    @overload
    def after_loop(
        self: TakesInstance[S, Q], coro: SelfHook[S, H, C]
    ) -> Callable[Concatenate[S, H], C]: ...
    @overload  # To mypy, a hook with **kwargs is no `SelfHook`: one of them could be its `self`.
    def after_loop(self: TakesInstance[S, Q], coro: Callable[[S], C]) -> Callable[[S], C]: ...
    def after_loop(self, coro: Callable[..., HookCoroutine]) -> Callable[..., HookCoroutine]:
        """Register a coroutine function to be called when the loop has ended, however it did.

        To tell a cancellation from other ends, ask :meth:`is_being_cancelled`; to tell a failure,
        :meth:`failed`.

        Args:
            coro: A coroutine function without parameters, except ``self`` in a class.

        Returns:
            The function.

        Raises:
            TypeError: It isn't a coroutine function, or has other parameters.
        """
        hook = self._hook(coro, "after_loop")
        self._apply(self._settings._replace(after_loop=hook))
        return coro

    @overload
    def error(self: TakesInstance[S, Q], coro: SelfErrorHook[S, H, C]) -> Callable[H, C]: ...
    @overload
    def error(self, coro: PlainErrorHook) -> PlainErrorHook: ...
    def error(self, coro: Callable[..., HookCoroutine]) -> Callable[..., HookCoroutine]:
        """Register a coroutine function to be called with the exception that ends the loop.

        Without it, the traceback goes to ``sys.stderr``.

        Args:
            coro: A coroutine function with one parameter for the exception, after ``self`` in a
                class.

        Returns:
            The function.

        Raises:
            TypeError: It isn't a coroutine function, or has other parameters.
        """
        hook = self._hook(coro, "error")
        self._apply(self._settings._replace(error=hook))
        return coro

    def add_exception_type(self, *exceptions: type[BaseException]) -> None:
        """Add exception types after which an iteration is tried again.

        At first these are ``OSError``, ``asyncio.TimeoutError``, ``aiohttp.ClientError`` and
        ``defectio.GatewayNotFound``.

        Args:
            *exceptions: The exception classes.

        Raises:
            TypeError: One of them isn't an exception class; then none is added.
        """
        retried = self._settings.retried.including(exceptions)
        self._apply(self._settings._replace(retried=retried))

    def remove_exception_type(self, *exceptions: type[BaseException]) -> bool:
        """Remove exception types, so that they are failures.

        A type that is left takes its subclasses along: ``TimeoutError`` is an ``OSError``.

        Args:
            *exceptions: The exception classes.

        Returns:
            Whether all of them were there.
        """
        retried = self._settings.retried
        self._apply(self._settings._replace(retried=retried.without(exceptions)))
        known = retried.resolve()
        return all(exception in known for exception in exceptions)

    def clear_exception_types(self) -> None:
        """Remove all exception types: whatever the body raises is a failure."""
        self._apply(self._settings._replace(retried=RetriedExceptions((), with_host=False)))

    def _hook(self, function: object, name: HookName) -> Hook:
        callback = self._settings.callback
        return parse_hook(function, name, callback, on_unbound=self._instance is None)
