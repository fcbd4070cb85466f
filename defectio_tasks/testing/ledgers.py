"""What every ledger must do, as tests: for whoever writes one for another store.

With pytest and pytest-asyncio::

    class TestMyLedger(LedgerSuite):
        def make(self, *, lease: float, keep: float) -> Ledger:
            return MyLedger("where the tests' store is", lease=lease, keep=keep)

The tests live in real time, a few seconds of it; they use names of loops that nobody else has.
Pytest shows more of what failed after
``pytest.register_assert_rewrite("defectio_tasks.testing.ledgers")`` in the ``conftest.py``.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from abc import ABC, abstractmethod
from contextlib import AsyncExitStack, suppress
from datetime import datetime, timedelta
from typing import Final

from defectio_tasks._policy.policy import Delivery
from defectio_tasks.ledgers import Claim, Ledger, LedgerError, Refusal

SHORT: Final = 0.2
LONG: Final = 60.0
# How long to wait for what must come, in seconds: machines are busy.
PATIENCE: Final = 20.0
# More than the turns that a claim takes.
TURNS: Final = 12
MICROSECOND: Final = timedelta(microseconds=1)
SECOND: Final = timedelta(seconds=1)


class Client:
    """One process' ledger, and a loop in it."""

    def __init__(self, ledger: Ledger, name: str) -> None:
        """Begin with no loop open."""
        self.ledger = ledger
        self.name = name
        self.lost: int = 0
        """How many leases were lost."""

    async def open(self, schedule: str = "daily") -> datetime:
        """Open the loop."""
        return await self.ledger.open(self.name, schedule)

    async def ask(
        self, slot: datetime, delivery: Delivery = "at_least_once", *, closes: bool = False
    ) -> Claim | Refusal:
        """Ask for a slot."""
        return await self.ledger.claim(
            self.name, slot, delivery=delivery, closes=closes, lost=self._lose
        )

    async def claim(
        self, slot: datetime, delivery: Delivery = "at_least_once", *, closes: bool = False
    ) -> Claim:
        """Claim a slot that must be granted."""
        answer = await self.ask(slot, delivery, closes=closes)
        assert isinstance(answer, Claim), answer
        return answer

    async def state(self, slot: datetime) -> str | None:
        """Return what the store knows of a slot."""
        states = {known.slot: known.state for known in await self.ledger.slots(self.name)}
        return states.get(slot)

    async def lapsed(self) -> list[datetime]:
        """Return the slots that somebody began and nobody is at."""
        known = await self.ledger.leased(self.name)
        return [slot.slot for slot in known if slot.state == "lapsed"]

    def _lose(self) -> None:
        self.lost += 1


class LedgerSuite(ABC):
    """The tests. All clients of a test share one store."""

    @abstractmethod
    def make(self, *, lease: float, keep: float) -> Ledger:
        """Make a ledger, as another process would.

        Args:
            lease: In seconds.
            keep: In seconds.
        """

    async def test_d5_a_new_loop_begins_now(self) -> None:
        """Nobody begins what came before; who comes later learns the same."""
        async with self._clients(2) as (one, two):
            since = await one.open()
            assert since.utcoffset() == timedelta()
            assert await two.open() == since
            assert await one.ask(since) == "closed"
            slot = since + MICROSECOND
            assert (await one.claim(slot)) == Claim(one.name, slot, fence=1)

    async def test_d5_the_last_slot_known_is_where_a_restart_begins(self) -> None:
        """Whatever has become of it."""
        async with self._clients(2) as (one, two):
            slot = await one.open() + MICROSECOND
            await one.claim(slot)
            assert await two.open() == slot
            assert await two.ask(slot) == "claimed"

    async def test_d5_another_schedule_begins_now(self) -> None:
        """Nothing of the past is run, and the same text again changes nothing."""
        async with self._clients(2) as (one, two):
            before = await one.open()
            await asyncio.sleep(0.01)
            since = await two.open("hourly")
            assert since > before
            assert await one.ask(before + MICROSECOND) == "closed"
            assert await two.open("hourly") == since
            assert await one.open("daily") > since

    async def test_d3_one_of_many_is_granted_a_slot(self) -> None:
        """Each slot is asked for by all at once."""
        async with self._clients(4) as clients:
            since = max([await client.open() for client in clients])
            fence = 0
            for number in range(1, 11):
                slot = since + number * MICROSECOND
                answers = await asyncio.gather(*(client.ask(slot) for client in clients))
                granted = [answer for answer in answers if isinstance(answer, Claim)]
                assert [claim.slot for claim in granted] == [slot]
                assert [answer for answer in answers if answer == "claimed"] == ["claimed"] * 3
                assert granted[0].fence > fence
                fence = granted[0].fence

    async def test_d9_many_make_a_store_at_once(self) -> None:
        """Where this is the first test to use it."""
        async with self._clients(8) as clients:
            since = await asyncio.gather(*(client.open() for client in clients))
            assert len(set(since)) == 1

    async def test_d7_what_is_ahead_of_the_stores_clock_is_early(self) -> None:
        """A process whose clock is fast waits."""
        async with self._clients(1) as (one,):
            since = await one.open()
            assert await one.ask(since + LONG * SECOND) == "early"
            await one.claim(since + SECOND)

    async def test_d6_a_claim_that_closes_leaves_nothing_earlier(self) -> None:
        """Neither slots that nobody asked for, nor such as can be begun again."""
        async with self._clients(2) as (one, two):
            since = await one.open()
            await two.open()
            slots = [since + number * MICROSECOND for number in range(1, 4)]
            claim = await one.claim(slots[0])
            await one.ledger.give_back(claim)
            assert await two.lapsed() == slots[:1]
            await one.claim(slots[2], closes=True)
            assert await two.ask(slots[0]) == "closed"
            assert await two.ask(slots[1]) == "closed"
            assert await two.lapsed() == []

    async def test_d6_a_claim_that_does_not_close_leaves_earlier_ones(self) -> None:
        """With `missed="all"` each is run."""
        async with self._clients(2) as (one, two):
            since = await one.open()
            await two.open()
            await one.claim(since + 2 * MICROSECOND)
            await two.claim(since + MICROSECOND)

    async def test_d6_what_was_closed_while_at_work_can_be_settled(self) -> None:
        """It is done, whoever came later."""
        async with self._clients(2) as (one, two):
            since = await one.open()
            await two.open()
            claim = await one.claim(since + MICROSECOND)
            await two.claim(since + 2 * MICROSECOND, closes=True)
            assert await one.ledger.settle(claim) is True

    async def test_d3_a_slot_is_settled_once(self) -> None:
        """And nobody begins it again."""
        async with self._clients(2) as (one, two):
            slot = await one.open() + MICROSECOND
            await two.open()
            claim = await one.claim(slot)
            assert await two.ledger.settle(claim) is False
            assert await one.ledger.settle(Claim(claim.name, slot, claim.fence + 1)) is False
            assert await one.ledger.settle(claim) is True
            assert await one.ledger.settle(claim) is False
            assert await one.ask(slot) == "settled"
            assert await two.ask(slot) == "settled"
            assert await one.state(slot) == "settled"

    async def test_d3_at_most_once_knows_no_lease(self) -> None:
        """A slot whose process died is lost."""
        async with self._clients(2, lease=SHORT) as (one, two):
            slot = await one.open() + MICROSECOND
            await two.open()
            await one.claim(slot, "at_most_once")
            await one.ledger.close()
            await asyncio.sleep(2 * SHORT)
            assert one.lost == 0
            assert await two.ask(slot) == "claimed"
            assert await two.ask(slot, "at_most_once") == "claimed"
            assert await two.lapsed() == []
            assert await two.state(slot) == "claimed"

    async def test_d3_a_slot_whose_process_died_is_begun_again(self) -> None:
        """When its lease has run out; the fence grows."""
        async with self._clients(2, lease=SHORT) as (one, two):
            slot = await one.open() + MICROSECOND
            await two.open()
            first = await one.claim(slot)
            assert await two.lapsed() == []
            await one.ledger.close()
            await asyncio.sleep(0)
            assert one.lost == 1
            until = time.monotonic() + PATIENCE
            while not await two.lapsed():
                assert time.monotonic() < until
                await asyncio.sleep(SHORT / 10)
            assert await two.state(slot) == "lapsed"
            second = await two.claim(slot)
            assert second.fence > first.fence
            assert await two.lapsed() == []
            assert await two.ledger.settle(second) is True

    async def test_d3_a_blocked_event_loop_loses_no_lease(self) -> None:
        """The ledger's own thread renews it."""
        async with self._clients(2, lease=1.0) as (one, two):
            slot = await one.open() + MICROSECOND
            await two.open()
            claim = await one.claim(slot)
            time.sleep(2.5)  # noqa: ASYNC251 -- this is what bots do
            assert await two.ask(slot) == "claimed"
            assert one.lost == 0
            assert await one.ledger.settle(claim) is True

    async def test_d10_what_is_given_back_is_free_at_once(self) -> None:
        """Others see it, and it is no longer one's own."""
        async with self._clients(2) as (one, two):
            since = await one.open()
            await two.open()
            deliveries: tuple[Delivery, ...] = ("at_most_once", "at_least_once")
            for number, delivery in enumerate(deliveries, 1):
                slot = since + number * MICROSECOND
                claim = await one.claim(slot, delivery)
                await one.ledger.give_back(claim)
                await one.ledger.give_back(claim)
                assert await one.ledger.settle(claim) is False
                assert await two.lapsed() == [slot]
                assert (await two.claim(slot)).fence == 2 * number
                await one.ledger.give_back(claim)
                assert await one.ask(slot) == "claimed"

    async def test_d10_a_cancelled_claim_is_given_back(self) -> None:
        """Whenever the cancellation comes."""
        for delivery in ("at_least_once", "at_most_once"):
            for turns in range(TURNS):
                async with self._clients(2) as (one, two):
                    slot = await one.open() + MICROSECOND
                    await two.open()
                    task = asyncio.create_task(one.ask(slot, delivery, closes=True))
                    for _ in range(turns):
                        await asyncio.sleep(0.001 * (turns % 3))
                    task.cancel()
                    with suppress(asyncio.CancelledError):
                        claimed = await task
                        assert isinstance(claimed, Claim)
                        await one.ledger.give_back(claimed)
                    # Whatever was asked before is done before.
                    await one.ledger.slots(one.name)
                    await two.claim(slot, delivery)

    async def test_d10_a_cancelled_settle_is_written(self) -> None:
        """Nobody need wait for it."""
        async with self._clients(1) as (one,):
            since = await one.open()
            for turns in range(TURNS):
                slot = since + (turns + 1) * MICROSECOND
                task = asyncio.ensure_future(one.ledger.settle(await one.claim(slot)))
                for _ in range(turns + 1):
                    await asyncio.sleep(0)
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)
                assert await one.state(slot) == "settled"

    async def test_d8_what_is_forgotten_can_not_be_claimed(self) -> None:
        """It is known as the last slot nonetheless."""
        async with self._clients(2, lease=SHORT, keep=SHORT) as (one, two):
            slots = [await one.open() + number * MICROSECOND for number in range(1, 4)]
            await two.open()
            for slot in slots:
                await one.ledger.settle(await one.claim(slot, "at_most_once"))
            until = time.monotonic() + PATIENCE
            while await one.ledger.slots(one.name):
                assert time.monotonic() < until
                await asyncio.sleep(SHORT / 2)
            for slot in slots:
                assert await two.ask(slot) == "closed"
            assert await two.open() == slots[-1]

    async def test_d8_what_is_at_work_is_not_forgotten(self) -> None:
        """Nor is what came after it."""
        async with self._clients(2, lease=LONG, keep=SHORT) as (one, two):
            since = await one.open()
            await two.open()
            claim = await one.claim(since + MICROSECOND)
            await one.ledger.settle(await one.claim(since + 2 * MICROSECOND))
            await asyncio.sleep(4 * SHORT)
            assert len(await two.ledger.slots(two.name)) == 2
            assert await one.ledger.settle(claim) is True

    async def test_d11_what_is_stored_is_listed(self) -> None:
        """Names, schedules' texts, slots, owners and times, and nothing else."""
        async with self._clients(2) as (one, two):
            since = await one.open("a schedule: 'æ'")
            [known] = [loop for loop in await two.ledger.loops() if loop.name == one.name]
            assert (known.schedule, known.since) == ("a schedule: 'æ'", since)
            claims = [
                await one.claim(since + 2 * MICROSECOND, "at_most_once"),
                await one.claim(since + MICROSECOND),
            ]
            [known] = [loop for loop in await two.ledger.loops() if loop.name == one.name]
            assert known.since == since + 2 * MICROSECOND
            leased, unleased = await two.ledger.slots(one.name)
            assert [leased.slot, unleased.slot] == [claim.slot for claim in reversed(claims)]
            assert (leased.fence, unleased.fence) == (2, 1)
            assert leased.owner == unleased.owner != ""
            assert leased.lease is not None
            assert since <= leased.claimed < leased.lease
            assert unleased.lease is None
            assert (leased.settled, unleased.settled) == (None, None)
            await one.ledger.settle(claims[0])
            await one.ledger.give_back(claims[1])
            leased, unleased = await two.ledger.slots(one.name)
            assert (leased.state, leased.owner) == ("lapsed", "")
            assert unleased.state == "settled"
            assert unleased.settled is not None
            assert unleased.settled >= unleased.claimed

    async def test_d10_a_closed_ledger_is_closed(self) -> None:
        """Closing it again does nothing."""
        async with self._clients(1) as (one,):
            slot = await one.open() + MICROSECOND
            claim = await one.claim(slot, "at_most_once")
            await one.ledger.close()
            await one.ledger.close()
            uses = (one.open(), one.ask(slot), one.ledger.settle(claim))
            for error in await asyncio.gather(*uses, return_exceptions=True):
                assert isinstance(error, LedgerError)
                assert "closed" in str(error)

    def _clients(self, number: int, *, lease: float = LONG, keep: float = LONG) -> _Clients:
        return _Clients([self.make(lease=lease, keep=keep) for _ in range(number)])


class _Clients:
    """Several ledgers over one store, and a loop that all of them have; closed after the block."""

    def __init__(self, ledgers: list[Ledger]) -> None:
        name = f"suite {secrets.token_hex(8)}"
        self._clients = [Client(ledger, name) for ledger in ledgers]
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> list[Client]:
        for client in self._clients:
            await self._stack.enter_async_context(client.ledger)
        return self._clients

    async def __aexit__(self, *error: object) -> None:
        await self._stack.aclose()
