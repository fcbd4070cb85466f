"""What is asked of a run while it asks its ledger (contract D3-D13, S1-S5, V2)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime

import pytest
from support.ledger import SECOND, MemoryLedger, Row, since
from support.told import watching
from support.virtual_time import START
from typing_extensions import override

import defectio_tasks as tasks
from defectio_tasks._policy.policy import Delivery, Missed
from defectio_tasks.ledgers import Claim, Ledger, Refusal
from defectio_tasks.testing import VirtualClock

EVERY = tasks.Every(seconds=10)
ALL = tasks.Policy(missed="all")
AT_LEAST = tasks.Policy(delivery="at_least_once")


def make(
    ledger: Ledger,
    *,
    takes: float = 1.0,
    policy: tasks.Policy | None = None,
    schedule: tasks.Schedule = EVERY,
) -> tasks.Loop[[], None]:
    """Make a loop whose bodies take some time."""

    @tasks.loop(schedule=schedule, name="digest", ledger=ledger, policy=policy)
    async def tick() -> None:
        await asyncio.sleep(takes)

    return tick


@pytest.fixture
def ledger(clock: VirtualClock) -> MemoryLedger:
    return MemoryLedger(clock.now)


class TestWhileItIsOpened:
    """D5: what the store says of the past is for a run that still wants it."""

    @pytest.fixture(autouse=True)
    def _slow(self, ledger: MemoryLedger) -> None:
        ledger.known[repr(EVERY)] = START - 25 * SECOND
        ledger.takes = 3

    async def test_s4_stop_is_not_taken_back(
        self, clock: VirtualClock, ledger: MemoryLedger
    ) -> None:
        loop = make(ledger)
        with watching(loop) as told:
            task = loop.start()
            await clock.advance(seconds=1)
            loop.stop()
            await clock.advance(seconds=5)
            assert task.done()
        assert told == ["ended stopped"]

    async def test_l6_the_new_schedule_stays(
        self, clock: VirtualClock, ledger: MemoryLedger
    ) -> None:
        loop = make(ledger)
        with watching(loop) as told:
            loop.start()
            await clock.advance(seconds=1)
            loop.change_interval(schedule=tasks.At(START + 15 * SECOND))
            await clock.advance(seconds=25)
        assert told == ["started 15+3", "finished 15 in 4", "ended completed"]


async def test_v2_an_equal_schedule_has_no_slot_come_once_more(
    clock: VirtualClock, ledger: MemoryLedger
) -> None:
    """D5: what is known of the past was learned when the run began."""
    ledger.known[repr(EVERY)] = START - 25 * SECOND
    loop = make(ledger, policy=ALL)
    with watching(loop) as told:
        loop.start()
        await clock.advance(seconds=0.5)
        loop.change_interval(schedule=tasks.Every(seconds=10))
        await clock.advance(seconds=8)
    assert told == [
        *("started -20+20", "finished -20 in 1", "started -10+11", "finished -10 in 1"),
        *("started 0+2", "finished 0 in 1"),
    ]
    loop.cancel()


async def test_v2_several_bodies_learn_of_the_past_once(
    clock: VirtualClock, ledger: MemoryLedger, full_jitter: None
) -> None:
    ledger.known[repr(EVERY)] = START - 15 * SECOND
    ledger.go()
    policy = tasks.Policy(missed="all", overlap=True, grace=1000)
    loop = make(ledger, policy=policy)
    with watching(loop) as told:
        loop.start()
        await clock.advance(seconds=23)
        ledger.error = None
        ledger.takes = 5
        await clock.advance(seconds=45)
    assert not [line for line in told if line.startswith("skipped")]
    loop.cancel()


class TestTrigger:
    """S3: an iteration without a slot needs no claim."""

    async def test_s3_before_the_store_can_be_reached(
        self, clock: VirtualClock, ledger: MemoryLedger, full_jitter: None
    ) -> None:
        ledger.known[repr(EVERY)] = START - 5 * SECOND
        ledger.go()
        loop = make(ledger, schedule=tasks.Every(seconds=10))
        with watching(loop) as told:
            loop.start()
            await clock.advance(seconds=3)
            loop.trigger()
            await clock.advance(seconds=3)
            assert told == ["started 3+0", "finished 3 in 1"]
            # What the store knows of the past is learned all the same.
            ledger.error = None
            await clock.advance(seconds=3)
        assert told[2:] == ["started 0+9"]
        loop.cancel()


class TestLapsed:
    """D3: what others will never end, or this process itself has lost."""

    async def test_d3_a_body_that_lost_its_lease_and_takes_long_to_clean_up(
        self, clock: VirtualClock, ledger: MemoryLedger
    ) -> None:
        slot, begun = START + 10 * SECOND, list[str]()

        @tasks.loop(schedule=tasks.At(slot), name="digest", ledger=ledger, policy=AT_LEAST)
        async def digest() -> None:
            begun.append(since(tasks.current_slot()))
            try:
                await asyncio.sleep(20)
            finally:
                await asyncio.sleep(3)

        digest.start()
        digest.change_interval(schedule=tasks.At(slot, slot + 3600 * SECOND))
        await clock.advance(seconds=12)
        ledger.rows[slot].lease = clock.now()
        ledger.lost[slot]()
        await clock.advance(seconds=60)
        assert begun == ["10", "10"]
        assert ledger.rows[slot].state == "settled"
        digest.cancel()

    @pytest.mark.parametrize(
        ("missed", "after"),
        [
            ("all", ["started 20+25", "finished 20 in 35", "started 30+50"]),
            ("one", ["skipped 2 from 20 busy", "started 40+5", "finished 40 in 35"]),
        ],
    )
    async def test_v2_what_lapses_before_the_run_has_come_to_it(
        self, clock: VirtualClock, ledger: MemoryLedger, missed: Missed, after: list[str]
    ) -> None:
        """Slots that come during a body are claimed after it, each once."""
        policy = tasks.Policy(missed=missed, delivery="at_least_once")
        ledger.known[repr(EVERY)] = START
        ledger.rows[START + 20 * SECOND] = Row(9, "claimed", START + 25 * SECOND)
        loop = make(ledger, takes=35, policy=policy)
        with watching(loop) as told:
            loop.start()
            await clock.advance(seconds=81)
        assert told[:5] == ["started 10+0", "finished 10 in 35", *after]
        loop.cancel()


class TestStrangeLedger:
    """Somebody else's ledger may raise what none should."""

    @pytest.mark.parametrize("cancel", [False, True])
    async def test_d4_the_body_is_over_all_the_same(
        self,
        clock: VirtualClock,
        ledger: MemoryLedger,
        caplog: pytest.LogCaptureFixture,
        cancel: bool,
    ) -> None:
        loop = make(ledger, policy=AT_LEAST)
        task = loop.start()
        await clock.advance(seconds=10.5)
        ledger.error = OSError("gone")
        if cancel:
            loop.cancel()
            await clock.settle()
            assert task.cancelled()
        else:
            await clock.advance(seconds=2)
            ledger.error = None
            await clock.advance(seconds=10)
            assert "can't be settled: gone" in caplog.text
            assert loop.current_loop == 2
            loop.cancel()


async def test_s2_what_could_not_be_claimed_does_not_begin_while_paused(
    clock: VirtualClock, ledger: MemoryLedger, full_jitter: None
) -> None:
    loop = make(ledger, policy=tasks.Policy(grace=100))
    with watching(loop) as told:
        loop.start()
        await clock.advance(seconds=9)
        ledger.go()
        await clock.advance(seconds=2)
        loop.pause()
        ledger.error = None
        await clock.advance(seconds=5)
        assert told == []
        loop.resume()
        await clock.advance(seconds=2)
    assert told == ["started 10+6", "finished 10 in 1"]
    loop.cancel()


@pytest.mark.parametrize("fails", [False, True])
async def test_p3_each_body_has_a_number_of_its_own(
    clock: VirtualClock, ledger: MemoryLedger, fails: bool
) -> None:
    """Those that get no claim have none; what is being settled isn't counted twice."""
    numbers: list[tuple[int, str]] = []
    policy = tasks.Policy(overlap=3, max_failures=None)

    @tasks.loop(schedule=EVERY, name="digest", ledger=ledger, policy=policy)
    async def digest() -> None:
        task = asyncio.current_task()
        assert task is not None
        numbers.append((digest.current_loop, task.get_name()))
        if fails:
            raise LookupError

    digest.start()
    await clock.advance(seconds=9)
    ledger.takes = 12
    ledger.refusals = ["claimed"]
    await clock.advance(seconds=90)
    digest.cancel()
    assert len(numbers) > 3
    assert numbers == [(number, f"digest {number}") for number in range(len(numbers))]


async def test_d12_a_task_that_outlives_its_body(clock: VirtualClock, ledger: MemoryLedger) -> None:
    told: list[str] = []

    async def ask_later() -> None:
        await asyncio.sleep(3)
        for ask in (tasks.current_slot, tasks.current_claim):
            with pytest.raises(LookupError, match="no loop's body is at work here"):
                ask()
        told.append("asked")

    @tasks.loop(schedule=EVERY, name="digest", ledger=ledger, count=1)
    async def digest() -> None:
        others.append(asyncio.create_task(ask_later()))

    others: list[asyncio.Task[None]] = []
    await digest.start()
    await asyncio.gather(*others)
    assert told == ["asked"]


class BehindLedger(MemoryLedger):
    """A store whose clock is right, while that of the process is not."""

    fast = 0

    @override
    async def claim(
        self,
        name: str,
        slot: datetime,
        /,
        *,
        delivery: Delivery,
        closes: bool,
        lost: Callable[[], object],
    ) -> Claim | Refusal:
        if slot > self.now() + (1 - self.fast) * SECOND:
            return "early"
        return await super().claim(name, slot, delivery=delivery, closes=closes, lost=lost)


@pytest.mark.parametrize("before", [5, 15])
async def test_d7_a_clock_that_was_fast_for_a_moment_does_not_keep_the_loop(
    clock: VirtualClock, before: int
) -> None:
    ledger = BehindLedger(clock.now)
    loop = make(ledger)
    with watching(loop) as told:
        loop.start()
        await clock.advance(seconds=before)
        clock.shift(hours=1)
        ledger.fast = 3600
        await clock.advance(seconds=70)
        told.clear()
        clock.shift(hours=-1)
        ledger.fast = 0
        await clock.advance(seconds=20)
        assert told[:2] == [f"started {before + 75}+0", f"finished {before + 75} in 1"]
        told.clear()
        # The slot that was too early comes in its time.
        await clock.advance(hours=1.5)
    begun = [line.split("+")[0] for line in told if line.startswith("started")]
    assert len(begun) == len(set(begun))
    assert {"started 3610", "started 3620", "started 3630"} <= set(begun)
    loop.cancel()


async def test_d7_where_each_slot_is_wanted_the_oldest_waits_for_its_time(
    clock: VirtualClock,
) -> None:
    ledger = BehindLedger(clock.now)
    loop = make(ledger, policy=ALL)
    with watching(loop) as told:
        loop.start()
        await clock.advance(seconds=5)
        clock.shift(hours=1)
        ledger.fast = 3600
        await clock.advance(seconds=10)
        clock.shift(hours=-1)
        ledger.fast = 0
        await clock.advance(seconds=18)
    begun = [line.split("+")[0] for line in told if line.startswith("started")]
    assert begun == ["started 10", "started 20", "started 30"]
    loop.cancel()


async def test_d4_grace_begins_after_the_jitter(
    clock: VirtualClock, ledger: MemoryLedger, full_jitter: None
) -> None:
    """P7, P2: the slot's delay is none of its own, also where the store is gone for a moment."""
    loop = make(ledger, policy=tasks.Policy(grace=3, jitter=5), schedule=tasks.Every(seconds=20))
    with watching(loop) as told:
        loop.start()
        await clock.advance(seconds=24)
        ledger.go()
        await clock.advance(seconds=2)
        ledger.error = None
        await clock.advance(seconds=16)
        ledger.go()
        await clock.advance(seconds=7)
        ledger.error = None
        await clock.advance(seconds=10)
    assert told == ["started 20+7", "finished 20 in 1", "skipped 1 from 40 unclaimed"]
    loop.cancel()
