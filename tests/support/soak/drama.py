"""What happens: the soak itself, from the first start of a loop to the last end.

``Soak`` lets virtual time pass. In it, now and then, something is done to one of the loops, the
wall clock is set, or the event loop is blocked; each time the ledgers are told before and after.
In between it looks whether all that must hold does.
"""

from __future__ import annotations

import asyncio
import contextlib
import heapq
import io
import logging
import math
import random
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Final, TypeAlias

import defectio_tasks as tasks
from defectio_tasks.testing import VirtualClock
from support.soak.checks import check_none_running, check_nothing_left, check_present
from support.soak.complaints import Complaints
from support.soak.moments import DAY, UNNOTICED, reading, seconds_in
from support.soak.population import populate
from support.soak.readers import EventReader, Headlines, LogReader
from support.soak.residents import Deed, Resident
from support.soak.sizes import BEGINS, Size
from support.soak.timings import ByClock, Every
from support.soak.wall import WallClock

CHECKED_EVERY: Final = 3_600.0
"""How often, in seconds, all is looked at that can be seen of a loop from outside."""

Event: TypeAlias = tuple[float, int, Callable[[], float]]
"""When what happens, and in which order at one moment; it tells after how long it does again."""


def _weighted(weights: Mapping[tuple[Deed, ...], int]) -> Sequence[tuple[Deed, ...]]:
    return [deeds for deeds, weight in weights.items() for _ in range(weight)]


WHILE_RUNNING: Final = _weighted(
    {
        ("change",): 8,
        ("stop",): 3,
        ("cancel",): 3,
        ("restart",): 4,
        ("start twice",): 1,
        ("restart", "restart"): 1,
        ("restart", "cancel"): 1,
        ("restart", "stop"): 1,
        ("stop", "restart"): 1,
        ("stop", "cancel"): 1,
        ("change", "restart"): 1,
        ("change", "change"): 1,
        ("cancel", "change"): 1,
    }
)
"""What is done in one turn to a loop that is running, from time to time."""
WHILE_OVER: Final = _weighted(
    {("start",): 6, ("change", "start"): 1, ("restart",): 1, ("stop",): 1, ("cancel",): 1}
)
"""What is done in one turn to a loop that isn't."""


class Soak:
    """A town of loops, and what happens there."""

    def __init__(self, size: Size, seed: int) -> None:
        """Make the loops."""
        self._size, self._seed = size, seed
        self._rng = random.Random(seed)  # noqa: S311 -- it must come out the same again
        self._clock = VirtualClock(BEGINS[seed % len(BEGINS)], max_leaps=10**9)
        self._wall_clock = WallClock(self._clock)
        self._event_loop = self._clock.new_event_loop()
        self._complaints = Complaints(seed, self._clock)
        self._event_loop.set_exception_handler(lambda _, told: self._complaints.add(str(told)))
        self._residents = populate(size, seed, self._clock, self._complaints.add)
        self._figures: Counter[str] = Counter()
        # Two jumps within a minute could go unnoticed; the contract allows that.
        self._quiet_until = 0.0

    def run(self) -> Counter[str]:
        """Live through it all.

        Returns:
            How many there were of what.

        Raises:
            AssertionError: Something happened that must not, or didn't that must.
        """
        logger = logging.getLogger("defectio_tasks")
        ledgers = {resident.name: resident.ledger for resident in self._residents}
        reader = LogReader(self._complaints.add)
        unobserve = tasks.observe(EventReader(ledgers, self._complaints.add))
        headlines = Headlines()
        state, propagate = random.getstate(), logger.propagate
        # The jitter is the package's own; so it comes out the same again.
        random.seed(self._seed)
        logger.addHandler(reader)
        logger.propagate = False
        try:
            with contextlib.redirect_stderr(headlines):
                self._event_loop.run_until_complete(self._live())
                check_nothing_left(self._residents, self._event_loop, self._complaints)
        finally:
            logger.propagate = propagate
            unobserve()
            logger.removeHandler(reader)
            random.setstate(state)
            self._abandon()
        self._balance(headlines.count)
        return self._figures

    async def _live(self) -> None:
        """Have one thing happen after another, until all days are over."""
        clock, size, end = self._clock, self._size, self._size.days * DAY
        heap: list[Event] = [
            (self._rng.uniform(0, 0.5) * size.pause, order, partial(self._act, resident))
            for order, resident in enumerate(self._residents)
        ]
        heap += [
            (size.between_jumps, -1, partial(self._unless_quiet, self._jump)),
            (size.between_blocks, -2, partial(self._unless_quiet, self._block)),
        ]
        heapq.heapify(heap)
        checked = 0.0
        while (first := heapq.heappop(heap))[0] < end:
            when, order, happen = first
            # What was due before, in this very turn, is over with: time passes in any case.
            await asyncio.sleep(max(when - clock.elapsed, self._rng.uniform(0.001, 0.1)))
            if clock.elapsed > checked + CHECKED_EVERY:
                checked = clock.elapsed
                check_present(self._residents, self._event_loop, self._complaints)
            self._complaints.raise_any()
            delay = happen()
            heapq.heappush(heap, (clock.elapsed + delay, order, happen))
        await asyncio.sleep(max(end - clock.elapsed, 0.1))
        for resident in self._residents:
            resident.do("cancel")
        await asyncio.sleep(DAY)
        check_present(self._residents, self._event_loop, self._complaints)
        check_none_running(self._residents, self._complaints)

    # What happens; each tells after how many seconds it is to happen again

    def _act(self, resident: Resident) -> float:
        """Do something to a loop."""
        rng, ledger = self._rng, resident.ledger
        ledger.look()
        self._complaints.raise_any()
        if not ledger.running and resident.is_bound and rng.random() < 0.3:
            resident.do("replace")
        for deed in rng.choice(WHILE_RUNNING if ledger.running else WHILE_OVER):
            resident.do(deed)
        mean = self._size.stay if ledger.running else self._size.pause
        return self._over_a_change(resident, rng.expovariate(1 / mean))

    def _over_a_change(self, resident: Resident, delay: float) -> float:
        """Have a loop run when a slot comes that is in a gap or a fold, and be left alone then."""
        timing = resident.ledger.pace.timing
        if isinstance(timing, Every):
            return delay
        now = reading(self._clock.now())
        ahead = min((slot - now for slot in timing.odd if slot > now), default=math.inf)
        upcoming = seconds_in(ahead)
        if resident.ledger.running:
            return upcoming + 200 if upcoming < 0.1 * DAY else delay
        before = upcoming - self._rng.uniform(200, 4_000)
        return max(before if before < 2 * self._size.pause else delay, 60)

    def _unless_quiet(self, happen: Callable[[], float]) -> float:
        return 2 * UNNOTICED if self._clock.elapsed < self._quiet_until else happen()

    def _jump(self) -> float:
        """Set the wall clock, in a way of which the contract says what comes of it."""
        for _ in range(100):
            seconds = self._draw_jump()
            if seconds > 0 or all(
                resident.ledger.may_be_set_back(seconds) for resident in self._residents
            ):
                break
        else:
            return 60.0
        for resident in self._residents:
            resident.ledger.look()
        self._wall_clock.shift(seconds)
        for resident in self._residents:
            resident.ledger.after_jump()
        self._figures[f"jumps {'forward' if seconds > 0 else 'back'}"] += 1
        self._quiet_until = self._clock.elapsed + UNNOTICED + 1
        return self._rng.expovariate(1 / self._size.between_jumps)

    def _draw_jump(self) -> float:
        rng = self._rng
        seconds = rng.choice(
            [rng.uniform(0.001, 40), rng.uniform(40, 4_000), rng.uniform(0.5, 30) * 3_600]
        )
        # Not beyond a microsecond, which no clock here tells.
        seconds = round(seconds * rng.choice([-1, 1]), 6)
        return -seconds if self._wall_clock.would_be_astray(seconds) else seconds

    def _block(self) -> float:
        """Block the event loop."""
        seconds = self._rng.uniform(0.1, 60) * self._rng.choice([1, 1, 10, 100])
        for resident in self._residents:
            resident.ledger.before_block(self._clock.elapsed + seconds)
        self._clock.block(seconds)
        for resident in self._residents:
            resident.ledger.after_block()
        self._figures["blocks"] += 1
        self._quiet_until = self._clock.elapsed + UNNOTICED + 1
        return self._rng.expovariate(1 / self._size.between_blocks)

    # How it ends

    def _balance(self, headlines: int) -> None:
        """Add up the ledgers, and compare them with what was counted apart from them."""
        figures, ledgers = self._figures, [resident.ledger for resident in self._residents]
        for ledger in ledgers:
            ledger.check_complete()
            figures.update(ledger.figures)
        figures["instances"] = sum(len(resident.instances) for resident in self._residents)
        expected = sum(ledger.headlines for ledger in ledgers)
        self._complaints.check(
            headlines == expected, f"{headlines} tracebacks on stderr, expected {expected}"
        )
        slots = sum(
            self._wall_clock.count(timing, begin, end)
            for ledger in ledgers
            for timing, begin, end in ledger.pace.history()
            if isinstance(timing, ByClock)
        )
        self._complaints.check(
            slots == figures["slots"],
            f"the wall clock came to {slots} slots, the ledgers say to {figures['slots']}",
        )
        self._complaints.raise_any()

    def _abandon(self) -> None:
        """Leave nothing to whoever comes after a soak that failed."""
        self._event_loop.set_exception_handler(lambda _loop, _told: None)
        left = asyncio.all_tasks(self._event_loop)
        for task in left:
            task.cancel()
        if left:
            with contextlib.redirect_stderr(io.StringIO()):
                self._event_loop.run_until_complete(asyncio.wait(left, timeout=10 * DAY))
        self._event_loop.close()


def figures_of(counts: Counter[str], seconds: float) -> Iterator[str]:
    """Tell how many there were of what, a line each."""
    yield from (f"{count:>12,}  {what}" for what, count in sorted(counts.items()))
    yield f"{seconds:>12,.1f}  seconds"
