"""Background tasks for bots: strictly typed, right by the clock, sane in every order of events.

``import defectio_tasks as tasks`` replaces ``from defectio.ext import tasks``.

>>> import asyncio
>>> import defectio_tasks as tasks
>>> @tasks.loop(seconds=2, count=3)
... async def remind(whom: str) -> None:
...     print(f"{whom}, drink some water ({remind.current_loop + 1})")
>>> async def main() -> None:
...     await remind.start("Ada")
>>> asyncio.run(main())
Ada, drink some water (1)
Ada, drink some water (2)
Ada, drink some water (3)

A bot calls ``self.remind.start("Ada")`` in its ``__init__``: each instance has a loop of its own.

Loops:

- ``loop``: the decorator: ``@loop(minutes=5)``, ``@loop(time=time(8, 30, tzinfo=...))``.
- ``Loop``: what it makes: ``start``, ``stop``, ``cancel``, ``restart``, ``pause``, ``trigger``,
  ``change_interval``; the hooks ``before_loop``, ``error`` and ``after_loop``.
- ``loops``: those that run.
- ``shutdown``: stop them, wait for them, and cancel those that take too long.
- ``current_slot``, ``current_claim``: within a body: when it was due, and its claim of a ledger.

When they run, other than by an interval or at times of the day:

- ``Weekdays``: only on some days: ``@loop(time=..., on=Weekdays("mon-fri"))``.
- ``Cron``: by a cron expression: ``@loop(schedule=Cron("30 8 * * mon-fri", tz))``.
- ``Every``: at full hours, at quarter hours, on every second day.
- ``At``: at given moments.
- ``DailySchedule``: at times of the day: what ``time=`` makes, to be combined with others.
- ``merge``, ``shift``, ``between``: several schedules in one; one that is moved, or limited.
- ``Schedule``: whatever has ``next_after``: a schedule of one's own.
- ``upcoming``: the next slots of a loop or a schedule.

What if something goes wrong:

- ``Policy``: what becomes of missed slots, slow bodies and failures:
  ``@loop(minutes=5, policy=Policy(timeout=30, max_failures=3))``.

Who is told:

- ``observe``: call a function with each event: ``Started``, ``Retrying``, ``Finished``,
  ``Skipped``, ``Ended``; any of them is an ``Event``.
- ``Statistics``: an observer that counts: ``LoopStatistics`` of each loop, or a table of all.

Besides those there are:

- ``defectio_tasks.testing``: a clock for the tests of one's own loops: a week takes milliseconds.
- ``defectio_tasks.ledgers``: stores of what was done, across restarts and several processes:
  ``@loop(time=..., name="bulletin", ledger=SqliteLedger("bot.db"))``.
- ``defectio_tasks.cog``: commands for the owner of a defectio bot: ``bot.add_cog(Tasks(bot))``.
- ``python -m defectio_tasks``: see in a terminal when loops run.

Whoever reads the source finds it in wings, here from the user's side downwards:

- ``_loop``: what a user holds: ``loop``, ``Loop``, and the check of every argument.
- ``_run``: the life of one run, from ``start`` to the end of ``after_loop``.
- ``_events``: who is told of what happens: the log, and whoever observes.
- ``_policy``: what if something goes wrong: which errors are tried again, and when.
- ``_slots``: which slot a run waits for, and how.
- ``_schedules``: when a loop is due, calculated without a clock.
- ``_zones``: one wall time to one instant: gaps, folds and offsets.
- ``_time``: the two clocks, and the timer by which all loops wait.
- ``_chat``: what the owner is answered in a chat. Only ``cog`` imports it.
- ``_cli``: the command line. Nothing else imports it, nor ``testing``, nor ``cog``.
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
