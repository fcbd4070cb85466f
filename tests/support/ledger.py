"""A ledger in memory, whose store can be gone, slow, and shared with processes that die."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from types import TracebackType
from typing import Self

from defectio_tasks._policy.policy import Delivery
from defectio_tasks.ledgers import Claim, KnownLoop, KnownSlot, Refusal, StoreUnavailableError
from support.virtual_time import START

SECOND = timedelta(seconds=1)


@dataclass
class Row:
    """A slot."""

    fence: int
    state: str
    lease: datetime | None = None
    owner: str = "other"


class MemoryLedger:
    """Keeps slots in a dictionary, and what it was asked in a list."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        """Begin with a store that knows nothing."""
        self.now = now
        self.rows: dict[datetime, Row] = {}
        self.opened: list[str] = []
        self.asked: list[str] = []
        self.known: dict[str, datetime] = {}
        self.fence = 0
        self.floor = datetime.min.replace(tzinfo=START.tzinfo)
        self.error: Exception | None = None
        """What every call raises."""
        self.takes = 0.0
        """How many seconds each call takes."""
        self.refusals: list[Refusal] = []
        """What the next claims are answered."""
        self.lost: dict[datetime, Callable[[], object]] = {}

    async def _do(self, what: str) -> None:
        self.asked.append(what)
        await asyncio.sleep(self.takes)
        if self.error is not None:
            raise self.error

    def go(self) -> None:
        """Be gone."""
        self.error = StoreUnavailableError("gone")

    async def open(self, name: str, schedule: str, /) -> datetime:
        await self._do("open")
        self.opened.append(schedule)
        if schedule not in self.known:
            self.floor = self.now()
        return max([self.known.setdefault(schedule, self.now()), *self.rows])

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
        await self._do(f"claim {since(slot)}")
        if self.refusals:
            return self.refusals.pop(0)
        row = self.rows.get(slot)
        if row is not None and row.state == "settled":
            return "settled"
        if row is not None and (row.lease is None or row.lease > self.now()):
            return "claimed"
        if slot <= self.floor:
            return "closed"
        if closes:
            self.floor = max(self.floor, slot - timedelta(microseconds=1))
        self.fence += 1
        lease = self.now() + 30 * SECOND if delivery == "at_least_once" else None
        self.rows[slot], self.lost[slot] = Row(self.fence, "claimed", lease), lost
        return Claim(name, slot, self.fence)

    async def leased(self, name: str, /) -> Sequence[KnownSlot]:
        await self._do("leased")
        return [
            replace(known, state="lapsed") if known.lease <= self.now() else known
            for known in await self.slots(name)
            if known.lease is not None and known.state != "settled" and known.slot > self.floor
        ]

    async def settle(self, claim: Claim, /) -> bool:
        await self._do(f"settle {since(claim.slot)}")
        self.rows[claim.slot].state = "settled"
        return True

    async def give_back(self, claim: Claim, /) -> None:
        await self._do(f"give back {since(claim.slot)}")
        row = self.rows[claim.slot]
        row.state, row.lease, row.owner = "lapsed", self.now(), ""

    async def loops(self) -> Sequence[KnownLoop]:
        return []

    async def slots(self, name: str, /) -> Sequence[KnownSlot]:
        return [
            KnownSlot(slot, row.state, row.fence, row.owner, self.now(), row.lease, None)  # type: ignore[arg-type] # a state
            for slot, row in sorted(self.rows.items())
        ]

    async def close(self) -> None:
        self.asked.append("close")

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
        /,
    ) -> None:
        await self.close()


def since(moment: datetime) -> str:
    """Return a moment in seconds since the test's start."""
    return f"{(moment - START).total_seconds():g}"
