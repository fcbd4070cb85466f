"""How a run is paused, triggered, and goes by another policy."""

from __future__ import annotations

import math
from contextlib import suppress
from functools import partial

from defectio_tasks._run.overlap import Bodies, overlap
from defectio_tasks._run.run import FINISHING, Run
from defectio_tasks._run.telling import report_skipped
from defectio_tasks._slots.judged import Judge, is_decisive
from defectio_tasks._slots.kinds import ENDED


def goes_on(run: Run) -> bool:
    """Return whether further slots may begin: it was neither told to stop, nor is it ending."""
    return run.slots is not ENDED and run.stage is not FINISHING


def pause(run: Run) -> None:
    """Begin no further slot; the body at work finishes."""
    judge = judge_of(run)
    if not judge.paused:
        judge.paused, run.missed_by = True, "paused"
        run.judge_slots(judge)


def resume(run: Run) -> None:
    """Begin slots again; those that came meanwhile are missed."""
    judge = run.judge
    if judge is not None and judge.paused:
        judge.paused = False
        # A schedule of the user's own may fail; it will once more, where it counts.
        with suppress(Exception):
            late = run.slots.late(run.timers)
            if late is None or late < 0:
                run.missed_by = "late"
        run.judge_slots(judge)


def trigger(run: Run) -> None:
    """Ask for an iteration without a slot, now or right after the one at work."""
    judge = judge_of(run)
    judge.triggered = True
    run.judge_slots(judge)


def change_policy(run: Run) -> None:
    """Go by the policy of the settings from the next slot on, also where the run waits for it."""
    if goes_on(run):
        run.judge_slots(judge_of(run))


async def follow_policy(run: Run) -> None:
    """Go by the policy of the settings; with `overlap`, until there is one without.

    With a ledger, each body is a task of its own in any case: until the end.
    """
    _adopt_policy(run)
    if run.bodies is not None:
        await overlap(run, run.bodies, _adopt_policy)
        run.bodies = None


def _adopt_policy(run: Run) -> None:
    policy = run.policy = run.settings.policy
    if run.judge is not None or is_decisive(policy):
        judge = judge_of(run)
        judge.follow(policy)
        run.judge_slots(judge)
    run.limit_time()
    most = policy.overlap if policy is not None else False
    if most or run.claims is not None:
        run.bodies = run.bodies or Bodies()
        run.bodies.limit = math.inf if most is True else max(most, 1)


def judge_of(run: Run) -> Judge:
    """Return the judge of a run's slots; a run has none until there is something to decide."""
    return run.judge or Judge(partial(report_skipped, run))
