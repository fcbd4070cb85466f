"""What a user is told in one line when something is wrong."""

from __future__ import annotations


class UsageError(Exception):
    """Something that the user can put right; its text is the line that is shown."""


def one_line(text: object) -> str:
    """Return a text's first line, without what a terminal would take for a command."""
    line, *_ = str(text).strip().splitlines() or [""]
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape").decode("ascii")
        for char in line
    )


def describe(error: BaseException) -> str:
    """Return an exception in one line: its class, and what it says if anything."""
    said = one_line(error)
    return f"{type(error).__name__}: {said}" if said else type(error).__name__
