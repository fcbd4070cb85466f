"""A connection to PostgreSQL by psycopg: nobody imports this room but who has a ledger there."""

from __future__ import annotations

import functools
import math
import re
import time
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from typing import Final, TypeVar, cast

import psycopg
from psycopg.abc import PQGen
from psycopg.conninfo import conninfo_to_dict
from psycopg.rows import TupleRow
from psycopg.waiting import Ready
from typing_extensions import override

from defectio_tasks.ledgers._ledger import StoreUnavailableError
from defectio_tasks.ledgers._sql import Value

T = TypeVar("T")

# Some number that nobody else locks: the first eight letters of the package's name.
LOCK: Final = int.from_bytes(b"defectio") >> 1
PARAMETER: Final = re.compile(r":(\w+)")
# libpq makes anything shorter as long.
SHORTEST_CONNECT_TIMEOUT: Final = 2
LAST_PORT: Final = 65535


def check_conninfo(conninfo: str) -> None:
    """Check that a conninfo can be understood.

    Raises:
        ValueError: It can't.
    """
    # What is wrong with it, such as the port, may be a part of its password.
    message = "`conninfo` must be key=value pairs or a postgresql:// URL, which it isn't"
    try:
        ports = str(conninfo_to_dict(conninfo).get("port", "")).split(",")
    except psycopg.ProgrammingError:
        raise ValueError(message) from None
    if not all(port.isdecimal() and int(port) <= LAST_PORT for port in ports if port):
        raise ValueError(message)


class ImpatientConnection(psycopg.Connection[TupleRow]):
    """A connection that gives up when the server doesn't answer.

    A server's own time limits help nothing when it is the server that hangs.
    """

    patience: float = math.inf
    """How many seconds an answer may take."""

    @override
    def wait(self, gen: PQGen[T], interval: float = 0.1, timeout: float | None = None) -> T:
        del timeout
        return super().wait(self._limit(gen, time.monotonic() + self.patience), interval)

    def _limit(self, gen: PQGen[T], until: float) -> PQGen[T]:
        try:
            wanted = next(gen)
            while True:
                ready = yield wanted
                if ready == Ready.NONE and time.monotonic() >= until:
                    self.close()
                    message = f"no answer within {self.patience:g} s"
                    raise psycopg.OperationalError(message)
                wanted = gen.send(ready)
        except StopIteration as end:
            # What a generator returns is its type's third parameter.
            return cast("T", end.value)


class PostgresDatabase:
    """A connection to a server."""

    def __init__(self, conninfo: str, patience: float) -> None:
        """Connect.

        Args:
            conninfo: Where to.
            patience: How many seconds an answer may take.

        Raises:
            StoreUnavailableError: It isn't possible now.
        """
        try:
            given = conninfo_to_dict(conninfo)
            timeout = max(SHORTEST_CONNECT_TIMEOUT, math.ceil(patience))
            self._connection = ImpatientConnection.connect(
                conninfo,
                autocommit=True,
                connect_timeout=given.get("connect_timeout", timeout),
            )
        except psycopg.Error as error:
            raise _unavailable(error) from error
        self._connection.patience = patience

    @property
    def is_lost(self) -> bool:
        """Whether the connection has ended."""
        return self._connection.closed

    def execute(self, statement: str, values: Mapping[str, Value], /) -> Sequence[Sequence[Value]]:
        """Execute a statement; return its rows."""
        try:
            cursor = self._connection.execute(_query(statement), values)
            return cursor.fetchall() if cursor.description is not None else []
        except psycopg.Error as error:
            raise _unavailable(error) from error

    @contextmanager
    def transaction(self) -> Generator[None]:
        """Make statements one transaction, and keep out others who do this."""
        try:
            with self._connection.transaction():
                self._connection.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
                yield
        except psycopg.Error as error:
            raise _unavailable(error) from error

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()


@functools.cache
def _query(statement: str) -> bytes:
    """Return a statement as psycopg wants it: its names of values are different."""
    return PARAMETER.sub(r"%(\1)s", statement).encode()


def _unavailable(error: psycopg.Error) -> StoreUnavailableError:
    # Not the conninfo, which may hold a password.
    return StoreUnavailableError(f"the ledger in PostgreSQL: {str(error).strip()}")
