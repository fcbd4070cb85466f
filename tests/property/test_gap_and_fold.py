"""The rule for gaps and folds: its two forms agree, in all zones (contract W2, W5)."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st
from support.strategies import Transition, examples, transitions

from defectio_tasks._zones.gap_and_fold import local_change, microseconds_of_day, resolve
from defectio_tasks._zones.instants import DAY, EPOCH_ORDINAL, MICROSECOND, to_instant

# The largest gap and the largest fold are 24 hours, and other changes are 95 hours away.
NEAR = timedelta(hours=30) // MICROSECOND


def check_agreement(transition: Transition, distance: int, fold: int) -> None:
    """Check the wall time at a distance from the first in a gap or fold."""
    before, after = transition.before // MICROSECOND, transition.after // MICROSECOND
    wall = transition.wall + distance * MICROSECOND
    day, moment = wall.toordinal(), wall.time().replace(fold=fold)
    local = (day - EPOCH_ORDINAL) * DAY + microseconds_of_day(moment)
    change = local_change(to_instant(transition.instant), before, after, fold)
    offset = after if local >= change else before
    assert resolve(day, moment, ZoneInfo(transition.key)) == local - offset


distances = st.one_of(
    st.integers(-NEAR, NEAR),
    st.integers(-1800, 1800).map(lambda minutes: minutes * 60_000_000),
)


@examples(10)
@given(transitions(), distances, st.sampled_from([0, 1]))
def test_both_forms_agree(transition: Transition, distance: int, fold: int) -> None:
    """One wall time at a time, or all around a change at once: the same instant."""
    check_agreement(transition, distance, fold)


@examples(3)
@given(transitions(), st.sampled_from([0, 1]))
def test_both_forms_agree_at_the_edges(transition: Transition, fold: int) -> None:
    """To the microsecond, where a gap or fold begins and where it ends."""
    for edge in (0, transition.length // MICROSECOND):
        for nudge in (-1, 0, 1):
            check_agreement(transition, edge + nudge, fold)
