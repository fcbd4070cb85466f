"""What becomes of slots that come: run, missed, put off; by a policy, a pause or a trigger."""

from __future__ import annotations

import math
import random
from collections import deque
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Final, TypeAlias

from defectio_tasks._policy.policy import Missed, Policy
from defectio_tasks._slots.pending import MOST_KEPT, AtLeast
from defectio_tasks._slots.slot import Slot, Slots
from defectio_tasks._time.timers import Timers
from defectio_tasks._time.turn import one_turn

# A slot that begins within so many seconds of its moment isn't missed.
ON_TIME: Final = 1.0
# A timer may ring early by what the event loop's clock resolves, in seconds.
EARLY: Final = 0.001


class Judge:
    """What is decided about the slots of one run, whichever slots those are by now."""

    __slots__ = (
        "backlog",
        "delay",
        "gave_way",
        "jitter",
        "latest",
        "missed",
        "paused",
        "report",
        "triggered",
    )

    missed: Missed
    """What becomes of slots that could not begin when they were due."""
    latest: float
    """How late an iteration may begin, in seconds after its slot and its delay."""
    jitter: float
    """By how many seconds an iteration is delayed at most."""
    delay: float
    """By how many seconds that of the next slot is."""
    backlog: deque[datetime]
    """Slots that were claimed, and are each to be run."""
    paused: bool
    """Whether no slot may begin."""
    triggered: bool
    """Whether there is to be an iteration without a slot."""
    gave_way: bool
    """Whether that one has let a slot go first; no other shall."""
    report: Callable[[datetime, int], bool]
    """Reports that slots in a row were skipped, from which on and how many; returns whether the run
    still waits for these slots."""

    def __init__(self, report: Callable[[datetime, int], bool]) -> None:
        """Begin without a policy."""
        self.report = report
        self.backlog = deque()
        self.paused = self.triggered = self.gave_way = False
        self.follow(None)

    def follow(self, policy: Policy | None) -> None:
        """Go by a policy from the next slot on, or by none."""
        self.missed, self.latest, self.jitter = "one", math.inf, 0.0
        if policy is not None:
            self.missed, self.jitter = policy.missed, policy.jitter
            self.latest = math.inf if policy.grace is None else policy.grace
            if policy.missed == "skip":
                self.latest = min(self.latest, ON_TIME)
        self.draw()

    def draw(self) -> None:
        """Draw by how much the next iteration is delayed."""
        # Jitter needs no secret.
        self.delay = random.random() * self.jitter if self.jitter else 0.0  # noqa: S311

    def is_too_late(self, late: timedelta, delay: float) -> bool:
        """Return whether a slot that is so late isn't run any more.

        Args:
            late: How long ago it came.
            delay: By how many seconds its iteration was delayed.
        """
        return late.total_seconds() - delay > self.latest


def is_decisive(policy: Policy | None) -> bool:
    """Return whether a policy decides anything about slots."""
    return policy is not None and (
        policy.missed != "one" or policy.grace is not None or policy.jitter > 0
    )


class JudgedSlots:
    """Slots, and what is decided about them.

    They report themselves what is skipped, as there may be no slot that it is skipped for.
    """

    __slots__ = ("_claimed", "delayed", "inner", "is_beside", "judge")

    skipped = 0

    inner: Slots
    """The slots themselves."""
    judge: Judge
    """The run's; it stays when the run gets other slots."""
    is_beside: bool
    """Whether what was claimed last is no slot: somebody has asked for it."""
    delayed: float
    """By how many seconds it was delayed, if it is one."""

    def __init__(self, judge: Judge, inner: Slots) -> None:
        """Begin to judge slots."""
        self.judge, self.inner, self.is_beside, self.delayed = judge, inner, False, 0.0
        self._claimed: Slot | None = None

    def wait(self, timers: Timers, /) -> Awaitable[None] | None:
        """Return what to await; paused, it is done only when somebody wakes the run."""
        judge = self.judge
        if judge.triggered or (judge.backlog and not judge.paused):
            return one_turn()
        if judge.paused:
            return timers.sleeper(math.inf)
        return self.inner.wait(timers, judge.delay)

    def claim(self, timers: Timers, /) -> bool:
        """Claim what is to begin now: a slot that isn't missed, or an iteration without a slot."""
        judge, self._claimed, self.is_beside = self.judge, None, False
        self.delayed = judge.delay
        if judge.triggered and (judge.paused or judge.gave_way or not self._is_due(timers)):
            judge.triggered = judge.gave_way = False
            self.is_beside = True
            now = timers.utc_now()
            self._claimed = Slot(now, timedelta(), 0, now, timers.now())
            return True
        judge.gave_way = judge.triggered
        if judge.missed == "all" or judge.backlog:
            return self._claim_oldest(timers, judge.delay)
        return self._claim_latest(timers, judge.delay)

    def claimed(self, timers: Timers, /) -> Slot:
        """Return the slot that was claimed last."""
        return self._claimed or self.inner.claimed(timers)

    def late(self, timers: Timers, /) -> float | None:
        """Return how many seconds ago the next slot came."""
        if self.judge.backlog:
            return (timers.utc_now() - self.judge.backlog[0]).total_seconds()
        return self.inner.late(timers)

    def next_due(self, timers: Timers, /) -> datetime | None:
        """Return when the next slot is due; what comes later because of jitter has its slot."""
        judge = self.judge
        if judge.paused:
            return None
        if judge.triggered or judge.backlog:
            return timers.utc_now()
        late = self.inner.late(timers)
        if judge.delay and late is not None and late > 0:
            return timers.utc_now() - timedelta(seconds=late)
        return self.inner.next_due(timers)

    def _is_due(self, timers: Timers) -> bool:
        return bool(self.judge.backlog) or self._has_come(timers)

    def _has_come(self, timers: Timers) -> bool:
        """Return whether the next slot is to begin, or can't be late."""
        late = self.inner.late(timers)
        return late is None or late >= self.judge.delay - EARLY

    def _claim_latest(self, timers: Timers, later: float) -> bool:
        judge, inner = self.judge, self.inner
        if not inner.claim(timers, later):
            return False
        if judge.jitter:
            judge.draw()
        if not inner.skipped and judge.latest == math.inf:
            # As nearly always: the slot becomes a value only where somebody looks.
            return True
        slot = inner.claimed(timers)
        if judge.is_too_late(slot.late, later):
            judge.report(slot.first_skipped, _plus(slot.skipped, 1))
            return False
        if slot.skipped and not judge.report(slot.first_skipped, slot.skipped):
            judge.report(slot.due, 1)
            return False
        return True

    def _claim_oldest(self, timers: Timers, later: float) -> bool:
        judge, backlog = self.judge, self.judge.backlog
        first, skipped = self._fill_backlog(timers, later)
        # Where the policy isn't the one by which there is a backlog, the latest is enough.
        most = MOST_KEPT if judge.missed == "all" else 1
        while backlog and self._claimed is None:
            due = backlog.popleft()
            late = timers.utc_now() - due
            if len(backlog) >= most or judge.is_too_late(late, later):
                first, skipped = first or due, _plus(skipped, 1)
            else:
                self._claimed = Slot(due, max(late, timedelta()), 0, due, timers.now())
        if first is not None and not judge.report(first, skipped) and self._claimed is not None:
            # The run has ended meanwhile, and reports all that was to be run.
            backlog.appendleft(self._claimed.due)
            return False
        return self._claimed is not None

    def _fill_backlog(self, timers: Timers, later: float) -> tuple[datetime | None, int]:
        """Claim all that has come; return which slots were too many to be claimed."""
        claimed = self.inner.claim_each(timers, later) if self._has_come(timers) else ()
        if not claimed:
            return None, 0
        self.judge.backlog.extend(claimed)
        self.judge.draw()
        latest = self.inner.claimed(timers)
        skipped = _plus(latest.skipped, 1 - len(claimed))
        return (latest.first_skipped, skipped) if skipped > 0 else (None, 0)


RunSlots: TypeAlias = Slots | JudgedSlots
"""What a run waits for."""


def plain(slots: RunSlots) -> Slots:
    """Return slots themselves, without what is decided about them."""
    return slots.inner if isinstance(slots, JudgedSlots) else slots


def _plus(count: int, more: int) -> int:
    """Add to a number of slots, which may have been counted only in part."""
    return AtLeast(count + more) if isinstance(count, AtLeast) else count + more
