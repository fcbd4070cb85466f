"""When the next iteration of one loop is due, whatever the loop is set to, and was before.

A ``Pace`` has the slots of an interval and those by the wall clock, and goes from one to the other
when the timing is changed (L12). It keeps what the loop was set to and when, for whoever counts
the slots anew. It knows nothing of runs; the ledger tells it when one begins to wait.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from typing_extensions import override

from defectio_tasks.testing import VirtualClock
from support.soak.due import Due
from support.soak.moments import UNNOTICED, microseconds_in, reading
from support.soak.reasons import CHANGED, State
from support.soak.slots import Grid, WallSlots
from support.soak.timings import ByClock, Every, Timing


class Pace:
    """When the next iteration is due."""

    def __init__(self, timing: Timing, clock: VirtualClock, figures: Counter[str]) -> None:
        """Begin with a loop that was never started."""
        self.timing = timing
        self._clock = clock
        self._history: list[tuple[float, Timing]] = [(clock.elapsed, timing)]
        self._grid = Grid(figures)
        self._wall_slots = WallSlots(reading(clock.now()), figures)
        # The last slot of an interval, until one by the wall clock is taken.
        self._before: float | None = None
        # The moment by which the loop knows that the wall clock was set.
        self._noticed_by = 0.0

    @override
    def __repr__(self) -> str:
        return f"{self._grid}, {self._wall_slots}, {self.timing}"

    def history(self) -> Iterator[tuple[Timing, float, float]]:
        """Tell what the loop was set to, since when and until when."""
        ends = [*(since for since, _ in self._history[1:]), self._clock.elapsed]
        for (since, timing), end in zip(self._history, ends, strict=True):
            yield timing, since, end

    # What the clocks do

    def catch_up(self, state: State, circumstance: str) -> None:
        """Note that slots may have come; see :meth:`WallSlots.go_on`."""
        timing = None if isinstance(self.timing, Every) else self.timing
        self._wall_slots.go_on(reading(self._clock.now()), timing, state, circumstance)

    def set_back(self) -> None:
        """Note what the wall clock was set to, if that is less than it was."""
        self._wall_slots.set_back(reading(self._clock.now()))

    def sleep_on(self, now: float) -> None:
        """Note that the wall clock was set while the loop is asleep (L7)."""
        self._wall_slots.look()
        self._noticed_by = now + UNNOTICED

    def may_be_set_back(self, seconds: float) -> bool:
        """Tell whether it doesn't matter when within a minute a loop that is asleep notices.

        It does if a slot is so near that it could be over by then, which wasn't run, and lies
        before the reading up to which the loop has come: one skipped before, for example.

        Args:
            seconds: By how much the clock would be set; less than 0.
        """
        if isinstance(self.timing, Every):
            return True
        begin = reading(self._clock.now()) + microseconds_in(seconds)
        near = self.timing.between(begin, begin + microseconds_in(UNNOTICED + 1))
        return self._wall_slots.may_come_unseen(near)

    # What the loop does

    def start(self) -> None:
        """Begin a run: slots by the wall clock count from now on."""
        self._wall_slots.forget()
        self._before = None

    def begin(self) -> None:
        """Come to the first wait: an interval begins with an iteration at once (I1)."""
        self._grid.forget()

    def wait(self, now: float) -> None:
        """Begin to wait; whoever does looks at the clock."""
        self._wall_slots.look()
        self._noticed_by = now

    def next_due(self, now: float) -> Due | None:
        """Tell when the next iteration is due; ``None`` if there are no more slots."""
        if isinstance(self.timing, Every):
            slot = self._grid.next_slot(self.timing.seconds, now)
            return Due("body", slot, slot)
        ahead = self._wall_slots.seconds_to_next(self.timing)
        if ahead is None:
            return None
        return Due("body", now + ahead, max(now + ahead, self._noticed_by))

    def has_come(self) -> bool:
        """Tell whether there is a slot to run; of an interval, that is a matter of time alone."""
        return isinstance(self.timing, Every) or self._wall_slots.any_waiting

    def take(self, now: float) -> int:
        """Take the slots for which an iteration has begun; tell how many were skipped (I2, L7)."""
        if isinstance(self.timing, Every):
            return self._grid.take(self.timing.seconds, now)
        return self._wall_slots.take(self.timing)

    def drop(self, reason: str) -> None:
        """Note that no slot that has come will be run."""
        self._wall_slots.drop(reason)

    def is_settled(self) -> bool:
        """Tell whether no slot that has come is still to be run."""
        return not self._wall_slots.any_waiting

    # What is done to the loop

    def change(self, timing: Timing, now: float, *, under_way: bool) -> None:
        """Go on with another timing (L12).

        Args:
            timing: The timing.
            now: The present, on the event loop's clock.
            under_way: Whether a run is, and has come to its first wait.
        """
        self._history.append((now, timing))
        previous, self.timing = self.timing, timing
        self._wall_slots.drop(CHANGED)
        if not under_way:
            self._wall_slots.begin_another()
            return
        if isinstance(timing, Every):
            self._grid.count_from(self._last_slot(previous, now), timing.seconds, now)
        elif isinstance(previous, ByClock):
            self._wall_slots.begin_another()
        else:
            self._wall_slots.forget_last()
            self._wall_slots.begin_another()
            self._before = self._grid.last_slot(previous.seconds)
        self._noticed_by = now

    def is_changeable(self, timing: Timing) -> bool:
        """Tell whether the contract says what comes of a change.

        It counts an interval from the last slot. It is silent on which that is of several that
        were run as one, and on when that was by the event loop's clock, if the wall clock now shows
        less; and on whether setting a loop to the schedule that it has is a change.
        """
        if isinstance(timing, Every):
            return isinstance(self.timing, Every) or self._wall_slots.is_last_certain()
        return timing.schedule is None or timing is not self.timing

    def _last_slot(self, timing: Timing, now: float) -> float | None:
        """Tell when the last slot was due that was taken with a timing."""
        if isinstance(timing, Every):
            return self._grid.last_slot(timing.seconds)
        ago = self._wall_slots.seconds_since_last()
        return self._before if ago is None else now - ago
