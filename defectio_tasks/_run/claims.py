"""What a run has to do with its ledger: claim each slot before its body, settle it after that."""

from __future__ import annotations

import asyncio
import math
import random
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from typing import TYPE_CHECKING, Final

from defectio_tasks._events.logger import claim_lost, ledger_unavailable, not_settled
from defectio_tasks._policy.backoff import delay_before
from defectio_tasks._policy.policy import Policy
from defectio_tasks._run.run import Run
from defectio_tasks._run.steering import goes_on, judge_of
from defectio_tasks._run.tasks import mark_retrieved
from defectio_tasks._schedules.interval import Interval
from defectio_tasks._schedules.schedule import Schedule, next_slot
from defectio_tasks._slots.judged import plain
from defectio_tasks._slots.kinds import ENDED
from defectio_tasks._slots.pending import MOST_KEPT, PendingSlots
from defectio_tasks._slots.wall_clock import WallClockSlots
from defectio_tasks.ledgers._ledger import (
    Claim,
    Ledger,
    LedgerError,
    Refusal,
    StoreUnavailableError,
)

if TYPE_CHECKING:
    from defectio_tasks._run.overlap import Body

# A slot that the store's clock has yet to reach is asked for again after so many seconds.
EARLY_REST: Final = 1.0
# How long a cancelled body waits until its claim is given back; that goes on without it.
PATIENCE: Final = 1.0
# When to look again at what others are at, in seconds.
SHORTEST_WATCH: Final = 1.0
LONGEST_WATCH: Final = 60.0


class Claims:
    """The claims of one run."""

    __slots__ = (
        "_begun",
        "_bodies",
        "_has_come",
        "_has_news",
        "_is_known",
        "_ledger",
        "_name",
        "_opening",
        "_run",
        "_timing",
        "_watching",
    )

    def __init__(self, run: Run, ledger: Ledger) -> None:
        """Begin to open the ledger, while ``before_loop`` may be at work.

        A loop that is new to the store begins now, and not when that is over.
        """
        self._run, self._ledger, self._name = run, ledger, run.settings.name
        # From when on the run has the slots.
        self._begun = run.timers.utc_now()
        self._timing = run.settings.timing
        # How many bodies have begun.
        self._bodies = 0
        # Whether the store has been told of that timing.
        self._is_known = False
        # Whether a slot has come before that, so that it is up to its body.
        self._has_come = False
        self._opening: asyncio.Task[datetime] | None = asyncio.create_task(self._ask())
        self._opening.add_done_callback(mark_retrieved)
        self._watching: asyncio.Task[None] | None = None
        self._has_news = False

    def is_open(self) -> bool:
        """Return whether a body may begin to ask, or one is wanted that asks for nothing."""
        judge = self._run.judge
        is_triggered = judge is not None and judge.triggered
        is_open = self._is_known or self._has_come or is_triggered
        return is_open and self._timing is self._run.settings.timing

    async def open(self) -> None:
        """Learn from when on slots count; once a slot comes, that is up to its body.

        Raises:
            LedgerError: Trying again won't help.
        """
        run, attempt = self._run, 0
        if self._timing is not run.settings.timing:
            self._timing, self._is_known, self._has_come = run.settings.timing, False, False
            self._drop_opening()
        while not self.is_open() and run.slots is not ENDED and self._timing is run.settings.timing:
            try:
                since = await self._since()
            except StoreUnavailableError as error:
                late = run.slots.late(run.timers)
                if late is not None and late >= 0:
                    self._has_come = True
                    return
                attempt += 1
                left = math.inf if late is None else -late
                await run.rest(min(self._delay(attempt, error), left))
            else:
                # While the store was asked, `stop` or `change` may have come.
                is_wanted = run.slots is not ENDED and self._timing is run.settings.timing
                if is_wanted and since < self._begun:
                    run.slots = run.judged(WallClockSlots(self._pending_since(since)))
                    self._begun = since

    async def claim(self, body: Body) -> Claim | None:
        """Claim the slot of a body that is about to begin.

        Returns:
            ``None`` if it must not begin; then the body's ``missed_by`` says why, or is ``None``
            where the slot was put off.

        Raises:
            LedgerError: Trying again won't help.
        """
        run, slot, attempt = self._run, body.slot_at_work(), 0
        following: datetime | None = None
        body.missed_by = "unclaimed"
        while True:
            try:
                if not self._is_known:
                    self._catch_up(await self._since())
                answer = await self._ledger.claim(
                    self._name,
                    slot,
                    delivery=body.delivery,
                    closes=body.policy is None or body.policy.missed != "all",
                    lost=body.lose,
                )
            except StoreUnavailableError as error:
                attempt += 1
                if attempt == 1:
                    following = self._following(slot)
                left = self._time_left(body, slot, following)
                if left <= 0:
                    return None
                await body.rest(min(self._delay(attempt, error), left))
            else:
                if answer != "early":
                    return await self._granted(body, answer)
                await body.rest(EARLY_REST)
                body.delayed += EARLY_REST
            if run.slots is ENDED or self._put_off(body):
                return None

    async def _granted(self, body: Body, answer: Claim | Refusal) -> Claim | None:
        """Return what was granted, if it was and in time."""
        if not isinstance(answer, Claim):
            body.missed_by = "claimed"
            self._watch_for(body)
        elif self._time_left(body, answer.slot, None) < 0:
            # The store has taken its time, and `grace` was over meanwhile.
            await self.give_back(answer)
        else:
            return answer
        return None

    def _put_off(self, body: Body) -> bool:
        """Begin it later, if the loop was paused meanwhile, or the clock set back before it.

        A clock that was wrong by a day would otherwise keep the loop at a slot of tomorrow.
        """
        run, slot, slots = self._run, body.slot_at_work(), plain(self._run.slots)
        if run.judge is not None and run.judge.paused:
            # As of those that come meanwhile, `resume` decides what becomes of it.
            run.judge.backlog = deque(sorted({*run.judge.backlog, slot}))
        elif (
            run.timers.utc_now() < slot
            and isinstance(slots, WallClockSlots)
            and slots.take_back(slot)
        ):
            run.wake()
        else:
            return False
        body.missed_by = None
        return True

    async def settle(self, claim: Claim) -> None:
        """Write that a slot is done; cancelled meanwhile, don't wait for it: it goes on."""
        with suppress(asyncio.CancelledError):
            try:
                await self._ledger.settle(claim)
            except Exception as error:  # noqa: BLE001 -- whoever's ledger it is, the body is over
                not_settled(self._name, claim.slot, error)

    async def give_back(self, claim: Claim) -> None:
        """Give a slot back to whoever asks for it: its body was cancelled, or came too late."""
        with suppress(asyncio.CancelledError, Exception):
            async with asyncio.timeout(PATIENCE):
                await self._ledger.give_back(claim)

    def next_number(self) -> int:
        """Return the number of a body that begins; those that get no claim have none."""
        self._bodies += 1
        return self._bodies - 1

    def lost(self, body: Body) -> None:
        """Take note that the lease of a body ran out: its slot may be anybody's."""
        claim_lost(self._name, body.slot_at_work())
        self._watch_for(body)

    def retire(self) -> None:
        """Leave no task behind."""
        self._drop_opening()
        if self._watching is not None:
            self._watching.cancel()

    async def _ask(self) -> datetime:
        return await self._ledger.open(self._name, repr(self._timing))

    async def _since(self) -> datetime:
        """Return from when on slots count, once the store has been told of the timing."""
        opening, self._opening, timing = self._opening, None, self._timing
        since = await (self._ask() if opening is None else opening)
        self._is_known = timing is self._timing
        # Also with at most once: who was cancelled in a claim has begun nothing.
        self._watch()
        return since

    def _drop_opening(self) -> None:
        if self._opening is not None:
            self._opening.cancel()
            self._opening = None

    def _catch_up(self, since: datetime) -> None:
        """Run each slot from before the run, if that is wanted, though one has come since."""
        judge, row = self._run.judge, deque[datetime](maxlen=MOST_KEPT)
        if since < self._begun and judge is not None and judge.missed == "all":
            self._pending_since(since).claim(self._begun, row)
            judge.backlog.extendleft(reversed(row))
        # Another body may ask at the same time.
        self._begun = min(self._begun, since)

    def _pending_since(self, since: datetime) -> PendingSlots:
        return PendingSlots(self._schedule(), since)

    def _following(self, slot: datetime) -> datetime | None:
        """Return the next slot after one, and after the present."""
        return next_slot(self._schedule(), max(slot, self._run.timers.utc_now()))

    def _schedule(self) -> Schedule:
        assert not isinstance(self._timing, Interval)  # noqa: S101 -- `check_ledger` sees to it
        return self._timing

    def _time_left(self, body: Body, slot: datetime, following: datetime | None) -> float:
        """Return for how many seconds more a slot may be claimed."""
        now, grace = self._run.timers.utc_now(), None if body.policy is None else body.policy.grace
        if grace is not None:
            return grace + body.delayed - (now - slot).total_seconds()
        return math.inf if following is None else (following - now).total_seconds()

    def _delay(self, attempt: int, error: StoreUnavailableError) -> float:
        """Return how long to wait before the store is asked again, and log it."""
        # Jitter needs no secret.
        delay = delay_before(attempt, random.random())  # noqa: S311
        ledger_unavailable(self._name, delay, error, attempt)
        return delay

    # What others have claimed, and will never end

    def _watch_for(self, body: Body) -> None:
        if body.delivery == "at_least_once":
            self._watch()

    def _watch(self) -> None:
        """Watch the slots that others are at, as long as there are any."""
        self._has_news = True
        if self._watching is None:
            self._watching = asyncio.create_task(self._look_again(), name=f"{self._name} ledger")

    async def _look_again(self) -> None:
        with suppress(LedgerError):
            while self._has_news:
                self._has_news = False
                delay = await self._look()
                if delay is not None or self._has_news:
                    self._has_news = True
                    await asyncio.sleep(delay or SHORTEST_WATCH)
        self._watching = None

    async def _look(self) -> float | None:
        """Begin again what others will never end; return when to look again, in seconds.

        Returns:
            ``None`` if nobody is at anything.
        """
        run = self._run
        try:
            leased = await self._ledger.leased(self._name)
        except StoreUnavailableError:
            return SHORTEST_WATCH
        own = {body.slot_at_work() for body in run.bodies.at_work} if run.bodies else ()
        others = [known for known in leased if known.slot not in own]
        again = run.policy is not None and run.policy.delivery == "at_least_once"
        # With at most once, only what was given back.
        lapsed = [
            known.slot for known in others if known.state == "lapsed" and (again or not known.owner)
        ]
        has_lost = again and any(known.state == "lapsed" for known in leased if known.slot in own)
        if self._begin_again(lapsed) or has_lost:
            # What becomes of them, the next look shows; also once a body whose lease ran out has
            # cleaned up.
            return SHORTEST_WATCH
        leases = [known.lease for known in others if known.state == "claimed" and known.lease]
        if not leases or not again:
            return None
        left = (min(leases) - run.timers.utc_now()).total_seconds()
        return min(max(left, SHORTEST_WATCH), LONGEST_WATCH)

    def _begin_again(self, lapsed: Sequence[datetime]) -> bool:
        """Run the slots that aren't too late for it; return whether there are any."""
        run, judge = self._run, judge_of(self._run)
        # Told to stop, it may still be at work on a body.
        if not lapsed or not goes_on(run):
            return False
        now, late = run.timers.utc_now(), plain(run.slots).late(run.timers)
        # Those that have come during a body, and are yet to be claimed, come by themselves.
        known_from = -math.inf if late is None else late
        wanted = [
            slot
            for slot in lapsed
            if (now - slot).total_seconds() > known_from and not judge.is_too_late(now - slot, 0.0)
        ]
        if not wanted:
            return False
        judge.backlog = deque(sorted({*judge.backlog, *wanted}))
        run.judge_slots(judge)
        return True


def begin_claims(run: Run, ledger: Ledger) -> None:
    """Make a run claim its slots, each in a body that is a task of its own."""
    run.claims = Claims(run, ledger)
    # No loop has this one: so that of its settings is yet to be followed, if it has one or not.
    run.policy = Policy()
