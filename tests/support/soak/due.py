"""What must happen next, and when: at an instant, or within the room that the contract leaves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from support.soak.moments import TOLERANCE
from support.soak.options import Hook

Move: TypeAlias = Hook | Literal["body", "the end of what it awaits"]
"""What a loop, or what it awaits, may have to do: call a function, unless it has to end."""


@dataclass(slots=True)
class Due:
    """What the loop, or what it awaits, must do next."""

    move: Move
    earliest: float
    latest: float

    def is_too_early(self, now: float) -> bool:
        """Tell whether it must not happen yet."""
        return now < self.earliest - TOLERANCE

    def is_overdue(self, now: float) -> bool:
        """Tell whether it must have happened."""
        return now > self.latest + TOLERANCE

    def put_off(self, now: float, until: float) -> None:
        """Note that nothing can happen for some time; what may happen now may do so after it."""
        if self.earliest > now:
            self.earliest = max(self.earliest, until)
        self.latest = max(self.latest, until)
