"""What loops tell by themselves, as events and on stderr, made known to the ledgers."""

from __future__ import annotations

import io
import logging
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import assert_never

from typing_extensions import override

import defectio_tasks as tasks
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


class EventReader:
    """Tells the ledgers what the events say of their loops, and holds them to one another (V2)."""

    def __init__(self, ledgers: Mapping[str, Ledger], complain: Callable[[str], None]) -> None:
        """Take the ledgers, by name."""
        self._ledgers, self._complain = ledgers, complain
        # Of each loop: the slots that its present run has started, and the one that is under way.
        self._started: dict[str, set[datetime]] = {name: set() for name in ledgers}
        self._under_way: dict[str, datetime | None] = dict.fromkeys(ledgers)

    def __call__(self, event: tasks.Event) -> None:
        """Read an event."""
        name = event.loop.name
        started, under_way = self._started[name], self._under_way[name]
        match event:
            case tasks.Started(slot=slot):
                is_new = event.loop.seconds is not None or slot not in started
                self._check(event, under_way is None and is_new)
                started.add(slot)
                self._under_way[name] = slot
            case tasks.Retrying(slot=slot, delay=delay):
                self._check(event, slot == under_way)
                self._ledgers[name].tell_retry(delay.total_seconds())
            case tasks.Finished(slot=slot):
                self._check(event, slot == under_way)
                self._under_way[name] = None
            case tasks.Skipped(count=count):
                # At the end of a run it is what came and had no iteration any more.
                if event.loop.ending is None:
                    self._ledgers[name].tell_skipped(count)
            case tasks.Ended():
                self._check(event, under_way is None)
                started.clear()
            case _:
                assert_never(event)

    def _check(self, event: tasks.Event, fits: bool) -> None:
        if not fits:
            self._complain(f"{event} doesn't follow from those before it")


class LogReader(logging.Handler):
    """Complains of what nobody expects in the log."""

    @override
    def emit(self, record: logging.LogRecord) -> None:
        if record.levelno >= logging.ERROR and "unhandled exception in" not in record.getMessage():
            self.complain(f"nobody expects this in the log: {record.getMessage()}")

    def __init__(self, complain: Callable[[str], None]) -> None:
        """Take whom to tell."""
        super().__init__()
        self.complain = complain
