"""As much of discord.py's as a page shows."""

from collections.abc import Callable
from typing import Generic, TypeVar

F = TypeVar("F")
BotT_co = TypeVar("BotT_co", bound="Bot", covariant=True)


class Bot:
    """A bot."""

    async def wait_until_ready(self) -> None:
        """Wait until it is connected."""

    async def is_owner(self, user: object, /) -> bool:
        """Return whether somebody owns it."""
        return user is None


class Context(Generic[BotT_co]):
    """Where a command was given."""

    bot: BotT_co
    author: object

    async def send(self, content: str, /) -> None:
        """Answer."""


class Cog:
    """The base of what can be loaded."""


def command() -> Callable[[F], F]:
    """Make a command of a function."""
    return lambda function: function
