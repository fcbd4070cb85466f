"""What a run has to do with its ledger (contract D1-D13)."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from datetime import datetime, time

import pytest
from support.ledger import SECOND, MemoryLedger, Row, since
from support.story import ended
from support.told import watching
from support.virtual_time import START, pending_timers

import defectio_tasks as tasks
from defectio_tasks.ledgers import Claim, Ledger, LedgerError, SqliteLedger
from defectio_tasks.testing import VirtualClock

EVERY = tasks.Every(seconds=10)
AT_LEAST = tasks.Policy(delivery="at_least_once")
ALL = tasks.Policy(missed="all")
ALL_AT_LEAST = tasks.Policy(missed="all", delivery="at_least_once")


def make(
    ledger: Ledger,
    *,
    takes: float = 1.0,
    policy: tasks.Policy | None = None,
    count: int | None = None,
    schedule: tasks.Schedule = EVERY,
) -> tasks.Loop[[], None]:
    """Make a loop whose bodies take some time."""

    @tasks.loop(schedule=schedule, name="digest", ledger=ledger, policy=policy, count=count)
    async def tick() -> None:
        await asyncio.sleep(takes)

    return tick


@pytest.fixture
def ledger(clock: VirtualClock) -> MemoryLedger:
    return MemoryLedger(clock.now)


@pytest.fixture
async def nothing_left(clock: VirtualClock) -> AsyncIterator[None]:
    """L11, D10: no task, no timer."""
    yield
    await clock.settle()
    for loop in tasks.loops():
        loop.cancel()
    await clock.settle()
    event_loop = asyncio.get_running_loop()
    assert {task.get_name() for task in asyncio.all_tasks() - {asyncio.current_task()}} == set()
    assert pending_timers(event_loop) == []


@pytest.mark.usefixtures("nothing_left")
class TestWhatItGoesWith:
    """D1: ``ledger`` wants a name and a wall-clock schedule."""

    async def test_d1_a_name(self, ledger: MemoryLedger) -> None:
        message = "`ledger` goes with `name`, by which other processes know the loop, got None"
        with pytest.raises(TypeError, match=message):
            tasks.loop(schedule=EVERY, ledger=ledger)
        with pytest.raises(TypeError, match=message):
            make(ledger).name = None  # type: ignore[assignment]
        loop = make(ledger)
        loop.name = "weekly"
        assert loop.name == "weekly"

    async def test_d1_no_interval_and_the_error_names_every(self, ledger: MemoryLedger) -> None:
        with pytest.raises(TypeError, match=r"wall-clock schedule.*every 5 minutes.*tasks\.Every"):
            tasks.loop(minutes=5, name="digest", ledger=ledger)  # type: ignore[call-overload]
        loop = make(ledger)
        with pytest.raises(TypeError, match=r"wall-clock schedule"):
            loop.change_interval(minutes=5)
        assert "every 10 seconds" in repr(loop)

    async def test_d5_a_schedule_whose_text_is_another_in_each_process(
        self, ledger: MemoryLedger
    ) -> None:
        class Mine:
            def next_after(self, moment: datetime, /) -> datetime | None:
                return None

        with pytest.raises(TypeError, match=r"`__repr__` is the same in each.*shown by its"):
            tasks.loop(schedule=Mine(), name="digest", ledger=ledger)
        # Nor may it hold one.
        with pytest.raises(TypeError, match=r"got merge\(.*Mine object.*shown by its address"):
            tasks.loop(schedule=tasks.merge(EVERY, Mine()), name="digest", ledger=ledger)

    @pytest.mark.parametrize("wrong", ["ledger.db", object(), MemoryLedger])
    async def test_d1_something_that_is_no_ledger(self, wrong: object) -> None:
        with pytest.raises(TypeError, match=r"`ledger` must be a Ledger, got .*SqliteLedger"):
            tasks.loop(schedule=EVERY, name="digest", ledger=wrong)  # type: ignore[call-overload]

    async def test_d1_it_can_be_read_and_not_assigned(self, ledger: MemoryLedger) -> None:
        loop = make(ledger)
        assert loop.ledger is ledger
        with pytest.raises(AttributeError):
            loop.ledger = None  # type: ignore[misc]
        assert make(ledger).ledger is loop.ledger

    async def test_d1_one_loop_of_a_name_and_ledger(
        self, clock: VirtualClock, ledger: MemoryLedger
    ) -> None:
        first, second = make(ledger), make(ledger)
        first.start()
        with pytest.raises(RuntimeError, match="a loop of the name 'digest' runs with this ledger"):
            second.start()
        assert not second.is_running()
        make(MemoryLedger(clock.now)).start()
        # Restarted, it is its own successor.
        first.restart()
        await clock.advance(seconds=25)
        first.cancel()
        await clock.settle()
        second.start()
        await clock.advance(seconds=10)
        assert [row.state for row in ledger.rows.values()] == ["settled"] * 3

    @pytest.mark.parametrize("end", [tasks.Loop.cancel, tasks.Loop.stop])
    async def test_d1_one_that_was_told_to_end_makes_room(
        self,
        clock: VirtualClock,
        ledger: MemoryLedger,
        end: Callable[[tasks.Loop[[], None]], None],
    ) -> None:
        """As a cog's loop does that is reloaded, within one turn."""
        before, after = make(ledger, takes=5), make(ledger, takes=5)
        before.start()
        await clock.advance(seconds=12)
        end(before)
        after.start()
        await clock.advance(seconds=14)
        assert (before.is_running(), after.is_running()) == (False, True)
        assert [row.state for row in ledger.rows.values()] == ["settled", "settled"]


@pytest.mark.usefixtures("nothing_left")
class TestClaims:
    """D3, D4: no claim, no run; settled after it."""

    async def test_d13_one_process_runs_what_it_would_run_without(
        self, clock: VirtualClock, ledger: MemoryLedger
    ) -> None:
        with watching(loop := make(ledger, count=2)) as told:
            await loop.start()
        assert told == [
            *("started 10+0", "finished 10 in 1", "started 20+0", "finished 20 in 1"),
            "ended completed",
        ]
        assert ledger.asked[:2] == ["open", "leased"]
        assert ledger.asked[2:] == ["claim 10", "settle 10", "claim 20", "settle 20"]

    async def test_d4_claimed_by_another_it_is_skipped(
        self, clock: VirtualClock, ledger: MemoryLedger, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.DEBUG)
        ledger.refusals = ["claimed", "settled", "closed"]
        with watching(loop := make(ledger)) as told:
            loop.start()
            await clock.advance(seconds=45)
        assert told == [
            *("skipped 1 from 10 claimed", "skipped 1 from 20 claimed"),
            *("skipped 1 from 30 claimed", "started 40+0", "finished 40 in 1"),
        ]
        claimed = [record for record in caplog.records if "was claimed before" in record.message]
        assert {record.levelno for record in claimed} == {logging.DEBUG}
        assert [record.message for record in claimed] == [
            f"loop 'digest': the slot at 2026-01-05 12:00:{slot}+00:00 was claimed before"
            for slot in (10, 20, 30)
        ]
        assert loop.current_loop == 1

    async def test_d7_a_fast_clock_waits(self, clock: VirtualClock, ledger: MemoryLedger) -> None:
        ledger.refusals = ["early"] * 3
        with watching(loop := make(ledger)) as told:
            loop.start()
            await clock.advance(seconds=15)
        assert told == ["started 10+3", "finished 10 in 1"]
        assert ledger.asked.count("claim 10") == 4

    async def test_d4_a_store_that_is_gone_until_the_next_slot(
        self,
        clock: VirtualClock,
        ledger: MemoryLedger,
        full_jitter: None,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        with watching(loop := make(ledger)) as told:
            loop.start()
            await clock.advance(seconds=5)
            ledger.go()
            await clock.advance(seconds=20)
            ledger.error = None
            await clock.advance(seconds=20)
        # L8's back-off with full jitter: 2 and 4 seconds, and the rest until the next slot.
        assert ledger.asked[:2] == ["open", "leased"]
        assert ledger.asked[2:10] == [*["claim 10"] * 4, *["claim 20"] * 3, "settle 20"]
        assert told == [
            *("skipped 1 from 10 unclaimed", "started 20+6", "finished 20 in 1"),
            *("started 30+0", "finished 30 in 1", "started 40+0", "finished 40 in 1"),
        ]
        message = "loop 'digest': the slot at 2026-01-05 12:00:10+00:00 could not be claimed"
        assert message in caplog.messages
        assert "asking its ledger again in 2.00 s after StoreUnavailableError(gone), attempt 1" in (
            caplog.text
        )

    async def test_d4_a_store_that_is_gone_until_the_grace_is_over(
        self, clock: VirtualClock, ledger: MemoryLedger, full_jitter: None
    ) -> None:
        with watching(loop := make(ledger, policy=tasks.Policy(grace=25))) as told:
            loop.start()
            await clock.advance(seconds=5)
            ledger.go()
            await clock.advance(seconds=31)
            ledger.error = None
            await clock.advance(seconds=10)
        assert told == [
            *("skipped 1 from 10 unclaimed", "skipped 1 from 20 busy"),
            *("started 30+7", "finished 30 in 1", "started 40+0", "finished 40 in 1"),
        ]

    async def test_p2_a_claim_that_is_granted_when_the_grace_is_over_is_given_back(
        self, clock: VirtualClock, ledger: MemoryLedger
    ) -> None:
        with watching(loop := make(ledger, policy=tasks.Policy(grace=5))) as told:
            loop.start()
            await clock.advance(seconds=5)
            ledger.takes = 5.5
            await clock.advance(seconds=10)
            ledger.takes = 0.5
            await clock.advance(seconds=10)
        assert told == ["skipped 1 from 10 unclaimed", "started 20+0.5", "finished 20 in 1.5"]
        assert ledger.asked[2:] == ["claim 10", "give back 10", "claim 20", "settle 20"]

    async def test_d7_the_grace_of_a_fast_clock_is_as_long_as_that_of_others(
        self, clock: VirtualClock, ledger: MemoryLedger
    ) -> None:
        ledger.refusals = ["early"] * 5
        with watching(loop := make(ledger, policy=tasks.Policy(grace=3))) as told:
            loop.start()
            await clock.advance(seconds=17)
        assert told == ["started 10+5", "finished 10 in 1"]

    async def test_d4_the_last_slot_has_no_next_one(
        self, clock: VirtualClock, ledger: MemoryLedger
    ) -> None:
        loop = make(ledger, schedule=tasks.At(START + 10 * SECOND))
        task = loop.start()
        await clock.advance(seconds=5)
        ledger.go()
        await clock.advance(hours=3)
        ledger.error = None
        await task
        assert loop.ending == "completed"
        assert [since(slot) for slot in ledger.rows] == ["10"]

    async def test_d4_stop_ends_the_wait_for_a_claim(
        self, clock: VirtualClock, ledger: MemoryLedger
    ) -> None:
        with watching(loop := make(ledger, policy=tasks.Policy(grace=3600))) as told:
            task = loop.start()
            await clock.advance(seconds=5)
            ledger.go()
            await clock.advance(seconds=6)
            loop.stop()
            await clock.settle()
            assert task.done()
        assert told == ["skipped 1 from 10 unclaimed", "ended stopped"]

    async def test_d4_an_error_that_does_not_pass_ends_the_loop(
        self, clock: VirtualClock, ledger: MemoryLedger
    ) -> None:
        loop = make(ledger)
        with watching(loop) as told:
            task = loop.start()
            await clock.advance(seconds=5)
            ledger.error = LedgerError("a newer schema")
            assert isinstance(await ended(task), LedgerError)
        assert told == ["skipped 1 from 10 unclaimed", "ended failed"]

    async def test_d4_also_where_the_ledger_is_opened(
        self, clock: VirtualClock, ledger: MemoryLedger
    ) -> None:
        ledger.error = LedgerError("a newer schema")
        assert isinstance(await ended(make(ledger).start()), LedgerError)

    async def test_d10_cancelled_in_a_claim(
        self, clock: VirtualClock, ledger: MemoryLedger
    ) -> None:
        ledger.takes = 5
        with watching(loop := make(ledger)) as told:
            loop.start()
            await clock.advance(seconds=12)
            loop.cancel()
            await clock.settle()
        assert told == ["skipped 1 from 10 unclaimed", "ended cancelled"]
        assert ledger.rows == {}

    async def test_s3_what_was_triggered_is_not_claimed(
        self, clock: VirtualClock, ledger: MemoryLedger
    ) -> None:
        claims: list[object] = []

        @tasks.loop(schedule=EVERY, name="digest", ledger=ledger)
        async def tick() -> None:
            claims.append(tasks.current_claim())

        tick.start()
        await clock.advance(seconds=5)
        tick.trigger()
        await clock.advance(seconds=10)
        assert claims == [None, Claim("digest", START + 10 * SECOND, 1)]
        tick.cancel()

    async def test_p3_several_bodies(self, clock: VirtualClock, ledger: MemoryLedger) -> None:
        loop = make(ledger, takes=25, policy=tasks.Policy(overlap=2))
        with watching(loop) as told:
            loop.start()
            await clock.advance(seconds=36)
            loop.policy = None
            await clock.advance(seconds=20)
        assert told == [
            *("started 10+0", "started 20+0", "finished 10 in 25", "started 30+5"),
            "finished 20 in 25",
        ]
        loop.cancel()


@pytest.mark.usefixtures("nothing_left")
class TestSettle:
    """D3, D4, D10."""

    async def test_d4_until_it_is_settled_it_counts_as_running(
        self, clock: VirtualClock, ledger: MemoryLedger
    ) -> None:
        with watching(loop := make(ledger, takes=3)) as told:
            loop.start()
            await clock.advance(seconds=12)
            ledger.takes = 15
            await clock.advance(seconds=10)
            assert loop.current_loop == 0
            ledger.takes = 0
            await clock.advance(seconds=10)
        assert told == [
            *("started 10+0", "finished 10 in 18", "started 20+8", "finished 20 in 3"),
            "started 30+1",
        ]

    async def test_d3_a_failed_iteration_is_settled(
        self, clock: VirtualClock, ledger: MemoryLedger
    ) -> None:
        @tasks.loop(schedule=EVERY, name="digest", ledger=ledger, policy=AT_LEAST)
        async def tick() -> None:
            raise LookupError

        assert isinstance(await ended(tick.start()), LookupError)
        assert [row.state for row in ledger.rows.values()] == ["settled"]

    @pytest.mark.parametrize(
        ("policy", "becomes"), [(None, "settled"), (AT_LEAST, "lapsed")], ids=["most", "least"]
    )
    async def test_d10_cancel_gives_an_at_least_once_claim_back(
        self,
        clock: VirtualClock,
        ledger: MemoryLedger,
        policy: tasks.Policy | None,
        becomes: str,
    ) -> None:
        loop = make(ledger, takes=100, policy=policy)
        loop.start()
        await clock.advance(seconds=12)
        assert await tasks.shutdown(timeout=1) == [loop]
        assert [row.state for row in ledger.rows.values()] == [becomes]
        assert loop.ending == "cancelled"

    async def test_d10_a_store_that_hangs_keeps_no_cancelled_body(
        self, clock: VirtualClock, ledger: MemoryLedger
    ) -> None:
        loop = make(ledger, takes=100, policy=AT_LEAST)
        task = loop.start()
        await clock.advance(seconds=12)
        ledger.takes = 3600
        loop.cancel()
        await clock.advance(seconds=2)
        assert task.done()

    async def test_d10_cancelled_while_it_is_settled_it_has_succeeded(
        self, clock: VirtualClock, ledger: MemoryLedger
    ) -> None:
        with watching(loop := make(ledger)) as told:
            loop.start()
            await clock.advance(seconds=10.5)
            ledger.takes = 5
            await clock.advance(seconds=2)
            loop.cancel()
            await clock.settle()
        assert told == ["started 10+0", "finished 10 in 2.5", "ended cancelled"]

    async def test_d4_what_can_not_be_settled_any_more_is_logged(
        self, clock: VirtualClock, ledger: MemoryLedger, caplog: pytest.LogCaptureFixture
    ) -> None:
        loop = make(ledger, count=1)
        loop.start()
        await clock.advance(seconds=10.5)
        ledger.error = LedgerError("the ledger is closed")
        await clock.advance(seconds=2)
        assert loop.ending == "completed"
        assert "the slot at 2026-01-05 12:00:10+00:00 can't be settled: the ledger is closed" in (
            caplog.text
        )

    async def test_p3_a_failure_ends_the_loop_before_it_is_settled(
        self, clock: VirtualClock, ledger: MemoryLedger
    ) -> None:
        """Meanwhile no other body begins, and one that fails too has its hook called (P6, L9)."""
        policy = tasks.Policy(overlap=5, missed="all", max_failures=1)
        loop, told = make(ledger, takes=15, policy=policy), list[str]()

        @loop.error
        async def error(error: Exception) -> None:
            told.append(repr(error))

        async def fail() -> None:
            slot = since(tasks.current_slot())
            await asyncio.sleep(25 if slot == "10" else 15)
            ledger.takes = 12.0
            raise ValueError(slot)

        loop.coro = fail
        with watching(loop) as seen:
            assert isinstance(await ended(loop.start()), ValueError)
        # That of the failure which ends the loop comes last.
        assert told == ["ValueError('20')", "ValueError('30')", "ValueError('10')"]
        assert [line for line in seen if "started" in line] == [
            *("started 10+0", "started 20+0", "started 30+0")
        ]

    async def test_d4_a_lost_lease_cancels_the_body(
        self, clock: VirtualClock, ledger: MemoryLedger, caplog: pytest.LogCaptureFixture
    ) -> None:
        with watching(loop := make(ledger, takes=100, policy=AT_LEAST)) as told:
            loop.start()
            await clock.advance(seconds=12)
            ledger.rows[START + 10 * SECOND].state = "settled"
            ledger.lost[START + 10 * SECOND]()
            await clock.settle()
            assert told == ["started 10+0", "finished 10 CancelledError"]
            await clock.advance(seconds=10)
            # The loop lives on, and who is told twice does nothing.
            assert told[2:] == ["started 20+0"]
            ledger.lost[START + 10 * SECOND]()
            await clock.settle()
            assert told[2:] == ["started 20+0"]
        message = "the lease for the slot at 2026-01-05 12:00:10+00:00 ran out"
        assert caplog.text.count(message) == 1


def test_d3_a_body_that_ends_the_program_settles_nothing() -> None:
    """It is as if it were killed: nobody may wait for a store then."""
    clock = VirtualClock(START)
    ledger = MemoryLedger(clock.now)

    async def main() -> None:
        @tasks.loop(schedule=EVERY, name="digest", ledger=ledger)
        async def tick() -> None:
            raise SystemExit

        await tick.start()

    with pytest.raises(SystemExit):
        clock.run(main())
    assert ledger.asked == ["open", "leased", "claim 10"]


@pytest.mark.usefixtures("nothing_left")
class TestOpen:
    """D5: from when on slots count."""

    async def test_d5_slots_since_the_last_one_known_are_missed(
        self, clock: VirtualClock, ledger: MemoryLedger
    ) -> None:
        ledger.rows[START - 35 * SECOND] = Row(1, "settled")
        ledger.known[repr(EVERY)] = START - 100 * SECOND
        with watching(loop := make(ledger)) as told:
            loop.start()
            await clock.advance(seconds=2)
        # It stands for the earlier ones, too.
        assert told == ["skipped 3 from -30 late", "started 0+0", "finished 0 in 1"]
        loop.cancel()

    async def test_d5_each_of_them(self, clock: VirtualClock, ledger: MemoryLedger) -> None:
        ledger.rows[START - 35 * SECOND] = Row(1, "settled")
        ledger.known[repr(EVERY)] = START - 100 * SECOND
        with watching(loop := make(ledger, policy=tasks.Policy(missed="all", grace=25))) as told:
            loop.start()
            await clock.advance(seconds=5)
        assert [line for line in told if not line.startswith("finished")] == [
            *("skipped 1 from -30 late", "started -20+20", "started -10+11", "started 0+2"),
        ]

    async def test_d5_a_new_loop_begins_when_it_is_started(
        self, clock: VirtualClock, ledger: MemoryLedger
    ) -> None:
        """Not when its `before_loop` is over."""
        loop = make(ledger)

        @loop.before_loop
        async def prepare() -> None:
            await asyncio.sleep(15)

        with watching(loop) as told:
            loop.start()
            await clock.advance(seconds=17)
        assert told == ["started 10+5", "finished 10 in 1"]

    async def test_d5_another_schedule_is_opened_anew(
        self, clock: VirtualClock, ledger: MemoryLedger
    ) -> None:
        loop = make(ledger)
        loop.start()
        await clock.advance(seconds=12)
        loop.change_interval(schedule=tasks.Every(seconds=7))
        await clock.advance(seconds=10)
        assert ledger.opened == [repr(EVERY), repr(tasks.Every(seconds=7))]

    async def test_d5_changed_in_before_loop_the_first_is_not_asked_for(
        self, clock: VirtualClock, ledger: MemoryLedger
    ) -> None:
        loop = make(ledger)

        @loop.before_loop
        async def prepare() -> None:
            loop.change_interval(schedule=tasks.Every(seconds=7))
            await asyncio.sleep(1)

        loop.start()
        await clock.advance(seconds=10)
        assert ledger.opened[-1] == repr(tasks.Every(seconds=7))

    async def test_d4_a_store_that_comes_before_the_first_slot(
        self, clock: VirtualClock, ledger: MemoryLedger, full_jitter: None
    ) -> None:
        ledger.go()
        loop = make(ledger)
        loop.start()
        await clock.advance(seconds=3)
        ledger.error = None
        await clock.advance(seconds=10)
        assert ledger.asked == ["open", "open", "open", "leased", "claim 10", "settle 10"]

    async def test_d4_a_store_that_comes_after_the_first_slot(
        self, clock: VirtualClock, ledger: MemoryLedger, full_jitter: None
    ) -> None:
        ledger.go()
        with watching(loop := make(ledger)) as told:
            loop.start()
            await clock.advance(seconds=25)
            ledger.error = None
            await clock.advance(seconds=17)
        # New to the store, it begins when that comes.
        assert told == [
            *("skipped 1 from 10 unclaimed", "skipped 1 from 20 claimed"),
            *("started 30+0", "finished 30 in 1", "started 40+0", "finished 40 in 1"),
        ]

    async def test_d4_and_what_came_before_the_start_is_run_then(
        self, clock: VirtualClock, ledger: MemoryLedger, full_jitter: None
    ) -> None:
        ledger.known[repr(EVERY)] = START - 25 * SECOND
        ledger.go()
        with watching(loop := make(ledger, policy=ALL)) as told:
            loop.start()
            await clock.advance(seconds=12)
            ledger.error = None
            await clock.advance(seconds=10)
        begun = [line.split("+")[0] for line in told if line.startswith("started")]
        assert begun == ["started 10", "started -20", "started -10", "started 0", "started 20"]

    @pytest.mark.parametrize("change", [False, True])
    async def test_d4_a_wait_for_the_store_can_be_ended(
        self, clock: VirtualClock, ledger: MemoryLedger, full_jitter: None, change: bool
    ) -> None:
        ledger.go()
        loop = make(ledger)
        task = loop.start()
        await clock.advance(seconds=1)
        if change:
            loop.change_interval(schedule=tasks.Every(seconds=7))
            await clock.settle()
            assert ledger.asked == ["open", "open"]
        loop.stop()
        await clock.settle()
        assert task.done()

    async def test_d5_with_no_slot_ahead_it_waits_for_what_the_store_knows(
        self, clock: VirtualClock, ledger: MemoryLedger
    ) -> None:
        schedule = tasks.At(START - 10 * SECOND)
        ledger.known[repr(schedule)] = START - 20 * SECOND
        ledger.go()
        task = make(ledger, schedule=schedule).start()
        await clock.advance(hours=1)
        ledger.error = None
        await task
        assert [since(slot) for slot in ledger.rows] == ["-10"]

    async def test_d10_stopped_before_it_was_opened(
        self, clock: VirtualClock, ledger: MemoryLedger
    ) -> None:
        ledger.takes = 5
        loop = make(ledger)
        task = loop.start()
        await clock.settle()
        loop.cancel()
        await clock.settle()
        assert task.cancelled()

    async def test_d10_failed_before_it_was_opened(
        self, clock: VirtualClock, ledger: MemoryLedger
    ) -> None:
        ledger.error = LedgerError("nobody asks")
        loop = make(ledger)

        @loop.before_loop
        async def prepare() -> None:
            await asyncio.sleep(1)
            raise LookupError

        assert isinstance(await ended(loop.start()), LookupError)


@pytest.mark.usefixtures("nothing_left")
class TestAtLeastOnce:
    """D3: a slot whose process died is begun again."""

    @pytest.fixture
    def dead(self, ledger: MemoryLedger) -> MemoryLedger:
        """Return a ledger in which somebody has begun a slot and has died."""
        ledger.known[repr(EVERY)] = START - 100 * SECOND
        ledger.rows[START - 5 * SECOND] = Row(1, "claimed", START + 15 * SECOND)
        return ledger

    async def test_d3_when_its_lease_has_run_out(
        self, clock: VirtualClock, dead: MemoryLedger
    ) -> None:
        with watching(loop := make(dead, policy=ALL_AT_LEAST)) as told:
            loop.start()
            await clock.advance(seconds=17)
        begun = [line for line in told if line.startswith("started")]
        assert begun == ["started 0+0", "started 10+0", "started -5+20"]
        assert dead.rows[START - 5 * SECOND].fence > 1

    async def test_d3_with_at_most_once_it_is_lost(
        self, clock: VirtualClock, dead: MemoryLedger
    ) -> None:
        with watching(loop := make(dead, policy=ALL)) as told:
            loop.start()
            await clock.advance(seconds=60)
        assert "started -5" not in " ".join(told)
        # Once, for what was given back.
        assert dead.asked.count("leased") == 1

    async def test_d3_within_grace(self, clock: VirtualClock, dead: MemoryLedger) -> None:
        policy = tasks.Policy(delivery="at_least_once", missed="all", grace=15)
        with watching(loop := make(dead, policy=policy)) as told:
            loop.start()
            await clock.advance(seconds=60)
        assert "-5" not in " ".join(told)

    async def test_d3_a_slot_that_another_claimed_is_watched_until_it_is_settled(
        self, clock: VirtualClock, ledger: MemoryLedger
    ) -> None:
        loop = make(ledger, policy=ALL_AT_LEAST)
        loop.start()
        await clock.advance(seconds=5)
        ledger.rows[START + 10 * SECOND] = Row(7, "claimed", START + 30 * SECOND)
        ledger.asked.clear()
        await clock.advance(seconds=15)
        assert ledger.asked[:2] == ["claim 10", "leased"]
        ledger.rows[START + 10 * SECOND].state = "settled"
        await clock.advance(seconds=300)
        # It looks once more when the lease would have run out, and then no more.
        assert ledger.asked.count("leased") == 2

    async def test_d3_of_others_the_first_lease_counts_and_own_ones_do_not(
        self, clock: VirtualClock, ledger: MemoryLedger
    ) -> None:
        ledger.known[repr(EVERY)] = START
        for seconds in (1, 2):
            ledger.rows[START + seconds * SECOND] = Row(1, "claimed", START + 12 * seconds * SECOND)
        policy = tasks.Policy(delivery="at_least_once", missed="all", overlap=True)
        with watching(loop := make(ledger, takes=60, policy=policy)) as told:
            loop.start()
            await clock.advance(seconds=29)
        begun = [line.split("+")[0] for line in told if line.startswith("started")]
        assert begun == ["started 10", "started 1", "started 20", "started 2"]
        loop.cancel()

    async def test_d3_a_store_that_is_gone_is_asked_again(
        self, clock: VirtualClock, ledger: MemoryLedger
    ) -> None:
        loop = make(ledger, policy=tasks.Policy(delivery="at_least_once", missed="all", grace=100))
        loop.start()
        await clock.advance(seconds=5)
        ledger.rows[START + 10 * SECOND] = Row(7, "claimed", START + 12 * SECOND)
        await clock.advance(seconds=6)
        ledger.go()
        await clock.advance(seconds=3)
        ledger.error = None
        await clock.advance(seconds=10)
        assert ledger.rows[START + 10 * SECOND].state == "settled"

    async def test_d3_an_error_that_does_not_pass_ends_the_watch_alone(
        self, clock: VirtualClock, ledger: MemoryLedger
    ) -> None:
        loop = make(ledger, policy=AT_LEAST)
        loop.start()
        await clock.advance(seconds=5)
        ledger.rows[START + 10 * SECOND] = Row(7, "claimed", START + 12 * SECOND)
        await clock.advance(seconds=6)
        ledger.error = LedgerError("a newer schema")
        await clock.advance(seconds=3)
        ledger.error = None
        assert loop.is_running()
        await clock.advance(seconds=10)
        assert ledger.rows[START + 20 * SECOND].state == "settled"

    async def test_d3_news_while_it_looks(self, clock: VirtualClock, ledger: MemoryLedger) -> None:
        """What is claimed by others while it looks is looked at as well."""
        policy = tasks.Policy(delivery="at_least_once", missed="all", overlap=True)
        loop = make(ledger, policy=policy, schedule=tasks.Every(seconds=2))
        loop.start()
        await clock.advance(seconds=5)
        ledger.takes = 4
        ledger.refusals = ["claimed", "claimed"]
        await clock.advance(seconds=12)
        assert ledger.asked.count("leased") == 3
        loop.cancel()


@pytest.mark.usefixtures("nothing_left")
class TestCurrent:
    """D12: what a body can ask about its own iteration."""

    async def test_d12_with_a_ledger(self, clock: VirtualClock, ledger: MemoryLedger) -> None:
        told: list[object] = []

        @tasks.loop(schedule=EVERY, name="digest", ledger=ledger, count=1)
        async def tick() -> None:
            async def child() -> None:
                told.append((since(tasks.current_slot()), tasks.current_claim()))

            await asyncio.create_task(child())

        await tick.start()
        assert told == [("10", Claim("digest", START + 10 * SECOND, 1))]

    @pytest.mark.parametrize("policy", [None, tasks.Policy(overlap=2)], ids=["plain", "overlap"])
    async def test_d12_without_a_ledger(
        self, clock: VirtualClock, policy: tasks.Policy | None
    ) -> None:
        told: list[object] = []

        @tasks.loop(seconds=10, count=2, policy=policy)
        async def tick() -> None:
            slot = tasks.current_slot()
            await asyncio.sleep(3)
            assert tasks.current_slot() == slot
            told.append((since(slot), tasks.current_claim()))

        with watching(tick):
            await tick.start()
        assert told == [("0", None), ("10", None)]

    async def test_d12_it_stays_what_it_is_when_the_timing_changes(
        self, clock: VirtualClock
    ) -> None:
        told: list[str] = []

        @tasks.loop(time=time(12, 0, 10))
        async def tick() -> None:
            tick.change_interval(seconds=7)
            told.append(since(tasks.current_slot()))
            tick.pause()
            tick.resume()
            told.append(since(tasks.current_slot()))
            tick.stop()
            told.append(since(tasks.current_slot()))

        await tick.start()
        assert told == ["10", "10", "10"]

    @pytest.mark.parametrize(
        "policy", [None, tasks.Policy(overlap=2), tasks.Policy(max_failures=2)], ids=repr
    )
    async def test_d12_outside_of_a_body(
        self, clock: VirtualClock, policy: tasks.Policy | None
    ) -> None:
        def ask() -> None:
            for function in (tasks.current_slot, tasks.current_claim):
                with pytest.raises(LookupError, match="no loop's body is at work here"):
                    function()

        ask()
        called: list[str] = []

        @tasks.loop(seconds=1, policy=policy)
        async def tick() -> None:
            raise LookupError

        @tick.before_loop
        async def before() -> None:
            ask()
            called.append("before")

        @tick.after_loop
        async def after() -> None:
            ask()
            called.append("after")

        @tick.error
        async def error(failure: Exception) -> None:
            ask()
            called.append("error")

        await ended(tick.start())
        assert set(called) == {"before", "error", "after"}


async def test_d5_with_a_real_file(clock: VirtualClock, tmp_path: object) -> None:
    """The one in a file lives in virtual time as well."""
    known: list[str] = []
    for _ in range(2):
        async with SqliteLedger(f"{tmp_path}/ledger.db") as ledger:
            loop = make(ledger, policy=ALL)
            loop.start()
            await clock.advance(seconds=25)
            await tasks.shutdown()
            known = [since(slot.slot) for slot in await ledger.slots("digest")]
        await clock.advance(seconds=20)
    assert known == [str(seconds) for seconds in range(10, 80, 10)]
