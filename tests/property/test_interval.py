"""The even grid of interval loops (contract I1, I2)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st
from support.strategies import examples

from defectio_tasks._slots.interval import Grid

SMALLEST, LARGEST = 5e-324, 1.7e308
# Up to here the clock resolves the shortest interval of a night.
FAR = 1e10

# The event loop's clock: seconds since the machine started, at most 30 years.
readings = st.one_of(st.floats(0, 1e9), st.integers(0, 10**9).map(float), st.just(0.0))


@dataclass(frozen=True, slots=True)
class Night:
    """A grid, and moments at which a loop wakes up, in the order of time."""

    origin: float
    interval: float
    wakes: Sequence[float]


def last_slot(grid: Grid) -> float:
    """Tell the last slot, of which there is one."""
    slot = grid.last_slot()
    assert slot is not None
    return slot


def _build_night(origin: float, interval: float, waits: Sequence[tuple[float, int, int]]) -> Night:
    index = 0
    latest = origin
    wakes = []
    for share, slots, nudge in waits:
        index += 1 + slots
        exact = origin + (index + share) * interval
        # Beside a slot by steps of the clock's last bit, as when a timer is early.
        latest = max(latest, exact + nudge * math.ulp(exact))
        if latest > FAR:
            break
        wakes.append(latest)
    return Night(origin, interval, wakes)


def nights() -> st.SearchStrategy[Night]:
    """Draw wake-ups on time, early by a rounding error, or late by any number of slots."""
    intervals = st.one_of(
        st.floats(1e-4, 1e3),
        st.floats(1e-4, 1e9),
        st.integers(1, 10**7).map(float),
        st.integers(1, 100).map(lambda count: count / 10),
    )
    shares = st.one_of(st.just(0.0), st.floats(0, 1, exclude_max=True))
    slots = st.one_of(st.integers(0, 3), st.integers(0, 10**6))
    waits = st.lists(st.tuples(shares, slots, st.integers(-2, 2)), min_size=1, max_size=20)
    return st.builds(_build_night, readings, intervals, waits)


@examples(2)
@given(nights())
def test_slots_are_multiples_from_the_origin(night: Night) -> None:
    """Slot k is due at origin + k x interval: no drift, no shifted phase, counts add up."""
    grid = Grid(night.origin, night.interval)
    index = 0
    assert last_slot(grid) == night.origin
    for now in night.wakes:
        index += 1 + grid.take(now)
        assert last_slot(grid) == night.origin + index * night.interval
        assert grid.next_slot() == night.origin + (index + 1) * night.interval


@given(nights())
def test_rounding_does_not_add_up(night: Night) -> None:
    """However many slots were taken, one is off by a rounding of its own at most."""
    grid = Grid(night.origin, night.interval)
    index = 0
    for now in night.wakes:
        index += 1 + grid.take(now)
        exact = Fraction(night.origin) + index * Fraction(night.interval)
        assert abs(Fraction(last_slot(grid)) - exact) <= Fraction(math.ulp(last_slot(grid)))


@examples(2)
@given(nights())
def test_next_slot_is_ahead(night: Night) -> None:
    """After each wake-up the next slot is ahead: no burst."""
    grid = Grid(night.origin, night.interval)
    for now in night.wakes:
        grid.take(now)
        assert grid.next_slot() > now


@examples(2)
@given(nights())
def test_takes_the_latest_that_has_come(night: Night) -> None:
    """What is skipped has come, and so has what is taken, unless the timer was early."""
    grid = Grid(night.origin, night.interval)
    for now in night.wakes:
        due = grid.next_slot()
        skipped = grid.take(now)
        assert skipped >= 0
        assert last_slot(grid) <= max(now, due)
        if skipped:
            assert due < last_slot(grid) <= now


@examples(2)
@given(nights())
def test_never_skips_on_time(night: Night) -> None:
    """A wake-up at a slot, early, or before the slot after it skips nothing."""
    grid = Grid(night.origin, night.interval)
    for now in night.wakes:
        following = night.origin + (_index(night, grid) + 2) * night.interval
        early = now < following
        assert (grid.take(now) == 0) is early


def _index(night: Night, grid: Grid) -> int:
    return round((last_slot(grid) - night.origin) / night.interval)


@given(nights())
def test_asleep_on_time_all_night(night: Night) -> None:
    """Woken exactly at each slot, a loop skips none, and no two slots fall together."""
    grid = Grid(night.origin, night.interval)
    for index in range(1, 101):
        slot = grid.next_slot()
        assert last_slot(grid) < slot
        assert grid.take(slot) == 0
        assert last_slot(grid) == slot == night.origin + index * night.interval


@given(nights(), st.integers(0, 3))
def test_forgive_leaves_one_slot(night: Night, taken: int) -> None:
    """Of the slots that have come, only the latest stays, as if there were no others."""
    for now in night.wakes:
        grid = Grid(night.origin, night.interval)
        for _ in range(taken):
            grid.take(grid.next_slot())
        before = grid.next_slot()
        grid.forgive(now)
        if before > now:
            assert grid.next_slot() == before
        else:
            assert before <= grid.next_slot() <= now
            assert grid.take(now) == 0
            assert last_slot(grid) <= now < grid.next_slot()
            assert last_slot(grid) == night.origin + _index(night, grid) * night.interval


@examples(3)
@given(
    origin=readings,
    interval=st.one_of(
        st.floats(SMALLEST, 1e-3), st.floats(1e3, LARGEST), st.just(SMALLEST), st.just(LARGEST)
    ),
    waits=st.lists(
        st.one_of(readings, st.floats(0, 1e-300), st.floats(0, 1)), min_size=1, max_size=10
    ),
    forgive=st.booleans(),
)
def test_any_interval_terminates(
    *, origin: float, interval: float, waits: Sequence[float], forgive: bool
) -> None:
    """Also intervals that the clock can't resolve, or of ages, go on and never go back."""
    grid = Grid(origin, interval)
    now = origin
    for wait in waits:
        now += wait
        due = grid.next_slot()
        if due > now:
            continue
        if forgive:
            grid.forgive(now)
        assert grid.take(now) >= 0
        assert last_slot(grid) <= now
        # A slot falls together with the present where the clock can't tell them apart.
        assert grid.next_slot() >= now
        if interval >= 8 * math.ulp(now):
            assert grid.next_slot() > now
