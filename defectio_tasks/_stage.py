"""The stages of a run's life, and which may follow which (contract L2)."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum, auto
from typing import Final


class Stage(Enum):
    """Where a run is in its life."""

    STARTING = auto()
    """Made, and not yet on its turn."""
    PREPARING = auto()
    """In ``before_loop``."""
    WAITING = auto()
    """Asleep until the next slot."""
    WORKING = auto()
    """In the body, or between two attempts at it."""
    FINISHING = auto()
    """In ``error`` or ``after_loop``."""
    OVER = auto()


# By name, as Python before 3.12 takes its time to find a member in an enumeration.
STARTING, PREPARING, WAITING, WORKING, FINISHING, OVER = Stage

TRANSITIONS: Final[Mapping[Stage, frozenset[Stage]]] = {
    STARTING: frozenset({PREPARING, FINISHING}),
    PREPARING: frozenset({WAITING, FINISHING}),
    WAITING: frozenset({WORKING, FINISHING}),
    WORKING: frozenset({WAITING, FINISHING}),
    FINISHING: frozenset({OVER}),
    OVER: frozenset(),
}
"""What may follow what. The life-cycle tests hold each run to it."""
