"""As much of stoat.py's as a page shows."""


class Gear:
    """The base of what can be loaded."""


class Bot:
    """A bot."""

    async def add_gear(self, gear: Gear, /) -> None:
        """Load one."""
