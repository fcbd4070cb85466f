"""What must hold for all loops together, as far as it can be seen from outside.

At any moment at which nothing is due the loops are in the states that their ledgers say, and there
is nothing in the event loop but them; and at the end there is nothing at all (L11, C3).
"""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Sequence

from support.soak.complaints import Complaints
from support.soak.residents import Resident
from support.virtual_time import pending_timers


def check_present(
    residents: Sequence[Resident], event_loop: asyncio.AbstractEventLoop, complaints: Complaints
) -> None:
    """Check what can be seen while a task looks that is not one of the loops'."""
    running = at_work = 0
    for resident in residents:
        ledger, loop = resident.ledger, resident.loop
        ledger.look()
        running += ledger.running
        at_work += ledger.running and ledger.state not in {"asleep", "back-off"}
        seen = (loop.is_running(), loop.failed(), loop.is_being_cancelled())
        if seen != (ledger.running, ledger.failed, ledger.running and ledger.cancelled):
            complaints.add(
                f"{loop} is running, failed, being cancelled: {seen}; "
                f"the ledger says {ledger.state}"
            )
    complaints.raise_any()
    # Those that sleep share one timer, and each body and hook waits by one of its own; the task
    # that looks isn't waiting just now.
    timers, due = len(pending_timers(event_loop)), at_work + (running > at_work)
    complaints.check(timers == due, f"{running} loops, {at_work} at work, have {timers} timers")
    everybody = len(asyncio.all_tasks(event_loop))
    complaints.check(everybody == running + 1, f"{running} loops have {everybody - 1} tasks")


def check_nothing_left(
    residents: Sequence[Resident], event_loop: asyncio.AbstractEventLoop, complaints: Complaints
) -> None:
    """Check that nothing is left in the event loop, and nobody kept alive (L11, C3)."""
    tasks, timers = asyncio.all_tasks(event_loop), pending_timers(event_loop)
    complaints.check(not tasks, f"tasks are left: {tasks}")
    complaints.check(not timers, f"timers are left: {timers}")
    complaints.check(not vars(event_loop)["_ready"], "callbacks are left")
    for resident in residents:
        resident.let_go()
    gc.collect()
    kept = [
        instance
        for resident in residents
        for instance in resident.instances
        if instance() is not None
    ]
    complaints.check(not kept, f"kept alive: {kept}")
    # The loops are still there, and know that nobody is.
    check_none_running(residents, complaints)


def check_none_running(residents: Sequence[Resident], complaints: Complaints) -> None:
    """Check that all loops say that they aren't running."""
    running = [resident.loop for resident in residents if resident.loop.is_running()]
    complaints.check(not running, f"still running: {running}")
