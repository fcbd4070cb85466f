"""Bodies that are tasks of their own: several at once, or with a ledger that each asks first."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Callable, Coroutine
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from defectio_tasks._events.observers import observers
from defectio_tasks._policy.policy import Delivery, Policy
from defectio_tasks._run.cancellation import Cancellation, is_at_work
from defectio_tasks._run.hooks import PASSING
from defectio_tasks._run.recovery import recovery
from defectio_tasks._run.run import Run, current
from defectio_tasks._run.settings import Settings
from defectio_tasks._run.tasks import begin_task
from defectio_tasks._run.telling import report_skipped, tell_finished, tell_skipped, tell_started
from defectio_tasks._slots.interval import IntervalSlots
from defectio_tasks._slots.judged import JudgedSlots, RunSlots
from defectio_tasks._slots.kinds import ENDED
from defectio_tasks._slots.slot import Slot
from defectio_tasks._time.turn import one_turn

if TYPE_CHECKING:
    from defectio_tasks._events.events import Reason
    from defectio_tasks._run.claims import Claims
    from defectio_tasks.ledgers._ledger import Claim


class Bodies:
    """The bodies of a run that are at work."""

    __slots__ = ("at_work", "awaited", "failure", "limit")

    limit: float
    """How many there may be."""
    awaited: bool
    """Whether the run waits for the end of one of them."""
    failure: BaseException | None
    """With what the run ends when all are over."""

    def __init__(self) -> None:
        """Begin with none at work, and no limit."""
        self.limit, self.awaited, self.failure = math.inf, False, None
        # In order, as what is cancelled shall take the same course each time.
        self.at_work = dict[Body, None]()

    def have_room(self, run: Run) -> bool:
        """Return whether one more may begin; no more do than successes are still wanted."""
        begun, wanted = len(self.at_work), run.settings.iterations
        return begun < self.limit and (wanted is None or run.successes + begun < wanted)


def number_of_iteration(run: Run) -> int:
    """Return the number of the iteration from which it is asked; outside, how many there were."""
    worker = current.get()
    return worker.number if isinstance(worker, Body) and worker.run is run else run.iterations


def run_at_work() -> Run | None:
    """Return the run one of whose bodies is the current task."""
    worker = current.get()
    is_body = isinstance(worker, Body) and worker.task is asyncio.current_task()
    return worker.run if isinstance(worker, Body) and is_body else None


async def overlap(run: Run, bodies: Bodies, adopt_policy: Callable[[Run], None]) -> None:
    """Begin a body for each slot, until no further one may begin or the policy is another.

    The ledger, if there is one, is asked by each body before it begins.

    Args:
        run: The run.
        bodies: Those at work, none at first; all are over at the end.
        adopt_policy: Goes by the policy of the settings.
    """
    end: BaseException | None = None
    try:
        await _begin_bodies(run, bodies, adopt_policy)
    except BaseException as error:
        if isinstance(error, GeneratorExit):
            # The event loop is gone.
            raise
        run.end_slots()
        if isinstance(error, asyncio.CancelledError):
            end = error
            run.give_up_rest()
            _cancel_all(bodies)
        else:
            bodies.failure = bodies.failure or error
    _give_up_claiming(bodies)
    try:
        await _all_end(run, bodies)
    except asyncio.CancelledError as error:
        end = error
    if end is not None:
        run.cancellations().requested = True
    # A cancellation hides no failure, as where there is one body at most.
    end = bodies.failure or end
    if end is not None:
        try:
            raise end
        finally:
            # Its traceback holds this frame.
            del end, bodies


async def _begin_bodies(run: Run, bodies: Bodies, adopt_policy: Callable[[Run], None]) -> None:
    timers = run.timers
    while run.slots is not ENDED:
        if run.settings.policy is not run.policy:
            adopt_policy(run)
            if run.claims is None and (run.policy is None or not run.policy.overlap):
                return
        if run.claims is not None and not run.claims.is_open():
            await run.claims.open()
            continue
        slots, has_room = run.slots, bodies.have_room(run)
        run.resting = slots.wait(timers) if has_room else None
        if slots is not run.slots:
            # As in `live`: a schedule of the user's own may have called `stop` or `change`.
            run.wake()
        elif run.resting is not None:
            await run.resting
            claimed = slots is run.slots and slots.claim(timers) and slots is run.slots
            if claimed and (not slots.skipped or tell_skipped(run, slots)):
                _begin_body(run, bodies, slots)
        elif bodies.at_work:
            if run.missed_by == "late" and not has_room:
                run.missed_by = "busy"
            await _one_ends(run, bodies)
        else:
            return


def _begin_body(run: Run, bodies: Bodies, slots: RunSlots) -> None:
    body = Body(run, bodies, slots)
    bodies.at_work[body] = None
    event_loop, name = asyncio.get_running_loop(), f"{run.settings.name} {body.number}"
    try:
        body.task = begin_task(body.live(), event_loop, name)
    except PASSING as error:  # pragma: no cover -- only from Python 3.12 on
        # An eager task raises it here. Let through, it would have to wait for the other bodies.
        event_loop.call_soon(_raise, error)


def _raise(error: BaseException) -> None:  # pragma: no cover -- only from Python 3.12 on
    raise error


async def _one_ends(run: Run, bodies: Bodies) -> None:
    """Wait until a body is over, or something is asked of the run."""
    bodies.awaited = True
    try:
        run.resting = run.timers.sleeper(math.inf)
        await run.resting
    finally:
        bodies.awaited = False


async def _all_end(run: Run, bodies: Bodies) -> None:
    """Wait until all bodies are over; when the run is cancelled, cancel them and wait on."""
    cancelled: asyncio.CancelledError | None = None
    while bodies.at_work:
        try:
            await _one_ends(run, bodies)
        except asyncio.CancelledError as error:
            cancelled = error
            run.give_up_rest()
            _cancel_all(bodies)
    if cancelled is not None:
        try:
            raise cancelled
        finally:
            del cancelled


def _give_up_claiming(bodies: Bodies) -> None:
    for body in bodies.at_work:
        if not body.has_begun:
            body.wake()


def _cancel_all(bodies: Bodies) -> None:
    for body in tuple(bodies.at_work):
        body.cancel()


class Body:
    """One body at work, with all its attempts."""

    __slots__ = (
        *("_bodies", "_call", "_cancellation", "_due", "_is_beside", "_resting", "_slot", "_slots"),
        *("claim", "delayed", "has_begun", "missed_by", "number", "policy", "reported", "run"),
        "task",
    )

    _cancellation: Cancellation | None
    _resting: Awaitable[None] | None
    """What it awaits between two attempts, or awaited last."""
    run: Run
    """The run whose body it is."""
    task: asyncio.Task[None]
    """Its task, from when that was created, or its first turn."""
    claim: Claim | None
    """Its claim, once a ledger has granted that."""
    has_begun: bool
    """Whether it was told that it begins: before that, its slot can still be missed."""
    delayed: float
    """By how many seconds jitter, or a clock that is fast, has delayed it: `grace` counts later."""
    missed_by: Reason | None
    """Why, if it is; ``None`` for what the run says."""
    number: int
    """The number of its iteration, from 0."""
    policy: Policy | None
    """The policy of its iteration."""
    reported: bool
    """Whether it has failed and was told of, and the ``error`` hook is at work on it."""

    def __init__(self, run: Run, bodies: Bodies, slots: RunSlots) -> None:
        """Make the body of the slot that was claimed last."""
        self.run, self._bodies = run, bodies
        self._slots, self._cancellation, self._resting = slots, None, None
        # The next one is claimed before this one is over. To remember when a slot of an interval
        # was due takes less than to make a value of it, which few bodies need.
        self._due = slots.last_due(run.timers) if type(slots) is IntervalSlots else None
        self._slot = slots.claimed(run.timers) if self._due is None or observers else None
        self.number = run.iterations + len(bodies.at_work)
        self.policy, self._call = run.policy, run.call
        self._is_beside, self.delayed = False, 0.0
        if isinstance(slots, JudgedSlots):
            self._is_beside, self.delayed = slots.is_beside, slots.delayed
        self.claim = self.missed_by = None
        self.has_begun = self.reported = False

    def is_over(self) -> bool:
        """Return whether it is over: a task that it began may ask for its slot."""
        return self not in self._bodies.at_work

    def cancel(self) -> None:
        """Cancel it, as the run was cancelled."""
        self.cancellations().requested = True
        self.task.cancel()

    async def live(self) -> None:  # noqa: C901 -- all of its life, as that of a run
        """Go through all attempts, and take down how the iteration ended."""
        run, slots, claims = self.run, self._slots, self.run.claims
        slot: Slot | None = None
        try:
            # `begin_task` goes up to here.
            await one_turn()
            self._begin()
            if claims is not None and not await self._may_begin(claims):
                self._end(None)
                return
            self.has_begun = True
            if observers:
                slot = self.claimed(slots)
                tell_started(run, slot)
            known, again = self.task.cancelling(), None
            try:
                await self._call()
            except BaseException as error:
                again = recovery(run, self, slots, slot, error, known)
                if again is None:
                    raise
            succeeded = again is None or await again
            if claims is not None:
                await self._give_up_claim(claims, None)
            run.successes += succeeded
        except BaseException as error:
            if isinstance(error, GeneratorExit) and not is_at_work(self):
                # The event loop is gone, as in `live`.
                raise
            if not self.has_begun and observers:
                report_skipped(run, self.slot_at_work(), 1, self.missed_by)
            if not isinstance(error, asyncio.CancelledError):
                # Before it is settled: meanwhile no other body begins, and another one that fails
                # isn't what ends the loop.
                self._bodies.failure = self._bodies.failure or error
                run.end_slots()
            if claims is not None:
                await self._give_up_claim(claims, error)
            self._end(slot, error)
            if isinstance(error, PASSING):
                raise
        else:
            self._end(slot if succeeded else None)

    def _begin(self) -> None:
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 -- a coroutine that runs is in a task
        self.task = task
        current.set(self)

    async def _may_begin(self, claims: Claims) -> bool:
        """Claim the slot, if it is one; return whether the body may begin."""
        if not self._is_beside:
            self.claim = await claims.claim(self)
            if self.claim is None:
                if self.missed_by is not None:
                    report_skipped(self.run, self.slot_at_work(), 1, self.missed_by)
                return False
            self._slot = self._begun_now(self.claimed(self._slots))
        self.number = claims.next_number()
        self.task.set_name(f"{self.settings.name} {self.number}")
        return True

    def _begun_now(self, slot: Slot) -> Slot:
        """Return the slot as that of an iteration which begins now: a claim takes its time."""
        timers = self.run.timers
        late = max(timers.utc_now() - slot.due, timedelta())
        return slot._replace(late=late, begun=timers.now())

    async def _give_up_claim(self, claims: Claims, error: BaseException | None) -> None:
        """Settle the claim, if there is one; where the body was cancelled, give it back.

        With at most once it can't be given back, as the body has begun.
        """
        if self.claim is None or isinstance(error, PASSING):
            return
        if isinstance(error, asyncio.CancelledError) and self.delivery == "at_least_once":
            await claims.give_back(self.claim)
        else:
            await claims.settle(self.claim)

    def _end(self, slot: Slot | None, error: BaseException | None = None) -> None:
        run, bodies = self.run, self._bodies
        del bodies.at_work[self]
        if error is None:
            if run.has_completed():
                run.end_slots()
        elif isinstance(error, asyncio.CancelledError):
            run.unsuccessful += self.has_begun
            if isinstance(self._resting, asyncio.Future) and self._resting.cancelled():
                run.timers.give_up()
        if slot is not None and not self.reported:
            tell_finished(run, slot, error)
        if bodies.awaited or run.slots is ENDED:
            run.wake()

    # What recovery and hooks need of it

    @property
    def settings(self) -> Settings[object]:
        """What the loop is set to now."""
        return self.run.settings

    @property
    def args(self) -> tuple[object, ...]:
        """The body's positional arguments."""
        return self.run.args

    @property
    def bound(self) -> bool:
        """Whether the first of them is the instance to which the loop is bound."""
        return self.run.bound

    def claimed(self, slots: RunSlots) -> Slot:
        """Return the slot of the iteration."""
        del slots
        if self._slot is not None:
            return self._slot
        timers, due = self.run.timers, self._due
        assert due is not None  # noqa: S101 -- one of the two is known
        now = timers.now()
        moment = timers.utc_now() - timedelta(seconds=now - due)
        self._slot = Slot(moment, timedelta(), 0, moment, now)
        return self._slot

    def slot_at_work(self) -> datetime:
        """Return its slot, in UTC: the same each time."""
        return self.claimed(self._slots).due

    @property
    def delivery(self) -> Delivery:
        """What a ledger promises of its slot."""
        return "at_most_once" if self.policy is None else self.policy.delivery

    def lose(self) -> None:
        """End, as the lease of its claim ran out."""
        claims = self.run.claims
        if self in self._bodies.at_work and claims is not None:
            claims.lost(self)
            self.cancel()

    def attempt(self) -> Coroutine[Any, Any, object]:
        """Call the body."""
        return self._call()

    def rest(self, delay: float) -> Awaitable[None]:
        """Return what to await for so many seconds."""
        timers = self.run.timers
        self._resting = one_turn() if delay == 0 else timers.sleeper(timers.now() + delay)
        return self._resting

    def wake(self) -> None:
        """End its present rest."""
        if isinstance(self._resting, asyncio.Future):
            self.run.timers.wake(self._resting)

    def is_cancelled(self) -> bool:
        """Return whether it was cancelled, or the run was."""
        own = self._cancellation
        return (own is not None and own.requested) or self.run.is_cancelled()

    def cancellations(self) -> Cancellation:
        """Return what is known of the task's cancellations."""
        if self._cancellation is None:
            self._cancellation = Cancellation(self)
        return self._cancellation

    def abandon(self) -> None:
        """End, as the event loop is gone."""
        self.run.abandon()
