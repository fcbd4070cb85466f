"""A soak of loops with policies, which are paused, triggered and given other policies (P1-P8, V2).

The account of each is simpler than that of loops without (see ``account.py``). Whatever is done,
each slot of a run has one ``Started`` or is counted in one ``Skipped``. There are never more bodies
at work than the policies allow, nor more attempts, nor longer ones; and nothing is left.
``SOAK=long`` and ``SOAK_SEED`` count here, too.
"""

from __future__ import annotations

import asyncio
import contextlib
import io
import logging
import math
import random
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Final

import pytest
from support.bookkeeping import BookedRun, Books
from support.virtual_time import pending_timers

import defectio_tasks as tasks
from defectio_tasks.testing import VirtualClock
from soak.world import DAY, IS_LONG, SEED

LOOPS, DAYS = (60, 60) if IS_LONG else (16, 2)
DEEDS: Final = ("stop", "cancel", "restart", "pause", "resume", "trigger", "policy", "policy")
BEGIN: Final = datetime(2026, 3, 28, tzinfo=UTC)


def draw_policy(rng: random.Random) -> tasks.Policy | None:
    """Draw a policy, in which each field may be as without one."""
    if rng.random() < 0.1:
        return None
    return tasks.Policy(
        missed=rng.choice(["one", "all", "skip"]),
        grace=rng.choice([None, None, rng.uniform(0, 3_000)]),
        overlap=rng.choice([False, False, True, 2, 3]),
        timeout=rng.choice([None, rng.uniform(1, 900)]),
        retries=rng.choice([None, 0, 1, 4]),
        max_failures=rng.choice([1, 2, None, None]),
        jitter=rng.choice([0, 0, rng.uniform(0, 900)]),
    )


class Resident:
    """A loop, what it does and what is done to it, and its books."""

    def __init__(self, number: int, clock: VirtualClock, figures: Counter[str]) -> None:
        """Make the loop, with its policy and its hooks."""
        self._rng = random.Random(f"{SEED} {number}")  # noqa: S311 -- it must come out the same again
        self._clock, self._figures = clock, figures
        self._spacing = self._rng.uniform(60, 1_800)
        self._schedule = tasks.Every(seconds=round(self._spacing)) if number % 2 else None
        self.complaints: list[str] = []
        self._origin: float | None = None
        self._begun = clock.now()
        self._triggers = self._at_work = 0
        policy = draw_policy(self._rng)
        self._policies = [policy]
        name, count = f"loop {number}", self._rng.choice([None, None, 5, 40])
        make = (
            tasks.loop(seconds=self._spacing, name=name, count=count, policy=policy)
            if self._schedule is None
            else tasks.loop(schedule=self._schedule, name=name, count=count, policy=policy)
        )
        self.loop: tasks.Loop[[], None] = make(self._body)
        self.loop.before_loop(self._before)
        if self._rng.random() < 0.5:
            self.loop.error(self._error)
        self._books = Books(clock, lambda: self.loop, self.complaints.append)

    def observe(self, event: tasks.Event) -> None:
        """Enter an event into the books, and balance them at the end of a run."""
        self._books(event)
        if event.loop is not self.loop:
            return
        self._figures[type(event).__name__] += 1
        if isinstance(event, tasks.Retrying):
            self._check(event.attempt <= self._most_retries(), f"{event} is one too many")
        elif isinstance(event, tasks.Ended):
            self._balance(self._books.ended[-1])
            self._origin, self._begun, self._triggers = None, self._clock.now(), 0
            self._policies = self._policies[-1:]

    def live(self, end: float) -> Iterator[float]:
        """Do one thing after another to the loop; yield for how many seconds to let it be."""
        rng = self._rng
        while self._clock.elapsed < end:
            if not self.loop.is_running():
                self._begun = self._clock.now()
                self.loop.start()
            else:
                self._do(rng.choice(DEEDS))
            yield rng.expovariate(1 / 5_000)
        self.loop.cancel()

    def _do(self, deed: str) -> None:
        self._figures[deed] += 1
        if deed == "policy":
            policy = draw_policy(self._rng)
            self._policies.append(policy)
            self.loop.policy = policy
        elif deed == "trigger":
            # A loop that is about to end can't be.
            with contextlib.suppress(RuntimeError):
                self._triggers += 1
                self.loop.trigger()
        else:
            getattr(self.loop, deed)()

    # What its functions do

    async def _before(self) -> None:
        self._origin = self._clock.elapsed

    async def _error(self, error: Exception) -> None:
        await asyncio.sleep(self._rng.uniform(0, 5))

    async def _body(self) -> None:
        self._at_work += 1
        begun, blocked = self._clock.elapsed, self._figures["blocked"]
        self._check(self._at_work <= self._most_at_work(), f"{self._at_work} are at work")
        try:
            await self._work()
        finally:
            # Nobody is cancelled while the event loop is blocked.
            took = self._clock.elapsed - begun - (self._figures["blocked"] - blocked)
            self._check(took <= self._longest() + 1, f"an attempt took {took} s")
            self._at_work -= 1

    async def _work(self) -> None:
        dice = self._rng.random()
        await asyncio.sleep(self._rng.uniform(0, 2.5) * self._spacing if dice < 0.2 else dice)
        if dice > 0.95:
            raise LookupError
        if dice > 0.85:
            raise OSError

    # What must hold

    def _most_at_work(self) -> float:
        limits = [False if policy is None else policy.overlap for policy in self._policies]
        return max(math.inf if limit is True else max(limit, 1) for limit in limits)

    def _longest(self) -> float:
        limits = [None if policy is None else policy.timeout for policy in self._policies]
        return max(math.inf if limit is None else limit for limit in limits)

    def _most_retries(self) -> float:
        limits = [None if policy is None else policy.retries for policy in self._policies]
        return max(math.inf if limit is None else limit for limit in limits)

    def _balance(self, run: BookedRun) -> None:
        if self._schedule is not None:
            wrong = run.wrong_by_schedule(self._schedule, self._begun, self._triggers)
        elif self._origin is not None:
            wrong = run.wrong_by_interval(self._origin, self._spacing, self._triggers)
        else:
            wrong = "it has not begun" if run.started or run.skipped else ""
        self._check(not wrong, wrong)

    def _check(self, fits: bool, message: str) -> None:
        if not fits:
            self.complaints.append(f"{self.loop.name} with {self._policies}: {message}")


async def live(residents: list[Resident], clock: VirtualClock, figures: Counter[str]) -> None:
    """Have all live their lives, and the event loop blocked at times."""
    rng = random.Random(SEED)  # noqa: S311 -- as above
    end = DAYS * DAY
    lives = [resident.live(end) for resident in residents]

    async def go_through(life: Iterator[float]) -> None:
        for delay in life:
            await asyncio.sleep(delay)

    async def block() -> None:
        while clock.elapsed < end:
            await asyncio.sleep(rng.expovariate(1 / 20_000))
            seconds = rng.randrange(1, 3_000)
            figures["blocked"] += seconds
            clock.block(seconds=seconds)

    await asyncio.gather(block(), *map(go_through, lives))
    await asyncio.sleep(DAY)


def test_v2_each_slot_of_loops_with_policies_is_told_once(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """P1-P8, V2, S2, S3, L11."""
    clock = VirtualClock(BEGIN, max_leaps=10**9)
    event_loop = clock.new_event_loop()
    figures = Counter[str]()
    residents = [Resident(number, clock, figures) for number in range(LOOPS)]
    unobserve = [tasks.observe(resident.observe) for resident in residents]
    logger = logging.getLogger("defectio_tasks")
    propagate, logger.propagate = logger.propagate, False
    state = random.getstate()
    random.seed(SEED)
    try:
        with contextlib.redirect_stderr(io.StringIO()):
            event_loop.run_until_complete(live(residents, clock, figures))
    finally:
        random.setstate(state)
        logger.propagate = propagate
        for each in unobserve:
            each()
    complaints = [complaint for resident in residents for complaint in resident.complaints]
    assert complaints == [], "\n".join(complaints[:3])
    assert tasks.loops() == []
    assert asyncio.all_tasks(event_loop) == set()
    assert pending_timers(event_loop) == []
    event_loop.close()
    wanted = {*DEEDS, "Started", "Retrying", "Finished", "Skipped", "Ended"}
    assert wanted - figures.keys() == set()
    assert clock.now() > BEGIN + timedelta(days=DAYS)
    with capsys.disabled():
        if IS_LONG:
            print(f"\n{dict(figures)}")  # noqa: T201 -- as the other soak's figures
