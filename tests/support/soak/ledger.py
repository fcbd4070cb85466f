"""What one loop must do: the life of its runs, move by move.

A ``Ledger`` is told what is done to a loop (it is started, stopped, changed, its clock is set, the
event loop blocked) and what the test's own functions did (the body began, failed, was cancelled).
From that alone it works out what the loop must do next, and when: to the instant, except where the
contract leaves room, and then no more than that room. It never asks the loop.

- After the wall clock was set, a loop that is asleep may take a minute to notice (L7).
- A retry may come at any time of its back-off's range (L8), but then when the log said.

What its slots are is a matter of ``pace``, and what becomes of each, of ``slots``.
"""

from __future__ import annotations

import math
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal, TypeAlias

from defectio_tasks.testing import VirtualClock
from support.soak.due import Due, Move
from support.soak.options import Hook, Options
from support.soak.pace import Pace
from support.soak.reasons import BLOCKED, ENDED, JUMPED, ON_TIME, REASONS, State
from support.soak.timings import ByClock, Timing

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


class Ledger:
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
        self.pace = Pace(timing, clock, self.figures)
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
        self.pace.change(timing, now, under_way=self.state in {"asleep", "body", "back-off"})
        if self.state == "asleep":
            self._expect_iteration(now)

    def is_changeable(self, timing: Timing) -> bool:
        """Tell whether the contract says what comes of a change."""
        self.look()
        return self.pace.is_changeable(timing)

    def replace(self, timing: Timing) -> None:
        """Note that another instance's loop has taken the place of this one, which had ended."""
        now = self._catch_up("replaced")
        self.pace.change(timing, now, under_way=False)
        self.failed = False

    # What is done to its clocks

    def may_be_set_back(self, seconds: float) -> bool:
        """Tell whether it doesn't matter when the loop notices that the wall clock was set."""
        self.look()
        return self.state != "asleep" or self.pace.may_be_set_back(seconds)

    def look(self) -> None:
        """Note how far things have come; the wall clock is only set, or asked for, after that."""
        self._catch_up(None)

    def after_jump(self) -> None:
        """Note that the wall clock was set (L7)."""
        self.pace.set_back()
        now = self._catch_up("after a jump", JUMPED)
        if self.state == "asleep" and isinstance(self.pace.timing, ByClock):
            self.pace.sleep_on(now)
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
        if self._due is not None or not self.pace.is_settled():
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
        self.pace.start()
        self.state = "before_loop"
        if "before_loop" in self._options.hooks:
            self._require("before_loop", now)
        else:
            self._wait_first(now)

    def _wait_first(self, now: float) -> None:
        """Come to the first wait of a run."""
        self.pace.begin()
        self._wait(now)

    def _wait(self, now: float) -> None:
        self.state = "asleep"
        self.pace.wait(now)
        self._expect_iteration(now)

    def _expect_iteration(self, now: float) -> None:
        """Say when the next iteration is due; without any, the run ends."""
        self._due = self.pace.next_due(now)
        if self._due is None:
            self._finish(now)
            self._out_of_slots = True

    def _take(self, now: float) -> None:
        if not self.pace.has_come():
            self._wrong("no slot has come")
            return
        skipped = self.pace.take(now)
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
        self.pace.drop(ENDED)
        self.state = "error"
        if "error" in self._options.hooks:
            self._require("error", now)
        else:
            self.headlines += 1
            self._finish(now)

    def _finish(self, now: float) -> None:
        self.pace.drop(ENDED)
        # What else is asked of the loop in this very turn still finds it there.
        self.state, self._ending_since = "ending", now
        self._require("after_loop", now)

    def _end_without_hook(self) -> None:
        """End, where there is no ``after_loop`` to wait for."""
        if self.state == "ending" and "after_loop" not in self._options.hooks:
            self._end(self._ending_since)

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
        if now > self._ending_since:
            self._end_without_hook()
        if self._due is not None and self._due.is_overdue(now):
            self._wrong("what was due has not come")
            self._due = None
        self.pace.catch_up(self.state, circumstance)
        return now

    def _wrong(self, message: str) -> None:
        trail = "\n".join(f"  {now:.6f} {wall} {what}" for now, wall, what in self._trail)
        self._complain(
            f"{self._options.name}: {message}\n"
            f"  state {self.state}, due {self._due}, {self.pace}\n{trail}"
        )
