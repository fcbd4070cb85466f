"""What the ledgers have in common, whatever store they keep slots in."""

from __future__ import annotations

import asyncio
import functools
import os
import secrets
import socket
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from time import monotonic
from types import TracebackType
from typing import Final, ParamSpec, Self, TypeVar

from defectio_tasks._policy.durations import parse_duration
from defectio_tasks._policy.policy import Delivery
from defectio_tasks._time.wall_clock import wall_clock_of
from defectio_tasks.ledgers._ledger import (
    Claim,
    KnownLoop,
    KnownSlot,
    LedgerError,
    Refusal,
    State,
)
from defectio_tasks.ledgers._store import Key, Row, Store, to_microseconds, to_moment
from defectio_tasks.ledgers._worker import Worker

P = ParamSpec("P")
T = TypeVar("T")

# Slots are pruned every hour, or oftener where they are kept for less than ten.
LONGEST_PRUNING: Final = 3600.0
SHORTEST_PRUNING: Final = 0.1
# No statement may take longer than a third of a lease, but a second it may.
LEAST_PATIENCE: Final = 1.0


@dataclass(slots=True, eq=False)
class Ticket:
    """A claim that somebody has asked for."""

    key: Key
    leased: bool
    lost: Callable[[], object]
    """What is called in the event loop, should its lease not be renewed."""
    event_loop: asyncio.AbstractEventLoop
    until: float = 0.0
    """When its lease will have run out, at the earliest, by ``time.monotonic``."""
    fence: int = 0
    """The number of its claim, once it is granted."""


class StoredLedger:
    """A ledger over a store, whose driver works in a thread of the ledger's.

    It is in use from its first call until it is closed, in one event loop after another if need be.
    """

    def __init__(self, store: Store, *, lease: float, keep: float) -> None:
        """Begin; nothing is opened yet.

        Args:
            store: Where slots are kept.
            lease: How long a claim lasts that isn't renewed, in seconds.
            keep: For how long slots are kept that are done, in seconds.
        """
        self._store = store
        self._lease = lease
        self._keep = keep
        # It is read by people. What makes it unique is the end.
        self._owner = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(8)}"
        self._worker = Worker(self)
        # Where it was last used.
        self._event_loop: asyncio.AbstractEventLoop | None = None
        # All below belongs to the thread.
        self._schedules: dict[str, str] = {}
        self._held: dict[Key, Ticket] = {}
        # Those with a lease: who has none isn't looked at whenever something is asked.
        self._leased: dict[Key, Ticket] = {}
        self._renewal = self._pruning = 0.0
        # The loops whose slots are yet to be pruned.
        self._unpruned: list[str] = []

    def only_read(self) -> Self:
        """Make nothing that isn't there; return the ledger, which is yet to be used."""
        self._store.makes = False
        return self

    async def open(self, name: str, schedule: str, /) -> datetime:
        """Return from when on the slots of a loop count; see :meth:`Ledger.open`."""
        return to_moment(await self._do(self._open, name, schedule))

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
        """Claim a slot of a loop; see :meth:`Ledger.claim`."""
        ticket = Ticket(
            Key(name, to_microseconds(slot)),
            delivery == "at_least_once",
            lost,
            asyncio.get_running_loop(),
        )
        try:
            answer = await self._do(self._claim, ticket, closes=closes)
        except Exception:
            # Who asked will ask again: what this ledger has already, it is granted then.
            raise
        except BaseException:
            # Nobody waits for the answer, which may be on its way; this comes after it.
            with suppress(LedgerError):
                self._worker.until_done.submit(self._abandon, ticket)
            raise
        if isinstance(answer, int):
            return Claim(name, to_moment(ticket.key.slot), answer)
        return answer

    async def leased(self, name: str, /) -> Sequence[KnownSlot]:
        """Return the slots of a loop that have a lease; see :meth:`Ledger.leased`."""
        return [_known(row) for row in await self._do(self._store.leased, name)]

    async def settle(self, claim: Claim, /) -> bool:
        """Write that a slot is done; see :meth:`Ledger.settle`."""
        return await self._persist(self._settle, claim)

    async def give_back(self, claim: Claim, /) -> None:
        """Give a slot back, for anybody to claim at once; see :meth:`Ledger.give_back`."""
        await self._persist(self._give_back, claim)

    async def loops(self) -> Sequence[KnownLoop]:
        """Return all loops that the store knows; see :meth:`Ledger.loops`."""
        return [
            KnownLoop(name, schedule, to_moment(since))
            for name, schedule, since in await self._do(self._store.loops)
        ]

    async def slots(self, name: str, /) -> Sequence[KnownSlot]:
        """Return the slots of a loop that the store knows; see :meth:`Ledger.slots`."""
        return [_known(row) for row in await self._do(self._store.slots, name)]

    async def close(self) -> None:
        """End all that the ledger has open, for good; see :meth:`Ledger.close`."""
        self._event_loop = None
        if not self._worker.retire():
            event_loop = asyncio.get_running_loop()
            # Somebody else may close it at the same time.
            with suppress(LedgerError):
                await event_loop.run_in_executor(
                    self._worker.until_done, self._worker.end, self._end
                )

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

    # By way of the event loop: one that lives in virtual time then waits for the thread.

    async def _do(self, do: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        event_loop = asyncio.get_running_loop()
        if event_loop is not self._event_loop:
            # Whether it has a clock of its own takes as long to find out as a claim in Redis.
            self._event_loop, self._store.clock = event_loop, wall_clock_of(event_loop)
        call = functools.partial(do, *args, **kwargs)
        return await event_loop.run_in_executor(self._worker.once, call)

    async def _persist(self, do: Callable[[Claim], T], claim: Claim) -> T:
        event_loop = asyncio.get_running_loop()
        return await event_loop.run_in_executor(self._worker.until_done, do, claim)

    # What follows runs in the thread.

    def _open(self, name: str, schedule: str) -> int:
        since = self._store.open(name, schedule)
        if name not in self._schedules:
            # However short a process lives: else nobody would forget the slots.
            self._unpruned.append(name)
        self._schedules[name] = schedule
        return since

    def _claim(self, ticket: Ticket, *, closes: bool) -> int | Refusal:
        key = ticket.key
        if key in self._held:
            # The store would grant it: what it knows of is the ledger.
            return "claimed"
        asked = monotonic()
        lease = self._lease if ticket.leased else None
        answer = self._store.claim(key, self._owner, lease, closes=closes)
        if answer is None:
            # The store was emptied, or had not heard of everything when it took over from another.
            self._store.restore(key.name, self._schedules[key.name], key.slot - 1)
            answer = self._store.claim(key, self._owner, lease, closes=closes)
        if not isinstance(answer, int):
            return answer or "closed"
        ticket.fence, ticket.until = answer, asked + self._lease
        self._held[key] = ticket
        if ticket.leased:
            if not self._leased:
                self._renewal = asked + self._lease / 3
            self._leased[key] = ticket
        return answer

    def _abandon(self, ticket: Ticket) -> None:
        if self._held.setdefault(ticket.key, ticket) is ticket:
            self._store.give_back(ticket.key, self._owner)
            self._let_go(ticket.key)

    def _settle(self, claim: Claim) -> bool:
        ticket = self._ticket(claim)
        if ticket is None:
            return False
        counts = self._store.settle(ticket.key, claim.fence, self._owner)
        self._let_go(ticket.key)
        return counts

    def _give_back(self, claim: Claim) -> None:
        ticket = self._ticket(claim)
        if ticket is not None:
            self._abandon(ticket)

    def _ticket(self, claim: Claim) -> Ticket | None:
        ticket = self._held.get(Key(claim.name, to_microseconds(claim.slot)))
        return ticket if ticket is not None and ticket.fence == claim.fence else None

    def next_chore(self) -> float | None:
        """Return when leases are to be renewed, or slots to be pruned."""
        moments = [0.0 if self._unpruned else self._pruning] if self._schedules else []
        if self._leased:
            moments.append(self._renewal)
        return min(moments, default=None)

    def do_chores(self) -> None:
        """Renew leases, and prune slots, when it is time."""
        now = monotonic()
        if self._leased and now >= self._renewal:
            self._renew(now)
        if self._schedules and now >= self._pruning:
            self._pruning = now + min(max(self._keep / 10, SHORTEST_PRUNING), LONGEST_PRUNING)
            self._unpruned = list(self._schedules)
        if self._unpruned:
            # One at a time: claims don't wait for all. What can't be done now, for whatever reason,
            # is done the next time.
            with suppress(Exception):
                self._store.prune(self._unpruned.pop(), self._keep)

    def _renew(self, now: float) -> None:
        # A body whose event loop was closed is over, though it could tell nobody.
        leased = {
            key: ticket for key, ticket in self._leased.items() if not ticket.event_loop.is_closed()
        }
        self._renewal = now + self._lease / 3
        try:
            renewed = self._store.renew(leased, self._owner, self._lease)
        except Exception:  # noqa: BLE001 -- who claimed must be told, whatever the reason is
            # As long as nobody else can have begun it, it is ours.
            self._renewal = now + self._lease / 10
            renewed = {key for key, ticket in leased.items() if monotonic() < ticket.until}
        else:
            for key in renewed:
                leased[key].until = now + self._lease
        for key in self._leased.keys() - renewed:
            self._lose(self._let_go(key))

    def _let_go(self, key: Key) -> Ticket:
        self._leased.pop(key, None)
        return self._held.pop(key)

    def _lose(self, ticket: Ticket) -> None:
        # An event loop that is closed has no body that could be told.
        with suppress(RuntimeError):
            ticket.event_loop.call_soon_threadsafe(ticket.lost)

    def _end(self) -> None:
        # Whoever still holds one may be at work on it: its lease runs out by itself.
        for ticket in self._leased.values():
            self._lose(ticket)
        self._leased.clear()
        self._held.clear()
        self._schedules.clear()
        self._unpruned.clear()
        self._store.close()


def parse_length(length: object, parameter: str) -> float:
    """Check a duration that can't be 0, and return it in seconds.

    Args:
        length: Seconds, or a timedelta.
        parameter: The name by which the user passed it, for messages.

    Raises:
        TypeError: It is neither.
        ValueError: It isn't more than 0, or not finite.
    """
    seconds = parse_duration(length, parameter)
    if seconds == 0:
        message = f"`{parameter}` must be more than 0, got {length!r}"
        raise ValueError(message)
    return seconds


def parse_text(text: object, parameter: str) -> str:
    """Check that something is text that isn't empty, and return it.

    Args:
        text: The text.
        parameter: The name by which the user passed it, for messages.

    Raises:
        TypeError: It isn't a str.
        ValueError: It is empty.
    """
    if not isinstance(text, str):
        message = f"`{parameter}` must be a str, got {type(text).__name__}"
        raise TypeError(message)
    if not text:
        message = f"`{parameter}` must not be empty"
        raise ValueError(message)
    return text


def patience_of(lease: float) -> float:
    """Return how many seconds a statement may take, so that a lease can be renewed after it."""
    return max(LEAST_PATIENCE, lease / 3)


def _known(row: Row) -> KnownSlot:
    state: State = "claimed"
    if row.settled is not None:
        state = "settled"
    elif row.lease is not None and row.lease <= row.now:
        state = "lapsed"
    return KnownSlot(
        slot=to_moment(row.slot),
        state=state,
        fence=row.fence,
        owner=row.owner,
        claimed=to_moment(row.claimed),
        lease=None if row.lease is None else to_moment(row.lease),
        settled=None if row.settled is None else to_moment(row.settled),
    )
