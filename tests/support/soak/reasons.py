"""Why a wall-clock slot was run, or why not: to each that comes belongs exactly one reason.

They are the names of figures. Where a loop is in its life decides most of them.
"""

from __future__ import annotations

from typing import Final, Literal, TypeAlias

from support.soak.options import Hook

State: TypeAlias = Hook | Literal["over", "asleep", "body", "back-off", "ending"]
"""Where a loop is in its life: in a hook, or in none."""

RUN: Final = "run"
ON_TIME: Final = "coalesced: came before a jump of the clock was noticed"
JUMPED: Final = "coalesced: the clock was set forward over it"
BLOCKED: Final = "coalesced: the event loop was blocked"
RUN_BEFORE: Final = "not again: run before, and the clock was set back"
UNSEEN: Final = "missed: came again during a body in which the clock was set back"
SET_BACK: Final = "not yet: the clock was set back before it was run"
ENDED: Final = "missed: the loop was ended before its turn"
CHANGED: Final = "missed: the schedule was changed before its turn, and counts from then on"
AWAY: Final[dict[State, str]] = {
    "over": "missed: the loop wasn't running",
    "error": "missed: the loop was ending",
    "ending": "missed: the loop was ending",
    "after_loop": "missed: the loop was ending",
}
"""In which states nothing counts that comes."""
COALESCED: Final[dict[State, str]] = {
    "before_loop": "coalesced: `before_loop` was under way",
    "body": "coalesced: the body was under way",
    "back-off": "coalesced: a retry was under way",
}
"""In which states all that comes has to wait."""
REASONS: Final = (
    *(RUN, ON_TIME, JUMPED, BLOCKED, RUN_BEFORE, UNSEEN, SET_BACK, ENDED, CHANGED),
    *sorted({*AWAY.values(), *COALESCED.values()}),
)
