"""``At``: given moments. Pure."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from datetime import datetime

from typing_extensions import override

from defectio_tasks._schedules.arguments import parse_aware
from defectio_tasks._schedules.schedule import parse_moment
from defectio_tasks._schedules.shown import show_all, show_moment
from defectio_tasks._zones.instants import to_instant


@dataclass(frozen=True, slots=True, init=False, repr=False)
class At:
    """A schedule of given moments, each once; after the last one a loop ends by itself.

    Example:
        >>> from datetime import datetime, timezone
        >>> from zoneinfo import ZoneInfo
        >>> london = ZoneInfo("Europe/London")
        >>> party = datetime(2026, 3, 30, 8, 30, tzinfo=london)
        >>> schedule = At(party, datetime(2026, 3, 28, 20, tzinfo=london))
        >>> print(schedule.next_after(datetime(2026, 3, 29, tzinfo=timezone.utc)))
        2026-03-30 07:30:00+00:00
        >>> print(schedule.next_after(party))
        None
    """

    moments: tuple[datetime, ...]
    """The moments in UTC, in order, each once."""

    def __init__(self, *moments: datetime) -> None:
        """Check the moments.

        Args:
            *moments: Aware datetimes in any zones, in any order. Equal instants count once.

        Raises:
            TypeError: One of them isn't a datetime.
            ValueError: There is none, or one is naive, or in UTC outside datetime's range.
        """
        if not moments:
            message = (
                "`moments` must have at least one moment, got none "
                "(write `*` before an iterable of them, which may not be empty)"
            )
            raise ValueError(message)
        parsed = {parse_aware(moment, f"moments[{index}]") for index, moment in enumerate(moments)}
        object.__setattr__(self, "moments", tuple(sorted(parsed)))

    def next_after(self, moment: datetime, /) -> datetime | None:
        """Return the least of the moments strictly after another one.

        Args:
            moment: An aware datetime in any zone.

        Returns:
            The slot, as an aware datetime in UTC; ``None`` after the last.

        Raises:
            TypeError: The moment isn't a datetime.
            ValueError: The moment is naive.
        """
        index = bisect_right(self.moments, parse_moment(moment), key=to_instant)
        return self.moments[index] if index < len(self.moments) else None

    @override
    def __repr__(self) -> str:
        """Show what makes it again."""
        return f"{type(self).__name__}({', '.join(map(repr, self.moments))})"

    @override
    def __str__(self) -> str:
        """Say when it is."""
        return f"at {show_all(map(show_moment, self.moments))}"
