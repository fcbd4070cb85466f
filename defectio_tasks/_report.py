"""What is told when nobody else does: log lines, and tracebacks on ``sys.stderr``."""

from __future__ import annotations

import logging
import sys
import traceback
from contextlib import suppress
from typing import Final

_log: Final = logging.getLogger("defectio_tasks")


def log_skipped(name: str, skipped: int) -> None:
    """Log the slots that an overrun, or a jump of the clock, left without an iteration."""
    slots = "1 slot" if skipped == 1 else f"{skipped} slots"
    _log.warning("loop %r is late: %s skipped", name, slots)


def log_retry(name: str, error: BaseException, delay: float) -> None:
    """Log an exception that will be retried."""
    _log.warning("loop %r: retrying in %.2f s after %r", name, delay, error)


def print_failure(name: str, error: BaseException) -> None:
    """Print the exception that ended a loop which has no ``error`` hook."""
    _print(f"unhandled exception in loop {name!r}", error)


def print_hook_failure(
    name: str, hook: str, error: BaseException, first: BaseException | None
) -> None:
    """Print the exception of a hook, with the one that ended the loop before as its context."""
    _add_context(error, first)
    _print(f"unhandled exception in `{hook}` of loop {name!r}", error)


def _print(headline: str, error: BaseException) -> None:
    # A missing, closed or replaced stderr must not break the loop's end.
    with suppress(Exception):
        sys.stderr.write(f"{headline}:\n{''.join(traceback.format_exception(error))}")


def _add_context(error: BaseException, first: BaseException | None) -> None:
    """Hang the first exception onto the far end of the other's chain, unless it is part of it."""
    if first is None:
        return
    link = error
    seen = {id(first)}
    while id(link) not in seen:
        seen.add(id(link))
        following = link.__cause__ or link.__context__
        if following is None:
            link.__context__ = first
            return
        link = following
