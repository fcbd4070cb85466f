"""Loops with a ledger, against the same loops without, and against each other (D3, D13).

Everything lives in virtual time; each process is a loop with a ledger of its own, over one file.
"""

from __future__ import annotations

import asyncio
import random
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Literal, TypeAlias

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.strategies import examples
from support.told import watching
from support.virtual_time import START, pending_timers

import defectio_tasks as tasks
from defectio_tasks.ledgers import SqliteLedger
from defectio_tasks.ledgers._sqlite import SqliteDatabase
from defectio_tasks.testing import VirtualClock

SECOND = timedelta(seconds=1)
LENGTH = 600
"""For how many seconds there are slots."""
Deed: TypeAlias = Literal["pause", "resume", "trigger", "block", "nothing"]


@pytest.fixture(autouse=True, scope="module")
def no_power_is_cut() -> Iterator[None]:
    """Have no statement wait for the disk."""

    def prepare(self: SqliteDatabase, until: float) -> None:
        self.execute("PRAGMA synchronous = OFF", {})

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(SqliteDatabase, "_write_ahead", prepare)
        yield


@dataclass(frozen=True)
class Case:
    """A loop, and what is done to it."""

    schedule: tasks.Schedule
    policy: tasks.Policy | None
    bodies: Sequence[float | None]
    """How many seconds each body takes, in turn; one that is ``None`` fails."""
    deeds: Sequence[tuple[float, Deed]]
    """What is done, and after how many seconds."""
    count: int | None = None
    all_alike: bool = True
    """Whether each thing is done to the loops of all processes, or to those in turns."""


def limited(schedule: tasks.Schedule) -> tasks.Schedule:
    return tasks.between(schedule, START, START + LENGTH * SECOND)


def at(seconds: Sequence[float]) -> tasks.Schedule:
    return tasks.At(*(START + second * SECOND for second in seconds))


every = st.builds(
    tasks.Every,
    seconds=st.sampled_from([7, 10, 30, 61]),
    anchor=st.sampled_from([START, START + 3.25 * SECOND]),
).map(limited)
listed = st.lists(st.floats(0, LENGTH, width=32), min_size=1, max_size=12).map(at)
crons = st.sampled_from(["* * * * *", "*/3 * * * *"]).map(lambda text: limited(tasks.Cron(text)))
schedules = st.one_of(every, listed, crons, st.builds(tasks.merge, every, listed))
bodies = st.lists(st.sampled_from([0.0, 0.3, 4.0, 25.0, 80.0]), min_size=1, max_size=5)
pauses = st.sampled_from([0.0, 0.5, 10.0, 33.0, 90.0])
deeds = st.lists(
    st.tuples(
        pauses,
        st.sampled_from(["pause", "resume", "trigger", "block", "nothing"]),
    ),
    max_size=6,
)
some_pauses = st.lists(st.tuples(pauses, st.sampled_from(["pause", "resume", "block"])), max_size=9)
policies = st.none() | st.builds(
    tasks.Policy,
    missed=st.sampled_from(["one", "all", "skip"]),
    grace=st.sampled_from([None, None, 0, 7, 45]),
    overlap=st.sampled_from([False, True, 2]),
    timeout=st.sampled_from([None, 2, 20]),
    retries=st.sampled_from([None, 0, 2]),
    max_failures=st.sampled_from([None, None, 1, 3]),
    jitter=st.sampled_from([0, 0, 3, 90]),
    delivery=st.sampled_from(["at_most_once", "at_least_once"]),
)
cases = st.builds(
    Case,
    schedule=schedules,
    policy=policies,
    bodies=st.lists(st.sampled_from([0.0, 0.3, 4.0, 25.0, 80.0, None]), min_size=1, max_size=5),
    deeds=deeds,
    count=st.sampled_from([None, None, 3]),
)


def make(case: Case, ledger: SqliteLedger | None) -> tasks.Loop[[], None]:
    begun = 0

    @tasks.loop(
        schedule=case.schedule, name="digest", policy=case.policy, count=case.count, ledger=ledger
    )
    async def digest() -> None:
        nonlocal begun
        takes = case.bodies[begun % len(case.bodies)]
        begun += 1
        if takes is None:
            raise OSError
        await asyncio.sleep(takes)

    return digest


@contextmanager
def same_chances(policy: tasks.Policy | None) -> Iterator[None]:
    """Have jitter and back-off come out the same each time.

    Of bodies that are at work at once, whichever is first to ask: so each is told the same.
    """
    state = random.getstate()
    random.seed(0)
    try:
        with pytest.MonkeyPatch.context() as patch:
            if policy is not None and policy.overlap:
                patch.setattr(random, "random", lambda: 0.618)
            yield
    finally:
        random.setstate(state)


def live(case: Case, processes: int, *, with_ledger: bool) -> list[list[str]]:
    """Return what was told of the loop in each process."""
    clock = VirtualClock(START)
    told = list[list[str]]()

    async def main() -> None:
        async with AsyncExitStack() as stack:
            folder = stack.enter_context(tempfile.TemporaryDirectory())
            loops = list[tasks.Loop[[], None]]()
            for _ in range(processes):
                ledger = None
                if with_ledger:
                    # By the virtual clock, a lease would run out within a body.
                    ledger = SqliteLedger(f"{folder}/ledger.db", lease=7_200)
                    await stack.enter_async_context(ledger)
                loops.append(make(case, ledger))
            told.extend(stack.enter_context(watching(loop)) for loop in loops)
            for loop in loops:
                loop.start()
            for number, (after, deed) in enumerate(case.deeds):
                await clock.advance(seconds=after)
                for loop in loops if case.all_alike else [loops[number % processes]]:
                    do(loop, deed)
                if deed == "block":
                    clock.block(40)
            await clock.advance(seconds=1)
            for loop in loops:
                loop.resume()
            await clock.advance(hours=6)
            # One whose body always fails is still at it.
            for loop in loops:
                loop.cancel()
            await clock.settle()
            assert [loop for loop in loops if loop.is_running()] == []
            assert asyncio.all_tasks() == {asyncio.current_task()}
            assert pending_timers(asyncio.get_running_loop()) == []

    with same_chances(case.policy):
        clock.run(main())
    return told


def do(loop: tasks.Loop[[], None], deed: Deed) -> None:
    if deed == "pause":
        loop.pause()
    elif deed == "resume":
        loop.resume()
    elif deed == "trigger" and loop.is_running():
        loop.trigger()


def slots(told: Sequence[Sequence[str]]) -> Counter[str]:
    """Return the slots of all iterations that have begun."""
    words = (text.split() for each in told for text in each)
    return Counter(what[1].partition("+")[0] for what in words if what[0] == "started")


def without_order(told: Sequence[Sequence[str]]) -> list[str]:
    """Return what was told, whichever of two bodies at work at the same moment was first.

    To claim takes turns of the event loop; so it depends on that, too, whether a slot was missed
    because a body was at work, or for no reason.
    """
    return sorted(
        text.removesuffix(" busy").removesuffix(" late") for each in told for text in each
    )


@examples(0.5)
@given(cases)
def test_d13_a_loop_with_a_ledger_is_one_without(case: Case) -> None:
    """All that is told of it is the same, to the microsecond."""
    with_ledger, without = live(case, 1, with_ledger=True), live(case, 1, with_ledger=False)
    assert without_order(with_ledger) == without_order(without)
    if case.policy is None or not case.policy.overlap:
        assert with_ledger == without


@examples(0.3)
@given(
    st.builds(
        Case,
        schedule=schedules,
        policy=st.builds(
            tasks.Policy,
            missed=st.just("all"),
            overlap=st.sampled_from([False, True, 2]),
            jitter=st.sampled_from([0, 0, 3, 90]),
            delivery=st.sampled_from(["at_most_once", "at_least_once"]),
        ),
        bodies=bodies,
        deeds=st.lists(
            st.tuples(pauses, st.sampled_from(["pause", "resume", "block"])), max_size=9
        ),
        all_alike=st.just(value=False),
    ),
    st.integers(2, 4),
)
def test_d3_where_each_slot_is_run_n_processes_are_one(case: Case, processes: int) -> None:
    """However slow they are, and whichever of them are paused."""
    together = slots(live(case, processes, with_ledger=True))
    assert together == slots(live(case, 1, with_ledger=False))
    slot, due = case.schedule.next_after(START), list[str]()
    while slot is not None:
        due.append(f"{(slot - START).total_seconds():g}")
        slot = case.schedule.next_after(slot)
    assert together == Counter(due)


@examples(0.3)
@given(
    st.builds(
        Case,
        schedule=schedules,
        policy=st.none()
        | st.builds(
            tasks.Policy,
            missed=st.sampled_from(["one", "all", "skip"]),
            grace=st.sampled_from([None, 0, 7, 45]),
            overlap=st.sampled_from([False, True, 2]),
            delivery=st.sampled_from(["at_most_once", "at_least_once"]),
        ),
        bodies=st.just([0.0]),
        deeds=st.lists(
            st.tuples(pauses, st.sampled_from(["pause", "resume", "block"])), max_size=9
        ),
    ),
    st.integers(2, 4),
)
def test_d6_whatever_becomes_of_missed_slots_n_processes_are_one(
    case: Case, processes: int
) -> None:
    """Where all of them have missed the same."""
    together = slots(live(case, processes, with_ledger=True))
    assert together == slots(live(case, 1, with_ledger=False))


@examples(0.3)
@given(cases, st.integers(2, 4))
def test_d3_no_slot_is_begun_twice(case: Case, processes: int) -> None:
    """Whatever they are like: triggers have no slots, and are left out."""
    kept = [(after, "nothing" if deed == "trigger" else deed) for after, deed in case.deeds]
    together = slots(live(replace(case, deeds=kept, all_alike=False), processes, with_ledger=True))
    assert {slot: count for slot, count in together.items() if count > 1} == {}


@examples(0.3)
@given(
    st.builds(
        Case,
        schedule=every,
        policy=st.builds(
            tasks.Policy,
            missed=st.just("one"),
            overlap=st.sampled_from([False, True]),
            jitter=st.sampled_from([20, 90]),
        ),
        bodies=bodies,
        deeds=some_pauses,
        all_alike=st.just(value=False),
    ),
    st.integers(2, 4),
)
def test_d6_no_slot_is_begun_after_a_later_one(case: Case, processes: int) -> None:
    """Jitter has each process be behind the others at times."""
    begun = list[tuple[float, float]]()
    for text in (text for each in live(case, processes, with_ledger=True) for text in each):
        if text.startswith("started"):
            slot, late = map(float, text.split()[1].split("+"))
            # Of those that begin at one moment, each may be told of first.
            begun.append((round(slot + late, 3), slot))
    in_order = [slot for _, slot in sorted(begun)]
    assert in_order == sorted(in_order)
