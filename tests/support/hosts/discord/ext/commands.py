"""As much of discord.py's as a page shows."""


class Bot:
    """A bot."""

    async def wait_until_ready(self) -> None:
        """Wait until it is connected."""


class Cog:
    """The base of what can be loaded."""
