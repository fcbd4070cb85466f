"""Loops of all kinds for weeks, or years, in virtual time, with all that happens to them.

By default it is 21 loops for two weeks. ``SOAK=long python -m pytest tests/soak -rP`` has 200 for
two years, takes half an hour, and tells figures. With ``SOAK_SEED=7`` other things happen; a
failure tells its seed. What is checked, and how, is told in ``tests/support/soak/``.
"""

from __future__ import annotations

import sys
import time

from support import soak

# What has to have happened for the test to say anything: it depends on chance, and on no rule.
HAPPENED = (
    *(soak.RUN, soak.JUMPED, soak.RUN_BEFORE, soak.ENDED, "grid: run", "grid: skipped", "restarts"),
    *("bodies retried", "bodies failed", "bodies cancelled", "changes while asleep"),
    *("runs ended", "runs failed", "runs cancelled", "jumps back", "jumps forward", "blocks"),
)
# In two weeks it depends on the seed.
HAPPENED_IN_YEARS = (
    *(*soak.REASONS, "run whose wall time was in a gap", "run whose wall time was in a fold"),
)


def test_every_slot_is_run_once_or_missed_for_a_reason() -> None:
    """L2-L12, I1-I3, W1-W5, C1, C3: whatever is done, what must follow does, and nothing else."""
    begun = time.process_time()
    figures = soak.Soak(soak.LONG if soak.IS_LONG else soak.SHORT, soak.SEED).run()
    sys.stdout.write("\n".join(soak.figures_of(figures, time.process_time() - begun)))
    happened = (*HAPPENED, *HAPPENED_IN_YEARS) if soak.IS_LONG else HAPPENED
    assert [what for what in happened if figures[what] == 0] == []
