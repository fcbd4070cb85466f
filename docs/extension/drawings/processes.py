"""Two processes and their ledger, on a time line: what is shown is what loops and a store did."""

from __future__ import annotations

import asyncio
import logging
import tempfile
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Final

from matplotlib.axes import Axes
from matplotlib.figure import Figure

import defectio_tasks as tasks
from defectio_tasks.ledgers import KnownSlot, SqliteLedger
from defectio_tasks.testing import VirtualClock
from extension.drawings.style import Palette, figure_of, new_axes, write

SLOT: Final = datetime(2026, 1, 1, 8, 30, tzinfo=UTC)
SECOND: Final = timedelta(seconds=1)
# How long a body takes, when the first process is killed, and how much of it all is shown.
TAKES, KILLED, SHOWN = 20, 8, 56
# How high the lanes are.
FIRST, STORE, SECOND_LANE, TIME = 3.0, 2.0, 1.0, 0.0
HALF: Final = 0.24


@dataclass
class Story:
    """What happened to one slot; moments are in seconds after it."""

    begun: list[float] = field(default_factory=list[float])
    ledgers: list[SqliteLedger] = field(default_factory=list[SqliteLedger])
    """In which process each body began."""
    refused: list[float] = field(default_factory=list[float])
    known: list[KnownSlot] = field(default_factory=list[KnownSlot])
    """What the store knew of it: while the first process was at work, and at the end."""


def draw_takeover(palette: Palette) -> Figure:
    """Draw a slot at least once, of which the first process is killed."""
    clock = VirtualClock(SLOT - timedelta(minutes=1))
    # A lease that runs out is the point here.
    logging.getLogger("defectio_tasks").setLevel(logging.ERROR)
    with tempfile.TemporaryDirectory() as folder:
        story = clock.run(_tell(clock, Path(folder) / "ledger.db"))
    logging.getLogger("defectio_tasks").setLevel(logging.NOTSET)
    first, last = story.known
    axes = new_axes(2.6)
    axes.set_xlim(-16, SHOWN + 2)
    axes.set_ylim(-0.75, 3.75)
    _draw_lanes(axes, palette)
    _draw_first(axes, story, palette)
    _draw_claim(axes, first, palette.accent, palette)
    _draw_claim(axes, last, palette.calm, palette)
    _draw_second(axes, story, last, palette)
    return figure_of(axes)


async def _tell(clock: VirtualClock, path: Path) -> Story:
    """Have a process be killed in its body, and another one wait for the lease to run out."""
    story = Story()

    def seconds() -> float:
        return (clock.now() - SLOT) / SECOND

    def refuse(event: tasks.Event) -> None:
        if isinstance(event, tasks.Skipped) and event.reason == "claimed":
            story.refused.append(seconds())

    def make(ledger: SqliteLedger) -> tasks.Loop[[], None]:
        policy = tasks.Policy(delivery="at_least_once")

        @tasks.loop(time=time(8, 30), name="digest", ledger=ledger, policy=policy)
        async def digest() -> None:
            story.begun.append(seconds())
            story.ledgers.append(ledger)
            await asyncio.sleep(TAKES)

        return digest

    async with SqliteLedger(path) as one, SqliteLedger(path) as other:
        unobserve = tasks.observe(refuse)
        make(one).start()
        make(other).start()
        await clock.advance_to(SLOT + KILLED * SECOND)
        story.known += await one.slots("digest")
        # For the other one, whichever was first, this is a process of which no word comes.
        await story.ledgers[0].close()
        await clock.advance(minutes=1)
        story.known += await story.ledgers[1].slots("digest")
        await tasks.shutdown()
        unobserve()
    return story


def _draw_lanes(axes: Axes, palette: Palette) -> None:
    for height, name in ((FIRST, "process 1"), (STORE, "the ledger"), (SECOND_LANE, "process 2")):
        axes.plot((-1, SHOWN + 1), (height, height), color=palette.fill, linewidth=9, zorder=0)
        write(axes, (-15.5, height), name, palette.ink, align="left", bold=True)
    axes.plot((-1, SHOWN + 1), (TIME, TIME), color=palette.faint, linewidth=1)
    for seconds in range(0, SHOWN, 10):
        axes.plot((seconds, seconds), (TIME - 0.08, TIME + 0.08), color=palette.faint)
        label = f"{SLOT + seconds * SECOND:%H:%M:%S}"
        write(axes, (seconds, TIME - 0.35), label, palette.faint, size=7.5)


def _draw_first(axes: Axes, story: Story, palette: Palette) -> None:
    begun = story.begun[0]
    _draw_body(axes, FIRST, begun, KILLED, palette.accent)
    axes.plot([KILLED], [FIRST], "X", color=palette.ink, markersize=11, zorder=3)
    write(axes, (KILLED + 1.6, FIRST), "killed in its body", palette.ink, align="left")
    _draw_arrow(axes, begun, FIRST, STORE, palette.accent)


def _draw_claim(axes: Axes, known: KnownSlot, colour: str, palette: Palette) -> None:
    """Draw for how long a claim holds."""
    assert known.lease is not None  # noqa: S101 -- it is at least once
    claimed = (known.claimed - SLOT) / SECOND
    end = ((known.settled or known.lease) - SLOT) / SECOND
    left = (known.lease - SLOT) / SECOND
    axes.barh(STORE, end - claimed, 2 * HALF, claimed, facecolor="none", edgecolor=colour)
    label = f"claim {known.fence}, lease until {known.lease:%H:%M:%S}"
    if known.settled is not None:
        label = f"claim {known.fence}"
        axes.plot([end], [STORE], "o", color=colour, markersize=8)
        write(axes, (end + 0.8, STORE + 0.45), "settled", colour, align="left")
        left = end
    write(axes, ((claimed + left) / 2, STORE), label, palette.ink)


def _draw_second(axes: Axes, story: Story, last: KnownSlot, palette: Palette) -> None:
    assert last.settled is not None  # noqa: S101 -- it has come to its end
    [refused], begun = story.refused, story.begun[1]
    end = (last.settled - SLOT) / SECOND
    axes.plot([refused], [SECOND_LANE], "o", color=palette.faint, markerfacecolor="none")
    write(axes, (refused + 1.6, SECOND_LANE), "claimed: waits", palette.faint, align="left")
    _draw_arrow(axes, refused, SECOND_LANE, STORE, palette.faint)
    _draw_body(axes, SECOND_LANE, begun, end, palette.calm)
    write(axes, ((begun + end) / 2, SECOND_LANE - 0.5), "begins again", palette.calm)
    _draw_arrow(axes, begun, SECOND_LANE, STORE, palette.calm)
    _draw_arrow(axes, end, SECOND_LANE, STORE, palette.calm)


def _draw_body(axes: Axes, height: float, begin: float, end: float, colour: str) -> None:
    axes.barh(height, end - begin, 2 * HALF, begin, color=colour)


def _draw_arrow(axes: Axes, x: float, begin: float, end: float, colour: str) -> None:
    """Draw that a process asks the ledger."""
    side = 1 if end > begin else -1
    axes.annotate(
        "",
        (x, end - side * HALF),
        (x, begin + side * HALF),
        arrowprops={"arrowstyle": "->", "color": colour},
    )
