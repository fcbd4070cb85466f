"""What is told when nobody else does: log lines, and tracebacks on ``sys.stderr``."""

from __future__ import annotations

import logging
import sys
import traceback
from contextlib import suppress
from logging import WARNING, Logger, NullHandler, getLogger
from typing import Final

_log: Final = getLogger("defectio_tasks")
# What gives a record to the handlers and nobody else; none, if the class is patched already.
_call_handlers: Final = (
    Logger.callHandlers
    if type(_log) is Logger and getattr(Logger.callHandlers, "__globals__", None) is vars(logging)
    else None
)
# Its parent, as there is no dot in its name.
_root: Final = getLogger()


def log_skipped(name: str, skipped: int) -> None:
    """Log the slots that an overrun, or a jump of the clock, left without an iteration."""
    slots = "1 slot" if skipped == 1 else f"{skipped} slots"
    _log.warning("loop %r is late: %s skipped", name, slots)


def log_retry(name: str, error: BaseException, delay: float) -> None:
    """Log an exception that will be retried."""
    if not _is_heard():
        return
    kind = type(error).__name__
    # Not its repr: those of connection errors are several lines long.
    _log.warning("loop %r: retrying in %.2f s after %s(%s)", name, delay, kind, error)


def _is_heard() -> bool:
    """Tell whether a warning would come to anybody.

    Making a record takes longer than all else that is done about a failure, and where all handlers
    are there to do nothing, nobody needs it.
    """
    if not _log.isEnabledFor(WARNING):
        return False
    if _log.filters or Logger.callHandlers is not _call_handlers:
        # There an ear may be: error trackers, for one, patch the class of loggers.
        return True
    handlers = _log.handlers + _root.handlers if _log.propagate else _log.handlers
    for handler in handlers:
        if type(handler) is not NullHandler:
            return True
    # Without any handler, there is Python's last resort.
    return not handlers


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
    """Hang the first exception onto the far end of what is printed of the other's chain."""
    if first is None or first is error:
        return
    link, seen = error, {id(error)}
    while (before := _printed_before(link)) is not None and id(before) not in seen:
        if before is first:
            return
        link = before
        seen.add(id(link))
    link.__cause__, link.__context__ = None, first
    # Setting a cause, even to none, hides the context.
    link.__suppress_context__ = False


def _printed_before(error: BaseException) -> BaseException | None:
    if error.__cause__ is not None or error.__suppress_context__:
        return error.__cause__
    return error.__context__
