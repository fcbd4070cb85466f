"""The agenda of a wall-clock loop against a set of slots, whatever the clock does (contract L7)."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import oracle
from support.strategies import Case, cases_near, examples

from defectio_tasks import DailySchedule
from defectio_tasks._slots.pending import MOST_COUNTED, MOST_STRETCHES, Claim, PendingSlots


@pytest.fixture(autouse=True, scope="module")
def fast_enough() -> Iterator[None]:
    """Let no time pass while a schedule answers."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("defectio_tasks._slots.pending.perf_counter", lambda: 0.0)
        yield


START = datetime(2026, 1, 5, tzinfo=UTC)
SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)


def at(second: int) -> datetime:
    """Write a reading of the test's clock as a moment."""
    return START + second * SECOND


def skipped(claim: Claim | None) -> int:
    """Tell how many slots were skipped for a claim."""
    assert claim is not None
    return claim.skipped


def _second(moment: datetime) -> int:
    return (moment - START) // SECOND


class Listed:
    """A schedule of the user's own, with an end."""

    def __init__(self, slots: Collection[int]) -> None:
        """Take the slots, in seconds."""
        self.slots = sorted(at(slot) for slot in slots)

    def next_after(self, moment: datetime, /) -> datetime | None:
        """Tell the next slot, as a schedule does."""
        index = bisect_right(self.slots, moment)
        return self.slots[index] if index < len(self.slots) else None


class EveryMinute:
    """A schedule that counts how often it is asked."""

    def __init__(self) -> None:
        """Begin to count."""
        self.asked = 0

    def next_after(self, moment: datetime, /) -> datetime:
        """Tell the next full minute."""
        self.asked += 1
        return moment.replace(second=0, microsecond=0) + MINUTE


@dataclass
class Model:
    """What an agenda does, in sets."""

    slots: Collection[int]
    since: int
    """Slots up to here are over, or never were."""
    taken: list[int] = field(default_factory=list)

    def pending(self, now: int) -> int | None:
        """Tell the next slot; the clock that was set back makes slots count again."""
        self.since = min(self.since, now)
        return min(self._open(), default=None)

    def take(self, now: int) -> int:
        """Claim the latest slot that has come, and skip the others."""
        come = sorted(slot for slot in self._open() if slot <= now)
        self.taken.append(come[-1])
        self.since = now
        return len(come) - 1

    def _open(self) -> list[int]:
        return [slot for slot in self.slots if slot > self.since and slot not in self.taken]


# Each take can leave a hole behind, and so many of them an agenda surely remembers.
MOST_STEPS = 31

slots_drawn = st.one_of(
    st.sets(st.integers(0, 120), min_size=1, max_size=60),
    st.integers(1, 12).map(lambda step: set(range(0, 120, step))),
)
moves = st.one_of(
    st.integers(0, 3),
    st.integers(0, 12),
    st.integers(-12, 60),
    st.integers(-120, 120),
)
paths = st.lists(moves, min_size=1, max_size=MOST_STEPS)
long_paths = st.lists(moves, min_size=1, max_size=150)
starts = st.integers(-5, 125)


@examples(5)
@given(slots_drawn, starts, st.lists(st.tuples(moves, st.booleans()), max_size=MOST_STEPS))
def test_as_the_model_says(slots: set[int], now: int, steps: Sequence[tuple[int, bool]]) -> None:
    """Whether asleep or busy (then it is only looked at), an agenda does what sets do."""
    agenda, model = PendingSlots(Listed(slots), at(now)), Model(slots, now)
    for move, busy in steps:
        now += move
        slot, expected = agenda.pending(at(now)), model.pending(now)
        assert slot == (None if expected is None else at(expected))
        if slot is not None and slot <= at(now) and not busy:
            assert skipped(agenda.claim(at(now))) == model.take(now)
            assert agenda.last_slot() == at(model.taken[-1])
            upcoming = model.pending(now)
            assert agenda.pending(at(now)) == (None if upcoming is None else at(upcoming))


@dataclass(frozen=True, slots=True)
class Step:
    """What a loop that isn't busy did after the clock had moved."""

    before: int
    now: int
    taken: int | None
    skipped: int


def run(slots: Collection[int], now: int, path: Sequence[int]) -> list[Step]:
    """Let a loop wait along a path of the wall clock, as `_pace` has it wait."""
    agenda = PendingSlots(Listed(slots), at(now))
    steps = []
    for move in path:
        before, now = now, now + move
        slot = agenda.pending(at(now))
        if slot is None or slot > at(now):
            steps.append(Step(before, now, None, 0))
        else:
            claim = agenda.claim(at(now))
            assert claim is not None
            assert claim.first_skipped == slot
            steps.append(Step(before, now, _second(claim.slot), claim.skipped))
    return steps


@examples(3)
@given(slots_drawn, starts, long_paths)
def test_none_twice(slots: set[int], now: int, path: Sequence[int]) -> None:
    """No slot is taken twice, however often the clock is set back."""
    taken = [step.taken for step in run(slots, now, path) if step.taken is not None]
    assert len(taken) == len(set(taken))
    assert slots.issuperset(taken)


@examples(3)
@given(slots_drawn, starts, paths)
def test_none_early(slots: set[int], now: int, path: Sequence[int]) -> None:
    """A slot is only taken when the clock shows it or later."""
    for step in run(slots, now, path):
        assert step.taken is None or step.taken <= step.now


@examples(3)
@given(slots_drawn, starts, paths)
def test_one_take_for_all_that_the_clock_passes(
    slots: set[int], now: int, path: Sequence[int]
) -> None:
    """What the clock passes is claimed at once: the latest of the slots, the others skipped."""
    taken: set[int] = set()
    for step in run(slots, now, path):
        passed = sorted(slot for slot in slots - taken if step.before < slot <= step.now)
        assert (step.taken, step.skipped) == (
            (passed[-1], len(passed) - 1) if passed else (None, 0)
        )
        taken.update(passed[-1:])


@given(slots_drawn, starts, paths)
def test_setting_back_takes_nothing(slots: set[int], now: int, path: Sequence[int]) -> None:
    """A clock that is set back doesn't run anything by that."""
    for step in run(slots, now, path):
        assert step.now > step.before or step.taken is None


@given(slots_drawn, starts, paths)
def test_the_last_slot_of_before_is_not_run_again(
    slots: set[int], now: int, path: Sequence[int]
) -> None:
    """A new agenda, as for a changed interval, goes on from the slot that ran last (L12)."""
    schedule = Listed(slots)
    first = PendingSlots(schedule, at(-10))
    ran = first.pending(at(-10))
    assert ran is not None
    first.claim(ran)
    agenda = PendingSlots(schedule, at(now), first.ran())
    assert agenda.last_slot() == ran
    for move in path:
        now += move
        slot = agenda.pending(at(now))
        assert slot != ran
        if slot is not None and slot <= at(now):
            agenda.claim(at(now))


@given(st.integers(1, 2_000), st.integers(1, 3_000))
def test_a_long_run_is_remembered(slots: int, back: int) -> None:
    """However many slots were run on time: set back, the clock runs none of them again."""
    agenda = PendingSlots(EveryMinute(), START)
    for slot in range(1, slots + 1):
        assert skipped(agenda.claim(START + slot * MINUTE)) == 0
    # Those from before the start were never run.
    upcoming = slots + 1 if back <= slots else slots - back + 1
    assert agenda.pending(START + (slots - back) * MINUTE) == START + upcoming * MINUTE


@given(slots_drawn)
def test_an_end_is_an_end(slots: set[int]) -> None:
    """After the last slot nothing is pending, and taking it is nothing."""
    agenda = PendingSlots(Listed(slots), at(-10))
    assert agenda.pending(at(500)) == at(min(slots))
    assert skipped(agenda.claim(at(500))) == len(slots) - 1
    assert agenda.pending(at(500)) is None
    assert agenda.claim(at(500)) is None


@given(st.integers(0, 50 * 365 * 1440))
def test_counting_is_bounded(minutes: int) -> None:
    """A jump over years is counted up to 10,000 slots, with as many questions, and no more."""
    schedule = EveryMinute()
    agenda = PendingSlots(schedule, START)
    schedule.asked = 0
    now = START + (minutes + 1) * MINUTE
    assert skipped(agenda.claim(now)) == min(minutes, MOST_COUNTED)
    # Which of more is the latest takes two questions for each halving of the time.
    assert schedule.asked <= min(minutes, MOST_COUNTED) + 2 + 2 * 64
    assert agenda.pending(now) == now + MINUTE


@given(st.lists(st.integers(-300, 300), max_size=300))
def test_work_is_bounded(moves: Sequence[int]) -> None:
    """However often the clock jumped, a look costs a bounded number of questions."""
    schedule = EveryMinute()
    now = START + 30 * SECOND
    agenda = PendingSlots(schedule, now)
    for minutes in [*moves, -100_000]:
        now += minutes * MINUTE
        schedule.asked = 0
        slot = agenda.pending(now)
        assert schedule.asked <= MOST_STRETCHES + 1
        if slot is not None and slot <= now:
            schedule.asked = 0
            passed = skipped(agenda.claim(now))
            assert schedule.asked <= passed + MOST_STRETCHES + 2


@given(st.integers(1, 200))
def test_work_is_bounded_after_filling_holes(holes: int) -> None:
    """Also when slots were run in an order that leaves them in many pieces."""
    schedule = EveryMinute()
    agenda = PendingSlots(schedule, START)
    for _ in ("the odd minutes, with a hole after each", "the even ones, which fill the holes"):
        agenda.pending(START)
        for hole in range(1, holes + 1):
            now = START + 2 * hole * MINUTE
            slot = agenda.pending(now)
            if slot is not None and slot <= now:
                agenda.claim(now)
    schedule.asked = 0
    agenda.pending(START)
    assert schedule.asked <= MOST_STRETCHES + 1


@given(cases_near(), st.lists(st.integers(-120, 600), min_size=1, max_size=12))
def test_with_wall_times(case: Case, path: Sequence[int]) -> None:
    """Over real gaps and folds, with a clock that is set: each slot once, none lost."""
    now = earliest = latest = case.moment
    agenda = PendingSlots(DailySchedule(case.times), now)
    taken = []
    skipped = 0
    for minutes in path:
        now += minutes * MINUTE
        earliest, latest = min(earliest, now), max(latest, now)
        slot = agenda.pending(now)
        if slot is not None and slot <= now:
            claim = agenda.claim(now)
            assert claim is not None
            taken.append(claim.slot)
            skipped += claim.skipped
    slots = oracle.slots_between(case.times, earliest, latest)
    assert len(taken) == len(set(taken))
    assert set(taken) <= set(slots)
    if all(minutes > 0 for minutes in path):
        assert len(taken) + skipped == len(slots)
