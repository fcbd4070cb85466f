"""Background tasks for bots: strictly typed, right by the clock, sane in every order of events.

``import defectio_tasks as tasks`` replaces ``from defectio.ext import tasks``.

A map of the wings, from the user's side downwards:

- ``_loop``: what a user holds: ``loop``, ``Loop``, and the check of every argument.
- ``_run``: the life of one run, from ``start`` to the end of ``after_loop``.
- ``_events``: who is told of what happens: the log, and whoever observes.
- ``_policy``: what if something goes wrong: which errors are tried again, and when.
- ``_slots``: which slot a run waits for, and how.
- ``_schedules``: when a loop is due, calculated without a clock.
- ``_zones``: one wall time to one instant: gaps, folds and offsets.
- ``_time``: the two clocks, and the timer by which all loops wait.
- ``_cli``: the command line, ``python -m defectio_tasks``. Nothing else imports it.
- ``testing``: a clock for the tests of a user's loops. Nothing else imports it.
"""

from importlib import import_module
from typing import TYPE_CHECKING

from defectio_tasks._events.observers import observe
from defectio_tasks._loop.decorator import loop
from defectio_tasks._loop.loop import Loop
from defectio_tasks._schedules.daily import DailySchedule
from defectio_tasks._schedules.schedule import Schedule

if TYPE_CHECKING:
    from defectio_tasks._events.events import Ended, Event, Finished, Retrying, Skipped, Started
    from defectio_tasks._loop.control import loops, shutdown
    from defectio_tasks._loop.statistics import LoopStatistics, Statistics
    from defectio_tasks._loop.upcoming import upcoming
    from defectio_tasks._policy.policy import Policy
    from defectio_tasks._run.current import current_claim, current_slot
    from defectio_tasks._schedules.at import At
    from defectio_tasks._schedules.combinations import between, merge, shift
    from defectio_tasks._schedules.cron import Cron
    from defectio_tasks._schedules.every import Every
    from defectio_tasks._schedules.weekdays import Weekdays

__all__ = (
    "At",
    "Cron",
    "DailySchedule",
    "Ended",
    "Event",
    "Every",
    "Finished",
    "Loop",
    "LoopStatistics",
    "Policy",
    "Retrying",
    "Schedule",
    "Skipped",
    "Started",
    "Statistics",
    "Weekdays",
    "between",
    "current_claim",
    "current_slot",
    "loop",
    "loops",
    "merge",
    "observe",
    "shift",
    "shutdown",
    "upcoming",
)


if not TYPE_CHECKING:  # pragma: no branch
    # What only some bots need is imported when it is asked for.
    _LATER = {
        name: f"defectio_tasks.{room}"
        for room, names in {
            "_events.events": ("Ended", "Event", "Finished", "Retrying", "Skipped", "Started"),
            "_loop.statistics": ("LoopStatistics", "Statistics"),
            "_loop.control": ("loops", "shutdown"),
            "_loop.upcoming": ("upcoming",),
            "_policy.policy": ("Policy",),
            "_run.current": ("current_claim", "current_slot"),
            "_schedules.at": ("At",),
            "_schedules.combinations": ("between", "merge", "shift"),
            "_schedules.cron": ("Cron",),
            "_schedules.every": ("Every",),
            "_schedules.weekdays": ("Weekdays",),
        }.items()
        for name in names
    }

    def __getattr__(name: str) -> object:
        if name not in _LATER:
            message = f"module {__name__!r} has no attribute {name!r}"
            raise AttributeError(message)
        value = globals()[name] = getattr(import_module(_LATER[name]), name)
        return value

    def __dir__() -> list[str]:
        return sorted(__all__)
