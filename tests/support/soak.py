"""The machinery of the soak: many loops in virtual time, and a ledger that says what must happen.

A :class:`Ledger` is told what is done to a loop (it is started, stopped, changed, its clock is set,
the event loop blocked) and what the test's own functions did (the body began, failed, was
cancelled). From that alone it works out what the loop must do next, and when: to the instant,
except where the contract leaves room, and then no more than that room. It never asks the loop.

- After the wall clock was set, a loop that is asleep may take a minute to notice (L7).
- A retry may come at any time of its back-off's range (L8), but then when the log said.

The slots are those of ``support.oracle``, or plain arithmetic; not the package's. Each time that
the wall clock comes to a slot of a loop, that is a figure of its ledger: the slot was run, or there
is exactly one reason why not. What the ledgers count is counted anew at the end, from where the
wall clock was and when.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import heapq
import io
import logging
import math
import os
import random
import re
import weakref
from bisect import bisect_right
from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta, timezone, tzinfo
from functools import cache
from typing import Final, Literal, TypeAlias
from zoneinfo import ZoneInfo

from typing_extensions import override

import defectio_tasks as tasks
from defectio_tasks.testing import VirtualClock
from support import oracle
from support.virtual_time import pending_timers

Hook: TypeAlias = Literal["before_loop", "after_loop", "error"]
Move: TypeAlias = Literal["before_loop", "after_loop", "error", "body", "the end of what it awaits"]
State: TypeAlias = Literal[
    "over", "before_loop", "asleep", "body", "back-off", "error", "ending", "after_loop"
]
End: TypeAlias = Literal["fine", "retried", "failed", "cancelled"]
Outcome: TypeAlias = Literal["ended", "failed", "cancelled"]

IS_LONG: Final = os.environ.get("SOAK") == "long"
"""Whether the tests have more time than in the normal command."""
SEED: Final = int(os.environ.get("SOAK_SEED", "0"))

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND: Final = timedelta(microseconds=1)
DAY: Final = 86_400.0
# The wall clock is read in microseconds, and a timer that was a little early sleeps again.
TOLERANCE: Final = 2e-5
UNNOTICED: Final = 60.0
"""For how many seconds a loop that is asleep may not know that the wall clock was set (L7)."""
CHECKED_EVERY: Final = 3_600.0
"""How often, in seconds, all is looked at that can be seen of a loop from outside."""
MOST_ASTRAY: Final = 3 * DAY
"""How far the wall clock may be from where it would be if nobody had set it."""


def microseconds(moment: datetime) -> int:
    """Write a moment as a number, which is quick to compare."""
    return (moment - EPOCH) // MICROSECOND


# When a loop is due


@dataclass(frozen=True, slots=True)
class Every:
    """An interval; 0 for again and again."""

    seconds: float


@dataclass(frozen=True, slots=True, eq=False)
class ByClock:
    """Wall times or a schedule, and the slots that they must mean."""

    slots: Sequence[int] = field(repr=False)
    """In microseconds since the epoch, in order."""
    schedule: tasks.Schedule | None = None
    times: Sequence[time] = ()
    odd: Mapping[int, Literal["gap", "fold"]] = field(default_factory=dict, repr=False)
    """The slots whose wall times are in a gap or a fold."""


Timing: TypeAlias = Every | ByClock


class Weekdays:
    """The schedule from the README: another one, but not on Saturdays and Sundays (UTC)."""

    def __init__(self, schedule: tasks.Schedule) -> None:
        """Take the other one."""
        self.schedule = schedule

    def next_after(self, moment: datetime, /) -> datetime | None:
        """Tell the next slot."""
        slot = self.schedule.next_after(moment)
        while slot is not None and slot.weekday() >= 5:
            slot = self.schedule.next_after(slot)
        return slot


class Steps:
    """Slots at an even distance by the wall clock, told in a zone of their own."""

    def __init__(self, anchor: datetime, step: timedelta, zone: tzinfo) -> None:
        """Take one of the slots, the distance, and the zone."""
        self.anchor, self.step, self.zone = anchor, step, zone

    def next_after(self, moment: datetime, /) -> datetime:
        """Tell the next slot."""
        count = (moment - self.anchor) // self.step + 1
        return (self.anchor + count * self.step).astimezone(self.zone)


class Listed:
    """Slots that come to an end, and the loop with them."""

    def __init__(self, slots: Sequence[datetime]) -> None:
        """Take the slots, in order."""
        self.slots = slots

    def next_after(self, moment: datetime, /) -> datetime | None:
        """Tell the next slot, if there is one."""
        index = bisect_right(self.slots, moment)
        return self.slots[index] if index < len(self.slots) else None


# What must happen


@dataclass(slots=True)
class Due:
    """What the loop, or what it awaits, must do next."""

    move: Move
    earliest: float
    latest: float


@dataclass(slots=True)
class RunRecord:
    """How a run must end, once that is known."""

    outcome: Outcome | None = None
    ended: float = -1.0


AWAY: Final[dict[State, str]] = {
    "over": "missed: the loop wasn't running",
    "before_loop": "missed: `before_loop` was under way",
    "error": "missed: the loop was ending",
    "ending": "missed: the loop was ending",
    "after_loop": "missed: the loop was ending",
}
COALESCED: Final[dict[State, str]] = {
    "body": "coalesced: the body was under way",
    "back-off": "coalesced: a retry was under way",
}
RUN: Final = "run"
ON_TIME: Final = "coalesced: came before a jump of the clock was noticed"
JUMPED: Final = "coalesced: the clock was set forward over it"
BLOCKED: Final = "coalesced: the event loop was blocked"
RUN_BEFORE: Final = "not again: run before, and the clock was set back"
UNSEEN: Final = "missed: came again during a body in which the clock was set back"
SET_BACK: Final = "not yet: the clock was set back before it was run"
ENDED: Final = "missed: the loop was ended before its turn"
CHANGED: Final = "missed: the schedule was changed before its turn, and counts from then on"
REASONS: Final = (
    *(RUN, ON_TIME, JUMPED, BLOCKED, RUN_BEFORE, UNSEEN, SET_BACK, ENDED, CHANGED),
    *sorted({*AWAY.values(), *COALESCED.values()}),
)


class Ledger:
    """What one loop must do."""

    def __init__(  # noqa: PLR0913 -- all that a loop is made of
        self,
        name: str,
        clock: VirtualClock,
        complain: Callable[[str], None],
        *,
        timing: Timing,
        count: int | None,
        reconnect: bool,
        hooks: frozenset[Hook],
    ) -> None:
        """Begin with a loop that was never started."""
        self.name, self._clock, self._complain = name, clock, complain
        self.timing, self._count, self.reconnect, self._hooks = timing, count, reconnect, hooks
        self.state: State = "over"
        self.figures: Counter[str] = Counter()
        self.trail: deque[tuple[float, datetime, str]] = deque(maxlen=30)
        self._history: list[tuple[float, Timing]] = [(clock.elapsed, timing)]
        self._due: Due | None = None
        # The run
        self.record = RunRecord()
        self._number = -1
        self._queued: int | None = None
        self.cancelled = self.failed = self._stopping = False
        self._iterations = self._attempt = 0
        self.headlines = 0
        """How many tracebacks are to be found on stderr."""
        # An interval: slot 0, and the number of the last slot taken.
        self._origin: float | None = None
        self._last = 0
        # Wall-clock slots: those run, those that have come and wait for their iteration (and why
        # they may have to wait), the latest reading up to which nothing else counts.
        self._ran: set[int] = set()
        self._last_run: int | None = None
        self._come: dict[int, str] = {}
        self._since = 0
        self._circumstance = ON_TIME
        self._wall = microseconds(clock.now())
        self._noticed_by = 0.0
        self._was_late = False
        # What the log said.
        self._told_skipped = 0
        self._told_delay: float | None = None
        self._ending_since = math.inf
        self._out_of_slots = False

    @property
    def running(self) -> bool:
        """Whether the loop must be running."""
        return self.state != "over"

    def timings(self) -> Iterator[tuple[Timing, float, float]]:
        """Tell what the loop was set to, since when and until when."""
        ends = [*(since for since, _ in self._history[1:]), self._clock.elapsed]
        for (since, timing), end in zip(self._history, ends, strict=True):
            yield timing, since, end

    # What is done to the loop

    def start(self, number: int) -> None:
        """Note that it was started, or that it is to start itself."""
        now = self._come_to(f"start {number}")
        self._start(now, number)

    def stop(self) -> None:
        """Note that it was told to stop (L4)."""
        now = self._come_to("stop")
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
        now = self._come_to("cancel")
        self._queued = None
        self._cancel(now)

    def restart(self, number: int) -> None:
        """Note that it was restarted (L6)."""
        now = self._come_to(f"restart {number}")
        self.figures["restarts"] += 1
        if self.state == "over":
            self._start(now, number)
            return
        self._queued = number
        if self.state not in {"error", "after_loop"}:
            self._cancel(now)

    def change(self, timing: Timing) -> None:
        """Note that the interval was changed (L12)."""
        now = self._come_to(f"change to {timing}")
        self.figures[f"changes while {self.state}"] += 1
        self._history.append((now, timing))
        previous, self.timing = self.timing, timing
        if self._out_of_slots and self._ending_since == now:
            # Of two changes in one turn, nobody got to know of the first.
            self.state, self._out_of_slots, self._ending_since = "asleep", False, math.inf
        if self.state not in {"asleep", "body", "back-off"}:
            return
        self._pass_over(CHANGED)
        if isinstance(timing, Every):
            self._count_from(self._last_slot(previous, now), now)
        else:
            # Of the slots run, a change remembers the last. (L7, read strictly, asks for all.)
            remembered = isinstance(previous, ByClock) and self._last_run is not None
            self._last_run = self._last_run if remembered else None
            self._ran = set() if self._last_run is None else {self._last_run}
            self._since = self._wall
        self._noticed_by = now
        if self.state == "asleep":
            self._expect(now)

    def is_changeable(self, timing: Timing) -> bool:
        """Tell whether the contract says what comes of a change.

        It counts an interval from the last slot. It is silent on which that is of several that
        were run as one, and on when that was by the event loop's clock, if the wall clock now shows
        less; and on whether setting a loop to the schedule that it has is a change.
        """
        self.look()
        if isinstance(timing, ByClock) and timing.schedule is not None:
            return timing is not self.timing
        return (
            not isinstance(timing, Every)
            or not isinstance(self.timing, ByClock)
            or self._last_run is None
            or (self._last_run <= self._wall and not self._was_late)
        )

    def replaced(self, timing: Timing) -> None:
        """Note that another instance's loop has taken the place of this one, which had ended."""
        now = self._come_to("replaced")
        self._history.append((now, timing))
        self.timing, self.failed = timing, False

    # What is done to its clocks

    def may_be_set_back(self, seconds: float) -> bool:
        """Tell whether it doesn't matter when within a minute the loop notices.

        It does if a slot is so near that it could be over by then, which wasn't run, and lies
        before the reading up to which the loop has come: one skipped before, for example.
        """
        self.look()
        if self.state != "asleep" or not isinstance(self.timing, ByClock):
            return True
        begin = microseconds(self._clock.now()) + round(seconds * 1e6)
        near = self._slots_between(begin, begin + round((UNNOTICED + 1) * 1e6))
        return all(slot in self._ran or slot > self._since for slot in near)

    def look(self) -> None:
        """Note how far things have come; the wall clock is only set, or asked for, after that."""
        self._come_to(None)

    def after_jump(self) -> None:
        """Note that the wall clock was set (L7)."""
        wall = microseconds(self._clock.now())
        if wall < self._wall:
            undone = [slot for slot in self._come if slot > wall]
            for slot in undone:
                del self._come[slot]
            self.figures[SET_BACK] += len(undone)
            self._wall = wall
            if self.state == "asleep":
                self._since = min(self._since, wall)
        self._circumstance = JUMPED
        now = self._come_to("after a jump")
        self._circumstance = ON_TIME
        if self.state == "asleep" and isinstance(self.timing, ByClock):
            self._noticed_by = now + UNNOTICED
            self._expect(now)

    def before_block(self, until: float) -> None:
        """Note that nothing gets a turn until some moment."""
        self._come_to("before a block")
        if self._due is not None:
            if self._due.earliest > self._clock.elapsed:
                self._due.earliest = max(self._due.earliest, until)
            self._due.latest = max(self._due.latest, until)

    def after_block(self) -> None:
        """Note that everything gets its turns again."""
        self._circumstance = BLOCKED
        self._come_to("after a block")
        self._circumstance = ON_TIME

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
            self._begin(now)

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
            if self._stopping or self.cancelled or self._iterations == self._count:
                self._finish(now)
            else:
                self._wait(now)

    # What the log says, which must be true

    def tell_skipped(self, skipped: int) -> None:
        """Note that the log told of skipped slots (I2)."""
        self._come_to(f"log: {skipped} skipped")
        self._told_skipped += skipped

    def tell_retry(self, delay: float) -> None:
        """Note that the log told of a retry, and hold the loop to it (L8)."""
        now = self._come_to(f"log: retry in {delay}")
        if self._due is None or self.state != "back-off" or self._told_delay is not None:
            self._wrong("there was nothing to try again")
        elif now + delay > self._due.latest + 0.005:
            self._wrong(f"the delay before retry {self._attempt} must not be {delay} s")
        else:
            self._due.earliest, self._due.latest = now + delay - 0.005, now + delay + 0.005
        self._told_delay = delay

    def end_of_task(self, record: RunRecord, outcome: str) -> None:
        """Note how a task ended (L5, L9)."""
        self._come_to(f"the task {outcome}")
        if record is self.record:
            self._end_without_hook()
        if outcome != record.outcome or self._clock.elapsed != record.ended:
            self._wrong(f"the task {outcome}, expected {record}")

    def end_of_all(self) -> None:
        """Check that nothing is missing at the end, neither moves nor slots."""
        self._come_to("the end")
        if self._due is not None or self._come:
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
        self.state = "before_loop"
        if "before_loop" in self._hooks:
            self._require("before_loop", now)
        else:
            self._begin(now)

    def _begin(self, now: float) -> None:
        """Come to the first wait: at once, or for the slots from now on (I1)."""
        self._origin, self._last = None, 0
        self._ran, self._last_run, self._since = set(), None, self._wall
        self._was_late = False
        self._wait(now)

    def _wait(self, now: float) -> None:
        self.state = "asleep"
        self._since = min(self._since, self._wall)
        # Whoever begins to wait looks at the clock.
        self._noticed_by = now
        self._expect(now)

    def _expect(self, now: float) -> None:
        """Say when the next iteration is due."""
        if isinstance(self.timing, Every):
            slot = now
            if self._origin is not None and self.timing.seconds:
                slot = max(now, self._origin + (self._last + 1) * self.timing.seconds)
            self._due = Due("body", slot, slot)
            return
        moment = now
        if not self._come:
            upcoming = self._next_open(self.timing)
            if upcoming is None:
                self._finish(now)
                self._out_of_slots = True
                return
            moment += (upcoming - self._wall) / 1e6
        self._due = Due("body", moment, max(moment, self._noticed_by))

    def _take(self, now: float) -> None:
        """Count the slots for which an iteration has begun (I2, L7)."""
        if isinstance(self.timing, Every):
            skipped = self._take_of_grid(self.timing.seconds, now)
        elif self._come:
            slot = min(self._come)
            del self._come[slot]
            skipped = len(self._come)
            self._ran.add(slot)
            self._last_run, self._was_late = slot, skipped > 0
            self.figures[RUN] += 1
            if slot in self.timing.odd:
                self.figures[f"run whose wall time was in a {self.timing.odd[slot]}"] += 1
            self.figures.update(self._come.values())
            self._come.clear()
            self._since = max(self._since, self._wall)
        else:
            self._wrong("no slot has come")
            return
        if self._told_skipped != skipped:
            self._wrong(f"the log told of {self._told_skipped} skipped slots, expected {skipped}")
        self._told_skipped = 0

    def _take_of_grid(self, interval: float, now: float) -> int:
        self.figures["grid: run"] += 1
        if self._origin is None or interval == 0:
            self._origin, self._last = now, 0
            return 0
        taken = math.floor((now + TOLERANCE - self._origin) / interval)
        skipped, self._last = taken - self._last - 1, taken
        self.figures["grid: skipped"] += skipped
        return skipped

    def _count_from(self, last: float | None, now: float) -> None:
        """Go on with an interval from the last slot; at once, if the next has passed (L12)."""
        assert isinstance(self.timing, Every)
        self._origin, self._last = last, 0
        if last is not None and self.timing.seconds:
            # Of the new grid's slots in the past only the latest is due, and none was skipped.
            passed = math.floor((now - last) / self.timing.seconds)
            self._last = max(passed - 1, 0)

    def _last_slot(self, timing: Timing, now: float) -> float | None:
        if isinstance(timing, ByClock):
            last = self._last_run
            return None if last is None else now - (self._wall - last) / 1e6
        return None if self._origin is None else self._origin + self._last * timing.seconds

    def _cancel(self, now: float) -> None:
        state = self.state
        if state == "over" or (state == "after_loop" and self.cancelled):
            return
        self.cancelled = True
        if state in {"asleep", "back-off"}:
            self._finish(now)
        elif state != "ending":
            self._interrupt(now)

    def _interrupt(self, now: float) -> None:
        self._require("the end of what it awaits", now)

    def _fail(self, now: float) -> None:
        self.failed = True
        self._pass_over(ENDED)
        self.state = "error"
        if "error" in self._hooks:
            self._require("error", now)
        else:
            self.headlines += 1
            self._finish(now)

    def _finish(self, now: float) -> None:
        self._pass_over(ENDED)
        # What else is asked of the loop in this very turn still finds it there.
        self.state, self._ending_since = "ending", now
        self._require("after_loop", now)

    def _end_without_hook(self) -> None:
        """End, where there is no ``after_loop`` to wait for."""
        if self.state == "ending" and "after_loop" not in self._hooks:
            self._end(self._ending_since)

    def _end(self, now: float) -> None:
        self.state, self._due = "over", None
        outcome: Outcome = "ended"
        if self.cancelled or self.failed:
            outcome = "cancelled" if self.cancelled else "failed"
        self._ending_since = math.inf
        self.record.outcome, self.record.ended = outcome, now
        self.figures[f"runs {outcome}"] += 1
        if self._queued is not None:
            self._start(now, self._queued)

    # Inside: how time passes

    def _require(self, move: Move, now: float) -> None:
        """Have something happen before any time passes."""
        self._due = Due(move, now, now)

    def _arrive(self, move: Move, what: str) -> float:
        now = self._come_to(what)
        if move != "after_loop":
            self._end_without_hook()
        due = self._due
        if due is None or due.move != move or now < due.earliest - TOLERANCE:
            self._wrong(f"{move} wasn't due")
        self._due = None
        return now

    def _leave(self, what: str, end: End) -> float:
        now = self._come_to(f"end of {what}: {end}")
        self._due = None
        return now

    def _come_to(self, what: str | None) -> float:
        """Note that time has passed: nothing may have been due, and slots may have come."""
        now = self._clock.elapsed
        if what is not None:
            self.trail.append((now, self._clock.now(), what))
        if now > self._ending_since:
            self._end_without_hook()
        if self._due is not None and now > self._due.latest + TOLERANCE:
            self._wrong("what was due has not come")
            self._due = None
        wall = microseconds(self._clock.now())
        for slot in self._slots_between(self._wall, wall):
            self._pass(slot)
        self._wall = wall
        return now

    def _pass(self, slot: int) -> None:
        """Note that the wall clock shows a slot: it waits for its iteration, or is missed."""
        self.figures["slots"] += 1
        if self.state in AWAY:
            self.figures[AWAY[self.state]] += 1
        elif slot in self._ran:
            self.figures[RUN_BEFORE] += 1
        elif slot <= self._since:
            # Somebody set the clock back, and only who waits looks at it.
            self.figures[UNSEEN] += 1
        else:
            self._come[slot] = COALESCED.get(self.state, self._circumstance)

    def _pass_over(self, reason: str) -> None:
        self.figures[reason] += len(self._come)
        self._come.clear()

    def _next_open(self, timing: ByClock) -> int | None:
        index = bisect_right(timing.slots, self._wall)
        while index < len(timing.slots) and timing.slots[index] in self._ran:
            index += 1
        return timing.slots[index] if index < len(timing.slots) else None

    def _slots_between(self, begin: int, end: int) -> Sequence[int]:
        if begin >= end or isinstance(self.timing, Every):
            return ()
        slots = self.timing.slots
        first = bisect_right(slots, begin)
        return slots[first : bisect_right(slots, end, first)]

    def _wrong(self, message: str) -> None:
        trail = "\n".join(f"  {now:.6f} {wall} {what}" for now, wall, what in self.trail)
        self._complain(
            f"{self.name}: {message}\n  state {self.state}, due {self._due}, come {self._come}, "
            f"origin {self._origin}, last {self._last}, {self.timing}\n{trail}"
        )


# Whom it happens to


class Flaky(Exception):  # noqa: N818 -- it is what some loops are told to try again after
    """Nothing that a loop tries again after by itself."""


@dataclass(eq=False)
class Resident:
    """One loop: what it is made of, and what its functions do."""

    ledger: Ledger
    rng: random.Random
    pool: Sequence[Timing]
    """What it is changed to; at first it is set to the first."""
    retried: Sequence[type[Exception]]
    spacing: float
    """About how many seconds lie between two slots."""
    restless: bool
    """Whether it is set to an interval of 0 at times: then no body may end without a wait."""
    make: Callable[[Resident], tuple[tasks.Loop[[int], None], object]] = field(repr=False)
    loop: tasks.Loop[[int], None] = field(init=False)
    instance: object = None
    failures: int = 0
    """How many attempts are still to fail in a row."""
    met: asyncio.Task[None] | None = None
    number: int = 0

    def __post_init__(self) -> None:
        """Make the loop."""
        self.loop, self.instance = self.make(self)

    def meet(self, task: asyncio.Task[None] | None) -> None:
        """Watch for the end of a task."""
        if task is None or task is self.met:
            return
        self.met = task
        ledger, record = self.ledger, self.ledger.record

        def end(task: asyncio.Task[None]) -> None:
            outcome = "cancelled" if task.cancelled() else "failed" if task.exception() else "ended"
            ledger.end_of_task(record, outcome)

        task.add_done_callback(end)

    async def body(self, number: int) -> None:
        """Do what a body may do, and tell the ledger."""
        self.ledger.begin_body(number, self.loop.current_loop)
        self.meet(asyncio.current_task())
        try:
            await self._work()
        except asyncio.CancelledError:
            self.ledger.end_body("cancelled" if self.ledger.cancelled else "failed")
            raise
        except Exception as error:
            again = self.ledger.reconnect and isinstance(error, tuple(self.retried))
            self.ledger.end_body("retried" if again else "failed")
            raise
        self.ledger.end_body("fine")

    async def hook(self, hook: Hook) -> None:
        """Do what a hook may do, and tell the ledger."""
        self.ledger.begin_hook(hook)
        self.meet(asyncio.current_task())
        try:
            if self.rng.random() < 0.8:
                await asyncio.sleep(self.rng.uniform(0.01, 30) * self.rng.choice([0.01, 1, 20]))
        except asyncio.CancelledError:
            self.ledger.end_hook(hook, "cancelled")
            raise
        if hook == "before_loop" and self.rng.random() < 0.02:
            self.ledger.end_hook(hook, "failed")
            raise OSError
        self.ledger.end_hook(hook, "fine")

    async def _work(self) -> None:
        rng = self.rng
        if self.failures:
            self.failures -= 1
            await self._rest(3)
            raise rng.choice(self.retried)
        dice = rng.random()
        if dice < 0.88:
            if dice < 0.6 or self.restless:
                await self._rest(5)
        elif dice < 0.92:
            await asyncio.sleep(self.spacing * rng.uniform(0.5, 4))
        elif dice < 0.97:
            self.failures = 11 if rng.random() < 0.1 else rng.randrange(4)
            await self._rest(3)
            raise rng.choice(self.retried)
        elif dice < 0.995:
            await self._meddle()
        elif dice < 0.999:
            await self._rest(3)
            raise LookupError
        else:
            # Something that it awaits is cancelled, and not the loop (L10).
            other = asyncio.ensure_future(asyncio.sleep(1))
            other.cancel()
            await other

    async def _rest(self, most: float) -> None:
        least = 0.5 if self.restless else 0.0
        await asyncio.sleep(self.rng.uniform(least, most))

    async def _meddle(self) -> None:
        """Have the body stop, change, restart or cancel its own loop."""
        if self.rng.random() < 0.5:
            await self._rest(5)
        what = self.rng.choice(["stop", "change", "change", "change", "restart", "cancel"])
        self.do(what)
        if what == "change" and self.rng.random() < 0.5:
            await asyncio.sleep(self.spacing * self.rng.uniform(0.1, 2))
        elif what != "cancel" or self.rng.random() < 0.5:
            await self._rest(5)

    def do(self, what: str) -> None:  # noqa: C901 -- there is one case for each thing to do
        """Do something to the loop, and tell the ledger."""
        self.number += 1
        match what:
            case "start":
                self.ledger.start(self.number)
                self.meet(self.loop.start(self.number))
            case "start twice":
                try:
                    self.loop.start(self.number)
                except RuntimeError:
                    return
                message = f"{self.ledger.name} was started twice"
                raise AssertionError(message)
            case "stop":
                self.ledger.stop()
                self.loop.stop()
            case "cancel":
                self.ledger.cancel()
                self.loop.cancel()
            case "restart":
                running = self.ledger.running
                self.ledger.restart(self.number)
                self.loop.restart(self.number)
                if not running:
                    self.meet(self.loop.get_task())
            case "change":
                timing = self.rng.choice(self.pool)
                if self.ledger.is_changeable(timing):
                    self.ledger.change(timing)
                    change(self.loop, timing)
            case "replace":
                self.ledger.replaced(self.pool[0])
                self.loop, self.instance = self.make(self)
            case _:
                raise AssertionError(what)


def change(loop: tasks.Loop[[int], None], timing: Timing) -> None:
    """Change when a loop is due."""
    if isinstance(timing, Every):
        loop.change_interval(seconds=timing.seconds)
    elif timing.schedule is not None:
        loop.change_interval(schedule=timing.schedule)
    else:
        loop.change_interval(time=timing.times)


def decorate(
    name: str, timing: Timing, *, count: int | None, reconnect: bool
) -> tasks._decorator.LoopDecorator:
    """Make the decorator of a loop."""
    if isinstance(timing, Every):
        seconds = timing.seconds
        return tasks.loop(seconds=seconds, count=count, reconnect=reconnect, name=name)
    if timing.schedule is not None:
        schedule = timing.schedule
        return tasks.loop(schedule=schedule, count=count, reconnect=reconnect, name=name)
    return tasks.loop(time=timing.times, count=count, reconnect=reconnect, name=name)


# Where it happens


@dataclass(frozen=True, slots=True)
class Size:
    """How much there is to a soak; times are in seconds."""

    loops: int
    days: int
    shortest: float
    """The shortest interval."""
    stay: float
    """How long a loop is left alone while it is running, in the mean."""
    pause: float
    """How long it stays ended before it is started again, in the mean."""
    between_jumps: float
    between_blocks: float


SHORT: Final = Size(21, 14, 900, 0.04 * DAY, 0.8 * DAY, 0.1 * DAY, 0.7 * DAY)
LONG: Final = Size(200, 730, 300, 1.5 * DAY, 0.1 * DAY, 0.4 * DAY, 1.5 * DAY)

ZONES: Final = (
    *("Europe/London", "Europe/Berlin", "America/New_York", "America/Chicago", "America/St_Johns"),
    *("America/Sao_Paulo", "America/Havana", "America/Santiago", "Pacific/Easter", "Asia/Tokyo"),
    *("Asia/Kolkata", "Asia/Kathmandu", "Australia/Lord_Howe", "Australia/Sydney"),
    *("Pacific/Auckland", "Pacific/Chatham", "Pacific/Apia", "Africa/Casablanca", "Asia/Beirut"),
    "Antarctica/Troll",
)
"""Gaps and folds of 30 minutes, of 1 hour and 2, at midnight, none; a day that was left out."""
BEGINS: Final = (
    *(datetime(2026, 3, 25, tzinfo=UTC), datetime(2026, 10, 20, tzinfo=UTC)),
    *(datetime(2025, 3, 1, tzinfo=UTC), datetime(2026, 9, 25, tzinfo=UTC)),
    *(datetime(2011, 12, 20, tzinfo=UTC), datetime(2012, 3, 24, tzinfo=UTC)),
)
"""In the two weeks after each of these, clocks change in several of the zones."""


class Headlines(io.StringIO):
    """A stderr that counts the failures told there, and forgets them."""

    def __init__(self) -> None:
        """Begin without any."""
        super().__init__()
        self.count = 0

    @override
    def write(self, text: str, /) -> int:
        self.count += text.startswith("unhandled exception in loop ")
        return len(text)


class LogReader(logging.Handler):
    """Tells the ledgers what the log says of their loops."""

    SKIPPED: Final = re.compile(r"loop '(.*)' is late: (\d+) slots? skipped")
    RETRY: Final = re.compile(
        r"loop '(.*)': retrying in ([\d.]+) s after (?:OSError|TimeoutE|Flak)"
    )

    def __init__(self, ledgers: dict[str, Ledger], complain: Callable[[str], None]) -> None:
        """Take the ledgers, by name."""
        super().__init__()
        self._ledgers, self._complain = ledgers, complain

    @override
    def emit(self, record: logging.LogRecord) -> None:
        text = record.getMessage()
        if found := self.SKIPPED.match(text):
            self._ledgers[found[1]].tell_skipped(int(found[2]))
        elif found := self.RETRY.match(text):
            self._ledgers[found[1]].tell_retry(float(found[2]))
        else:
            self._complain(f"nobody expects this in the log: {text}")


@cache
def changes_of_clocks(zone: tzinfo, begin: datetime, days: int) -> Sequence[datetime]:
    """Tell after which full hours a zone's offset is another than an hour before."""
    hours = [begin + timedelta(hours=hour) for hour in range(days * 24)]
    offsets = [oracle.offset(hour, zone) for hour in hours]
    return [hours[i] for i in range(1, len(hours)) if offsets[i] != offsets[i - 1]]


class Soak:
    """A town of loops, and what happens there."""

    def __init__(self, size: Size, seed: int) -> None:
        """Make the loops."""
        self.size, self.seed = size, seed
        self._rng = random.Random(seed)  # noqa: S311 -- it must come out the same again
        self._begin = BEGINS[seed % len(BEGINS)]
        self.clock = VirtualClock(self._begin)
        self.event_loop = self.clock.new_event_loop()
        self.complaints: list[str] = []
        self.event_loop.set_exception_handler(lambda _, told: self.complaints.append(str(told)))
        self.figures: Counter[str] = Counter()
        self._astray = 0.0
        # Where the wall clock was and where it was set to, and when, to check the ledgers by.
        self._jumps: list[tuple[float, int, int]] = []
        self._homes: list[weakref.ref[object]] = []
        self.residents = [self._resident(index) for index in range(size.loops)]

    # Making loops

    def _resident(self, index: int) -> Resident:
        rng = random.Random(f"{self.seed} {index}")  # noqa: S311
        changing = [zone for name in ZONES if self._changes(zone := ZoneInfo(name))]
        zones = [ZoneInfo(ZONES[index % len(ZONES)]), rng.choice(changing)]
        makers = (
            *(self._interval, self._times, self._times_in_zones, self._weekdays, self._times),
            *(self._interval, self._steps, self._times_in_zones, self._listed, self._again),
        )
        maker = makers[index % len(makers)]
        restless = maker == self._again
        pool = [maker(rng, zones), maker(rng, zones)]
        pool += [other(rng, zones) for other in rng.sample(makers[:-1], 1)]
        # All else varies with other periods than the kinds do, so that each comes with each.
        hooks: frozenset[Hook] = frozenset(
            hook
            for hook in ("before_loop", "after_loop", "error")
            if rng.random() < (0, 0.7, 1)[index % 3]
        )
        count = rng.randrange(3, 40) if index % 7 == 5 or index == 0 else None
        flaky = rng.random() < 0.5
        ledger = Ledger(
            f"loop {index}",
            self.clock,
            self.complaints.append,
            timing=pool[0],
            count=count,
            reconnect=index % 6 != 4,
            hooks=hooks,
        )
        make = self._make_bound if index % 4 == 1 else self._make_plain
        first = pool[0]
        spacing = first.seconds if isinstance(first, Every) else DAY / 6
        return Resident(
            ledger=ledger,
            rng=rng,
            pool=pool,
            retried=[OSError, TimeoutError, *([Flaky] if flaky else [])],
            spacing=spacing or 120,
            restless=restless,
            make=lambda resident: make(resident, count, hooks, flaky=flaky),
        )

    def _make_plain(
        self, resident: Resident, count: int | None, hooks: frozenset[Hook], *, flaky: bool
    ) -> tuple[tasks.Loop[[int], None], object]:
        ledger = resident.ledger

        async def body(number: int) -> None:
            await resident.body(number)

        async def before() -> None:
            await resident.hook("before_loop")

        async def after() -> None:
            await resident.hook("after_loop")

        async def error(error: Exception) -> None:
            await resident.hook("error")

        made = decorate(ledger.name, ledger.timing, count=count, reconnect=ledger.reconnect)
        loop = made(body)
        if "before_loop" in hooks:
            loop.before_loop(before)
        if "after_loop" in hooks:
            loop.after_loop(after)
        if "error" in hooks:
            loop.error(error)
        if flaky:
            loop.add_exception_type(Flaky)
        return loop, None

    def _make_bound(
        self, resident: Resident, count: int | None, hooks: frozenset[Hook], *, flaky: bool
    ) -> tuple[tasks.Loop[[int], None], object]:
        ledger = resident.ledger
        made = decorate(ledger.name, ledger.timing, count=count, reconnect=ledger.reconnect)

        class Home:
            @made
            async def tick(self, number: int) -> None:
                await resident.body(number)

            async def before(self) -> None:
                await resident.hook("before_loop")

            async def after(self) -> None:
                await resident.hook("after_loop")

            async def error(self, error: Exception) -> None:
                await resident.hook("error")

            if "before_loop" in hooks:
                tick.before_loop(before)
            if "after_loop" in hooks:
                tick.after_loop(after)
            if "error" in hooks:
                tick.error(error)
            if flaky:
                tick.add_exception_type(Flaky)

        home = Home()
        self._homes.append(weakref.ref(home))
        return home.tick, home

    # Making timings

    def _interval(self, rng: random.Random, zones: Sequence[tzinfo]) -> Timing:
        return Every(self.size.shortest * math.exp(rng.uniform(0, 5)))

    def _again(self, rng: random.Random, zones: Sequence[tzinfo]) -> Timing:
        return Every(0)

    def _times(self, rng: random.Random, zones: Sequence[tzinfo]) -> ByClock:
        return self._by_times([self._time(rng, zones[0]) for _ in range(rng.randint(3, 12))])

    def _times_in_zones(self, rng: random.Random, zones: Sequence[tzinfo]) -> ByClock:
        fixed = timezone(timedelta(minutes=rng.randrange(-720, 840)))
        among = [*zones, *zones, fixed, None]
        return self._by_times(
            [self._time(rng, rng.choice(among)) for _ in range(rng.randint(3, 12))]
        )

    def _time(self, rng: random.Random, zone: tzinfo | None) -> time:
        """Draw a time, in most cases one that the zone's clocks jump over or show twice."""
        changes = self._changes(zone or UTC)
        base = datetime(2000, 1, 1)  # noqa: DTZ001 -- a wall time
        ahead = rng.randrange(1440)
        if changes and rng.random() < 0.7:
            base = oracle.shown(rng.choice(changes) - timedelta(hours=1), zone or UTC)
            ahead = rng.randrange(-30, 150)
        wall = (base + timedelta(minutes=ahead)).time().replace(second=rng.choice([0, 0, 0, 17]))
        return wall.replace(tzinfo=zone, fold=int(rng.random() < 0.3))

    def _changes(self, zone: tzinfo) -> Sequence[datetime]:
        return changes_of_clocks(zone, self._begin, self.size.days)

    def _by_times(self, times: Sequence[time]) -> ByClock:
        odd = dict(pair for wall in times for pair in self._odd(wall))
        return ByClock(self._expected(times), times=times, odd=odd)

    def _odd(self, wall: time) -> Iterator[tuple[int, Literal["gap", "fold"]]]:
        zone = wall.tzinfo or UTC
        for change in self._changes(zone):
            for days in (-1, 0, 1):
                day = oracle.shown(change, zone).date() + timedelta(days=days)
                local = datetime.combine(day, wall.replace(tzinfo=None, fold=0))
                often = len(oracle.occurrences(local, zone))
                if often != 1:
                    yield microseconds(oracle.resolve(day, wall)), "fold" if often else "gap"

    def _expected(self, times: Sequence[time]) -> list[int]:
        margin = timedelta(days=10)
        begin, end = self._begin - margin, self._begin + timedelta(days=self.size.days) + margin
        return [microseconds(slot) for slot in oracle.slots_between(times, begin, end)]

    def _weekdays(self, rng: random.Random, zones: Sequence[tzinfo]) -> ByClock:
        times = [self._time(rng, zones[0]) for _ in range(rng.randint(3, 12))]
        # The epoch was a Thursday.
        slots = [
            slot for slot in self._expected(times) if (slot // (86_400 * 1_000_000) + 3) % 7 < 5
        ]
        return ByClock(slots, schedule=Weekdays(tasks.DailySchedule(times)))

    def _steps(self, rng: random.Random, zones: Sequence[tzinfo]) -> ByClock:
        step = rng.randrange(3_600, 30_000) * 1_000_000 + rng.randrange(1_000_000)
        begin = microseconds(self._begin - timedelta(days=10))
        count = (self.size.days + 20) * 86_400_000_000 // step
        slots = [begin + index * step for index in range(count)]
        anchor = EPOCH + begin * MICROSECOND
        return ByClock(slots, schedule=Steps(anchor, step * MICROSECOND, zones[0]))

    def _listed(self, rng: random.Random, zones: Sequence[tzinfo]) -> ByClock:
        days = self.size.days
        slots = sorted(
            microseconds(self._begin) + rng.randrange(round(days * DAY)) * 1_000_000
            for _ in range(5 * days)
        )
        slots = sorted(set(slots))
        return ByClock(slots, schedule=Listed([EPOCH + slot * MICROSECOND for slot in slots]))

    # What happens

    def run(self) -> Counter[str]:
        """Live through it all.

        Returns:
            How many there were of what.

        Raises:
            AssertionError: Something happened that must not, or didn't that must.
        """
        logger = logging.getLogger("defectio_tasks")
        ledgers = {resident.ledger.name: resident.ledger for resident in self.residents}
        reader = LogReader(ledgers, self.complaints.append)
        headlines = Headlines()
        state, propagate = random.getstate(), logger.propagate
        # The jitter is the package's own; so it comes out the same again.
        random.seed(self.seed)
        logger.addHandler(reader)
        logger.propagate = False
        try:
            with contextlib.redirect_stderr(headlines):
                self.event_loop.run_until_complete(self._live())
                self._let_go()
        finally:
            logger.propagate = propagate
            logger.removeHandler(reader)
            random.setstate(state)
            self._abandon()
        for ledger in ledgers.values():
            ledger.end_of_all()
            self.figures.update(ledger.figures)
        self._check(headlines.count == sum(ledger.headlines for ledger in ledgers.values()))
        self._check(self._count_slots() == self.figures["slots"])
        self._raise_complaints()
        return self.figures

    async def _live(self) -> None:
        end = self.size.days * DAY
        heap: list[tuple[float, int, Resident | str]] = []
        for order, resident in enumerate(self.residents):
            heapq.heappush(heap, (self._rng.uniform(0, 0.5) * self.size.pause, order, resident))
        heapq.heappush(heap, (self.size.between_jumps, -1, "jump"))
        heapq.heappush(heap, (self.size.between_blocks, -2, "block"))
        checked = 0.0
        while (first := heapq.heappop(heap))[0] < end:
            when, order, what = first
            # What was due before, in this very turn, is over with: time passes in any case.
            await asyncio.sleep(max(when - self.clock.elapsed, self._rng.uniform(0.001, 0.1)))
            if self.clock.elapsed > checked + CHECKED_EVERY:
                checked = self.clock.elapsed
                self._check_all()
            self._raise_complaints()
            if isinstance(what, Resident):
                delay = self._act(what)
            elif self.clock.elapsed < self._quiet_until:
                delay = 2 * UNNOTICED
            elif what == "jump":
                delay = self._jump()
            else:
                delay = self._block()
            heapq.heappush(heap, (self.clock.elapsed + delay, order, what))
        await asyncio.sleep(max(end - self.clock.elapsed, 0.1))
        for resident in self.residents:
            resident.do("cancel")
        await asyncio.sleep(DAY)
        self._check_all()
        self._check(not any(resident.loop.is_running() for resident in self.residents))

    # Two jumps within a minute could go unnoticed; the contract allows that.
    _quiet_until = 0.0

    def _act(self, resident: Resident) -> float:
        """Do something to a loop; tell when to come back to it."""
        rng, ledger = self._rng, resident.ledger
        ledger.look()
        self._raise_complaints()
        if ledger.running:
            for what in rng.choice(WHILE_RUNNING):
                resident.do(what)
        else:
            if resident.instance is not None and rng.random() < 0.3:
                resident.do("replace")
            for what in rng.choice(WHILE_OVER):
                resident.do(what)
        mean = self.size.stay if ledger.running else self.size.pause
        delay = rng.expovariate(1 / mean)
        return self._over_a_change(resident, delay)

    def _over_a_change(self, resident: Resident, delay: float) -> float:
        """Have a loop run when a slot comes that is in a gap or a fold, and be left alone then."""
        timing = resident.ledger.timing
        if isinstance(timing, Every):
            return delay
        now = microseconds(self.clock.now())
        upcoming = min((slot - now for slot in timing.odd if slot > now), default=math.inf) / 1e6
        if resident.ledger.running:
            return upcoming + 200 if upcoming < 0.1 * DAY else delay
        before = upcoming - self._rng.uniform(200, 4_000)
        return max(before if before < 2 * self.size.pause else delay, 60)

    def _jump(self) -> float:
        rng = self._rng
        for _ in range(100):
            seconds = rng.choice(
                [rng.uniform(0.001, 40), rng.uniform(40, 4_000), rng.uniform(0.5, 30) * 3_600]
            ) * rng.choice([-1, 1])
            # Not beyond a microsecond, which no clock here tells.
            seconds = round(seconds, 6)
            if abs(self._astray + seconds) > MOST_ASTRAY:
                seconds = -seconds
            if seconds > 0 or all(
                resident.ledger.may_be_set_back(seconds) for resident in self.residents
            ):
                break
        else:
            return 60.0
        self._astray += seconds
        for resident in self.residents:
            resident.ledger.look()
        before = microseconds(self.clock.now())
        self.clock.shift(seconds=seconds)
        self._jumps.append((self.clock.elapsed, before, microseconds(self.clock.now())))
        for resident in self.residents:
            resident.ledger.after_jump()
        self.figures[f"jumps {'forward' if seconds > 0 else 'back'}"] += 1
        self._quiet_until = self.clock.elapsed + UNNOTICED + 1
        return rng.expovariate(1 / self.size.between_jumps)

    def _block(self) -> float:
        seconds = self._rng.uniform(0.1, 60) * self._rng.choice([1, 1, 10, 100])
        for resident in self.residents:
            resident.ledger.before_block(self.clock.elapsed + seconds)
        self.clock.block(seconds)
        for resident in self.residents:
            resident.ledger.after_block()
        self.figures["blocks"] += 1
        self._quiet_until = self.clock.elapsed + UNNOTICED + 1
        return self._rng.expovariate(1 / self.size.between_blocks)

    # What must hold

    def _check_all(self) -> None:
        """Check what can be seen from outside at any moment at which nothing is due."""
        running = 0
        for resident in self.residents:
            ledger, loop = resident.ledger, resident.loop
            ledger.look()
            running += ledger.running
            seen = (loop.is_running(), loop.failed(), loop.is_being_cancelled())
            if seen != (ledger.running, ledger.failed, ledger.running and ledger.cancelled):
                self.complaints.append(f"{loop} is {seen}, the ledger says {ledger.state}")
        self._raise_complaints()
        # Each run waits for one thing, and by one timer; this one isn't waiting just now.
        timers = len(pending_timers(self.event_loop))
        self._check(timers == running, f"{running} loops have {timers} timers")
        everybody = len(asyncio.all_tasks(self.event_loop))
        self._check(everybody == running + 1, f"{running} loops have {everybody - 1} tasks")

    def _let_go(self) -> None:
        """Check that nothing is left, and nobody kept alive (L11, C3)."""
        self._check(asyncio.all_tasks(self.event_loop) == set())
        self._check(pending_timers(self.event_loop) == [])
        self._check(not vars(self.event_loop)["_ready"])
        self.figures["instances"] = len(self._homes)
        for resident in self.residents:
            resident.instance = resident.met = None
        gc.collect()
        kept = [home for home in self._homes if home() is not None]
        self._check(not kept, f"kept alive: {kept}")
        # The loops are still there, and know that nobody is.
        self._check(all(not resident.loop.is_running() for resident in self.residents))

    def _count_slots(self) -> int:
        """Count anew, from where the wall clock was and when, how often it came to a slot."""
        return sum(
            self._count_slots_between(timing.slots, begin, end)
            for resident in self.residents
            for timing, begin, end in resident.ledger.timings()
            if isinstance(timing, ByClock)
        )

    def _count_slots_between(self, slots: Sequence[int], begin: float, end: float) -> int:
        count, shown = 0, microseconds(self._begin)
        since = 0.0
        for moment, before, after in [*self._jumps, (math.inf, 0, 0)]:
            # First the wall clock just goes on, then it is set: forward it comes to slots as well.
            low, high = max(since, begin), min(moment, end)
            if low < high:
                count += _count(slots, shown + _whole(low), shown + _whole(high))
            if begin <= moment < end:
                count += _count(slots, before, max(before, after))
            since, shown = moment, shown + after - before
        return count

    def _check(self, holds: bool, otherwise: str = "") -> None:
        if not holds:
            self._raise_complaints()
            message = f"seed {self.seed}, after {self.clock.elapsed} s: {otherwise or 'see above'}"
            raise AssertionError(message)

    def _raise_complaints(self) -> None:
        if self.complaints:
            first = "\n".join(self.complaints[:3])
            message = f"seed {self.seed}: {len(self.complaints)} complaints\n{first}"
            raise AssertionError(message)

    def _abandon(self) -> None:
        """Leave nothing to whoever comes after a soak that failed."""
        self.event_loop.set_exception_handler(lambda *_: None)
        left = asyncio.all_tasks(self.event_loop)
        for task in left:
            task.cancel()
        if left:
            with contextlib.redirect_stderr(io.StringIO()):
                self.event_loop.run_until_complete(asyncio.wait(left, timeout=10 * DAY))
        self.event_loop.close()


def _whole(seconds: float) -> int:
    """Round as the wall clock does."""
    return timedelta(seconds=seconds) // MICROSECOND


def _count(slots: Sequence[int], begin: int, end: int) -> int:
    return bisect_right(slots, end) - bisect_right(slots, begin)


WHILE_RUNNING: Final = (
    *[("change",)] * 8,
    *[("stop",)] * 3,
    *[("cancel",)] * 3,
    *[("restart",)] * 4,
    ("start twice",),
    ("restart", "restart"),
    ("restart", "cancel"),
    ("restart", "stop"),
    ("stop", "restart"),
    ("stop", "cancel"),
    ("change", "restart"),
    ("change", "change"),
    ("cancel", "change"),
)
"""What is done in one turn to a loop that is running."""
WHILE_OVER: Final = (*[("start",)] * 6, ("change", "start"), ("restart",), ("stop",), ("cancel",))


def figures_of(counts: Counter[str], seconds: float) -> Iterator[str]:
    """Tell how many there were of what, a line each."""
    yield from (f"{count:>12,}  {what}" for what, count in sorted(counts.items()))
    yield f"{seconds:>12,.1f}  seconds"
