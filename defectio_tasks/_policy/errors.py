"""Which exceptions a loop meets with another attempt."""

from __future__ import annotations

import asyncio
from functools import cache
from typing import Final, NamedTuple


class RetriedExceptions(NamedTuple):
    """A set of exception types, of which the host's are named only when they are needed."""

    types: tuple[type[BaseException], ...]
    with_host: bool
    """Whether those of the host and its HTTP library belong to it."""

    def includes(self, error: BaseException) -> bool:
        """Return whether an exception is of one of the types; this may import the host."""
        return isinstance(error, self.types) or (
            self.with_host and isinstance(error, connection_errors())
        )

    def resolve(self) -> tuple[type[BaseException], ...]:
        """Name all the types; this imports the host."""
        return self.types + connection_errors() if self.with_host else self.types

    def including(self, exceptions: tuple[object, ...]) -> RetriedExceptions:
        """Add types.

        Raises:
            TypeError: Something isn't an exception class.
        """
        added: list[type[BaseException]] = []
        for index, exception in enumerate(exceptions):
            if not (isinstance(exception, type) and issubclass(exception, BaseException)):
                message = f"`exceptions[{index}]` must be an exception class, got {exception!r}"
                raise TypeError(message)
            added.append(exception)
        return RetriedExceptions((*self.types, *added), self.with_host)

    def without(self, exceptions: tuple[type[BaseException], ...]) -> RetriedExceptions:
        """Remove types; those that aren't there don't matter."""
        kept = tuple(known for known in self.resolve() if known not in exceptions)
        return RetriedExceptions(kept, with_host=False)


@cache
def connection_errors() -> tuple[type[Exception], ...]:
    """Name what the host raises when the network is gone; the first time, import the host."""
    # Not at the top: importing this package must not import the host.
    from defectio_tasks._policy.host import CONNECTION_ERRORS  # noqa: PLC0415

    return CONNECTION_ERRORS


RETRIED_BY_DEFAULT: Final = RetriedExceptions((OSError, asyncio.TimeoutError), with_host=True)
