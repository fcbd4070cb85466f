"""Loops of all kinds for weeks, or years, in virtual time, with all that happens to them.

By default it is 21 loops for two weeks. ``SOAK=long python -m pytest tests/soak -rP`` has 200 for
two years, takes half an hour, and tells figures. With ``SOAK_SEED=7`` other things happen; a
failure tells its seed. What is checked, and how, is told in ``tests/soak/__init__.py``.
"""

from __future__ import annotations

import sys
import time

from soak import slots
from soak.drama import Soak, figures_of
from soak.world import IS_LONG, LONG, SEED, SHORT

# What has to have happened for the test to say anything: it depends on chance, and on no rule.
HAPPENED = (
    *(
        slots.RUN,
        slots.JUMPED,
        slots.RUN_BEFORE,
        slots.ENDED,
        "grid: run",
        "grid: skipped",
        "restarts",
    ),
    *("bodies retried", "bodies failed", "bodies cancelled", "changes while asleep"),
    *("runs ended", "runs failed", "runs cancelled", "jumps back", "jumps forward", "blocks"),
)
# In two weeks it depends on the seed.
HAPPENED_IN_YEARS = (
    *(*slots.REASONS, "run whose wall time was in a gap", "run whose wall time was in a fold"),
)


def test_every_slot_is_run_once_or_missed_for_a_reason() -> None:
    """L2-L12, I1-I3, W1-W5, C1, C3: whatever is done, what must follow does, and nothing else."""
    begun = time.process_time()
    figures = Soak(LONG if IS_LONG else SHORT, SEED).run()
    sys.stdout.write("\n".join(figures_of(figures, time.process_time() - begun)))
    happened = (*HAPPENED, *HAPPENED_IN_YEARS) if IS_LONG else HAPPENED
    assert [what for what in happened if figures[what] == 0] == []
