"""Which wall-clock slots are still to be run, whatever the clock does (contract L7)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, timezone
from typing import Final, cast

import pytest

from defectio_tasks import Schedule
from defectio_tasks._schedules.schedule import next_slot
from defectio_tasks._slots.pending import Claim, PendingSlots, Stretch

DAY: Final = datetime(2026, 1, 5, tzinfo=UTC)
NOON: Final = DAY + timedelta(hours=12)


class Every:
    """A schedule with a slot at each multiple of a step from midnight."""

    def __init__(self, **step: float) -> None:
        """Take the step in `timedelta`'s words."""
        self.step = timedelta(**step)
        self.asked = 0

    def next_after(self, moment: datetime, /) -> datetime:
        """Tell the next multiple."""
        self.asked += 1
        return DAY + ((moment - DAY) // self.step + 1) * self.step


class Listed:
    """A schedule that ends."""

    def __init__(self, *slots: datetime) -> None:
        """Take the slots, in order."""
        self.slots = slots

    def next_after(self, moment: datetime, /) -> datetime | None:
        """Tell the next of the list."""
        return next((slot for slot in self.slots if slot > moment), None)


class Answering:
    """A schedule that answers with one thing, whatever it is asked."""

    def __init__(self, answer: object) -> None:
        """Take the answer; it may break the promise."""
        self.answer = answer
        self.asked = 0

    def next_after(self, _: datetime, /) -> datetime | None:
        """Give the answer."""
        self.asked += 1
        assert self.asked < 10, "it would go on without end"
        return cast("datetime | None", self.answer)


@pytest.fixture
def fast_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no time pass while a schedule answers."""
    monkeypatch.setattr("defectio_tasks._slots.pending.perf_counter", lambda: 0.0)


def at(hour: float) -> datetime:
    """Write a moment of that day."""
    return DAY + timedelta(hours=hour)


def run(agenda: PendingSlots, moments: Sequence[datetime]) -> list[tuple[datetime, int]]:
    """Do as a loop does that wakes at these moments: tell which slots it ran, and the skipped."""
    ran = []
    for now in moments:
        slot = agenda.pending(now)
        if slot is not None and slot <= now:
            claim = agenda.claim(now)
            assert claim is not None
            assert claim.skipped == 0 or claim.first_skipped == slot
            ran.append((claim.slot, claim.skipped))
    return ran


def skipped(claim: Claim | None) -> int:
    """Tell how many slots were skipped for a claim."""
    assert claim is not None
    return claim.skipped


def test_l7_each_slot_in_turn() -> None:
    """L7: a clock that just goes on."""
    agenda = PendingSlots(Every(hours=1), NOON)
    assert agenda.pending(NOON) == at(13)
    assert run(agenda, [at(12.5), at(13), at(13.5), at(14.9), at(15)]) == [
        (at(13), 0),
        (at(14), 0),
        (at(15), 0),
    ]
    assert agenda.pending(at(15)) == at(16)


def test_l7_a_slot_at_the_beginning_is_not_run() -> None:
    """W4: slots are strictly after the moment at which the run begins."""
    assert PendingSlots(Every(hours=1), at(13)).pending(at(13)) == at(14)


def test_l7_the_last_slot_of_an_earlier_pace_is_not_run_again() -> None:
    """L7, L12: a changed schedule that names the slot that was just run."""
    agenda = PendingSlots(Every(hours=1), at(12.9), [Stretch(None, at(13), at(13))])
    assert agenda.last_slot() == at(13)
    assert agenda.pending(at(12.9)) == at(14)


def test_l7_last_slot() -> None:
    """L12: an interval counts from the last slot that was run."""
    agenda = PendingSlots(Every(hours=1), NOON)
    assert agenda.last_slot() is None
    agenda.claim(at(13))
    assert agenda.last_slot() == at(13)
    agenda.claim(at(14.5))
    assert agenda.last_slot() == at(14)


def test_l7_clock_set_forward_is_one_iteration_for_all_missed() -> None:
    """L7: one iteration for all the slots missed, then the next."""
    agenda = PendingSlots(Every(hours=1), NOON)
    assert run(agenda, [at(16.5), at(16.6), at(17)]) == [(at(16), 3), (at(17), 0)]


def test_l7_a_slot_due_at_this_moment_has_come() -> None:
    """L7: it belongs to those missed, or it would come at once on top of the late iteration."""
    agenda = PendingSlots(Every(hours=1), NOON)
    assert skipped(agenda.claim(at(15))) == 2
    assert agenda.pending(at(15)) == at(16)


def test_l7_clock_set_back_before_any_run() -> None:
    """L7: slots that come again weren't run, so they count."""
    agenda = PendingSlots(Every(hours=1), NOON)
    assert run(agenda, [at(10.5), at(11), at(12), at(13), at(14)]) == [
        (at(11), 0),
        (at(12), 0),
        (at(13), 0),
        (at(14), 0),
    ]


def test_l7_clock_set_back_after_runs() -> None:
    """L7: each slot at most once."""
    agenda = PendingSlots(Every(hours=1), NOON)
    assert run(agenda, [at(13), at(14), at(12.5), at(13), at(14), at(15)]) == [
        (at(13), 0),
        (at(14), 0),
        (at(15), 0),
    ]


def test_l7_clock_set_back_beyond_the_beginning() -> None:
    """L7: slots before the beginning count, those that were run don't, and all later ones do."""
    agenda = PendingSlots(Every(hours=1), NOON)
    moments = [at(13), at(14), at(10.5), *map(at, range(11, 18))]
    assert [slot for slot, _ in run(agenda, moments)] == [
        at(hour) for hour in (13, 14, 11, 12, 15, 16, 17)
    ]


def test_l7_clock_set_back_again_and_again() -> None:
    """L7: no slot twice and none lost, with a clock that stumbles all the time."""
    agenda = PendingSlots(Every(hours=1), NOON)
    # Three steps forward and a longer one back; none of them reaches over a whole slot.
    moments = [at(12 + (step // 4) * 0.3 + (step % 4) * 0.4) for step in range(100)]
    assert run(agenda, moments) == [(at(hour), 0) for hour in range(13, 21)]


def test_l7_clock_set_forward_and_back_loses_no_slot() -> None:
    """L7: a clock that was wrong by days for a while; what was skipped then comes in its time."""
    agenda = PendingSlots(Every(hours=24), NOON)
    assert run(agenda, [at(24 * 4 + 1)]) == [(at(96), 3)]
    assert agenda.pending(at(13)) == at(24)
    moments = [at(24 * day) for day in range(1, 6)]
    assert [slot for slot, _ in run(agenda, moments)] == [at(24 * day) for day in (1, 2, 3, 5)]


def test_l7_several_jumps_leave_several_slots_behind() -> None:
    """L7: slots that were run with holes between; none of them again, all the others."""
    agenda = PendingSlots(Every(hours=1), NOON)
    run(agenda, [at(13), at(15.5), at(16), at(19.5)])
    moments = [at(12), *map(at, range(13, 22))]
    assert [slot for slot, _ in run(agenda, moments)] == [at(hour) for hour in (14, 17, 18, 20, 21)]


def test_l7_skipped_slots_that_were_run_do_not_count() -> None:
    """I2, L7: what is reported as skipped is what got no iteration."""
    agenda = PendingSlots(Every(hours=1), NOON)
    run(agenda, [at(13), at(14)])
    assert agenda.pending(at(11.5)) == at(12)
    assert skipped(agenda.claim(at(16))) == 2
    assert agenda.pending(at(16)) == at(17)


def test_l7_of_many_jumps_the_late_ones_are_remembered_exactly() -> None:
    """L7: none is run twice; of the earliest jumps, holes may count as run."""
    agenda = PendingSlots(Every(hours=1), DAY)
    # Each jump leaves two slots out, so that no two of those that are run are neighbours.
    ran = [slot for slot, _ in run(agenda, [at(3.5 + 3 * jump) for jump in range(40)])]
    assert len(ran) == 40
    half_an_hour = timedelta(minutes=30)
    for slot in reversed(ran[-30:]):
        assert agenda.pending(slot - half_an_hour) == slot + timedelta(hours=1)
    for slot in reversed(ran[:-30]):
        assert agenda.pending(slot - half_an_hour) not in ran


@pytest.mark.parametrize(("missed", "counted"), [(9_999, 9_999), (10_000, 10_000)])
@pytest.mark.usefixtures("fast_enough")
def test_l7_skipped_slots_are_counted_exactly_up_to_10_000(missed: int, counted: int) -> None:
    """L7: up to the cap the count is exact."""
    agenda = PendingSlots(Every(minutes=1), NOON)
    now = NOON + timedelta(minutes=1 + missed)
    assert skipped(agenda.claim(now)) == counted
    assert agenda.pending(now) == now + timedelta(minutes=1)


def test_l7_a_schedule_that_is_slow_is_not_asked_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    """L7: what is only counted is bounded in time too, and then told as a least number."""
    now = 0.0

    class Slow(Every):
        def next_after(self, moment: datetime, /) -> datetime:
            nonlocal now
            now += 0.001
            return super().next_after(moment)

    monkeypatch.setattr("defectio_tasks._slots.pending.perf_counter", lambda: now)
    agenda = PendingSlots(Slow(minutes=1), NOON)
    claim = agenda.claim(NOON + timedelta(days=7, seconds=30))
    assert claim is not None
    assert claim.slot == NOON + timedelta(days=7)
    assert 45 < claim.skipped < 55
    assert str(claim.skipped) == f"at least {int(claim.skipped)}"
    assert now < 0.05 + 0.001 * 2 * 64


@pytest.mark.usefixtures("fast_enough")
def test_l7_a_clock_set_forward_by_years_keeps_nobody_busy() -> None:
    """L7: beyond 10,000 the count is given up, and the next slot is still the right one."""
    schedule = Every(minutes=1)
    agenda = PendingSlots(schedule, NOON)
    now = NOON + timedelta(days=3 * 365, seconds=30)
    assert skipped(agenda.claim(now)) == 10_000
    assert agenda.pending(now) == now + timedelta(seconds=30)
    # Which of so many is the latest takes two questions for each halving of the time.
    assert schedule.asked < 10_010 + 2 * 64


def test_l7_schedule_that_ends() -> None:
    """Contract 1: `None` when there will be no slot; also after a jump over the last ones."""
    agenda = PendingSlots(Listed(at(13), at(14), at(15)), NOON)
    assert run(agenda, [at(13), at(15.5)]) == [(at(13), 0), (at(15), 1)]
    assert agenda.pending(at(16)) is None
    assert agenda.claim(at(16)) is None
    # Set back, the skipped slot comes again.
    assert agenda.pending(at(13.5)) == at(14)


def test_l7_schedule_without_any_slot() -> None:
    """Contract 1: such a loop ends by itself."""
    assert PendingSlots(Listed(), NOON).pending(NOON) is None


def test_l7_schedule_is_not_asked_while_the_clock_goes_on() -> None:
    """L7: a schedule may be slow; waiting for a slot asks it nothing."""
    schedule = Every(hours=1)
    agenda = PendingSlots(schedule, NOON)
    assert agenda.pending(NOON) == at(13)
    asked = schedule.asked
    for minute in range(60):
        agenda.pending(NOON + timedelta(minutes=minute))
    assert schedule.asked == asked


BROKEN_PROMISES: Final = [
    pytest.param(
        "13:00",
        TypeError,
        "`next_after` must return a datetime.datetime or None, got '13:00'",
        id="not a datetime",
    ),
    pytest.param(
        at(13).date(),
        TypeError,
        "`next_after` must return a datetime.datetime or None, got datetime.date(2026, 1, 5)",
        id="a date",
    ),
    pytest.param(
        at(13).timestamp(),
        TypeError,
        "`next_after` must return a datetime.datetime or None, got 1767618000.0",
        id="a timestamp",
    ),
    pytest.param(
        datetime.fromisoformat("2026-01-05 13:00"),
        ValueError,
        "`next_after` must return an aware datetime, got datetime.datetime(2026, 1, 5, 13, 0)",
        id="naive",
    ),
    pytest.param(
        NOON,
        ValueError,
        "`next_after` must return a slot after 2026-01-05 12:00:00+00:00, "
        "got 2026-01-05 12:00:00+00:00",
        id="the moment itself",
    ),
    pytest.param(
        datetime(2026, 1, 5, 12, 59, tzinfo=timezone(timedelta(hours=1))),
        ValueError,
        "`next_after` must return a slot after 2026-01-05 12:00:00+00:00, "
        "got 2026-01-05 12:59:00+01:00",
        id="in the past, in another zone",
    ),
    pytest.param(
        datetime.max.replace(tzinfo=timezone(-timedelta(hours=1))),
        OverflowError,
        "`next_after` must return a slot within datetime's range in UTC, got datetime.datetime("
        "9999, 12, 31, 23, 59, 59, 999999, "
        "tzinfo=datetime.timezone(datetime.timedelta(days=-1, seconds=82800)))",
        id="beyond the range",
    ),
]


@pytest.mark.parametrize(("answer", "error", "message"), BROKEN_PROMISES)
def test_section_1_schedule_is_held_to_its_promise(
    answer: object, error: type[Exception], message: str
) -> None:
    """Contract 1: an aware moment strictly after the one asked about, or `None`."""
    with pytest.raises(error, match=f"^{re.escape(message)}$"):
        PendingSlots(Answering(answer), NOON).pending(NOON)


def test_section_1_schedule_that_breaks_its_promise_later() -> None:
    """Contract 1: a schedule that stands still would have its loop run without end."""
    agenda = PendingSlots(Answering(at(13)), NOON)
    # The slot that has come counts all the same.
    assert skipped(agenda.claim(at(13))) == 0
    with pytest.raises(ValueError, match=re.escape("`next_after` must return a slot after")):
        agenda.pending(at(13))


def test_section_1_a_schedules_own_error_comes_through() -> None:
    """Contract 1: an error that isn't ours isn't dressed up as ours."""

    class Failing:
        def next_after(self, _: datetime, /) -> datetime:
            message = "the users' own trouble"
            raise LookupError(message)

    with pytest.raises(LookupError, match="the users' own trouble"):
        PendingSlots(Failing(), NOON).pending(NOON)


def test_w4_answers_in_other_zones_are_turned_to_utc() -> None:
    """W4, L13: whatever zone a user's schedule answers in, slots are in UTC."""
    answer = datetime(2026, 1, 5, 14, tzinfo=timezone(timedelta(hours=1)))
    slot = PendingSlots(Answering(answer), NOON).pending(NOON)
    assert slot == at(13)
    assert slot is not None
    assert slot.tzinfo is UTC


def test_section_1_schedule_is_asked_in_utc() -> None:
    """Contract 1: the moment asked about is aware; a loop asks in UTC."""
    asked: list[datetime] = []

    class Noting:
        def next_after(self, moment: datetime, /) -> datetime:
            asked.append(moment)
            return (moment + timedelta(hours=1)).astimezone(timezone(timedelta(hours=5)))

    schedule: Schedule = Noting()
    agenda = PendingSlots(schedule, NOON)
    agenda.claim(at(15))
    assert {moment.tzinfo for moment in asked} == {UTC}


def test_section_1_next_slot_of_a_schedule_that_ends() -> None:
    """Contract 1: `None` is an answer."""
    assert next_slot(Listed(at(13)), at(13)) is None


def test_l7_a_body_that_always_overruns_and_a_clock_set_back() -> None:
    """L7: each take leaves a hole; however many there are, no slot is run twice."""

    class EveryMinute:
        def next_after(self, moment: datetime, /) -> datetime:
            return moment.replace(second=0, microsecond=0) + timedelta(minutes=1)

    agenda = PendingSlots(EveryMinute(), NOON)
    taken: list[datetime] = []
    moments = [NOON + timedelta(minutes=2 * count) for count in range(1, 100)]
    moments += [NOON + timedelta(minutes=count) for count in range(250)]
    for now in moments:
        slot = agenda.pending(now)
        assert slot is not None
        if slot <= now:
            claim = agenda.claim(now)
            assert claim is not None
            taken.append(claim.slot)
    assert len(taken) == len(set(taken))
    assert taken[-1] == moments[-1], "and those that come after are run"


def test_l7_stretches_are_not_gathered_without_end() -> None:
    """L7: of very many holes the earliest are given up: lost is better than run twice."""
    agenda = PendingSlots(Every(hours=1), DAY)
    for number in range(40):
        slot = at(1 + 6 * number)
        assert agenda.pending(slot) == slot
        assert skipped(agenda.claim(slot + timedelta(hours=5))) == 5
    assert len(agenda._stretches) == 32
    # The holes among the first nine slots that were run are closed, all others are still open.
    for number in range(39, 8, -1):
        slot = at(1 + 6 * number)
        assert agenda.pending(slot - timedelta(minutes=1)) == slot
    assert agenda.pending(at(6)) == at(6 + 6 * 8 + 1)
    assert agenda.pending(DAY) == at(1)


def test_l7_a_slot_that_is_taken_back_comes_once_more_and_those_before_it_do_not() -> None:
    """As when the clock was wrong, and is set back before the slot has begun."""
    pending = PendingSlots(Every(hours=1), NOON)
    slots = [NOON + timedelta(hours=hours) for hours in (1, 2, 3)]
    for slot in slots[:2]:
        assert pending.claim(slot) == Claim(slot, 0, slot)
    assert not pending.take_back(slots[0])
    assert pending.take_back(slots[1])
    assert pending.pending(NOON + timedelta(minutes=30)) == slots[1]
    assert pending.claim(slots[1]) == Claim(slots[1], 0, slots[1])
    assert pending.pending(slots[1]) == slots[2]
