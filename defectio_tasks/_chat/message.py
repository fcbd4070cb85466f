"""A message of a chat, which is no longer than the server takes. Pure."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate
from typing import Final

from defectio_tasks._events.printable import printable

LIMIT: Final = 2_000
"""How many bytes a message may have. Revolt's server says ``message_length = 2000``, and counts the
bytes of its UTF-8, not its characters: a text of 700 ellipses is too long for it."""
# Of a name, in characters.
_NAME: Final = 80


def in_line(text: str) -> str:
    """Return a text, such as a name, as code within a line."""
    return f"`{plain(text, _NAME)}`"


def plain(text: str, limit: int) -> str:
    """Return a text that means nothing to a chat: without line ends, escape codes and backticks.

    Args:
        text: The text.
        limit: How many characters it may have; a longer one ends in an ellipsis.
    """
    shown = printable(text[: limit + 1].replace("`", "'"))
    return shown if len(shown) <= limit else f"{shown[: limit - 1]}…"


def in_block(lines: Sequence[str], *, above: str = "", below: str = "", of: str = "lines") -> str:
    """Return a message with lines in a block of code.

    Args:
        lines: The lines, without backticks. Where there is no room for all, the last ones are
            left out, and the message says how many.
        above: What stands above the block.
        below: What stands below it.
        of: What one line is about, in the plural.
    """
    head, tail = f"{above}\n```" if above else "```", f"```\n{below}" if below else "```"
    sizes = list(accumulate(_size(line) for line in lines))
    room = LIMIT - _size(head) - len(tail.encode())
    if sizes[-1] > room:
        kept = bisect_right(sizes, room - _size(_left_out(len(lines), of)))
        lines = [*lines[:kept], _left_out(len(lines) - kept, of)]
    return "\n".join((head, *lines, tail))


def _left_out(number: int, of: str) -> str:
    return f"(no room for {number} more {of})"


def _size(line: str) -> int:
    """Return how many bytes a line takes, its end included."""
    return len(line.encode()) + 1
