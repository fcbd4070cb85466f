"""A ledger in PostgreSQL."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from defectio_tasks.ledgers._sql import Dialect, SqlStore
from defectio_tasks.ledgers._stored import StoredLedger, parse_length, parse_text, patience_of

DIALECT: Final = Dialect(
    now="CAST(extract(epoch FROM now()) * 1000000 AS BIGINT)",
    greatest="greatest",
    relations="SELECT relname FROM pg_class WHERE pg_table_is_visible(oid)"
    " AND left(relname, 15) = 'defectio_tasks_'",
    primary_keys=frozenset({"defectio_tasks_loops_pkey", "defectio_tasks_slots_pkey"}),
    has_statements_in_statements=True,
)


class PostgresLedger(StoredLedger):
    """A ledger in PostgreSQL, for processes on many machines.

    It needs psycopg: install ``defectio-tasks[postgres]``. Time is what the server's clock shows.

    Example:
        >>> from defectio_tasks.ledgers import PostgresLedger
        >>> ledger = PostgresLedger("dbname=bot host=db.internal user=bot", lease=60)
    """

    def __init__(
        self,
        conninfo: str,
        *,
        lease: float | timedelta = 30.0,
        keep: float | timedelta = timedelta(days=7),
    ) -> None:
        """Make a ledger; it connects when it is first used, and makes its tables if need be.

        Args:
            conninfo: Where the server is: ``"host=... dbname=..."`` or a ``postgresql://`` URL. Its
                tables go to the first schema of the ``search_path``.
            lease: How long a process may be silent before its slots are begun by another, with
                ``delivery="at_least_once"``: seconds or a timedelta. It is renewed three times
                as often.
            keep: For how long it is known which slots are done: seconds or a timedelta, longer
                than any iteration takes.

        Raises:
            TypeError: Something is of a wrong kind.
            ValueError: Something has a wrong value.
            ImportError: psycopg isn't installed.
        """
        where = parse_text(conninfo, "conninfo")
        seconds = parse_length(lease, "lease")
        kept = parse_length(keep, "keep")
        try:
            from defectio_tasks.ledgers._psycopg import (  # noqa: PLC0415 -- a driver
                PostgresDatabase,
                check_conninfo,
            )
        except ImportError as error:
            message = "PostgresLedger needs psycopg: install `defectio-tasks[postgres]`"
            raise ImportError(message) from error
        check_conninfo(where)
        patience = patience_of(seconds)
        store = SqlStore(DIALECT, lambda: PostgresDatabase(where, patience))
        super().__init__(store, lease=seconds, keep=kept)
