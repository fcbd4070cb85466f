"""In which cells of a picture a loop runs, and the picture in a terminal. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Final, NamedTuple

from defectio_tasks._cli.changes import touched
from defectio_tasks._schedules.schedule import Schedule
from defectio_tasks._schedules.upcoming import slots_after
from defectio_tasks._zones.gap_and_fold import resolve
from defectio_tasks._zones.instants import MICROSECOND, to_moment

# More than nine are not told apart.
MANY: Final = 10
# How many cells a day may have: each is a number of minutes that one can read.
_CELLS: Final = (96, 48, 24, 12, 8, 6, 4, 3, 2, 1)
# A day has at least so many where the names stand beside the picture.
_BESIDE: Final = 8
_WEEKDAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")

LEGEND: Final = ". no run   1 to 9 runs   # more   ! moved or doubtful, as the clocks change"


class Frame(NamedTuple):
    """What a picture shows: some days of a zone, each cut into cells of equal length."""

    zone: tzinfo
    first: date
    days: int
    cells: int = 1
    """How many a day has."""

    @property
    def start(self) -> datetime:
        """The first moment, in UTC."""
        return self._midnight(0)

    @property
    def end(self) -> datetime:
        """The first moment after the last day, in UTC."""
        return self._midnight(self.days)

    def cell_of(self, slot: datetime) -> int:
        """Return in which cell a slot is, by the wall clock of the zone."""
        since = _wall(slot, self.zone) - datetime.combine(self.first, time())
        # Clocks that go back past the first midnight show the day before once more.
        return max(since // (timedelta(days=1) / self.cells), 0)

    def end_of(self, index: int, slot: datetime) -> datetime:
        """Return a moment after a slot, such that all between them is in the slot's cell."""
        wall = datetime.combine(self.first, time()) + (index + 1) * timedelta(days=1) / self.cells
        # Where it comes twice, the second time counts for what is later than the first one.
        both = (wall.replace(tzinfo=self.zone, fold=fold).astimezone(UTC) for fold in (0, 1))
        return min(moment for moment in both if moment > slot)

    def _midnight(self, days: int) -> datetime:
        return to_moment(resolve(self.first.toordinal() + days, time(), self.zone))


class Row(NamedTuple):
    """A loop in a picture."""

    name: str
    when: str
    counts: Sequence[int]
    """How often it runs in each cell; from ``MANY`` on, nobody has counted."""
    marked: frozenset[int]
    """The cells with a slot that a change of the clocks touches."""


def make_row(name: str, when: str, schedule: Schedule, frame: Frame) -> Row:
    """Return a loop's row of a picture.

    Args:
        name: The loop's name.
        when: When it runs, in words.
        schedule: Tells its slots.
        frame: What the picture shows.
    """
    counts = [0] * (frame.days * frame.cells)
    moment = frame.start - MICROSECOND
    while (slots := slots_after(schedule, moment, 1)) and slots[0] < frame.end:
        (moment,) = slots
        index = frame.cell_of(moment)
        counts[index] += 1
        if counts[index] >= MANY:
            moment = frame.end_of(index, moment) - MICROSECOND
    doubtful = touched(schedule, frame.start - MICROSECOND, frame.end - MICROSECOND)
    return Row(name, when, counts, frozenset(frame.cell_of(one.slot) for one in doubtful))


def cells_that_fit(days: int, names: int, width: int) -> tuple[int, bool]:
    """Return how many cells a day can have, and whether the names fit beside them.

    Args:
        days: How many days there are.
        names: The length of the longest name.
        width: How many characters a line may have.
    """
    for beside in (True, False):
        room = width - names - 2 if beside else width
        for cells in _CELLS:
            if _length(days, cells) <= room and cells >= (_BESIDE if beside else 1):
                return cells, beside
    return 1, False


def draw(rows: Sequence[Row], frame: Frame, width: int, *, beside: bool) -> Iterator[str]:
    """Return the lines of a picture.

    Args:
        rows: The loops.
        frame: What the picture shows.
        width: How many characters a line may have; days for which there is no room come below.
        beside: Whether names stand beside the cells, and not above them.
    """
    margin = max(len(row.name) for row in rows) + 2 if beside else 0
    at_once = min(frame.days, width) if frame.cells == 1 else frame.days
    between = " " * (frame.cells > 1)
    for begin in range(0, frame.days, at_once):
        days = range(begin, min(begin + at_once, frame.days))
        heads = [_head(frame.first + timedelta(days=day), frame.cells) for day in days]
        yield " " * margin + between.join(heads).rstrip()
        for row in rows:
            cells = [
                "".join(
                    _glyph(row, index)
                    for index in range(day * frame.cells, (day + 1) * frame.cells)
                )
                for day in days
            ]
            if not beside:
                yield row.name
            yield (row.name.ljust(margin) if beside else "") + between.join(cells)


def show_day(day: date) -> str:
    """Return a date as people read it."""
    return f"{_WEEKDAYS[day.weekday()]} {day}"


def _glyph(row: Row, index: int) -> str:
    if index in row.marked:
        return "!"
    count = row.counts[index]
    return "." if not count else str(count) if count < MANY else "#"


def _head(day: date, cells: int) -> str:
    """Return what is above a day: as much as there is room for."""
    long = f"{_WEEKDAYS[day.weekday()]} {day.day}"
    short = str(day.day) if cells > 1 else str(day.day % 10)
    return (long if len(long) <= cells else short).ljust(cells)


def _length(days: int, cells: int) -> int:
    return days if cells == 1 else days * (cells + 1) - 1


def _wall(slot: datetime, zone: tzinfo) -> datetime:
    return slot.astimezone(zone).replace(tzinfo=None)
