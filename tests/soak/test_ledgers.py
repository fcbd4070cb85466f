"""Loops that four processes share by a file for weeks, or a year, with restarts (D3-D6, D8, D10).

The processes live in one event loop and by one virtual clock, each with a ledger of its own; the
file is real. By default it is 12 loops for 10 days; with ``SOAK=long``, 50 for a year, which takes
an hour or more.
``SOAK_SEED`` counts here, too.
"""

from __future__ import annotations

import asyncio
import contextlib
import io
import logging
import random
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

import pytest
from support.virtual_time import pending_timers

import defectio_tasks as tasks
from defectio_tasks.ledgers import SqliteLedger
from defectio_tasks.ledgers._sqlite import SqliteDatabase
from defectio_tasks.testing import VirtualClock
from soak.world import DAY, IS_LONG, SEED, ZONES

LOOPS, DAYS, PROCESSES = (50, 365, 4) if IS_LONG else (12, 10, 4)
BEGIN: Final = datetime(2026, 3, 25, tzinfo=UTC)
END: Final = BEGIN + timedelta(days=DAYS)
HOUR: Final = 3_600.0
KEEP: Final = timedelta(days=7)


@pytest.fixture(autouse=True)
def _in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have nobody wait for a disk, nor look at a wall clock each minute that nobody sets."""

    def prepare(self: SqliteDatabase, until: float) -> None:
        self.execute("PRAGMA journal_mode = WAL", {})
        self.execute("PRAGMA synchronous = OFF", {})

    monkeypatch.setattr(SqliteDatabase, "_write_ahead", prepare)
    monkeypatch.setattr("defectio_tasks._slots.wall_clock.LONGEST_NAP", DAY)


@dataclass
class Plan:
    """A loop as all processes have it, and what became of its slots."""

    name: str
    schedule: tasks.Schedule
    policy: tasks.Policy
    begun: list[tuple[datetime, datetime, int]] = field(default_factory=list)
    """When which slot was begun, and the number of its claim."""
    done: Counter[datetime] = field(default_factory=Counter)
    ended: Counter[datetime] = field(default_factory=Counter)
    """Those whose process ended in them."""

    def slots(self) -> Iterator[datetime]:
        """Return the slots that came."""
        slot = self.schedule.next_after(BEGIN)
        while slot is not None and slot <= END:
            yield slot
            slot = self.schedule.next_after(slot)

    def wrong(self) -> Iterator[str]:
        """Return what is wrong with it."""
        fences = [fence for *_, fence in self.begun]
        if len(set(fences)) < len(fences):
            yield "a claim was that of two"
        counts = Counter(slot for _, slot, _ in self.begun)
        at_least_once = self.policy.delivery == "at_least_once"
        for slot, count in counts.items():
            if count > 1 + (self.ended[slot] if at_least_once else 0):
                yield f"{slot} was begun {count} times, and ended {self.ended[slot]} times within"
            if count != self.done[slot] + self.ended[slot] or self.done[slot] > 1:
                yield f"{slot} was begun {count} times, and done {self.done[slot]} times"
        if self.policy.missed != "all":
            # Of those that begin at one moment, each may be told of first.
            in_order = [slot for _, slot, _ in sorted(self.begun)]
            if in_order != sorted(in_order):
                yield "a slot was begun after a later one"
            return
        for slot in self.slots():
            if slot not in counts:
                yield f"{slot} was lost"
            elif at_least_once and not self.done[slot]:
                yield f"{slot} was never done"


def draw_plan(number: int, rng: random.Random) -> Plan:
    """Draw a loop: most have a few wall times, some a slot every few hours."""
    zone = ZoneInfo(rng.choice(ZONES))
    schedule: tasks.Schedule = tasks.DailySchedule(
        [time(rng.randrange(24), rng.randrange(60), tzinfo=zone) for _ in range(rng.randint(1, 3))]
    )
    if number % 4 == 0:
        schedule = tasks.Every(hours=rng.randint(1, 4), anchor=BEGIN + timedelta(minutes=number))
    elif number % 4 == 1:
        schedule = tasks.Cron(f"{rng.randrange(60)} */6 * * mon-fri", zone)
    return Plan(
        f"loop {number}",
        schedule,
        tasks.Policy(
            missed=rng.choice(["all", "all", "one"]),
            delivery=rng.choice(["at_most_once", "at_least_once"]),
            overlap=rng.choice([False, False, 2]),
            max_failures=None,
        ),
    )


class Process:
    """One of those that share all loops: it ends, and is there again."""

    def __init__(self, number: int, plans: Sequence[Plan], path: Path, clock: VirtualClock) -> None:
        """Begin without a loop."""
        self._rng = random.Random(f"{SEED} {number}")  # noqa: S311 -- it must come out the same
        self._plans, self._path, self._clock = plans, path, clock
        self.figures = Counter[str]()

    async def live(self) -> None:
        """Be up for half a day, and down for a while, again and again."""
        rng, left = self._rng, (END - self._clock.now()).total_seconds()
        while left > 0:
            # Longer than its lease, it would lose what it is at: that is renewed in real time.
            ledger = SqliteLedger(self._path, lease=2 * HOUR, keep=KEEP)
            loops = [self._make(plan, ledger) for plan in self._plans]
            running = [loop.start() for loop in loops]
            up = min(rng.uniform(0, DAY), left)
            await asyncio.sleep(up / 2)
            # It is time to forget: that is so every hour, of real time.
            ledger._pruning = 0.0
            await asyncio.sleep(up / 2)
            # The last time, it is there until all is made up for.
            how = rng.choice(["cancelled", "stopped", "crashed"])
            left = (END - self._clock.now()).total_seconds()
            if left <= 0:
                how = "stopped"
                await asyncio.sleep(DAY)
            self.figures[how] += 1
            if how == "crashed":
                # Nothing is written any more.
                await ledger.close()
            for loop in loops:
                loop.stop() if how == "stopped" else loop.cancel()
            await asyncio.wait(running)
            await ledger.close()
            await asyncio.sleep(min(rng.choice([0.0, rng.uniform(0, 3 * HOUR)]), max(left, 0.0)))
            left = (END - self._clock.now()).total_seconds()

    def _make(self, plan: Plan, ledger: SqliteLedger) -> tasks.Loop[[], None]:
        @tasks.loop(schedule=plan.schedule, name=plan.name, policy=plan.policy, ledger=ledger)
        async def work() -> None:
            slot, claim = tasks.current_slot(), tasks.current_claim()
            assert claim is not None
            plan.begun.append((self._clock.now(), slot, claim.fence))
            longest = HOUR if self._rng.random() < 0.3 else 60.0
            try:
                await asyncio.sleep(self._rng.uniform(0, longest))
            except asyncio.CancelledError:
                plan.ended[slot] += 1
                raise
            plan.done[slot] += 1
            if self._rng.random() < 0.02:
                raise LookupError

        return work


def test_d3_what_many_processes_share_for_long(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing is lost or done twice, and the file doesn't grow."""
    clock = VirtualClock(BEGIN, max_leaps=10**9)
    event_loop = clock.new_event_loop()
    rng = random.Random(SEED)  # noqa: S311 -- as above
    plans = [draw_plan(number, rng) for number in range(LOOPS)]
    path = tmp_path / "ledger.db"
    processes = [Process(number, plans, path, clock) for number in range(PROCESSES)]
    left, sizes = list[timedelta](), list[int]()

    async def live() -> None:
        async with SqliteLedger(path) as ledger:
            for plan in plans:
                await ledger.open(plan.name, repr(plan.schedule))
        await asyncio.gather(*(process.live() for process in processes))
        async with SqliteLedger(path) as ledger:
            for plan in plans:
                rows = await ledger.slots(plan.name)
                sizes.append(len(rows))
                left.extend(clock.now() - (row.settled or row.claimed) for row in rows)

    logger = logging.getLogger("defectio_tasks")
    propagate, logger.propagate = logger.propagate, False
    try:
        with contextlib.redirect_stderr(io.StringIO()):
            event_loop.run_until_complete(live())
    finally:
        logger.propagate = propagate
    wrong = [f"{plan.name}, {plan.policy}: {what}" for plan in plans for what in plan.wrong()]
    assert wrong == [], "\n".join(wrong[:3])
    assert tasks.loops() == []
    assert asyncio.all_tasks(event_loop) == set()
    assert pending_timers(event_loop) == []
    event_loop.close()
    # Each process that begins forgets what is older.
    assert max(left) < KEEP + timedelta(days=2)
    figures = sum((process.figures for process in processes), Counter[str]())
    assert figures.keys() == {"cancelled", "stopped", "crashed"}
    again = sum(len(plan.begun) - len({slot for _, slot, _ in plan.begun}) for plan in plans)
    if IS_LONG:
        assert again
        begun = sum(len(plan.begun) for plan in plans)
        with capsys.disabled():
            print(  # noqa: T201 -- as the other soaks' figures
                f"\n{dict(figures)}; {begun} bodies, {again} of them of slots begun again; "
                f"{sum(sizes)} slots in the file at the end"
            )
