"""A gap and a fold, on time lines: where a slot is comes from the schedule itself."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from defectio_tasks import DailySchedule
from extension.drawings.style import Align, Palette, figure_of, new_axes, write

NEW_YORK = ZoneInfo("America/New_York")
HOUR = timedelta(hours=1)
# How high the lines are: the clock before the change and after it, and the time in UTC.
BEFORE, AFTER, ABSOLUTE = 2.0, 1.0, 0.0


@dataclass(frozen=True)
class Night:
    """A night on which clocks change.

    Args:
        change: The instant of the change.
        times: Times of which slots are shown, with what to say of each.
    """

    change: datetime
    times: list[tuple[time, str]]


GAP = Night(
    datetime(2026, 3, 8, 7, tzinfo=UTC),
    [(time(2, 30, tzinfo=NEW_YORK), "02:30 is at 03:30")],
)
FOLD = Night(
    datetime(2026, 11, 1, 6, tzinfo=UTC),
    [
        (time(1, 30, tzinfo=NEW_YORK), "01:30"),
        (time(1, 30, fold=1, tzinfo=NEW_YORK), "01:30, fold=1"),
    ],
)


def draw_gap(palette: Palette) -> Figure:
    """Draw the night on which clocks go forward."""
    return _draw(GAP, palette)


def draw_fold(palette: Palette) -> Figure:
    """Draw the night on which clocks go back."""
    return _draw(FOLD, palette)


def _draw(night: Night, palette: Palette) -> Figure:
    axes = new_axes(2.9)
    axes.set_xlim(-2.75, 2.75)
    axes.set_ylim(-0.62, 2.75)
    before, after = (
        (night.change + step).astimezone(NEW_YORK) for step in (-HOUR / 60, timedelta())
    )
    _draw_wall(axes, BEFORE, before, (-2.4, 0), palette)
    _draw_wall(axes, AFTER, after, (0, 2.4), palette)
    # How the clock would have gone on, and how the new one would have come.
    axes.plot((0, 1.5), (BEFORE, BEFORE), color=palette.faint, linestyle=":")
    axes.plot((0, 0), (BEFORE, AFTER), color=palette.ink, linewidth=1.5)
    _draw_utc(axes, night.change, palette)
    for wall, label in night.times:
        _draw_slot(axes, night, wall, label, palette)
    return figure_of(axes)


def _draw_wall(
    axes: Axes, height: float, moment: datetime, span: tuple[float, float], palette: Palette
) -> None:
    """Draw the clock on the wall while it has one offset."""
    axes.plot(span, (height, height), color=palette.ink, linewidth=2.5)
    zone = moment.strftime("%Z")
    side = -2.7 if span[0] < 0 else 2.7
    align: Align = "left" if side < 0 else "right"
    write(axes, (side, height + 0.42), zone, palette.ink, size=9, align=align, bold=True)
    change = (moment + HOUR / 60).replace(minute=0) if span[0] < 0 else moment
    for hours in range(-2, 3):
        if span[0] <= hours <= span[1]:
            shown = change.replace(tzinfo=None) + hours * HOUR
            _draw_tick(axes, hours, height, f"{shown:%H:%M}", palette)


def _draw_utc(axes: Axes, change: datetime, palette: Palette) -> None:
    axes.annotate(
        "",
        (2.75, ABSOLUTE),
        (-2.6, ABSOLUTE),
        arrowprops={"arrowstyle": "->", "color": palette.faint},
    )
    for hours in range(-2, 3):
        axes.plot((hours, hours), (ABSOLUTE - 0.06, ABSOLUTE + 0.06), color=palette.faint)
        write(axes, (hours, ABSOLUTE - 0.24), f"{change + hours * HOUR:%H:%M}", palette.faint)
    write(axes, (-2.7, ABSOLUTE - 0.52), "UTC", palette.faint, size=9, align="left")


def _draw_tick(axes: Axes, x: float, height: float, text: str, palette: Palette) -> None:
    axes.plot((x, x), (height - 0.08, height + 0.08), color=palette.ink)
    # Beside the line that comes down from the clock before.
    beside = x == 0 and height == AFTER
    align: Align = "left" if beside else "center"
    write(axes, (x + 0.06 * beside, height + 0.22), text, palette.ink, align=align)


def _draw_slot(axes: Axes, night: Night, wall: time, label: str, palette: Palette) -> None:
    slot = DailySchedule(wall).next_after(night.change - 3 * HOUR)
    if slot is None:
        message = f"{wall} has no slot"
        raise LookupError(message)
    x = (slot - night.change) / HOUR
    height = BEFORE if slot < night.change else AFTER
    colour = palette.calm if wall.fold else palette.accent
    axes.plot((x, x), (ABSOLUTE, height), color=colour, linestyle="--", linewidth=1)
    axes.plot([x], [height], "o", color=colour, markersize=9)
    axes.plot([x], [ABSOLUTE], "o", color=colour, markersize=5)
    if x > 0 and not wall.fold:
        # Read with the offset from before the gap, it would have been here.
        axes.plot((x, x), (height, BEFORE), color=colour, linestyle=":", linewidth=1.5)
        axes.plot([x], [BEFORE], "o", markerfacecolor="none", color=colour, markersize=8)
    align: Align = "left" if x > 0 else "right"
    side = 0.12 if x > 0 else -0.12
    write(axes, (x + side, height - 0.3), label, colour, size=9, align=align, bold=True)
