"""What users' texts look like where they are shown. Pure."""

from __future__ import annotations


def printable(text: str) -> str:
    """Return a text without line ends and escape sequences for terminals: they are escaped."""
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape").decode() for char in text
    )
