"""A ledger in Redis."""

from __future__ import annotations

from datetime import timedelta

from defectio_tasks.ledgers._stored import StoredLedger, parse_length, parse_text, patience_of


class RedisLedger(StoredLedger):
    """A ledger in Redis, for processes on many machines.

    It needs redis-py: install ``defectio-tasks[redis]``. Time is what the server's clock shows. A
    Redis that doesn't write each change to its disk, or whose replica takes over, can forget the
    last ones: then a slot may be begun twice.

    Example:
        >>> from defectio_tasks.ledgers import RedisLedger
        >>> ledger = RedisLedger("redis://cache.internal:6379/0", lease=60)
    """

    def __init__(
        self,
        url: str,
        *,
        lease: float | timedelta = 30.0,
        keep: float | timedelta = timedelta(days=7),
    ) -> None:
        """Make a ledger; it connects when it is first used.

        Args:
            url: Where the server is: ``redis://``, ``rediss://`` or ``unix://``. All keys begin
                with ``defectio_tasks:``.
            lease: How long a process may be silent before its slots are begun by another, with
                ``delivery="at_least_once"``: seconds or a timedelta. It is renewed three times
                as often.
            keep: For how long it is known which slots are done: seconds or a timedelta, longer
                than any iteration takes.

        Raises:
            TypeError: Something is of a wrong kind.
            ValueError: Something has a wrong value.
            ImportError: redis-py isn't installed.
        """
        where = parse_text(url, "url")
        seconds = parse_length(lease, "lease")
        kept = parse_length(keep, "keep")
        try:
            from defectio_tasks.ledgers._scripts import RedisStore  # noqa: PLC0415 -- a driver
        except ImportError as error:
            message = "RedisLedger needs redis-py: install `defectio-tasks[redis]`"
            raise ImportError(message) from error
        super().__init__(RedisStore(where, patience_of(seconds)), lease=seconds, keep=kept)
