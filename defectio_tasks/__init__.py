"""Background tasks for bots: strictly typed, right by the clock, sane in every order of events.

``import defectio_tasks as tasks`` replaces ``from defectio.ext import tasks``.

A map of the rooms, from the user's side downwards:

- ``_decorator``: ``loop``; ``_arguments`` checks what it gets, ``_settings`` is what comes of it.
- ``_loop``: ``Loop``, built on ``_definition`` (what is done, and when), ``_reactions`` (hooks and
  retried exceptions; ``_hook_types`` is for type checkers) and ``_binding`` (one per instance).
- ``_runner``: the life of one run, ``_stage`` by stage; ``_hook_calls`` calls its ``_hooks``;
  ``_cancellation``, ``_retried``, ``_backoff``, ``_turn`` and ``_report`` help it, and ``_host`` is
  all it knows of defectio.
- ``_pace``: how a run waits, on the ``_grid`` of an interval or by an ``_agenda`` of wall-clock
  slots; ``_timers`` wakes all that sleep in an event loop, ``_clock`` is the wall clock's seam.
- ``_schedule``: ``Schedule`` and ``DailySchedule``; ``_times`` checks the times, ``_compiled`` has
  those of all zones together, ``_zone`` finds the next slot in one, ``_offsets`` tells when its
  clocks change, ``_civil`` turns a wall time into an instant.
- ``testing``: a clock for the tests of a user's loops. Nothing else imports it.
"""

from defectio_tasks._loop.decorator import loop
from defectio_tasks._loop.loop import Loop
from defectio_tasks._schedules.schedule import DailySchedule, Schedule

__all__ = ("DailySchedule", "Loop", "Schedule", "loop")
