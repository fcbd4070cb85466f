"""What a loop tells by itself, on the log and on stderr, made known to the ledgers."""

from __future__ import annotations

import io
import logging
import re
from collections.abc import Callable, Mapping
from typing import Final

from typing_extensions import override

from support.soak.ledger import Ledger


class Headlines(io.StringIO):
    """A stderr that counts the failures told there, and forgets them."""

    def __init__(self) -> None:
        """Begin without any."""
        super().__init__()
        self.count = 0

    @override
    def write(self, text: str, /) -> int:
        self.count += text.startswith("unhandled exception in loop ")
        return len(text)


class LogReader(logging.Handler):
    """Tells the ledgers what the log says of their loops."""

    SKIPPED: Final = re.compile(r"loop '(.*)' is late: (\d+) slots? skipped")
    RETRY: Final = re.compile(
        r"loop '(.*)': retrying in ([\d.]+) s after (?:OSError|TimeoutError|Flaky)\("
    )

    def __init__(self, ledgers: Mapping[str, Ledger], complain: Callable[[str], None]) -> None:
        """Take the ledgers, by name."""
        super().__init__()
        self._ledgers, self._complain = ledgers, complain

    @override
    def emit(self, record: logging.LogRecord) -> None:
        text = record.getMessage()
        if found := self.SKIPPED.match(text):
            self._ledgers[found[1]].tell_skipped(int(found[2]))
        elif found := self.RETRY.match(text):
            self._ledgers[found[1]].tell_retry(float(found[2]))
        else:
            self._complain(f"nobody expects this in the log: {text}")
