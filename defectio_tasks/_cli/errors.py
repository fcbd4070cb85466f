"""What a user is told in one line when something is wrong."""

from __future__ import annotations

import re
from typing import Final

from defectio_tasks._events.printable import printable

# What is between a user's name and the host in a URL, and what follows `password=` elsewhere.
_SECRET: Final = re.compile(r"(?<=://)([^\s:/@]*:)\S*(?=@)|(password\s*=\s*)(?:'[^']*'|[^\s&]*)")


class UsageError(Exception):
    """Something that the user can put right; its text is the line that is shown."""


def one_line(text: object) -> str:
    """Return a text's first line, without what a terminal would take for a command."""
    line, *_ = str(text).strip().splitlines() or [""]
    return printable(line)


def without_secrets(text: str) -> str:
    """Return a text that may quote URLs without their passwords."""
    return _SECRET.sub(r"\1\2***", text)


def describe(error: BaseException) -> str:
    """Return an exception in one line: its class, and what it says if anything."""
    said = one_line(error)
    return f"{type(error).__name__}: {said}" if said else type(error).__name__
