"""Missed slots, on time lines: what is shown is what loops did under a virtual clock."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime, time, timedelta
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

import defectio_tasks as tasks
from defectio_tasks.testing import VirtualClock
from extension.drawings.style import Palette, figure_of, new_axes, write

START = datetime(2026, 1, 1, 8, tzinfo=UTC)


class Story:
    """What happened to the slots of one loop."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.clock = VirtualClock(START)
        self.ran: list[tuple[datetime, datetime, timedelta]] = []
        """Of each iteration the slot, when it began, and how long it took."""
        self.skipped: list[tuple[datetime, int]] = []
        self._begun = START

    def observe(self, event: tasks.Event) -> None:
        """Take down an event."""
        match event:
            case tasks.Started():
                self._begun = self.clock.now()
            case tasks.Finished(slot=slot):
                self.ran.append((slot, self._begun, self.clock.now() - self._begun))
            case tasks.Skipped(first=first, count=count):
                self.skipped.append((first, count))
            case _:
                pass

    def tell(self, scenario: Callable[[VirtualClock], Coroutine[Any, Any, None]]) -> None:
        """Let a scenario happen."""
        unobserve = tasks.observe(self.observe)
        # Loops that are late are the point here.
        logging.getLogger("defectio_tasks").setLevel(logging.ERROR)
        try:
            self.clock.run(scenario(self.clock))
        finally:
            logging.getLogger("defectio_tasks").setLevel(logging.NOTSET)
            unobserve()


def draw_overrun(palette: Palette) -> Figure:
    """Draw a loop every ten seconds, of which one body takes 25."""

    @tasks.loop(seconds=10, count=5)
    async def report() -> None:
        await asyncio.sleep(25 if report.current_loop == 1 else 2)

    async def scenario(_clock: VirtualClock) -> None:
        await report.start()

    story = Story()
    story.tell(scenario)
    axes = _new_axes(span=58, palette=palette)
    for seconds in range(0, 60, 10):
        _draw_slot(axes, seconds, f"{seconds} s", palette)
    _draw_story(axes, story, timedelta(seconds=1), timedelta(seconds=10), palette)
    return figure_of(axes)


def draw_sleep(palette: Palette) -> Figure:
    """Draw a loop at each full hour, and a machine that sleeps for three of them."""

    @tasks.loop(time=[time(hour) for hour in range(24)])
    async def report() -> None:
        await asyncio.sleep(400)

    async def scenario(clock: VirtualClock) -> None:
        report.start()
        await clock.advance(hours=1, minutes=20)
        clock.shift(hours=3, minutes=20)
        await clock.advance(hours=2)
        report.cancel()

    story = Story()
    story.tell(scenario)
    axes = _new_axes(span=6.7, palette=palette)
    axes.axvspan(4 / 3, 4 / 3 + 10 / 3, ymin=0.27, ymax=0.9, color=palette.fill, zorder=0)
    write(axes, (3, 1.4), "the machine sleeps", palette.faint, size=9)
    for hour in range(1, 7):
        _draw_slot(axes, hour, f"{START + timedelta(hours=hour):%H:%M}", palette)
    _draw_story(axes, story, timedelta(hours=1), timedelta(hours=1), palette)
    return figure_of(axes)


def _new_axes(span: float, palette: Palette) -> Axes:
    axes = new_axes(1.9)
    axes.set_xlim(-0.04 * span, span)
    axes.set_ylim(-0.85, 1.9)
    axes.axhline(0, color=palette.faint, linewidth=1)
    return axes


def _draw_slot(axes: Axes, x: float, label: str, palette: Palette) -> None:
    write(axes, (x, -0.38), label, palette.ink)


def _draw_story(
    axes: Axes, story: Story, unit: timedelta, interval: timedelta, palette: Palette
) -> None:
    for first, count in story.skipped:
        for number in range(count):
            x = (first + number * interval - START) / unit
            axes.plot([x], [0], "o", color=palette.faint, markersize=9, markerfacecolor="none")
    for slot, begun, took in story.ran:
        due, start, length = (slot - START) / unit, (begun - START) / unit, took / unit
        late = begun - slot > interval / 100
        colour = palette.accent if late else palette.calm
        axes.barh(0.85, length, 0.5, start, color=colour)
        axes.plot([due], [0], "o", color=colour, markersize=9)
        axes.annotate(
            "", (start, 0.58), (due, 0.12), arrowprops={"arrowstyle": "->", "color": colour}
        )
    legend = "filled: an iteration ran for this slot     hollow: skipped"
    write(axes, (sum(axes.get_xlim()) / 2, -0.72), legend, palette.faint)
