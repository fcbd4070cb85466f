"""Claims in a process' hands: leases, renewals, restarts of the store (D3, D4, D10)."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from defectio_tasks.ledgers import Claim, LedgerError, StoreUnavailableError, _worker
from defectio_tasks.ledgers import _stored as room
from defectio_tasks.ledgers._sql import SqlStore, Value
from defectio_tasks.ledgers._sqlite import DIALECT, SqliteDatabase
from defectio_tasks.ledgers._store import SECOND, Key, to_microseconds
from defectio_tasks.ledgers._stored import StoredLedger
from defectio_tasks.testing.ledgers import Client

LEASE = 30.0
START = datetime(2026, 3, 1, tzinfo=UTC)


class World:
    """A clock for all, and a store that can be gone."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.seconds = 0.0
        self.fails_before: str | None = None
        self.fails_after: str | None = None
        self.is_lost = False

    def monotonic(self) -> float:
        return self.seconds

    def ledger(self) -> StoredLedger:
        store = SqlStore(DIALECT, lambda: Connection(self))
        return StoredLedger(store, lease=LEASE, keep=3600.0)

    def now(self) -> int:
        return round((START.timestamp() + self.seconds) * SECOND)


class Connection:
    def __init__(self, world: World) -> None:
        self._world = world
        self._inner = SqliteDatabase(str(world.path), 1.0, world.now)

    @property
    def is_lost(self) -> bool:
        return self._world.is_lost

    def execute(self, statement: str, values: Mapping[str, Value], /) -> Sequence[Sequence[Value]]:
        before, after = self._world.fails_before, self._world.fails_after
        if before is not None and before in statement:
            raise StoreUnavailableError(before)
        rows = self._inner.execute(statement, values)
        if after is not None and after in statement:
            raise StoreUnavailableError(after)
        return rows

    @contextmanager
    def transaction(self) -> Generator[None]:
        with self._inner.transaction():
            yield
        if self._world.fails_after == "COMMIT":
            message = "COMMIT"
            raise StoreUnavailableError(message)

    def close(self) -> None:
        self._inner.close()


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    world = World(tmp_path / "ledger.db")
    for module in (room, _worker):
        monkeypatch.setattr(module, "monotonic", world.monotonic)
    return world


async def claim(ledger: StoredLedger, slot: datetime, lost: list[datetime]) -> Claim | str:
    return await ledger.claim(
        "digest", slot, delivery="at_least_once", closes=False, lost=lambda: lost.append(slot)
    )


def freeze(ledger: StoredLedger) -> None:
    """Have no lease be renewed any more."""
    ledger._renewal = math.inf


async def test_d3_a_lease_is_renewed_three_times_before_it_runs_out(world: World) -> None:
    lost: list[datetime] = []
    async with world.ledger() as ledger:
        slot = await ledger.open("digest", "daily") + timedelta(microseconds=1)
        await ledger.slots("digest")
        assert ledger.next_chore() == 360.0
        assert isinstance(await claim(ledger, slot, lost), Claim)
        for seconds in (10.0, 20.0, 30.0, 40.0):
            assert ledger.next_chore() == seconds
            world.seconds = seconds
            # The thread may do it itself meanwhile: there is nothing left to do then.
            await ledger._do(ledger.do_chores)
            [known] = await ledger.slots("digest")
            assert known.lease == START + timedelta(seconds=seconds + LEASE)
    await asyncio.sleep(0)
    assert lost == [slot]


def test_d3_a_lease_in_an_event_loop_that_was_closed_runs_out(world: World) -> None:
    """Its body is over without having been cancelled; the process lives on."""
    ledger, lost = world.ledger(), list[datetime]()

    async def begin() -> None:
        slot = await ledger.open("digest", "daily") + timedelta(microseconds=1)
        assert isinstance(await claim(ledger, slot, lost), Claim)

    event_loop = asyncio.new_event_loop()
    event_loop.run_until_complete(begin())
    event_loop.close()

    async def look_again() -> None:
        async with ledger:
            world.seconds = LEASE
            await ledger._do(ledger.do_chores)
            [known] = await ledger.slots("digest")
            assert known.state == "lapsed"

    asyncio.run(look_again())
    assert lost == []


async def test_d4_a_lease_that_somebody_took_over_is_lost(world: World) -> None:
    lost: list[datetime] = []
    async with world.ledger() as frozen, world.ledger() as other:
        slot = await frozen.open("digest", "daily") + timedelta(microseconds=1)
        await other.open("digest", "daily")
        mine = await claim(frozen, slot, lost)
        assert isinstance(mine, Claim)
        freeze(frozen)
        world.seconds = LEASE
        theirs = await claim(other, slot, [])
        assert isinstance(theirs, Claim)
        assert theirs.fence > mine.fence
        frozen._renewal = LEASE
        await frozen._do(frozen.do_chores)
        await asyncio.sleep(0)
        assert lost == [slot]
        assert await frozen.settle(mine) is False
        assert await other.settle(theirs) is True


async def test_d3_a_process_that_was_frozen_takes_its_lease_up_again(world: World) -> None:
    """Nobody else had begun the slot."""
    lost: list[datetime] = []
    async with world.ledger() as frozen:
        slot = await frozen.open("digest", "daily") + timedelta(microseconds=1)
        mine = await claim(frozen, slot, lost)
        assert isinstance(mine, Claim)
        world.seconds = 10 * LEASE
        await frozen._do(frozen.do_chores)
        assert lost == []
        assert await frozen.settle(mine) is True


async def test_d3_a_frozen_process_settles_what_another_began_again_in_vain(world: World) -> None:
    async with world.ledger() as frozen, world.ledger() as other:
        slot = await frozen.open("digest", "daily") + timedelta(microseconds=1)
        await other.open("digest", "daily")
        mine = await claim(frozen, slot, [])
        assert isinstance(mine, Claim)
        freeze(frozen)
        world.seconds = LEASE
        assert isinstance(await claim(other, slot, []), Claim)
        assert await frozen.settle(mine) is False


async def test_d4_a_store_that_is_gone_for_longer_than_the_lease(world: World) -> None:
    lost: list[datetime] = []
    async with world.ledger() as ledger:
        slot = await ledger.open("digest", "daily") + timedelta(microseconds=1)
        mine = await claim(ledger, slot, lost)
        assert isinstance(mine, Claim)
        world.fails_before = "UPDATE"
        for seconds in (10.0, 13.0, 29.0):
            world.seconds = seconds
            await ledger._do(ledger.do_chores)
            assert ledger.next_chore() == seconds + 3.0
        assert lost == []
        world.seconds = LEASE + 3.0
        await ledger._do(ledger.do_chores)
        await asyncio.sleep(0)
        assert lost == [slot]
        world.fails_before = None
        assert await ledger.settle(mine) is False
        assert await Client(ledger, "digest").lapsed() == [slot]


async def test_d4_a_claim_of_which_no_word_came_is_granted_again(world: World) -> None:
    async with world.ledger() as ledger, world.ledger() as other:
        slot = await ledger.open("digest", "daily") + timedelta(microseconds=1)
        await other.open("digest", "daily")
        world.fails_after = "COMMIT"
        with pytest.raises(StoreUnavailableError):
            await claim(ledger, slot, [])
        world.fails_after = None
        assert await claim(other, slot, []) == "claimed"
        assert await claim(ledger, slot, []) == Claim("digest", slot, 2)
        assert await claim(ledger, slot, []) == "claimed"


async def test_d10_a_claim_of_which_nobody_knows_is_given_back(world: World) -> None:
    """When the next lease is renewed."""
    async with world.ledger() as ledger:
        slot = await ledger.open("digest", "daily") + timedelta(microseconds=1)
        world.fails_after = "COMMIT"
        with pytest.raises(StoreUnavailableError):
            await claim(ledger, slot, [])
        world.fails_after = None
        await claim(ledger, slot + timedelta(microseconds=1), [])
        assert await Client(ledger, "digest").lapsed() == []
        world.seconds = 10.0
        await ledger._do(ledger.do_chores)
        assert await Client(ledger, "digest").lapsed() == [slot]


async def test_d10_a_connection_that_was_lost_meanwhile_is_made_again(world: World) -> None:
    async with world.ledger() as ledger:
        slot = await ledger.open("digest", "daily") + timedelta(microseconds=1)
        world.fails_before, world.is_lost = "SELECT slot, fence", True
        with pytest.raises(StoreUnavailableError):
            await ledger.slots("digest")
        with pytest.raises(StoreUnavailableError):
            await ledger.slots("digest")
        world.fails_before = None
        assert isinstance(await claim(ledger, slot, []), Claim)


async def test_d8_pruning_waits_for_the_store(world: World) -> None:
    async with world.ledger() as ledger:
        await ledger.open("digest", "daily")
        world.fails_before = "DELETE"
        world.seconds = 400.0
        await ledger._do(ledger.do_chores)
        assert ledger.next_chore() == 760.0


async def test_d8_a_loop_is_pruned_when_it_is_opened(world: World) -> None:
    """Else nobody would do it, where no process lives for an hour."""
    async with world.ledger() as ledger:
        for name in ("digest", "report"):
            slot = await ledger.open(name, "daily") + timedelta(microseconds=1)
            claimed = await Client(ledger, name).claim(slot)
            await ledger.settle(claimed)
    world.seconds = 7200.0
    async with world.ledger() as ledger:
        for name in ("digest", "report"):
            await ledger.open(name, "daily")
            while ledger._unpruned:
                await ledger._do(ledger.do_chores)
            assert await ledger.slots(name) == []


async def test_d4_a_store_that_was_emptied_is_taken_as_new(world: World) -> None:
    """So a Redis comes back without its memory."""
    async with world.ledger() as ledger:
        slot = await ledger.open("digest", "daily") + timedelta(microseconds=1)
        empty = SqliteDatabase(str(world.path), 1.0, world.now)
        empty.execute("DELETE FROM defectio_tasks_loops", {})
        empty.close()
        claimed = await claim(ledger, slot, [])
        assert isinstance(claimed, Claim)
        # It is more than any that was given away before.
        assert claimed.fence > world.now()
        assert [loop.schedule for loop in await ledger.loops()] == ["daily"]


async def test_d10_what_a_cancelled_claim_was_granted_is_given_back(world: World) -> None:
    async with world.ledger() as ledger:
        slot = await ledger.open("digest", "daily") + timedelta(microseconds=1)
        ticket = room.Ticket(
            Key("digest", to_microseconds(slot)),
            leased=True,
            lost=list,
            event_loop=asyncio.get_running_loop(),
        )
        await ledger._do(ledger._claim, ticket, closes=False)
        await ledger._do(ledger._abandon, ticket)
        assert await Client(ledger, "digest").lapsed() == [slot]
        # Somebody else in this process has it by now.
        mine = await claim(ledger, slot, [])
        assert isinstance(mine, Claim)
        await ledger._do(ledger._abandon, ticket)
        assert await Client(ledger, "digest").lapsed() == []
        assert await ledger.settle(mine) is True


async def test_d10_a_claim_that_is_cancelled_when_the_ledger_is_closed(world: World) -> None:
    ledger = world.ledger()
    slot = await ledger.open("digest", "daily")
    asking = asyncio.ensure_future(claim(ledger, slot, []))
    await asyncio.sleep(0)
    closing = asyncio.ensure_future(ledger.close())
    await asyncio.sleep(0)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    await closing
    with pytest.raises(LedgerError):
        await ledger.slots("digest")


def test_l1_one_ledger_in_several_event_loops(world: World) -> None:
    ledger = world.ledger()
    lost: list[datetime] = []

    async def begin() -> None:
        slot = await ledger.open("digest", "daily") + timedelta(microseconds=1)
        assert isinstance(await claim(ledger, slot, lost), Claim)

    async def end() -> None:
        [known] = await ledger.slots("digest")
        assert known.state == "claimed"
        await ledger.close()

    asyncio.run(begin())
    # Whom it would tell is gone.
    asyncio.run(end())
    assert lost == []
