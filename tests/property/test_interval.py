"""The even slots of interval loops (contract I1, I2)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st
from support.stopped import claim, last_due
from support.strategies import examples

from defectio_tasks._slots.interval import IntervalSlots

SMALLEST, LARGEST = 5e-324, 1.7e308
# Up to here the clock resolves the shortest interval of a night.
FAR = 1e10

# The event loop's clock: seconds since the machine started, at most 30 years.
readings = st.one_of(st.floats(0, 1e9), st.integers(0, 10**9).map(float), st.just(0.0))


@dataclass(frozen=True, slots=True)
class Night:
    """A slots, and moments at which a loop wakes up, in the order of time."""

    origin: float
    interval: float
    wakes: Sequence[float]


def last_slot(slots: IntervalSlots) -> float:
    """Tell the last slot, of which there is one."""
    slot = last_due(slots)
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
    slots = IntervalSlots(night.origin, night.interval)
    index = 0
    assert last_slot(slots) == night.origin
    for now in night.wakes:
        index += 1 + claim(slots, now)
        assert last_slot(slots) == night.origin + index * night.interval
        assert slots.next_moment() == night.origin + (index + 1) * night.interval


@given(nights())
def test_rounding_does_not_add_up(night: Night) -> None:
    """However many slots were taken, one is off by a rounding of its own at most."""
    slots = IntervalSlots(night.origin, night.interval)
    index = 0
    for now in night.wakes:
        index += 1 + claim(slots, now)
        exact = Fraction(night.origin) + index * Fraction(night.interval)
        assert abs(Fraction(last_slot(slots)) - exact) <= Fraction(math.ulp(last_slot(slots)))


@examples(2)
@given(nights())
def test_next_slot_is_ahead(night: Night) -> None:
    """After each wake-up the next slot is ahead: no burst."""
    slots = IntervalSlots(night.origin, night.interval)
    for now in night.wakes:
        claim(slots, now)
        assert slots.next_moment() > now


@examples(2)
@given(nights())
def test_takes_the_latest_that_has_come(night: Night) -> None:
    """What is skipped has come, and so has what is taken, unless the timer was early."""
    slots = IntervalSlots(night.origin, night.interval)
    for now in night.wakes:
        due = slots.next_moment()
        skipped = claim(slots, now)
        assert skipped >= 0
        assert last_slot(slots) <= max(now, due)
        if skipped:
            assert due < last_slot(slots) <= now


@examples(2)
@given(nights())
def test_never_skips_on_time(night: Night) -> None:
    """A wake-up at a slot, early, or before the slot after it skips nothing."""
    slots = IntervalSlots(night.origin, night.interval)
    for now in night.wakes:
        following = night.origin + (_index(night, slots) + 2) * night.interval
        early = now < following
        assert (claim(slots, now) == 0) is early


def _index(night: Night, slots: IntervalSlots) -> int:
    return round((last_slot(slots) - night.origin) / night.interval)


@given(nights())
def test_asleep_on_time_all_night(night: Night) -> None:
    """Woken exactly at each slot, a loop skips none, and no two slots fall together."""
    slots = IntervalSlots(night.origin, night.interval)
    for index in range(1, 101):
        slot = slots.next_moment()
        assert last_slot(slots) < slot
        assert claim(slots, slot) == 0
        assert last_slot(slots) == slot == night.origin + index * night.interval


@given(nights(), st.integers(0, 3))
def test_skip_past_leaves_one_slot(night: Night, taken: int) -> None:
    """Of the slots that have come, only the latest stays, as if there were no others."""
    for now in night.wakes:
        slots = IntervalSlots(night.origin, night.interval)
        for _ in range(taken):
            claim(slots, slots.next_moment())
        before = slots.next_moment()
        slots.skip_past(now)
        if before > now:
            assert slots.next_moment() == before
        else:
            assert before <= slots.next_moment() <= now
            assert claim(slots, now) == 0
            assert last_slot(slots) <= now < slots.next_moment()
            assert last_slot(slots) == night.origin + _index(night, slots) * night.interval


@examples(3)
@given(
    origin=readings,
    interval=st.one_of(
        st.floats(SMALLEST, 1e-3), st.floats(1e3, LARGEST), st.just(SMALLEST), st.just(LARGEST)
    ),
    waits=st.lists(
        st.one_of(readings, st.floats(0, 1e-300), st.floats(0, 1)), min_size=1, max_size=10
    ),
    skip_past=st.booleans(),
)
def test_any_interval_terminates(
    *, origin: float, interval: float, waits: Sequence[float], skip_past: bool
) -> None:
    """Also intervals that the clock can't resolve, or of ages, go on and never go back."""
    slots = IntervalSlots(origin, interval)
    now = origin
    for wait in waits:
        now += wait
        due = slots.next_moment()
        if due > now:
            continue
        if skip_past:
            slots.skip_past(now)
        assert claim(slots, now) >= 0
        assert last_slot(slots) <= now
        # A slot falls together with the present where the clock can't tell them apart.
        assert slots.next_moment() >= now
        if interval >= 8 * math.ulp(now):
            assert slots.next_moment() > now
