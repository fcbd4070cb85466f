"""Schedules of the bot's own."""

from collections.abc import Iterable
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from defectio_tasks import DailySchedule, Schedule

BERLIN = ZoneInfo("Europe/Berlin")


class Workdays:
    """The slots of another schedule, without weekends and holidays."""

    def __init__(self, schedule: Schedule, zone: ZoneInfo, holidays: Iterable[date] = ()) -> None:
        self._schedule = schedule
        self._zone = zone
        self._holidays = frozenset(holidays)

    def next_after(self, moment: datetime, /) -> datetime | None:
        """Tell the next slot."""
        slot = self._schedule.next_after(moment)
        while slot is not None and self._is_off(slot.astimezone(self._zone).date()):
            slot = self._schedule.next_after(slot)
        return slot

    def _is_off(self, day: date) -> bool:
        return day.weekday() >= 5 or day in self._holidays


def office_hours() -> Schedule:
    """Tell the full hours of a working day in Berlin."""
    hours = DailySchedule(time(hour, tzinfo=BERLIN) for hour in range(9, 18))
    return Workdays(hours, BERLIN, [date(2026, 12, 25)])
