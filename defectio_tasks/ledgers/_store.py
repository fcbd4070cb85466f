"""What a store's driver has to do, in the ledger's thread.

Moments are integers, microseconds since the epoch; durations are floats, seconds.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple, Protocol

from defectio_tasks.ledgers._ledger import Refusal

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND: Final = timedelta(microseconds=1)
SECOND: Final = 1_000_000
# So far ahead of the store's clock a slot can be claimed.
AHEAD: Final = SECOND
NO_LEDGER: Final = "there is no ledger there yet: the first loop that uses it makes it"


class Key(NamedTuple):
    """Which slot."""

    name: str
    """The loop's name."""
    slot: int
    """In microseconds since the epoch."""


@dataclass(frozen=True, slots=True)
class Row:
    """A slot as it is stored."""

    slot: int
    fence: int
    owner: str
    claimed: int
    lease: int | None
    """When it runs out; ``None`` if the claim has none."""
    settled: int | None
    now: int
    """What the store's clock showed when this was read."""


class Store(Protocol):
    """One connection to a store, made when it is needed, and again after a failure.

    Each method raises ``StoreUnavailableError`` when the store can't do it now, and ``SchemaError``
    when it finds one that it doesn't know.
    """

    clock: Callable[[], float]
    """The wall clock of the process, in seconds since the epoch: for a store that has no clock of
    its own."""
    makes: bool
    """Whether what isn't there yet is made: a file, tables, keys. Otherwise it is an error."""

    def open(self, name: str, schedule: str, /) -> int:
        """Note a loop and its schedule; return the last slot known, or the present."""
        ...

    def restore(self, name: str, schedule: str, floor: int, /) -> None:
        """Note a loop that the store has forgotten; slots after a moment can be claimed."""
        ...

    def claim(
        self, key: Key, owner: str, lease: float | None, /, *, closes: bool
    ) -> int | Refusal | None:
        """Claim a slot, unless somebody else than the owner has it.

        Returns:
            Its fence, or why there is none; ``None`` if the store doesn't know the loop.
        """
        ...

    def leased(self, name: str, /) -> Sequence[Row]:
        """Return the slots of a loop that have a lease, may be claimed and aren't settled."""
        ...

    def renew(self, held: Collection[Key], owner: str, lease: float, /) -> Collection[Key]:
        """Renew the leases of an owner; return those slots of which it could be done."""
        ...

    def settle(self, key: Key, fence: int, owner: str, /) -> bool:
        """Settle a slot; return whether it is settled by this claim, maybe a moment ago."""
        ...

    def give_back(self, key: Key, owner: str, /) -> None:
        """Give a slot of an owner back, if it has that: others may claim it."""
        ...

    def prune(self, name: str, keep: float, /) -> None:
        """Forget the slots of a loop with which nothing has happened for so long."""
        ...

    def loops(self) -> Sequence[tuple[str, str, int]]:
        """Return names, schedules and the last slots known, by name."""
        ...

    def slots(self, name: str, /) -> Sequence[Row]:
        """Return the slots of a loop, in order."""
        ...

    def close(self) -> None:
        """Close the connection, if there is one. It never raises."""
        ...


def to_microseconds(moment: datetime) -> int:
    """Return an aware moment as it is stored."""
    return (moment - EPOCH) // MICROSECOND


def to_moment(microseconds: int) -> datetime:
    """Return what was stored, as a moment in UTC."""
    return EPOCH + timedelta(microseconds=microseconds)
