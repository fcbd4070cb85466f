"""What was done: ledgers, in which loops keep their slots across restarts and processes.

A slot of a named loop is claimed in a store before its iteration begins, and settled after it.

- ``_ledger``: ``Ledger``, what a loop asks of any of them; ``Claim``; what a ledger lists; errors.
- ``_sqlite``, ``_postgres``, ``_redis``: a ledger for each kind of store.
- ``_stored``: what these have in common: leases, renewals, claims that nobody waits for any more.
- ``_worker``: the one thread in which a ledger's driver works.
- ``_store``: what a driver's side has to do; ``_sql``: the same for both stores that speak SQL.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from defectio_tasks.ledgers._ledger import (
        Claim,
        KnownLoop,
        KnownSlot,
        Ledger,
        LedgerError,
        Refusal,
        SchemaError,
        StoreUnavailableError,
    )
    from defectio_tasks.ledgers._postgres import PostgresLedger
    from defectio_tasks.ledgers._redis import RedisLedger
    from defectio_tasks.ledgers._sqlite import SqliteLedger

__all__ = (
    "Claim",
    "KnownLoop",
    "KnownSlot",
    "Ledger",
    "LedgerError",
    "PostgresLedger",
    "RedisLedger",
    "Refusal",
    "SchemaError",
    "SqliteLedger",
    "StoreUnavailableError",
)


if not TYPE_CHECKING:  # pragma: no branch
    # A loop without a ledger imports none of this, and nobody imports more than one driver.
    _LATER = dict.fromkeys(__all__, "_ledger") | {
        "PostgresLedger": "_postgres",
        "RedisLedger": "_redis",
        "SqliteLedger": "_sqlite",
    }

    def __getattr__(name: str) -> object:
        if name not in _LATER:
            message = f"module {__name__!r} has no attribute {name!r}"
            raise AttributeError(message)
        room = import_module(f"{__name__}.{_LATER[name]}")
        value = globals()[name] = getattr(room, name)
        return value

    def __dir__() -> list[str]:
        return sorted(__all__)
