"""Zones of a user's own making."""

from __future__ import annotations

from datetime import datetime, timedelta, tzinfo


class OwnZone(tzinfo):
    """A zone that isn't from the standard library; it counts how often it is asked."""

    def __init__(
        self, offset: timedelta | None = timedelta(hours=1), name: str = "Own/Zone"
    ) -> None:
        """Take what to tell: a fixed offset, or none at all."""
        self.offset = offset
        self.name = name
        self.asked = 0

    def utcoffset(self, _: datetime | None, /) -> timedelta | None:
        """Tell the offset."""
        self.asked += 1
        return self.offset

    def dst(self, _: datetime | None, /) -> timedelta | None:
        """Tell nothing."""
        return None

    def tzname(self, _: datetime | None, /) -> str:
        """Tell the name."""
        return self.name

    def __str__(self) -> str:
        """Tell the name."""
        return self.name

    def __repr__(self) -> str:
        """Say something that a message can be searched for."""
        return f"OwnZone({self.name!r})"
