"""The account of one loop: what it must do next, whatever is done to it."""

from __future__ import annotations

import math
from collections import Counter, deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal, TypeAlias

from typing_extensions import override

from defectio_tasks.testing import VirtualClock
from soak.slots import (
    BLOCKED,
    CHANGED,
    ENDED,
    JUMPED,
    ON_TIME,
    REASONS,
    Grid,
    Hook,
    Options,
    State,
    WallSlots,
)
from soak.timings import ByClock, Every, Timing
from soak.world import TOLERANCE, UNNOTICED, microseconds_in, reading

Move: TypeAlias = Hook | Literal["body", "the end of what it awaits"]
"""What a loop, or what it awaits, may have to do: call a function, unless it has to end."""


@dataclass(slots=True)
class Due:
    """What the loop, or what it awaits, must do next."""

    move: Move
    earliest: float
    latest: float

    def is_too_early(self, now: float) -> bool:
        """Tell whether it must not happen yet."""
        return now < self.earliest - TOLERANCE

    def is_overdue(self, now: float) -> bool:
        """Tell whether it must have happened."""
        return now > self.latest + TOLERANCE

    def put_off(self, now: float, until: float) -> None:
        """Note that nothing can happen for some time; what may happen now may do so after it."""
        if self.earliest > now:
            self.earliest = max(self.earliest, until)
        self.latest = max(self.latest, until)


class Timetable:
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

    def is_clear(self) -> bool:
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


End: TypeAlias = Literal["fine", "retried", "failed", "cancelled"]
"""How a body or a hook ends."""
Outcome: TypeAlias = Literal["ended", "failed", "cancelled"]
"""How a run ends, and its task."""

ROUNDED: Final = 0.005
"""By how many seconds the log rounds a delay, at most."""


@dataclass(slots=True)
class RunRecord:
    """How a run must end, once that is known."""

    outcome: Outcome | None = None
    ended: float = -1.0


class Account:
    """What one loop must do."""

    def __init__(
        self,
        options: Options,
        timing: Timing,
        clock: VirtualClock,
        complain: Callable[[str], None],
    ) -> None:
        """Begin with a loop that was never started."""
        self._options, self._clock, self._complain = options, clock, complain
        self.figures: Counter[str] = Counter()
        self.timetable = Timetable(timing, clock, self.figures)
        self.headlines = 0
        """How many tracebacks are to be found on stderr."""
        self.state: State = "over"
        self._due: Due | None = None
        self._trail: deque[tuple[float, datetime, str]] = deque(maxlen=30)
        # The run
        self.record = RunRecord()
        self._number = -1
        self._queued: int | None = None
        self.cancelled = self.failed = self._stopping = False
        self._iterations = self._attempt = 0
        self._ending_since = math.inf
        self._out_of_slots = False
        # What the log said since the last body began.
        self._told_skipped = 0
        self._told_delay: float | None = None

    @property
    def running(self) -> bool:
        """Whether the loop must be running."""
        return self.state != "over"

    # What is done to the loop

    def start(self, number: int) -> None:
        """Note that it was started, or that it is to start itself."""
        now = self._catch_up(f"start {number}")
        self._start(now, number)

    def stop(self) -> None:
        """Note that it was told to stop (L4)."""
        now = self._catch_up("stop")
        self._queued = None
        if self.state in {"over", "error", "ending", "after_loop"}:
            return
        self._stopping = True
        if self.state == "asleep":
            self._finish(now)
        elif self.state == "before_loop":
            self._interrupt(now)

    def cancel(self) -> None:
        """Note that it was cancelled (L5)."""
        now = self._catch_up("cancel")
        self._queued = None
        self._cancel(now)

    def restart(self, number: int) -> None:
        """Note that it was restarted (L6)."""
        now = self._catch_up(f"restart {number}")
        self.figures["restarts"] += 1
        if self.state == "over":
            self._start(now, number)
            return
        self._queued = number
        if self.state not in {"error", "after_loop"}:
            self._cancel(now)

    def change(self, timing: Timing) -> None:
        """Note that its timing was changed (L12)."""
        now = self._catch_up(f"change to {timing}")
        self.figures[f"changes while {self.state}"] += 1
        if self._out_of_slots and self._ending_since == now:
            # Of two changes in one turn, nobody got to know of the first.
            self.state, self._out_of_slots, self._ending_since = "asleep", False, math.inf
        self.timetable.change(timing, now, under_way=self.state in {"asleep", "body", "back-off"})
        if self.state == "asleep":
            self._expect_iteration(now)

    def is_changeable(self, timing: Timing) -> bool:
        """Tell whether the contract says what comes of a change."""
        self.look()
        return self.timetable.is_changeable(timing)

    def replace(self, timing: Timing) -> None:
        """Note that another instance's loop has taken the place of this one, which had ended."""
        now = self._catch_up("replaced")
        self.timetable.change(timing, now, under_way=False)
        self.failed = False

    # What is done to its clocks

    def may_be_set_back(self, seconds: float) -> bool:
        """Tell whether it doesn't matter when the loop notices that the wall clock was set."""
        self.look()
        return self.state != "asleep" or self.timetable.may_be_set_back(seconds)

    def look(self) -> None:
        """Note how far things have come; the wall clock is only set, or asked for, after that."""
        self._catch_up(None)

    def after_jump(self) -> None:
        """Note that the wall clock was set (L7)."""
        self.timetable.set_back()
        now = self._catch_up("after a jump", JUMPED)
        if self.state == "asleep" and isinstance(self.timetable.timing, ByClock):
            self.timetable.sleep_on(now)
            self._expect_iteration(now)

    def before_block(self, until: float) -> None:
        """Note that nothing gets a turn until some moment."""
        now = self._catch_up("before a block")
        if self._due is not None:
            self._due.put_off(now, until)

    def after_block(self) -> None:
        """Note that everything gets its turns again."""
        self._catch_up("after a block", BLOCKED)

    # What the test's own functions do

    def begin_hook(self, hook: Hook) -> None:
        """Note that a hook was called (L2)."""
        self._arrive(hook, hook)
        self.state = hook

    def end_hook(self, hook: Hook, end: End) -> None:
        """Note how a hook ended."""
        now = self._leave(hook, end)
        if end == "cancelled" and not (self.cancelled or self._stopping):
            self._wrong(f"nobody has interrupted {hook}")
        if hook == "after_loop":
            self._end(now)
        elif hook == "error":
            if end == "cancelled":
                # The hook can't tell of the failure any more (L9).
                self.headlines += 1
            self._finish(now)
        elif end == "failed":
            self._fail(now)
        elif self.cancelled or self._stopping:
            self._finish(now)
        else:
            self._wait_first(now)

    def begin_body(self, number: int, current: int) -> None:
        """Note that the body was called: with what, and what the loop said of itself."""
        now = self._arrive("body", f"body of {number}, {current}")
        if (number, current) != (self._number, self._iterations):
            self._wrong(f"expected run {self._number}, iteration {self._iterations}")
        if self.state == "asleep":
            self._take(now)
        elif self._told_delay is None:
            self._wrong("it was tried again, and the log says nothing of it (L8)")
        self.state, self._told_delay = "body", None

    def end_body(self, end: End) -> None:
        """Note how the body ended."""
        now = self._leave("body", end)
        self.figures[f"bodies {end}"] += 1
        if end == "retried":
            self._attempt += 1
            self.state = "back-off"
            self._due = Due("body", now, now + 2.0 ** min(self._attempt, 10))
        elif end == "failed":
            self._fail(now)
        elif end == "cancelled":
            if not self.cancelled:
                self._wrong("nobody has cancelled it")
            self._finish(now)
        else:
            self._iterations += 1
            self._attempt = 0
            if self._stopping or self.cancelled or self._iterations == self._options.count:
                self._finish(now)
            else:
                self._wait(now)

    def end_task(self, record: RunRecord, outcome: Outcome) -> None:
        """Note how a task ended (L5, L9)."""
        self._catch_up(f"the task {outcome}")
        if record is self.record:
            self._end_without_hook()
        if outcome != record.outcome or self._clock.elapsed != record.ended:
            self._wrong(f"the task {outcome}, expected {record}")

    # What the log says, which must be true

    def tell_skipped(self, skipped: int) -> None:
        """Note that the log told of skipped slots (I2)."""
        self._catch_up(f"log: {skipped} skipped")
        self._told_skipped += skipped

    def tell_retry(self, delay: float) -> None:
        """Note that the log told of a retry, and hold the loop to it (L8)."""
        now = self._catch_up(f"log: retry in {delay}")
        if self._due is None or self.state != "back-off" or self._told_delay is not None:
            self._wrong("there was nothing to try again")
        elif now + delay > self._due.latest + ROUNDED:
            self._wrong(f"the delay before retry {self._attempt} must not be {delay} s")
        else:
            self._due = Due("body", now + delay - ROUNDED, now + delay + ROUNDED)
        self._told_delay = delay

    def check_complete(self) -> None:
        """Check that nothing is missing at the end, neither moves nor slots."""
        self._catch_up("the end")
        if self._due is not None or not self.timetable.is_clear():
            self._wrong("something is missing")
        slots, told = self.figures["slots"], sum(self.figures[reason] for reason in REASONS)
        if slots != told:
            self._wrong(f"of {slots} slots {told} are accounted for: {self.figures}")

    # Inside: the life of a run

    def _start(self, now: float, number: int) -> None:
        self.figures["runs"] += 1
        self.record = RunRecord()
        self._number, self._queued = number, None
        self.cancelled = self.failed = self._stopping = False
        self._iterations = self._attempt = 0
        self._out_of_slots = False
        self.timetable.start()
        self.state = "before_loop"
        if "before_loop" in self._options.hooks:
            self._require("before_loop", now)
        else:
            self._wait_first(now)

    def _wait_first(self, now: float) -> None:
        """Come to the first wait of a run."""
        self.timetable.begin()
        self._wait(now)

    def _wait(self, now: float) -> None:
        self.state = "asleep"
        self.timetable.wait(now)
        self._expect_iteration(now)

    def _expect_iteration(self, now: float) -> None:
        """Say when the next iteration is due; without any, the run ends."""
        self._due = self.timetable.next_due(now)
        if self._due is None:
            self._finish(now)
            self._out_of_slots = True

    def _take(self, now: float) -> None:
        if not self.timetable.has_come():
            self._wrong("no slot has come")
            return
        skipped = self.timetable.take(now)
        if self._told_skipped != skipped:
            self._wrong(f"the log told of {self._told_skipped} skipped slots, expected {skipped}")
        self._told_skipped = 0

    def _cancel(self, now: float) -> None:
        if self.state == "over" or (self.state == "after_loop" and self.cancelled):
            return
        self.cancelled = True
        if self.state in {"asleep", "back-off"}:
            self._finish(now)
        elif self.state != "ending":
            self._interrupt(now)

    def _interrupt(self, now: float) -> None:
        self._require("the end of what it awaits", now)

    def _fail(self, now: float) -> None:
        self.failed = True
        self.timetable.drop(ENDED)
        self.state = "error"
        if "error" in self._options.hooks:
            self._require("error", now)
        else:
            self.headlines += 1
            self._finish(now)

    def _finish(self, now: float) -> None:
        self.timetable.drop(ENDED)
        # What else is asked of the loop in this very turn still finds it there.
        self.state, self._ending_since = "ending", now
        self._require("after_loop", now)

    def _end_without_hook(self) -> None:
        """End, where there is no ``after_loop`` to wait for."""
        if self._ends_without_hook():
            self._end(self._ending_since)

    def _ends_without_hook(self) -> bool:
        return self.state == "ending" and "after_loop" not in self._options.hooks

    def _end(self, now: float) -> None:
        self.state, self._due, self._ending_since = "over", None, math.inf
        outcome: Outcome = "ended"
        if self.cancelled or self.failed:
            outcome = "cancelled" if self.cancelled else "failed"
        self.record.outcome, self.record.ended = outcome, now
        self.figures[f"runs {outcome}"] += 1
        if self._queued is not None:
            self._start(now, self._queued)

    # Inside: how time passes

    def _require(self, move: Move, now: float) -> None:
        """Have something happen before any time passes."""
        self._due = Due(move, now, now)

    def _arrive(self, move: Move, what: str) -> float:
        """Note that a function was called, which must have been due."""
        now = self._catch_up(what)
        if move != "after_loop":
            self._end_without_hook()
        due = self._due
        if due is None or due.move != move or due.is_too_early(now):
            self._wrong(f"{move} wasn't due")
        self._due = None
        return now

    def _leave(self, what: str, end: End) -> float:
        """Note that a function has ended."""
        now = self._catch_up(f"end of {what}: {end}")
        self._due = None
        return now

    def _catch_up(self, what: str | None, circumstance: str = ON_TIME) -> float:
        """Note that time has passed: nothing may have been due, and slots may have come.

        Args:
            what: What happens now, for the trail; ``None`` if nothing does.
            circumstance: Why slots that have come while the loop was asleep may have to wait.

        Returns:
            The present, on the event loop's clock.
        """
        now = self._clock.elapsed
        if what is not None:
            self._trail.append((now, self._clock.now(), what))
        while now > self._ending_since and self._ends_without_hook():
            # What was to follow may itself have had nothing to wait for.
            self._end(self._ending_since)
        if self._due is not None and self._due.is_overdue(now):
            self._wrong("what was due has not come")
            self._due = None
        self.timetable.catch_up(self.state, circumstance)
        return now

    def _wrong(self, message: str) -> None:
        trail = "\n".join(f"  {now:.6f} {wall} {what}" for now, wall, what in self._trail)
        self._complain(
            f"{self._options.name}: {message}\n"
            f"  state {self.state}, due {self._due}, {self.timetable}\n{trail}"
        )
