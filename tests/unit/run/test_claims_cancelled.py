"""A loop with a ledger that ends at any turn of the event loop (contract D10, D3, L11)."""

from __future__ import annotations

import asyncio
import tempfile
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import pytest
from support.virtual_time import START, between_turns, pending_timers

import defectio_tasks as tasks
from defectio_tasks._policy.policy import Delivery
from defectio_tasks.ledgers import Claim, SqliteLedger
from defectio_tasks.ledgers._sqlite import SqliteDatabase
from defectio_tasks.testing import VirtualClock

EVERY = tasks.Every(seconds=10)
SLOTS = [START + number * timedelta(seconds=10) for number in (1, 2, 3, 4)]
LONGEST = 400
"""More turns than the loop takes."""


@pytest.fixture(autouse=True)
def clock() -> None:
    """Have no clock for the test: each attempt has its own."""


@pytest.fixture(autouse=True, scope="module")
def no_power_is_cut() -> Iterator[None]:
    def prepare(self: SqliteDatabase, until: float) -> None:
        self.execute("PRAGMA synchronous = OFF", {})

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(SqliteDatabase, "_write_ahead", prepare)
        yield


class Story:
    """A loop of which one process after another runs four slots."""

    def __init__(self, delivery: Delivery, path: str) -> None:
        self.clock = VirtualClock(START)
        self.delivery, self.path = delivery, path
        self.begun = Counter[datetime]()
        self.done = Counter[datetime]()
        self.turn = self.turns = 0
        self.takes = 1.0

    def make(self, ledger: SqliteLedger) -> tasks.Loop[[], None]:
        @tasks.loop(
            schedule=EVERY,
            name="digest",
            ledger=ledger,
            policy=tasks.Policy(missed="all", delivery=self.delivery),
        )
        async def digest() -> None:
            slot = tasks.current_slot()
            self.begun[slot] += 1
            await asyncio.sleep(self.takes)
            self.done[slot] += 1

        return digest

    async def live(self, act: Callable[[tasks.Loop[[], None]], object], at_turn: int) -> None:
        """Run two slots, and have something done at a turn; then have another run what is left."""
        event_loop = asyncio.get_running_loop()
        async with SqliteLedger(self.path) as ledger:
            # Else one that ends before it has opened its ledger is new to the next process.
            await ledger.open("digest", repr(EVERY))
            loop = self.make(ledger)

            def look() -> bool:
                self.turn += 1
                if self.turn != at_turn:
                    return False
                act(loop)
                return True

            loop.start()
            between_turns(event_loop, look)  # type: ignore[arg-type] # it is a virtual one
            await self.clock.advance(seconds=22)
            await end(loop)
            # From here on, up to the end of the event loop, nothing is done at a turn any more.
            self.turns, self.turn = self.turn, LONGEST
        assert asyncio.all_tasks() == {asyncio.current_task()}
        assert pending_timers(event_loop) == []
        async with SqliteLedger(self.path) as ledger:
            loop = self.make(ledger)
            loop.start()
            await self.clock.advance(seconds=21)
            await end(loop)
            assert {row.slot: row.state for row in await ledger.slots("digest")} == dict.fromkeys(
                SLOTS, "settled"
            )
        assert asyncio.all_tasks() == {asyncio.current_task()}
        assert pending_timers(event_loop) == []

    def check(self) -> None:
        """Check that nothing was lost, and nothing begun twice without need."""
        assert self.begun.keys() == set(SLOTS)
        again = {slot: count for slot, count in self.begun.items() if count > 1}
        if self.delivery == "at_most_once":
            assert again == {}
        else:
            assert self.done == Counter(SLOTS)
            # Just the one in which it was cancelled.
            assert sum(again.values()) in {0, 2}


async def end(loop: tasks.Loop[[], None]) -> None:
    # It may be restarted meanwhile.
    while (task := loop.get_task()) is not None:
        loop.stop()
        await asyncio.wait([task])


def cancel_task(loop: tasks.Loop[[], None]) -> None:
    task = loop.get_task()
    if task is not None:
        task.cancel()


@pytest.mark.parametrize("delivery", ["at_most_once", "at_least_once"])
@pytest.mark.parametrize(
    "act", [tasks.Loop.cancel, tasks.Loop.stop, tasks.Loop.restart, cancel_task]
)
def test_d10_at_every_turn(
    delivery: Delivery, act: Callable[[tasks.Loop[[], None]], object]
) -> None:
    """In a claim or a settle, before or between: nothing is lost, and nothing left."""
    for at_turn in range(1, LONGEST):
        with tempfile.TemporaryDirectory() as folder:
            story = Story(delivery, f"{folder}/ledger.db")
            story.clock.run(story.live(act, at_turn))
        story.check()
        if story.turns < at_turn:
            break
    else:
        pytest.fail(f"{LONGEST} turns were not enough")
    for thread in threading.enumerate():
        if thread.name == "ledger":
            thread.join(10)
            assert not thread.is_alive()


@pytest.mark.parametrize(
    "act", [tasks.Loop.cancel, tasks.Loop.stop, tasks.Loop.restart, cancel_task]
)
def test_d10_at_every_turn_of_a_renewal_that_fails(
    act: Callable[[tasks.Loop[[], None]], object],
) -> None:
    """D4: whose lease ran out is told once, and what it says of its slot counts no more."""
    for at_turn in range(1, LONGEST):
        with tempfile.TemporaryDirectory() as folder:
            story = Story("at_least_once", f"{folder}/ledger.db")
            story.takes = 100.0
            is_over = story.clock.run(lose(story, act, at_turn))
        if is_over:
            break
    else:
        pytest.fail(f"{LONGEST} turns were not enough")


async def lose(story: Story, act: Callable[[tasks.Loop[[], None]], object], at_turn: int) -> bool:
    """Have another claim a slot at work, and have something done at a turn after that."""
    event_loop, turn = asyncio.get_running_loop(), 0
    async with SqliteLedger(story.path) as ledger, SqliteLedger(story.path) as other:
        await ledger.open("digest", repr(EVERY))
        await other.open("digest", repr(EVERY))
        loop = story.make(ledger)
        loop.start()
        await story.clock.advance(seconds=10.5)
        assert story.begun == Counter(SLOTS[:1])
        # Nothing of the process gets a turn for longer than its lease, as when it is frozen.
        story.clock.block(31)
        claim = await other.claim(
            "digest", SLOTS[0], delivery="at_least_once", closes=False, lost=lambda: None
        )
        assert isinstance(claim, Claim)

        def look() -> bool:
            nonlocal turn
            turn += 1
            if turn == at_turn:
                act(loop)
            return turn == at_turn

        between_turns(event_loop, look)  # type: ignore[arg-type] # it is a virtual one
        ledger._renewal = 0.0
        await ledger._do(ledger.do_chores)
        await story.clock.settle()
        turns, turn = turn, LONGEST
        await end(loop)
        assert await other.settle(claim) is True
        [row, *_] = await ledger.slots("digest")
        assert (row.slot, row.fence, row.state) == (SLOTS[0], claim.fence, "settled")
    assert story.begun[SLOTS[0]] == 1
    assert story.done[SLOTS[0]] == 0
    assert asyncio.all_tasks() == {asyncio.current_task()}
    assert pending_timers(event_loop) == []
    return turns < at_turn
