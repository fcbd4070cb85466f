"""One run of a loop, from ``start`` to its end: where it is, and what can be asked of it."""

from __future__ import annotations

import asyncio
import weakref
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from contextlib import suppress
from contextvars import ContextVar
from datetime import datetime
from enum import Enum, auto
from functools import partial
from typing import TYPE_CHECKING, Any, Final
from weakref import WeakValueDictionary

from defectio_tasks._events.endings import Ending
from defectio_tasks._policy.policy import Policy
from defectio_tasks._run.cancellation import Cancellation
from defectio_tasks._run.settings import Settings
from defectio_tasks._run.timeout import TimeLimit
from defectio_tasks._schedules.interval import Interval
from defectio_tasks._slots.judged import Judge, JudgedSlots, RunSlots, plain
from defectio_tasks._slots.kinds import (
    ENDED,
    NotBegun,
    changed_slots,
    first_slots,
    slots_at_launch,
)
from defectio_tasks._slots.slot import Slot, Slots
from defectio_tasks._time.timers import Timers
from defectio_tasks._time.turn import one_turn
from defectio_tasks._zones.instants import EPOCH
from defectio_tasks.ledgers._ledger import Ledger

if TYPE_CHECKING:
    from defectio_tasks._events.events import Reason

    # See `defectio_tasks._events.events`, which names it for the same reason.
    from defectio_tasks._loop.loop import Loop
    from defectio_tasks._run.claims import Claims
    from defectio_tasks._run.overlap import Bodies, Body


class Stage(Enum):
    """Where a run is in its life."""

    STARTING = auto()
    """Made, and not yet on its turn."""
    PREPARING = auto()
    """In ``before_loop``."""
    WAITING = auto()
    """Asleep until the next slot."""
    WORKING = auto()
    """In the body, or between two attempts at it."""
    FINISHING = auto()
    """In ``error`` or ``after_loop``."""
    OVER = auto()


# By name, as Python before 3.12 takes its time to find a member in an enumeration.
STARTING, PREPARING, WAITING, WORKING, FINISHING, OVER = Stage

TRANSITIONS: Final[Mapping[Stage, frozenset[Stage]]] = {
    STARTING: frozenset({PREPARING, FINISHING, OVER}),
    PREPARING: frozenset({WAITING, FINISHING, OVER}),
    WAITING: frozenset({WORKING, FINISHING, OVER}),
    WORKING: frozenset({WAITING, FINISHING, OVER}),
    FINISHING: frozenset({OVER}),
    OVER: frozenset(),
}
"""Where a run can get from each stage. ``OVER`` without ``FINISHING`` is for a run whose event loop
is gone, and ``FINISHING`` out of any other for one that fails, is stopped or is cancelled there."""


# Before anybody has asked for a slot.
NOTHING_SEEN: Final = (-1, EPOCH)


class Run:
    """One run: its state, each part with what holds of it, and what changes it from outside."""

    __slots__ = (
        "__weakref__",
        "args",
        "bodies",
        "bound",
        "call",
        "cancellation",
        "claims",
        "ending",
        "failed_in_a_row",
        "followed_by",
        "judge",
        "last_slots",
        "loop",
        "missed_by",
        "new_start",
        "policy",
        "reported",
        "resting",
        "seen",
        "settings",
        "slots",
        "stage",
        "successes",
        "successes_before_failure",
        "task",
        "time_limit",
        "timers",
        "unsuccessful",
        "untimed",
    )

    loop: Loop[..., object]
    """The loop whose run it is, until it is over."""
    settings: Settings[object]
    """What the loop is set to now: replaced whenever that changes."""
    policy: Policy | None
    """The policy of the iteration at work; that of the settings counts from the next slot on."""
    judge: Judge | None
    """Decides about the slots, where there is a policy, a pause or a trigger."""
    bodies: Bodies | None
    """The bodies at work, where several may be."""
    claims: Claims | None
    """What it has to do with its ledger, where it has one: then each body is a task."""
    timers: Timers
    """The clocks and timers of the event loop, until the run is over."""
    task: asyncio.Task[None]
    """The task, from when it was created, or its first turn, until the run is over."""
    cancellation: Cancellation | None
    """Whose the task's cancellations are; of most runs that sleep nobody has ever asked."""
    stage: Stage
    """Where the run is; see ``TRANSITIONS``."""
    slots: RunSlots
    """What it waits for. ``ENDED`` from ``stop`` or ``cancel`` on: then no further body begins."""
    last_slots: RunSlots
    """What it waited for before ``ENDED``: of those some may have come, and are skipped."""
    seen: tuple[int, datetime]
    """The slot of the iteration of a number, once somebody has asked for it."""
    untimed: Callable[[], Coroutine[Any, Any, object]]
    """Calls the body with its arguments."""
    call: Callable[[], Coroutine[Any, Any, object]]
    """The same, within the time that the policy gives an attempt."""
    args: tuple[object, ...]
    """The body's positional arguments. They hold the instance, so they go when the run is over."""
    bound: bool
    """Whether the body's first argument is the instance to which the loop is bound."""
    resting: Awaitable[None] | None
    """What the run awaits between two bodies or attempts, or awaited last."""
    time_limit: TimeLimit | None
    """What does so, if the policy gives any."""
    successes: int
    """How many iterations have succeeded."""
    unsuccessful: int
    """How many are over and have not, and the loop went on: they failed, or were cancelled."""
    successes_before_failure: int
    """How many iterations had succeeded when one failed last; -1 before that."""
    failed_in_a_row: int
    """How many had failed in a row by then."""
    reported: bool
    """Whether an iteration has failed and was told of, and the ``error`` hook is at work on it."""
    missed_by: Reason
    """Why the next slots that are skipped will have been missed: ``"busy"`` when one came during
    the last body, which is known where somebody observes."""
    followed_by: Callable[[], object] | None
    """What a restart has yet to do when the task is done."""
    new_start: weakref.ref[Callable[[], object]] | None
    """What a restart has yet to do, also once the run is over. Kept alive by ``followed_by`` until
    then: it holds the instance, and a loop keeps its last run."""
    ending: Ending | None
    """How it ended: ``"failed"`` from the failure on, the others from ``after_loop`` on."""

    def __init__(  # noqa: PLR0913, PLR0917 -- all at one place: each start pays for each call
        self,
        loop: Loop[..., object],
        settings: Settings[object],
        args: tuple[object, ...],
        kwargs: Mapping[str, object],
        timers: Timers,
        bound: bool,
    ) -> None:
        """Make a run; ``launch`` starts it.

        Args:
            loop: The loop.
            settings: What it is set to.
            args: The body's positional arguments, the instance of a bound loop first.
            kwargs: The body's keyword arguments.
            timers: Those of the event loop.
            bound: Whether the loop is bound to an instance.
        """
        callback = settings.callback
        self.loop = loop
        self.settings = settings
        self.timers = timers
        self.stage = STARTING
        self.slots = slots_at_launch(settings.timing, timers, wait_first=settings.wait_first)
        self.last_slots = ENDED
        self.call = partial(callback, *args, **kwargs) if args or kwargs else callback
        self.untimed = self.call
        self.bound = bound
        self.args = args
        self.successes = self.unsuccessful = self.failed_in_a_row = 0
        self.successes_before_failure = -1
        self.missed_by = "late"
        self.reported = False
        self.seen = NOTHING_SEEN
        self.policy = self.judge = self.bodies = self.claims = self.time_limit = None
        self.cancellation = self.resting = self.ending = None
        self.followed_by = self.new_start = None

    @property
    def iterations(self) -> int:
        """How many iterations are over; one that fails and ends the loop isn't counted."""
        return self.successes + self.unsuccessful

    def has_ended(self) -> bool:
        """Return whether it is over, if only because its task ended before it began."""
        return self.stage is OVER or (self.stage is STARTING and self._task_is_done())

    def has_completed(self) -> bool:
        """Return whether as many bodies have succeeded as were wanted."""
        wanted = self.settings.iterations
        return wanted is not None and self.successes >= wanted

    def end_slots(self) -> None:
        """Begin no further body."""
        if self.slots is not ENDED:
            self.last_slots, self.slots = self.slots, ENDED

    def stop(self) -> None:
        """End after the iteration at work; at once when there is none."""
        self.end_slots()
        if self.stage is WAITING:
            self.wake()
        elif self.stage is PREPARING:
            self.cancellations().interrupt()

    def cancel(self) -> None:
        """Cancel the task, once: what cleans up because of it is left alone."""
        cancellation = self.cancellation or self.cancellations()
        if not cancellation.requested:
            self.end_slots()
            cancellation.requested = True
            # In its first turn it will see for itself.
            if self.stage is not STARTING:
                self.task.cancel()

    def follow(self, begin: Callable[[], object]) -> None:
        """Cancel for a run that follows; a run that is ending already may end.

        Args:
            begin: Begins the other run, when the task is done.
        """
        if self.stage is not FINISHING:
            self.cancel()
        cancellation = self.cancellations()
        cancellation.known = self.task.cancelling() if hasattr(self, "task") else 0
        self.followed_by = begin

    def call_instead(self, callback: Callable[..., Coroutine[Any, Any, object]]) -> None:
        """Call another function from the next body on, with the same arguments."""
        call, own = self.untimed, self.settings.callback
        if call is not own:
            assert isinstance(call, partial)  # noqa: S101 -- made when this run was
            args, keywords = call.args, call.keywords
            if call.func is not own:
                # A partial of a partial is one, with the arguments of both.
                assert isinstance(own, partial)  # noqa: S101 -- no other is taken apart
                args = args[len(own.args) :]
                keywords = {
                    name: value
                    for name, value in keywords.items()
                    if name not in own.keywords or own.keywords[name] is not value
                }
            callback = partial(callback, *args, **keywords)
        self.untimed = self.call = callback
        self.limit_time()

    def limit_time(self) -> None:
        """Give each attempt from now on the time that the policy says."""
        if self.time_limit is not None:
            self.time_limit.retire()
            self.time_limit, self.call = None, self.untimed
        if self.policy is not None and self.policy.timeout is not None:
            self.time_limit = TimeLimit(self.policy.timeout, self.untimed, self.timers)
            self.call = self.time_limit.call

    def is_followed(self) -> bool:
        """Return whether another run follows: not if somebody else has cancelled the task since."""
        known = self.cancellations().known
        return self.followed_by is not None and self.task.cancelling() <= known

    def is_cancelled(self) -> bool:
        """Return whether the run was cancelled."""
        return self.cancellation is not None and self.cancellation.requested

    def cancellations(self) -> Cancellation:
        """Return what is known of the task's cancellations; it is made when somebody asks."""
        if self.cancellation is None:
            self.cancellation = Cancellation(self)
        return self.cancellation

    def change(self, settings: Settings[object]) -> None:
        """Go on with another timing, from the present wait on.

        Args:
            settings: With the other timing, and all else as it was.

        Raises:
            TypeError: A schedule answered with something that isn't a datetime.
            ValueError: It answered with a naive datetime, or one that isn't later.
            Exception: Whatever else a schedule raises.
        """
        previous = self.slots
        if previous is not ENDED and self.stage is not FINISHING:
            self._see()
            if self.stage in {STARTING, PREPARING} and isinstance(settings.timing, Interval):
                slots = slots_at_launch(
                    settings.timing, self.timers, wait_first=settings.wait_first
                )
            else:
                slots = changed_slots(
                    settings.timing, plain(previous), self.timers, wait_first=settings.wait_first
                )
                # A schedule that can't be used is found out here, where nothing has changed yet.
                slots.next_due(self.timers)
            # A schedule of the user's own may have called `stop` meanwhile.
            if self.slots is previous:
                self.slots = self.judged(slots)
            if self.stage is WAITING:
                self.wake()
        self.settings = settings

    def judge_slots(self, judge: Judge) -> None:
        """Put before a judge what is to become of the slots, from the present wait on."""
        self._see()
        self.judge = judge
        self.slots = self.judged(plain(self.slots))
        if self.stage is WAITING:
            self.wake()

    def next_iteration(self) -> datetime | None:
        """Return when the next iteration is due, in UTC, if there will be one."""
        if self.stage in {FINISHING, OVER}:
            return None
        under_way = 1 if self.stage is WORKING else 0
        if self.bodies is not None:
            under_way = len(self.bodies.at_work)
        if self.successes + under_way == self.settings.iterations:
            return None
        # A schedule of the user's own may fail; then the run will, and there is no next slot.
        with suppress(Exception):
            return self.slots.next_due(self.timers)
        return None

    def upcoming(self) -> RunSlots:
        """Return the slots that would go on, had the run not been told to end."""
        return self.last_slots if self.slots is ENDED else self.slots

    def begin(self) -> bool:
        """Begin to wait for slots; return whether the first has come already, and was claimed."""
        self.stage = WAITING
        if self.is_cancelled():
            self.end_slots()
        settings = self.settings
        timing = settings.timing
        if not (isinstance(plain(self.slots), NotBegun) and isinstance(timing, Interval)):
            return False
        at_once = not settings.wait_first
        # What is decided about slots is decided when they are claimed.
        claimed = at_once and settings.policy is None and self.judge is None
        self.slots = self.judged(first_slots(timing, self.timers, claimed=claimed or not at_once))
        return claimed

    def claimed(self, slots: RunSlots) -> Slot:
        """Return the slot of the iteration at work, which was claimed from these slots."""
        return slots.claimed(self.timers)

    def slot_at_work(self) -> datetime:
        """Return the slot of the iteration at work, in UTC: the same each time."""
        number, slot = self.seen
        if number != self.iterations:
            slot = self.upcoming().claimed(self.timers).due
            self.seen = self.iterations, slot
        return slot

    def attempt(self) -> Coroutine[Any, Any, object]:
        """Call the body."""
        return self.call()

    def rest(self, delay: float) -> Awaitable[None]:
        """Return what to await for so many seconds; 0 is a turn of the event loop."""
        timers = self.timers
        self.resting = one_turn() if delay == 0 else timers.sleeper(timers.now() + delay)
        return self.resting

    def wake(self) -> None:
        """End the present rest."""
        if isinstance(self.resting, asyncio.Future):
            self.timers.wake(self.resting)

    def give_up_rest(self) -> None:
        """Take note that what the run awaited was cancelled, if it was."""
        if isinstance(self.resting, asyncio.Future) and self.resting.cancelled():
            self.resting = None
            self.timers.give_up()

    def abandon(self) -> None:
        """End, as the event loop is gone; whoever keeps the run keeps nothing by it."""
        if self.stage is not OVER:
            self.stage = OVER
            self.let_go()

    def let_go(self) -> None:
        """Keep nothing that is needed only while it goes on; some of it holds the instance.

        A loop keeps its last run, and somebody may keep the task: neither keeps the instance, nor
        the event loop.
        """
        # Another thread that has just found it alive may ask for these.
        self.judge = self.bodies = self.claims = self.cancellation = None
        self.resting = self.time_limit = self.followed_by = None
        del self.loop, self.task, self.timers, self.slots, self.last_slots
        del self.call, self.untimed, self.args

    def judged(self, slots: Slots) -> RunSlots:
        """Return slots as they are waited for: before the judge, if there is one."""
        return slots if self.judge is None else JudgedSlots(self.judge, slots)

    def _see(self) -> None:
        """Remember the slot at work, before its slots are replaced."""
        if self.stage is WORKING:
            self.slot_at_work()

    def _task_is_done(self) -> bool:
        # While a task factory is at work, there is none yet.
        return hasattr(self, "task") and self.task.done()


current: Final[ContextVar[Run | Body | None]] = ContextVar("defectio_tasks_current", default=None)
"""What has called the body to which this code belongs: a run or, where bodies are tasks, one of
its bodies."""
# It keeps none of them alive: neither a run, nor its loop, instance or event loop.
started: Final = dict[weakref.ref[Run], None]()
"""The runs of the process, in the order of their starts; those of loops that rest are over."""
forget: Final = started.pop
_with_ledgers: Final = WeakValueDictionary[tuple[int, str], Run]()


def check_alone(run: Run, ledger: Ledger) -> None:
    """Check that no other loop of the name runs with a ledger: to that, the two would be one.

    One that was told to end begins nothing any more: so is that of a cog which is reloaded.

    Raises:
        RuntimeError: There is one.
    """
    name = run.settings.name
    other = _with_ledgers.get((id(ledger), name))
    if (
        other is not None
        and not other.has_ended()
        and other.slots is not ENDED
        and not other.timers.is_closed()
    ):
        message = (
            f"a loop of the name {name!r} runs with this ledger already (in a class, only one "
            "instance's can, unless each gets a `name` of its own)"
        )
        raise RuntimeError(message)
    _with_ledgers[id(ledger), name] = run
