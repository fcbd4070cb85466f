"""What happens in a soak, and what must hold of all loops."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import heapq
import io
import logging
import math
import random
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Final, TypeAlias, assert_never

from support.virtual_time import pending_timers
from typing_extensions import override

import defectio_tasks as tasks
from defectio_tasks.testing import VirtualClock
from soak.account import Account
from soak.residents import Deed, Resident, populate
from soak.timings import ByClock, Every
from soak.world import (
    BEGINS,
    DAY,
    UNNOTICED,
    Complaints,
    Size,
    microseconds_in,
    reading,
    seconds_in,
)


def check_present(
    residents: Sequence[Resident], event_loop: asyncio.AbstractEventLoop, complaints: Complaints
) -> None:
    """Check what can be seen while a task looks that is not one of the loops'."""
    running = at_work = 0
    for resident in residents:
        account, loop = resident.account, resident.loop
        account.look()
        running += account.running
        at_work += account.running and account.state not in {"asleep", "back-off"}
        seen = (loop.is_running(), loop.failed(), loop.is_being_cancelled())
        if seen != (account.running, account.failed, account.running and account.cancelled):
            complaints.add(
                f"{loop} is running, failed, being cancelled: {seen}; "
                f"the account says {account.state}"
            )
    complaints.raise_any()
    # Those that sleep share one timer, and each body and hook waits by one of its own; the task
    # that looks isn't waiting just now.
    timers, due = len(pending_timers(event_loop)), at_work + (running > at_work)
    # The loops asleep share one, or two where another was armed before for later.
    complaints.check(
        due <= timers <= due + (due > at_work),
        f"{running} loops, {at_work} at work, have {timers} timers",
    )
    everybody = len(asyncio.all_tasks(event_loop))
    complaints.check(everybody == running + 1, f"{running} loops have {everybody - 1} tasks")


def check_nothing_left(
    residents: Sequence[Resident], event_loop: asyncio.AbstractEventLoop, complaints: Complaints
) -> None:
    """Check that nothing is left in the event loop, and nobody kept alive (L11, C3)."""
    tasks, timers = asyncio.all_tasks(event_loop), pending_timers(event_loop)
    complaints.check(not tasks, f"tasks are left: {tasks}")
    complaints.check(not timers, f"timers are left: {timers}")
    complaints.check(not vars(event_loop)["_ready"], "callbacks are left")
    for resident in residents:
        resident.let_go()
    gc.collect()
    kept = [
        instance
        for resident in residents
        for instance in resident.instances
        if instance() is not None
    ]
    complaints.check(not kept, f"kept alive: {kept}")
    # The loops are still there, and know that nobody is.
    check_none_running(residents, complaints)


def check_none_running(residents: Sequence[Resident], complaints: Complaints) -> None:
    """Check that all loops say that they aren't running."""
    running = [resident.loop for resident in residents if resident.loop.is_running()]
    complaints.check(not running, f"still running: {running}")


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


class EventReader:
    """Tells the accounts what the events say of their loops, and holds them to one another (V2)."""

    def __init__(self, accounts: Mapping[str, Account], complain: Callable[[str], None]) -> None:
        """Take the accounts, by name."""
        self._ledgers, self._complain = accounts, complain
        # Of each loop: the slots that its present run has started, and the one that is under way.
        self._started: dict[str, set[datetime]] = {name: set() for name in accounts}
        self._under_way: dict[str, datetime | None] = dict.fromkeys(accounts)

    def __call__(self, event: tasks.Event) -> None:
        """Read an event."""
        name = event.loop.name
        started, under_way = self._started[name], self._under_way[name]
        match event:
            case tasks.Started(slot=slot):
                is_new = event.loop.seconds is not None or slot not in started
                self._check(event, under_way is None and is_new)
                started.add(slot)
                self._under_way[name] = slot
            case tasks.Retrying(slot=slot, delay=delay):
                self._check(event, slot == under_way)
                self._ledgers[name].tell_retry(delay.total_seconds())
            case tasks.Finished(slot=slot):
                self._check(event, slot == under_way)
                self._under_way[name] = None
            case tasks.Skipped(count=count):
                # At the end of a run it is what came and had no iteration any more.
                if event.loop.ending is None:
                    self._ledgers[name].tell_skipped(count)
            case tasks.Ended():
                self._check(event, under_way is None)
                started.clear()
            case _:
                assert_never(event)

    def _check(self, event: tasks.Event, fits: bool) -> None:
        if not fits:
            self._complain(f"{event} doesn't follow from those before it")


class LogReader(logging.Handler):
    """Complains of what nobody expects in the log."""

    @override
    def emit(self, record: logging.LogRecord) -> None:
        if record.levelno >= logging.ERROR and "unhandled exception in" not in record.getMessage():
            self.complain(f"nobody expects this in the log: {record.getMessage()}")

    def __init__(self, complain: Callable[[str], None]) -> None:
        """Take whom to tell."""
        super().__init__()
        self.complain = complain


MOST_ASTRAY: Final = 3 * DAY
"""How far the wall clock may be from where it would be if nobody had set it."""


class WallClock:
    """Sets the wall clock, and remembers it."""

    def __init__(self, clock: VirtualClock) -> None:
        """Take the clock, of which no time has passed."""
        self._clock = clock
        self._begin = reading(clock.now())
        self._astray = 0.0
        # When it was set, and what it showed before and after.
        self._jumps: list[tuple[float, int, int]] = []

    def would_be_astray(self, seconds: float) -> bool:
        """Tell whether a shift would leave it too far from where it would be by itself."""
        return abs(self._astray + seconds) > MOST_ASTRAY

    def shift(self, seconds: float) -> None:
        """Set it forward, or with less than 0 back."""
        self._astray += seconds
        before = reading(self._clock.now())
        self._clock.shift(seconds=seconds)
        self._jumps.append((self._clock.elapsed, before, reading(self._clock.now())))

    def count(self, timing: ByClock, begin: float, end: float) -> int:
        """Count how often it came to a slot between two moments on the event loop's clock."""
        count, shown, since = 0, self._begin, 0.0
        for moment, before, after in [*self._jumps, (math.inf, 0, 0)]:
            # First the wall clock just goes on, then it is set: forward it comes to slots as well.
            low, high = max(since, begin), min(moment, end)
            if low < high:
                first, last = shown + microseconds_in(low), shown + microseconds_in(high)
                count += len(timing.between(first, last))
            if begin <= moment < end:
                count += len(timing.between(before, after))
            # What it would have shown at first, to show what it shows now.
            since, shown = moment, shown + after - before
        return count


CHECKED_EVERY: Final = 3_600.0
"""How often, in seconds, all is looked at that can be seen of a loop from outside."""

Happening: TypeAlias = tuple[float, int, Callable[[], float]]
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
        accounts = {resident.name: resident.account for resident in self._residents}
        reader = LogReader(self._complaints.add)
        unobserve = tasks.observe(EventReader(accounts, self._complaints.add))
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
        heap: list[Happening] = [
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
        rng, account = self._rng, resident.account
        account.look()
        self._complaints.raise_any()
        if not account.running and resident.is_bound and rng.random() < 0.3:
            resident.do("replace")
        for deed in rng.choice(WHILE_RUNNING if account.running else WHILE_OVER):
            resident.do(deed)
        mean = self._size.stay if account.running else self._size.pause
        return self._over_a_change(resident, rng.expovariate(1 / mean))

    def _over_a_change(self, resident: Resident, delay: float) -> float:
        """Have a loop run when a slot comes that is in a gap or a fold, and be left alone then."""
        timing = resident.account.timetable.timing
        if isinstance(timing, Every):
            return delay
        now = reading(self._clock.now())
        ahead = min((slot - now for slot in timing.odd if slot > now), default=math.inf)
        upcoming = seconds_in(ahead)
        if resident.account.running:
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
                resident.account.may_be_set_back(seconds) for resident in self._residents
            ):
                break
        else:
            return 60.0
        for resident in self._residents:
            resident.account.look()
        self._wall_clock.shift(seconds)
        for resident in self._residents:
            resident.account.after_jump()
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
            resident.account.before_block(self._clock.elapsed + seconds)
        self._clock.block(seconds)
        for resident in self._residents:
            resident.account.after_block()
        self._figures["blocks"] += 1
        self._quiet_until = self._clock.elapsed + UNNOTICED + 1
        return self._rng.expovariate(1 / self._size.between_blocks)

    # How it ends

    def _balance(self, headlines: int) -> None:
        """Add up the accounts, and compare them with what was counted apart from them."""
        figures, accounts = self._figures, [resident.account for resident in self._residents]
        for account in accounts:
            account.check_complete()
            figures.update(account.figures)
        figures["instances"] = sum(len(resident.instances) for resident in self._residents)
        expected = sum(account.headlines for account in accounts)
        self._complaints.check(
            headlines == expected, f"{headlines} tracebacks on stderr, expected {expected}"
        )
        slots = sum(
            self._wall_clock.count(timing, begin, end)
            for account in accounts
            for timing, begin, end in account.timetable.history()
            if isinstance(timing, ByClock)
        )
        self._complaints.check(
            slots == figures["slots"],
            f"the wall clock came to {slots} slots, the accounts say to {figures['slots']}",
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
