"""What the tests of the command line share by name."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, TypeAlias


class Answer(NamedTuple):
    """What a command did."""

    status: int
    out: str
    err: str


Run: TypeAlias = Callable[..., Answer]
Write: TypeAlias = Callable[[str, str], None]
