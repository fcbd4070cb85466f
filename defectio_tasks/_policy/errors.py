"""Which exceptions a loop meets with another attempt."""

from __future__ import annotations

import asyncio
import sys
from typing import Final, NamedTuple, TypeGuard

FILE_ERRORS: Final = (
    FileNotFoundError,
    PermissionError,
    IsADirectoryError,
    NotADirectoryError,
    FileExistsError,
)
"""Each is an ``OSError``, but no network comes back from a wrong path."""

# Those that say that the connection is gone, or couldn't be made. Discord's are those that its own
# loops retry, and so it is in its forks. `HTTPException` and what else tells a status isn't among
# them: a server answered, and most often it answers the same again. Nor is what only the bot itself
# can cure, as a wrong token (stoat's `AuthenticationError`) or a second `close`
# (`ShardClosedError`). Of revolt.py there is nothing to name: it lets aiohttp's errors through, and
# its own are answers of the server.
_CONNECTION_ERRORS: Final = (
    ("aiohttp", "ClientError"),
    ("defectio", "GatewayNotFound"),
    ("stoat", "ConnectError"),
    # What stoat makes of aiohttp's `WSServerHandshakeError`, which is a `ClientError`.
    ("stoat", "WebSocketConnectionFailure"),
    *(
        (library, name)
        for library in ("discord", "disnake", "nextcord")
        for name in ("ConnectionClosed", "GatewayNotFound")
    ),
)


class RetriedExceptions(NamedTuple):
    """A set of exception types, of which those of libraries are looked up when they are needed."""

    types: tuple[type[BaseException], ...]
    """Those that belong to it with all their subclasses."""
    os_errors: bool
    """Whether ``OSError`` belongs to it, but for those about files."""
    connection_errors: bool
    """Whether those of the libraries that are imported belong to it, but for the removed ones."""
    removed: tuple[type[BaseException], ...] = ()
    """What was removed, whether or not its library was imported by then."""

    def includes(self, error: BaseException) -> bool:
        """Return whether an exception is of one of the types, or a group of nothing else."""
        if isinstance(error, self.types):
            return True
        if self.os_errors and isinstance(error, OSError) and not isinstance(error, FILE_ERRORS):
            return True
        if isinstance(error, self._connection_errors()):
            return True
        return is_group(error) and all(map(self.includes, error.exceptions))

    def resolve(self) -> tuple[type[BaseException], ...]:
        """Name all the types."""
        os_errors = (OSError,) if self.os_errors else ()
        return (*self.types, *os_errors, *self._connection_errors())

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
        return self._replace(types=(*self.types, *added))

    def without(self, exceptions: tuple[type[BaseException], ...]) -> RetriedExceptions:
        """Remove types; those that aren't there don't matter."""
        return self._replace(
            types=tuple(known for known in self.types if known not in exceptions),
            os_errors=self.os_errors and OSError not in exceptions,
            # Remembered by the class, since it may come up under another name: nextcord's classes
            # are discord's, too, once somebody imports its `discord`.
            removed=self.removed + tuple(new for new in exceptions if new not in self.removed),
        )

    def _connection_errors(self) -> tuple[type[BaseException], ...]:
        if not self.connection_errors:
            return ()
        return tuple(found for found in find_connection_errors() if found not in self.removed)


def is_group(error: BaseException) -> TypeGuard[BaseExceptionGroup[BaseException]]:
    """Return whether an exception is a group of exceptions."""
    return isinstance(error, BaseExceptionGroup)


def find_connection_errors() -> list[type[BaseException]]:
    """Find what says that the connection is gone among the modules that are imported already.

    Only they can raise it, and an import would hold up the event loop.
    """
    found: list[type[BaseException]] = []
    for library, name in _CONNECTION_ERRORS:
        try:
            # Not `getattr`, by which a module may import what it lacks, or itself if it is lazy.
            names = object.__getattribute__(sys.modules.get(library), "__dict__")
        except AttributeError:
            continue
        # A module that is being imported may lack it, and a stand-in may have anything there.
        error = names.get(name)
        if isinstance(error, type) and issubclass(error, BaseException):
            found.append(error)
    return found


RETRIED_BY_DEFAULT: Final = RetriedExceptions(
    (asyncio.TimeoutError,), os_errors=True, connection_errors=True
)
NOTHING_RETRIED: Final = RetriedExceptions((), os_errors=False, connection_errors=False)
