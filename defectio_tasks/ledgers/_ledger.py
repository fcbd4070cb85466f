"""What a loop asks of a ledger, whatever store that keeps its slots in."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import TracebackType
from typing import Literal, Protocol, Self, TypeAlias, runtime_checkable

from defectio_tasks._policy.policy import Delivery

Refusal: TypeAlias = Literal["claimed", "early", "settled", "closed"]
"""Why a slot was not given away. ``"claimed"``: somebody is at it. ``"early"``: it is more than a
second ahead of the store's clock. ``"settled"``: it is done. ``"closed"``: a later one was claimed
in its place, or it has been forgotten."""
State: TypeAlias = Literal["claimed", "lapsed", "settled"]
"""What has become of a slot. ``"lapsed"``: its lease ran out, or it was given back."""


class LedgerError(Exception):
    """A ledger can't do what it was asked."""


class StoreUnavailableError(LedgerError):
    """A ledger's store can't be reached, or failed; the same may succeed later."""


class SchemaError(LedgerError):
    """What a ledger finds in its store isn't what this version knows; it stays so by itself."""


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to run one slot of a loop.

    Example:
        >>> from datetime import UTC, datetime
        >>> from defectio_tasks.ledgers import Claim
        >>> Claim("digest", datetime(2026, 3, 1, 8, 30, tzinfo=UTC), 7).fence
        7
    """

    name: str
    """The loop's name."""
    slot: datetime
    """The slot, aware, in UTC."""
    fence: int
    """A number that grows with each claim of the loop. Whoever is told it, such as a database that
    the body writes to, can refuse what comes from an older claim."""


@dataclass(frozen=True, slots=True)
class KnownLoop:
    """A loop that a store knows.

    Example:
        >>> from datetime import UTC, datetime
        >>> from defectio_tasks.ledgers import KnownLoop
        >>> KnownLoop("digest", "Cron('30 8 * * *')", datetime(2026, 3, 1, 8, 30, tzinfo=UTC)).name
        'digest'
    """

    name: str
    """Its name."""
    schedule: str
    """What its schedule's ``repr`` was when it was last opened."""
    since: datetime
    """The last slot known, aware, in UTC; or when it was first opened, if there is none."""


@dataclass(frozen=True, slots=True)
class KnownSlot:
    """A slot that a store knows.

    Example:
        >>> from datetime import UTC, datetime
        >>> from defectio_tasks.ledgers import KnownSlot
        >>> slot = datetime(2026, 3, 1, 8, 30, tzinfo=UTC)
        >>> KnownSlot(slot, "claimed", 7, "host:42:9f", slot, None, None).state
        'claimed'
    """

    slot: datetime
    """The slot; this and all other moments are aware, in UTC, and by the store's clock."""
    state: State
    """What has become of it."""
    fence: int
    """The number of its last claim."""
    owner: str
    """Who claimed it: host, process and ledger; empty when it was given back."""
    claimed: datetime
    """When it was claimed last."""
    lease: datetime | None
    """When its lease runs out, or ran out; ``None`` for at most once, which knows no leases."""
    settled: datetime | None
    """When it was settled; ``None`` if it wasn't."""


@runtime_checkable
class Ledger(Protocol):
    """Keeps what loops have done, for this process after a restart and for others.

    Whoever writes one for another store can run :class:`defectio_tasks.testing.ledgers.LedgerSuite`
    over it. All moments are aware, in UTC, and all that has to do with time is judged by the
    store's clock. A cancellation at any await loses nothing.

    Example:
        >>> from defectio_tasks.ledgers import Ledger
        >>> async def backlog(ledger: Ledger) -> list[str]:
        ...     return [loop.name for loop in await ledger.loops()]
    """

    async def open(self, name: str, schedule: str, /) -> datetime:
        """Return from when on the slots of a loop count.

        Args:
            name: The loop's name.
            schedule: The ``repr`` of its schedule.

        Returns:
            The last slot known. The present by the store's clock, for a loop that is new to the
            store or whose schedule isn't the one known: then no older slot can be claimed any more.

        Raises:
            StoreUnavailableError: Try again later.
            LedgerError: Trying again won't help.
        """
        ...

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
        """Claim a slot of a loop that this ledger has opened.

        When it raises, the slot may have been claimed in the store all the same; the next call for
        it by this ledger is granted then. When it is cancelled, the slot is given back.

        Args:
            name: The loop's name.
            slot: The slot, to the microsecond.
            delivery: With ``"at_least_once"`` the claim has a lease, which is renewed until it is
                settled or given back; when it has run out, somebody else may claim the slot.
            closes: Whether no earlier slot of the loop can be claimed any more.
            lost: It is called once in the event loop, should a lease not be renewed: the body must
                end, as somebody else may begin the slot.

        Returns:
            A claim, or why there is none.

        Raises:
            StoreUnavailableError: Try again later.
            LedgerError: Trying again won't help.
        """
        ...

    async def leased(self, name: str, /) -> Sequence[KnownSlot]:
        """Return the slots of a loop that have a lease and aren't settled, the oldest first.

        Those that have lapsed can be claimed like any other; so can the others, once they have.

        Raises:
            StoreUnavailableError: Try again later.
            LedgerError: Trying again won't help.
        """
        ...

    async def settle(self, claim: Claim, /) -> bool:
        """Write that a slot is done. It is tried until it is written, also after a cancellation.

        Returns:
            Whether it counts. Of all claims of a slot at most one is settled, at most once.

        Raises:
            LedgerError: It can't be written any more, as the ledger was closed.
        """
        ...

    async def give_back(self, claim: Claim, /) -> None:
        """Give a slot back, for anybody to claim at once. It is tried like :meth:`settle`.

        With ``"at_most_once"``, only a slot whose body has not begun may be given back.

        Raises:
            LedgerError: It can't be written any more, as the ledger was closed.
        """
        ...

    async def loops(self) -> Sequence[KnownLoop]:
        """Return all loops that the store knows, by name.

        Raises:
            StoreUnavailableError: Try again later.
            LedgerError: Trying again won't help.
        """
        ...

    async def slots(self, name: str, /) -> Sequence[KnownSlot]:
        """Return the slots of a loop that the store knows, the oldest first.

        Raises:
            StoreUnavailableError: Try again later.
            LedgerError: Trying again won't help.
        """
        ...

    async def close(self) -> None:
        """End all that the ledger has open, for good; its loops should have ended before.

        What is to be written is tried once more. Claims with a lease that are still held are lost.
        """
        ...

    async def __aenter__(self) -> Self: ...

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
        /,
    ) -> None: ...
