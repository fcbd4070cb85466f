"""What processes that were killed have found in claims (contract D3-D10)."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from pathlib import Path

from support.virtual_time import START

import defectio_tasks as tasks
from defectio_tasks.ledgers import Claim, SqliteLedger
from defectio_tasks.testing import VirtualClock

SECOND = timedelta(seconds=1)
EVERY = tasks.Every(seconds=10)


async def test_s4_a_loop_that_was_stopped_begins_nothing_that_lapses(
    clock: VirtualClock, tmp_path: Path
) -> None:
    """D3, L4: while its last body is at work, a slot of a process that died is another's."""
    path = tmp_path / "ledger.db"
    begun: list[tuple[datetime, Claim | None]] = []
    async with SqliteLedger(path) as ledger, SqliteLedger(path) as dead:

        @tasks.loop(
            schedule=EVERY,
            name="digest",
            ledger=ledger,
            policy=tasks.Policy(missed="all", delivery="at_least_once"),
        )
        async def digest() -> None:
            begun.append((tasks.current_slot(), tasks.current_claim()))
            await asyncio.sleep(100)

        digest.start()
        await clock.advance(seconds=9.5)
        await dead.open("digest", repr(EVERY))
        slot = START + 10 * SECOND
        claim = await dead.claim(
            "digest", slot, delivery="at_least_once", closes=False, lost=lambda: None
        )
        assert isinstance(claim, Claim)
        await clock.advance(seconds=15.5)
        digest.stop()
        await clock.advance(seconds=200)
        assert begun == [(START + 20 * SECOND, Claim("digest", START + 20 * SECOND, 2))]
        assert digest.ending == "stopped"


class SlowLedger(SqliteLedger):
    """One whose answer about a loop is on its way for five seconds."""

    async def open(self, name: str, schedule: str, /) -> datetime:
        since = await super().open(name, schedule)
        await asyncio.sleep(5)
        return since


async def test_l4_stopped_while_the_ledger_is_opened(clock: VirtualClock, tmp_path: Path) -> None:
    """D5: what was missed before is left to the next process; and L12, to another schedule."""
    path = tmp_path / "ledger.db"
    begun: list[datetime] = []
    async with SqliteLedger(path) as before:
        await before.open("digest", repr(EVERY))
    await clock.advance(seconds=35)
    async with SlowLedger(path) as ledger:

        @tasks.loop(schedule=EVERY, name="digest", ledger=ledger, policy=tasks.Policy(missed="all"))
        async def digest() -> None:
            begun.append(tasks.current_slot())

        digest.start()
        await clock.advance(seconds=1)
        digest.stop()
        await clock.advance(seconds=30)
        assert not digest.is_running()
        assert begun == []
        digest.start()
        await clock.advance(seconds=1)
        digest.change_interval(schedule=tasks.Every(minutes=1))
        await clock.advance(seconds=70)
        digest.cancel()
        await clock.settle()
        assert begun == [START + 120 * SECOND]


async def test_d10_what_was_cancelled_in_a_claim_is_begun_by_the_next_process(
    clock: VirtualClock, tmp_path: Path
) -> None:
    """With at most once, too: its body has not begun; one that died with it may have."""
    path = tmp_path / "ledger.db"
    begun: list[datetime] = []
    slots = [START + number * SECOND for number in (10, 20)]
    async with SqliteLedger(path) as before:
        await before.open("digest", repr(EVERY))
        await clock.advance(seconds=25)
        claims = [
            await before.claim(
                "digest", slot, delivery="at_most_once", closes=False, lost=lambda: None
            )
            for slot in slots
        ]
        assert isinstance(claims[1], Claim)
        await before.give_back(claims[1])
    async with SqliteLedger(path) as ledger:

        @tasks.loop(schedule=EVERY, name="digest", ledger=ledger)
        async def digest() -> None:
            begun.append(tasks.current_slot())

        digest.start()
        await clock.advance(seconds=10)
        digest.cancel()
        await clock.settle()
    assert begun == [START + 20 * SECOND, START + 30 * SECOND]
