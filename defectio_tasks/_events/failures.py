"""Exceptions that nobody handles: on ``sys.stderr``, and in the log where one is set up."""

from __future__ import annotations

import logging
import sys
import traceback
from contextlib import suppress

from defectio_tasks._events.logger import is_enabled, logger, write


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
    # Neither a log that raises nor a missing, closed or replaced stderr may break the loop's end.
    if logger.hasHandlers():
        write(logging.ERROR, "%s", headline, error=error)
    if not _is_logged_to_stderr():
        with suppress(Exception):
            text = f"{headline}:\n{''.join(traceback.format_exception(error))}"
            try:
                sys.stderr.write(text)
            except UnicodeError:
                sys.stderr.write(text.encode("ascii", "backslashreplace").decode("ascii"))


def _is_logged_to_stderr() -> bool:
    """Return whether a handler of the log writes errors to ``sys.stderr`` already."""
    if not is_enabled(logging.ERROR):
        return False
    heard: logging.Logger | None = logger
    while heard is not None:
        for handler in heard.handlers:
            if getattr(handler, "stream", None) is sys.stderr and handler.level <= logging.ERROR:
                return True
        heard = heard.parent if heard.propagate else None
    return False


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
