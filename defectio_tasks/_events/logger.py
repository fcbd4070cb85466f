"""The logger ``defectio_tasks``, and what is logged that is no event."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from datetime import datetime
from typing import Final

from defectio_tasks._events.printable import described, printable, text_of

logger: Final = logging.getLogger("defectio_tasks")


is_enabled: Final = logger.isEnabledFor
"""Returns whether the log takes anything at a level."""


def write(level: int, message: str, *values: object, error: BaseException | None = None) -> None:
    """Log a message; what a handler raises isn't felt."""
    with suppress(Exception, asyncio.CancelledError):
        logger.log(level, message, *values, exc_info=error)


def ledger_unavailable(name: str, delay: float, error: Exception, attempt: int) -> None:
    """Log that a ledger's store can't be reached, and in how many seconds it is asked again."""
    write(
        logging.WARNING,
        "loop %r: asking its ledger again in %.2f s after %s, attempt %d",
        *(name, delay, described(error), attempt),
    )


def claim_lost(name: str, slot: datetime) -> None:
    """Log that a body is cancelled, because somebody else may begin its slot."""
    write(
        logging.WARNING,
        "loop %r: the lease for the slot at %s ran out, so its body is cancelled",
        *(name, to_seconds(slot)),
    )


def not_settled(name: str, slot: datetime, error: Exception) -> None:
    """Log that a slot can't be settled: with at least once, it is run again."""
    write(
        logging.WARNING,
        "loop %r: the slot at %s can't be settled: %s",
        *(name, to_seconds(slot), printable(text_of(error))),
    )


def to_seconds(moment: datetime) -> str:
    """Return how a moment is logged."""
    return moment.isoformat(sep=" ", timespec="seconds")


def run_began(name: str) -> None:
    """Log that a run begins, which is no event: there is no slot yet."""
    write(logging.DEBUG, "loop %r begins", name)
