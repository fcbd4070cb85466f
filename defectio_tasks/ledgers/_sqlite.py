"""A ledger in a file, by SQLite."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import Final

from defectio_tasks.ledgers._ledger import LedgerError, StoreUnavailableError
from defectio_tasks.ledgers._sql import Dialect, SqlStore, Value
from defectio_tasks.ledgers._store import SECOND
from defectio_tasks.ledgers._stored import StoredLedger, parse_length, patience_of

LEAST_VERSION: Final = (3, 35, 0)
# Others may be about to make the same file a database in this mode; SQLite doesn't wait for that.
PAUSE: Final = 0.01

DIALECT: Final = Dialect(
    now="defectio_tasks_now()",
    greatest="max",
    relations="SELECT name FROM sqlite_master",
    primary_keys=frozenset(),
    has_statements_in_statements=False,
)


class SqliteDatabase:
    """A connection to a file. It is never lost."""

    is_lost = False

    def __init__(
        self, path: str, patience: float, now: Callable[[], int], *, makes: bool = True
    ) -> None:
        """Open a file.

        Args:
            path: The file.
            patience: For how many seconds to wait for others who write.
            now: The clock, in microseconds since the epoch.
            makes: Whether to make it if need be; otherwise it is an error.

        Raises:
            StoreUnavailableError: It can't be opened.
        """
        self._path = path
        where = path if makes else f"{Path(path).absolute().as_uri()}?mode=rw"
        try:
            self._connection = sqlite3.connect(
                where, timeout=patience, isolation_level=None, uri=not makes
            )
        except sqlite3.Error as error:
            raise self._unavailable(error) from error
        self._connection.create_function("defectio_tasks_now", 0, now)
        try:
            if makes:
                self._write_ahead(time.monotonic() + patience)
        except BaseException:
            self.close()
            raise

    def _write_ahead(self, until: float) -> None:
        """Make the file one in which readers don't keep writers out, once for all."""
        while True:
            try:
                self.execute("PRAGMA journal_mode = WAL", {})
            except StoreUnavailableError as error:
                if not _is_busy(error.__cause__) or time.monotonic() >= until:
                    raise
                time.sleep(PAUSE)
            else:
                return

    def execute(self, statement: str, values: Mapping[str, Value], /) -> Sequence[Sequence[Value]]:
        """Execute a statement; return its rows."""
        try:
            return self._connection.execute(statement, values).fetchall()
        except sqlite3.Error as error:
            raise self._unavailable(error) from error

    @contextmanager
    def transaction(self) -> Generator[None]:
        """Make statements one transaction, and keep out others who write."""
        self.execute("BEGIN IMMEDIATE", {})
        try:
            yield
            self.execute("COMMIT", {})
        except BaseException:
            # A full disk has rolled it back already.
            with suppress(StoreUnavailableError):
                self.execute("ROLLBACK", {})
            raise

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def _unavailable(self, error: sqlite3.Error) -> StoreUnavailableError:
        return StoreUnavailableError(f"the ledger in {self._path!r}: {error}")


class SqliteLedger(StoredLedger):
    """A ledger in a file: no server, nothing to install, and several processes of one machine.

    The file must not be on a network's file system, whose locks can't be trusted. Time is what the
    machine's clock shows; in the tests of a loop that live by a
    :class:`defectio_tasks.testing.VirtualClock`, what that one shows.

    Example:
        >>> import asyncio, tempfile
        >>> from datetime import datetime
        >>> from defectio_tasks.ledgers import SqliteLedger
        >>> async def main(folder: str) -> None:
        ...     async with SqliteLedger(f"{folder}/ledger.db") as ledger:
        ...         await ledger.open("digest", "Cron('30 8 * * *')")
        ...         print([loop.name for loop in await ledger.loops()])
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     asyncio.run(main(folder))
        ['digest']
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        lease: float | timedelta = 30.0,
        keep: float | timedelta = timedelta(days=7),
    ) -> None:
        """Make a ledger; the file is opened, and made if need be, when it is first used.

        Args:
            path: The file. Its folder must exist.
            lease: How long a process may be silent before its slots are begun by another, with
                ``delivery="at_least_once"``: seconds or a timedelta. It is renewed three times
                as often.
            keep: For how long it is known which slots are done: seconds or a timedelta, longer
                than any iteration takes.

        Raises:
            TypeError: Something is of a wrong kind.
            ValueError: Something has a wrong value.
            LedgerError: Python was built with an SQLite that is too old.
        """
        where = _parse_path(path)
        if sqlite3.sqlite_version_info < LEAST_VERSION:
            message = f"a ledger needs SQLite 3.35, and Python has {sqlite3.sqlite_version}"
            raise LedgerError(message)
        seconds = parse_length(lease, "lease")
        patience = patience_of(seconds)
        store = SqlStore(
            DIALECT,
            lambda: SqliteDatabase(
                where, patience, lambda: round(store.clock() * SECOND), makes=store.makes
            ),
        )
        super().__init__(store, lease=seconds, keep=parse_length(keep, "keep"))


def _is_busy(error: BaseException | None) -> bool:
    """Return whether a file is in use, which passes: not whether it is no database."""
    code = error.sqlite_errorcode if isinstance(error, sqlite3.Error) else 0
    # The lowest byte is the code of which it is a kind.
    return code & 0xFF in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}


def _parse_path(path: str | os.PathLike[str]) -> str:
    # A path of bytes has the right type for `os.fspath`.
    message = f"`path` must be a str or an os.PathLike of one, got {path!r}"
    try:
        where: object = os.fspath(path)
    except TypeError as error:
        raise TypeError(message) from error
    if not isinstance(where, str):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise TypeError(message)
    if where in {"", ":memory:"}:
        message = f"`path` must be that of a file, which outlasts the process, got {path!r}"
        raise ValueError(message)
    return where
