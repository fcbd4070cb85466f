"""The slots of an interval loop (contract I1, I2); `tests/property` has the properties."""

from __future__ import annotations

import math

import pytest
from support.stopped import claim, last_due

from defectio_tasks._slots.interval import IntervalSlots

ORIGIN = 1000.0


@pytest.fixture
def grid() -> IntervalSlots:
    """Make a grid with a slot every 10 s, of which the one at 1000 is taken."""
    return IntervalSlots(ORIGIN, 10.0)


def test_i1_slot_0_is_taken_from_the_start(grid: IntervalSlots) -> None:
    """I1: the first iteration came at once, so the grid goes on from it."""
    assert (last_due(grid), grid.next_moment()) == (1000, 1010)


def test_i1_slots_follow_the_origin_whatever_the_wake_ups_do(grid: IntervalSlots) -> None:
    """I1: slot k is due at t0 + k x interval; late wake-ups don't drift."""
    skipped = [claim(grid, now) for now in (1010.0, 1021.5, 1039.9, 1040.0)]
    assert skipped == [0, 0, 0, 0]
    assert (last_due(grid), grid.next_moment()) == (1040, 1050)


def test_i1_errors_do_not_add_up() -> None:
    """I1: ten thousand slots of 0.1 s, and the last is due where multiplication has it."""
    grid = IntervalSlots(ORIGIN, 0.1)
    for _ in range(10_000):
        assert claim(grid, grid.next_moment()) == 0
    assert last_due(grid) == ORIGIN + 10_000 * 0.1


def test_i1_early_wake_up_takes_the_slot_once(grid: IntervalSlots) -> None:
    """I1: a timer that fires a little early doesn't run the slot again when it is due."""
    assert claim(grid, 1009.9999) == 0
    assert (last_due(grid), grid.next_moment()) == (1010, 1020)


@pytest.mark.parametrize(
    ("now", "skipped", "last"),
    [
        pytest.param(1019.9, 0, 1010, id="late, none missed"),
        pytest.param(1020.0, 1, 1020, id="just when the next is due"),
        pytest.param(1029.9, 1, 1020, id="one missed"),
        pytest.param(1103.0, 9, 1100, id="nine missed"),
    ],
)
def test_i2_overrun_is_one_late_iteration(
    grid: IntervalSlots, now: float, skipped: int, last: float
) -> None:
    """I2: of the slots that have come the latest is taken, the others are counted."""
    assert claim(grid, now) == skipped
    assert (last_due(grid), grid.next_moment()) == (last, last + 10)


@pytest.mark.parametrize("origin", [0.0, ORIGIN])
@pytest.mark.parametrize("interval", [0.01, 0.1, 1 / 3, 0.7, 1.1])
@pytest.mark.parametrize("slots", [3, 63, 35_334, 1_000_003])
def test_i2_rounding_counts_exactly(origin: float, interval: float, slots: int) -> None:
    """I2: the quotient of two floats may be rounded over a slot, either way; the slots decide."""
    due = origin + slots * interval
    on_time, early = IntervalSlots(origin, interval), IntervalSlots(origin, interval)
    assert claim(on_time, due) == slots - 1
    assert last_due(on_time) == due
    # Earlier by as little as a float can tell, that slot hasn't come yet.
    assert claim(early, math.nextafter(due, 0.0)) == slots - 2
    assert early.next_moment() == due


def test_i2_interval_below_the_clocks_resolution_begins_anew() -> None:
    """I2: no burst and no endless count, where slots are closer than a float can tell."""
    grid = IntervalSlots(ORIGIN, 1e-300)
    for now in (2000.0, 3000.0):
        skipped = claim(grid, now)
        assert skipped == 2**52 - 1
        assert isinstance(skipped, int)
        assert last_due(grid) == now


def test_l12_slots_put_into_the_past_are_not_missed(grid: IntervalSlots) -> None:
    """L12: a changed interval runs at once where its slot has passed, and skips nothing."""
    grid.skip_past(1035.0)
    assert grid.next_moment() == 1030
    assert claim(grid, 1035.0) == 0
    assert (last_due(grid), grid.next_moment()) == (1030, 1040)


@pytest.mark.parametrize("now", [1000.0, 1009.9])
def test_l12_slots_ahead_stay(grid: IntervalSlots, now: float) -> None:
    """L12: the interval counts from the last slot; what is still to come stays where it is."""
    grid.skip_past(now)
    assert (last_due(grid), grid.next_moment()) == (1000, 1010)


def test_l12_slot_due_now_stays(grid: IntervalSlots) -> None:
    """L12: one slot that is just due isn't skip_pastn."""
    grid.skip_past(1010.0)
    assert grid.next_moment() == 1010
    assert claim(grid, 1010.0) == 0
