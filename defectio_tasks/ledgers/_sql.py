"""All SQL: one schema and one set of statements, in two dialects."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Final, NamedTuple, Protocol, TypeAlias

from defectio_tasks.ledgers._ledger import Refusal, SchemaError, StoreUnavailableError
from defectio_tasks.ledgers._store import AHEAD, NO_LEDGER, SECOND, Key, Row

Value: TypeAlias = str | int | None
"""What is stored, and what comes back."""

# Each makes a schema one version newer. What was released is never changed.
MIGRATIONS: Final = (
    (
        "CREATE TABLE defectio_tasks_schema (version BIGINT NOT NULL)",
        "INSERT INTO defectio_tasks_schema (version) VALUES (0)",
        """
        CREATE TABLE defectio_tasks_loops (
            name TEXT PRIMARY KEY,
            schedule TEXT NOT NULL,
            floor BIGINT NOT NULL,
            fence BIGINT NOT NULL
        )
        """,
        """
        CREATE TABLE defectio_tasks_slots (
            name TEXT NOT NULL,
            slot BIGINT NOT NULL,
            fence BIGINT NOT NULL,
            owner TEXT NOT NULL,
            claimed BIGINT NOT NULL,
            lease BIGINT,
            settled BIGINT,
            PRIMARY KEY (name, slot)
        )
        """,
        """
        CREATE INDEX defectio_tasks_at_work ON defectio_tasks_slots (name, slot)
        WHERE settled IS NULL
        """,
    ),
)
VERSION: Final = len(MIGRATIONS)
RELATIONS: Final = frozenset(
    {
        "defectio_tasks_schema",
        "defectio_tasks_loops",
        "defectio_tasks_slots",
        "defectio_tasks_at_work",
    }
)
# Less than any slot.
NEVER: Final = -(2**62)


class Dialect(NamedTuple):
    """In what two databases differ."""

    now: str
    """The store's clock, in microseconds since the epoch."""
    greatest: str
    """The function that returns the greatest of its arguments."""
    relations: str
    """A query for the names of all tables and indexes."""
    primary_keys: frozenset[str]
    """The indexes of primary keys, where these can be dropped."""
    has_statements_in_statements: bool
    """Whether a claim is one statement; else it is two, in a transaction that shuts others out."""


RAISE_FENCE: Final = """
    UPDATE defectio_tasks_loops
    SET fence = fence + 1, floor = {greatest}(floor, :closed)
    WHERE name = :name AND floor < :slot AND :slot <= {now} + :ahead
    AND NOT EXISTS (
        SELECT 1 FROM defectio_tasks_slots WHERE name = :name AND slot = :slot AND (
            settled IS NOT NULL
            OR owner <> :owner AND coalesce(lease > {now}, TRUE)
        )
    )
    RETURNING fence
"""
# Between the two, somebody else may have been granted the slot: what is there counts.
CLAIM: Final = """
    INSERT INTO defectio_tasks_slots AS known (name, slot, fence, owner, claimed, lease)
    SELECT :name, :slot, fence, :owner, {now}, {now} + CAST(:lease AS BIGINT)
    FROM {raised}
    ON CONFLICT (name, slot) DO UPDATE SET fence = excluded.fence, owner = excluded.owner,
        claimed = excluded.claimed, lease = excluded.lease
    WHERE known.settled IS NULL AND (known.lease <= {now} OR known.owner = excluded.owner)
    RETURNING fence
"""
OPEN: Final = """
    INSERT INTO defectio_tasks_loops AS known (name, schedule, floor, fence)
    VALUES (:name, :schedule, {now}, 0)
    ON CONFLICT (name) DO UPDATE SET schedule = excluded.schedule, floor = CASE
        WHEN known.schedule = excluded.schedule THEN known.floor
        ELSE {greatest}(known.floor, excluded.floor)
    END
    RETURNING floor
"""
LAST_SLOT: Final = "SELECT max(slot) FROM defectio_tasks_slots WHERE name = :name"
RESTORE: Final = """
    INSERT INTO defectio_tasks_loops (name, schedule, floor, fence)
    VALUES (:name, :schedule, :floor, {now})
    ON CONFLICT (name) DO NOTHING
"""
REFUSAL: Final = """
    SELECT floor, settled, {now}
    FROM defectio_tasks_loops AS known LEFT JOIN defectio_tasks_slots AS claimed
    ON claimed.name = known.name AND slot = :slot
    WHERE known.name = :name
"""
RENEW: Final = """
    UPDATE defectio_tasks_slots SET lease = {now} + :lease
    WHERE settled IS NULL AND lease IS NOT NULL AND owner = :owner
    RETURNING name, slot
"""
SETTLE: Final = """
    UPDATE defectio_tasks_slots SET settled = coalesce(settled, {now})
    WHERE name = :name AND slot = :slot AND fence = :fence AND owner = :owner
    RETURNING fence
"""
GIVE_BACK: Final = """
    UPDATE defectio_tasks_slots SET lease = {now}, owner = ''
    WHERE name = :name AND slot = :slot AND owner = :owner AND settled IS NULL
"""
# No slot is below the floor that may still be wanted: the oldest of these stops it from rising.
RAISE_FLOOR: Final = """
    UPDATE defectio_tasks_loops SET floor = forgotten.newest
    FROM (
        SELECT max(slot) AS newest FROM defectio_tasks_slots
        WHERE name = :name AND slot < coalesce((
            SELECT min(slot) FROM defectio_tasks_slots
            WHERE name = :name AND coalesce(settled, lease, claimed) > {now} - :keep
        ), :for_ever)
    ) AS forgotten
    WHERE name = :name AND floor < forgotten.newest
"""
FORGET: Final = """
    DELETE FROM defectio_tasks_slots
    WHERE name = :name AND slot <= (SELECT floor FROM defectio_tasks_loops WHERE name = :name)
    AND coalesce(settled, lease, claimed) <= {now} - :keep
"""
LOOPS: Final = """
    SELECT known.name, schedule, coalesce(max(slot), floor), floor
    FROM defectio_tasks_loops AS known LEFT JOIN defectio_tasks_slots AS claimed
    ON claimed.name = known.name
    GROUP BY known.name, schedule, floor
    ORDER BY known.name
"""
SLOTS: Final = """
    SELECT slot, fence, owner, claimed, lease, settled, {now}
    FROM defectio_tasks_slots WHERE name = :name ORDER BY slot
"""
LEASED: Final = """
    SELECT slot, fence, owner, claimed, lease, settled, {now}
    FROM defectio_tasks_slots
    WHERE name = :name AND settled IS NULL AND lease IS NOT NULL
    AND slot > (SELECT floor FROM defectio_tasks_loops WHERE name = :name)
    ORDER BY slot
"""


class Database(Protocol):
    """A connection to a database."""

    @property
    def is_lost(self) -> bool:
        """Whether nothing can come of it any more."""
        ...

    def execute(self, statement: str, values: Mapping[str, Value], /) -> Sequence[Sequence[Value]]:
        """Execute a statement; return its rows, or raise ``StoreUnavailableError``."""
        ...

    def transaction(self) -> AbstractContextManager[object]:
        """Return what makes statements one transaction, and shuts out others who do this."""
        ...

    def close(self) -> None:
        """Close it. It never raises."""
        ...


class SqlStore:
    """A store that speaks SQL."""

    def __init__(self, dialect: Dialect, connect: Callable[[], Database]) -> None:
        """Begin without a connection.

        Args:
            dialect: The database's.
            connect: It makes a connection, or raises ``StoreUnavailableError``.
        """
        self.clock: Callable[[], float] = time.time
        self.makes = True
        self._dialect = dialect
        self._connect = connect
        self._database: Database | None = None
        # Whether its schema was found to be right since something failed last.
        self._is_checked = False
        self._texts: dict[str, str] = {}

    def close(self) -> None:
        """Close the connection, if there is one. It never raises."""
        if self._database is not None:
            self._database.close()
            self._database = None

    def open(self, name: str, schedule: str, /) -> int:
        """Note a loop and its schedule; return the last slot known, or the present."""
        ((floor,),) = self._do(OPEN, name=name, schedule=schedule)
        ((last,),) = self._do(LAST_SLOT, name=name)
        return max(_integer(floor), NEVER if last is None else _integer(last))

    def restore(self, name: str, schedule: str, floor: int, /) -> None:
        """Note a loop that the store has forgotten."""
        self._do(RESTORE, name=name, schedule=schedule, floor=floor)

    def claim(
        self, key: Key, owner: str, lease: float | None, /, *, closes: bool
    ) -> int | Refusal | None:
        """Claim a slot; return its fence, or why there is none; ``None`` for an unknown loop."""
        values: dict[str, Value] = {
            "name": key.name,
            "slot": key.slot,
            "owner": owner,
            "lease": None if lease is None else _microseconds(lease),
            "closed": key.slot - 1 if closes else NEVER,
            "ahead": AHEAD,
        }
        if self._dialect.has_statements_in_statements:
            rows = self._do(f"WITH raised AS ({RAISE_FENCE}) {CLAIM}", "raised", **values)
        else:
            loop = "defectio_tasks_loops WHERE name = :name"
            with self._connected().transaction():
                rows = self._do(RAISE_FENCE, **values) and self._do(CLAIM, loop, **values)
        return _integer(rows[0][0]) if rows else self._refusal(key)

    def _refusal(self, key: Key) -> Refusal | None:
        rows = self._do(REFUSAL, name=key.name, slot=key.slot)
        if not rows:
            return None
        floor, settled, now = rows[0]
        if settled is not None:
            return "settled"
        if key.slot <= _integer(floor):
            return "closed"
        return "early" if key.slot > _integer(now) + AHEAD else "claimed"

    def leased(self, name: str, /) -> Sequence[Row]:
        """Return the slots of a loop that have a lease, may be claimed and aren't settled."""
        return [_row(values) for values in self._do(LEASED, name=name)]

    def renew(self, held: Collection[Key], owner: str, lease: float, /) -> Collection[Key]:
        """Renew the leases of an owner; return those slots of which it could be done."""
        rows = self._do(RENEW, owner=owner, lease=_microseconds(lease))
        renewed = {Key(str(name), _integer(slot)) for name, slot in rows}
        for key in renewed.difference(held):
            # A claim of which the ledger was not told that it was granted.
            self.give_back(key, owner)
        return renewed.intersection(held)

    def settle(self, key: Key, fence: int, owner: str, /) -> bool:
        """Settle a slot; return whether it is settled by this claim, maybe a moment ago."""
        return bool(self._do(SETTLE, name=key.name, slot=key.slot, fence=fence, owner=owner))

    def give_back(self, key: Key, owner: str, /) -> None:
        """Give a slot of an owner back, if it has that: others may claim it."""
        self._do(GIVE_BACK, name=key.name, slot=key.slot, owner=owner)

    def prune(self, name: str, keep: float, /) -> None:
        """Forget the slots of a loop with which nothing has happened for so long."""
        # The floor is raised before they go: at no moment one that is gone could be claimed.
        self._do(RAISE_FLOOR, name=name, keep=_microseconds(keep), for_ever=-NEVER)
        self._do(FORGET, name=name, keep=_microseconds(keep))

    def loops(self) -> Sequence[tuple[str, str, int]]:
        """Return names, schedules and the last slots known, by name."""
        return [
            (str(name), str(schedule), max(_integer(last), _integer(floor)))
            for name, schedule, last, floor in self._do(LOOPS)
        ]

    def slots(self, name: str, /) -> Sequence[Row]:
        """Return the slots of a loop, in order."""
        return [_row(values) for values in self._do(SLOTS, name=name)]

    def _do(self, text: str, raised: str = "", /, **values: Value) -> Sequence[Sequence[Value]]:
        statement = self._texts.get(text)
        if statement is None:
            statement = text.format(
                now=self._dialect.now, greatest=self._dialect.greatest, raised=raised
            )
            self._texts[text] = statement
        database = self._connected()
        try:
            return database.execute(statement, values)
        except StoreUnavailableError:
            # It may be the schema that is wrong.
            self._is_checked = False
            if not database.is_lost:
                raise
            self.close()
        # It had been lost since the last time, as connections are when a server restarts. Each
        # statement may thus be executed twice: what it has done before, it doesn't do again.
        return self._connected().execute(statement, values)

    def _connected(self) -> Database:
        if self._database is None:
            self._database, self._is_checked = self._connect(), False
        if not self._is_checked:
            try:
                self._check_schema(self._database)
            except BaseException:
                self.close()
                raise
            self._is_checked = True
        return self._database

    def _check_schema(self, database: Database) -> None:
        """Find the schema that this version knows, or bring it there."""
        # Who only reads it keeps nobody out.
        if _version(database, self._relations(database)) < VERSION:
            if not self.makes:
                raise SchemaError(NO_LEDGER)
            with database.transaction():
                begun = _version(database, self._relations(database))
                for migration in MIGRATIONS[begun:]:
                    for statement in migration:
                        database.execute(statement, {})
                values = {"version": VERSION}
                database.execute("UPDATE defectio_tasks_schema SET version = :version", values)
        missing = (RELATIONS | self._dialect.primary_keys) - self._relations(database)
        if missing:
            message = (
                f"the ledger's database has no {', '.join(sorted(missing))} any more: restore it, "
                "or drop all that begins with `defectio_tasks_` to begin anew"
            )
            raise SchemaError(message)

    def _relations(self, database: Database) -> set[str]:
        return {str(name) for (name,) in database.execute(self._dialect.relations, {})}


def _version(database: Database, relations: Collection[str]) -> int:
    if "defectio_tasks_schema" not in relations:
        return 0
    ((version,),) = database.execute("SELECT version FROM defectio_tasks_schema", {})
    if _integer(version) > VERSION:
        message = (
            f"the ledger's database has version {version} of its schema, and this defectio_tasks "
            f"knows none after {VERSION}: upgrade it"
        )
        raise SchemaError(message)
    return _integer(version)


def _row(values: Sequence[Value]) -> Row:
    slot, fence, owner, claimed, lease, settled, now = values
    return Row(
        slot=_integer(slot),
        fence=_integer(fence),
        owner=str(owner),
        claimed=_integer(claimed),
        lease=None if lease is None else _integer(lease),
        settled=None if settled is None else _integer(settled),
        now=_integer(now),
    )


def _integer(value: Value) -> int:
    """Return what a column of integers holds."""
    if not isinstance(value, int):
        message = f"the ledger's database holds {value!r} where an integer belongs"
        raise SchemaError(message)
    return value


def _microseconds(seconds: float) -> int:
    return round(seconds * SECOND)
