"""What becomes of each slot of one loop, and why."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from typing_extensions import override

from soak.timings import ByClock
from soak.world import TOLERANCE, seconds_in

Hook: TypeAlias = Literal["before_loop", "after_loop", "error"]
HOOKS: Final[tuple[Hook, ...]] = ("before_loop", "after_loop", "error")


class Flaky(Exception):  # noqa: N818 -- it is what some loops are told to try again after
    """Nothing that a loop tries again after by itself."""


@dataclass(frozen=True, slots=True)
class Options:
    """What a loop is made of."""

    name: str
    count: int | None
    reconnect: bool
    hooks: frozenset[Hook]
    flaky: bool
    """Whether it is told to try again after :class:`Flaky`."""
    bound: bool
    """Whether it was made in a class, and is an instance's."""

    @property
    def retried(self) -> tuple[type[Exception], ...]:
        """After which exceptions it tries again, of those that its body raises."""
        return (OSError, TimeoutError, Flaky) if self.flaky else (OSError, TimeoutError)


State: TypeAlias = Hook | Literal["over", "asleep", "body", "back-off", "ending"]
"""Where a loop is in its life: in a hook, or in none."""

RUN: Final = "run"
ON_TIME: Final = "coalesced: came before a jump of the clock was noticed"
JUMPED: Final = "coalesced: the clock was set forward over it"
BLOCKED: Final = "coalesced: the event loop was blocked"
RUN_BEFORE: Final = "not again: run before, and the clock was set back"
UNSEEN: Final = "missed: came again during a body in which the clock was set back"
SET_BACK: Final = "not yet: the clock was set back before it was run"
ENDED: Final = "missed: the loop was ended before its turn"
CHANGED: Final = "missed: the schedule was changed before its turn, and counts from then on"
AWAY: Final[dict[State, str]] = {
    "over": "missed: the loop wasn't running",
    "error": "missed: the loop was ending",
    "ending": "missed: the loop was ending",
    "after_loop": "missed: the loop was ending",
}
"""In which states nothing counts that comes."""
COALESCED: Final[dict[State, str]] = {
    "before_loop": "coalesced: `before_loop` was under way",
    "body": "coalesced: the body was under way",
    "back-off": "coalesced: a retry was under way",
}
"""In which states all that comes has to wait."""
REASONS: Final = (
    *(RUN, ON_TIME, JUMPED, BLOCKED, RUN_BEFORE, UNSEEN, SET_BACK, ENDED, CHANGED),
    *sorted({*AWAY.values(), *COALESCED.values()}),
)


class Grid:
    """The slots of an interval; slot 0 is the origin, if there has been one."""

    def __init__(self, figures: Counter[str]) -> None:
        """Begin with a loop that was never started."""
        self._figures = figures
        self._origin: float | None = None
        # The number of the last slot taken.
        self._last = 0

    @override
    def __repr__(self) -> str:
        return f"origin {self._origin}, last {self._last}"

    def forget(self) -> None:
        """Begin a run: its first iteration will be slot 0."""
        self._origin, self._last = None, 0

    def last_slot(self, interval: float) -> float | None:
        """Tell when the last slot taken was due."""
        return None if self._origin is None else self._origin + self._last * interval

    def next_slot(self, interval: float, now: float) -> float:
        """Tell when the next iteration is due: now, if its slot has passed or there is none."""
        if self._origin is None or interval == 0:
            return now
        return max(now, self._origin + (self._last + 1) * interval)

    def take(self, interval: float, now: float) -> int:
        """Take the latest slot that has come; tell how many were skipped."""
        self._figures["grid: run"] += 1
        if self._origin is None or interval == 0:
            self._origin, self._last = now, 0
            return 0
        taken = math.floor((now + TOLERANCE - self._origin) / interval)
        skipped, self._last = taken - self._last - 1, taken
        self._figures["grid: skipped"] += skipped
        return skipped

    def count_from(self, last: float | None, interval: float, now: float) -> None:
        """Go on with another interval from the last slot; at once, if the next has passed (L12)."""
        self._origin, self._last = last, 0
        if last is not None and interval:
            # Of the new grid's slots in the past only the latest is due, and none was skipped.
            passed = math.floor((now - last) / interval)
            self._last = max(passed - 1, 0)


class WallSlots:
    """The slots of wall times or a schedule; the timing may be another from call to call."""

    def __init__(self, shown: int, figures: Counter[str]) -> None:
        """Begin with a loop that was never started, at a reading of the wall clock."""
        self._figures = figures
        # All that came up to this reading is accounted for.
        self._shown = shown
        # Those that have come and wait for their iteration, and why they may have had to wait.
        self._waiting: dict[int, str] = {}
        self._ran: set[int] = set()
        self._last_run: int | None = None
        self._last_was_late = False
        # The reading that the loop has come to: of a slot up to there that comes again, after the
        # wall clock was set back, it knows nothing until it looks.
        self._seen = 0

    @override
    def __repr__(self) -> str:
        return f"waiting {self._waiting}, last run {self._last_run}"

    @property
    def any_waiting(self) -> bool:
        """Whether slots have come that were not run yet."""
        return bool(self._waiting)

    def forget(self) -> None:
        """Begin a run: what counts comes from now on."""
        self._ran.clear()
        self.forget_last()
        self.begin_another()

    def forget_last(self) -> None:
        """Note that the last slot was one of an interval."""
        self._last_run, self._last_was_late = None, False

    def begin_another(self) -> None:
        """Begin another schedule, whose slots count from now on, but for those that were run."""
        self._seen = self._shown

    # What the wall clock does

    def go_on(self, shown: int, timing: ByClock | None, state: State, circumstance: str) -> None:
        """Note which slots have come since: each waits for its iteration, or is missed.

        Args:
            shown: What the wall clock shows now.
            timing: What the loop is set to; ``None`` for an interval.
            state: Where the loop is, and was for all that time.
            circumstance: Why a slot may have to wait that comes while the loop is asleep.
        """
        for slot in () if timing is None else timing.between(self._shown, shown):
            self._figures["slots"] += 1
            if state in AWAY:
                self._figures[AWAY[state]] += 1
            elif slot in self._ran:
                self._figures[RUN_BEFORE] += 1
            elif slot <= self._seen:
                # Somebody set the clock back, and only who waits looks at it.
                self._figures[UNSEEN] += 1
            else:
                self._waiting[slot] = COALESCED.get(state, circumstance)
        self._shown = shown

    def set_back(self, shown: int) -> None:
        """Note what the wall clock was set to; set forward, it just goes on from where it was."""
        if shown >= self._shown:
            return
        undone = [slot for slot in self._waiting if slot > shown]
        for slot in undone:
            del self._waiting[slot]
        self._figures[SET_BACK] += len(undone)
        self._shown = shown

    def look(self) -> None:
        """Note that the loop looks at the clock, and sees if that was set back."""
        self._seen = min(self._seen, self._shown)

    # What the loop does

    def take(self, timing: ByClock) -> int:
        """Run the latest slot that waits, and skip the others; tell how many those are."""
        slot = max(self._waiting)
        del self._waiting[slot]
        skipped = len(self._waiting)
        self._figures[RUN] += 1
        if slot in timing.odd:
            self._figures[f"run whose wall time was in a {timing.odd[slot]}"] += 1
        self._figures.update(self._waiting.values())
        self._waiting.clear()
        self._ran.add(slot)
        self._last_run, self._last_was_late = slot, skipped > 0
        self._seen = max(self._seen, self._shown)
        return skipped

    def drop(self, reason: str) -> None:
        """Note that nothing that waits will be run."""
        self._figures[reason] += len(self._waiting)
        self._waiting.clear()

    # What follows from that

    def seconds_to_next(self, timing: ByClock) -> float | None:
        """Tell how long it is to the next iteration, by the wall clock; 0 if one has come."""
        if self._waiting:
            return 0.0
        index = bisect_right(timing.slots, self._shown)
        while index < len(timing.slots) and timing.slots[index] in self._ran:
            index += 1
        if index == len(timing.slots):
            return None
        return seconds_in(timing.slots[index] - self._shown)

    def seconds_since_last(self) -> float | None:
        """Tell how long ago the last slot run was due, by the wall clock."""
        return None if self._last_run is None else seconds_in(self._shown - self._last_run)

    def is_last_certain(self) -> bool:
        """Tell whether it is clear which slot was the last, and when by the event loop's clock."""
        return self._last_run is None or (self._last_run <= self._shown and not self._last_was_late)

    def may_come_unseen(self, slots: Iterable[int]) -> bool:
        """Tell whether nothing depends on the loop having looked at the clock when these come."""
        return all(slot in self._ran or slot > self._seen for slot in slots)
