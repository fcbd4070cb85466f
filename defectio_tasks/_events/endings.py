"""How a run can end, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    Ending: TypeAlias = Literal["completed", "stopped", "cancelled", "failed"]
    """How a run ended."""
else:
    # At a prompt, jedi 0.20 fails to complete any member of a class that has a property which
    # returns a literal: "'TreeInstance' object has no attribute 'with_generics'".
    Ending = str
