"""What users' texts look like where they are shown. Pure."""

from __future__ import annotations

from contextlib import suppress


def printable(text: str) -> str:
    """Return a text without line ends and escape sequences for terminals: they are escaped."""
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape").decode() for char in text
    )


def text_of(error: BaseException) -> str:
    """Return the text of an exception; of one that can't tell it, an empty one."""
    with suppress(Exception):
        return str(error)
    return ""


def described(error: BaseException) -> str:
    """Return an exception in one line, which its ``repr`` needn't be."""
    return f"{type(error).__name__}({printable(text_of(error))})"
