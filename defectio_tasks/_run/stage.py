"""The stages of a run's life (contract L2)."""

from __future__ import annotations

from enum import Enum, auto


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
