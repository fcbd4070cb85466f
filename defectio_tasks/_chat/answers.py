"""What each command does, and the answer to it, as a message for a chat."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from operator import itemgetter
from typing import Final

from defectio_tasks._chat.found import Found, find
from defectio_tasks._chat.message import in_block, in_line, plain
from defectio_tasks._loop.statistics import Statistics
from defectio_tasks._loop.table import Column, lay_out, show_briefly, show_near
from defectio_tasks._loop.upcoming import upcoming, utc_now
from defectio_tasks._schedules.shown import show_all, show_slot

_NAME: Final = Column("NAME", 80)
_STATE: Final = Column("STATE", 44)
_SLOTS: Final = 5
# Of a schedule or an error, in characters.
_TEXT: Final = 300
USAGE: Final = in_block(
    [
        "tasks list           what all loops do, and have done",
        "tasks next           when each loop is due",
        "tasks next NAME      the next slots of a loop",
        "tasks pause NAME     begin no further iteration",
        "tasks resume NAME    go on",
        "tasks run NAME       one iteration now, beside the schedule",
        "tasks restart NAME   cancel, and start again; or start",
    ],
    below="NAME is a loop's name, or the end of it: `fetch` for `News.fetch`.",
)


def show_list(statistics: Statistics, there: Sequence[Found]) -> str:
    """Return the table of what loops have done, and the names of those that never ran.

    Args:
        statistics: What has been counted.
        there: The loops.
    """
    idle = [
        in_line(found.label)
        for found in there
        if not found.loop.is_running() and found.loop not in statistics
    ]
    below = f"Not started: {show_all(idle)}" if idle else ""
    return in_block(statistics.table().splitlines(), below=below, of="loops")


def show_next(there: Sequence[Found]) -> str:
    """Return when each loop that runs is due, the next one first.

    Args:
        there: The loops.
    """
    now, running = utc_now(), [found for found in there if found.loop.is_running()]
    if not running:
        return "No loop is running."
    due = [(found.loop.next_iteration, found) for found in running]
    waiting = [(slot, found) for slot, found in due if slot is not None]
    rows = [
        (show_near(slot, now, found.zone), _show_wait(slot - now), found.label)
        for slot, found in sorted(waiting, key=itemgetter(0))
    ]
    rows += [("-", _state_of(found, now), found.label) for slot, found in due if slot is None]
    return _show_table((Column("NEXT", 32), Column("IN", 44), _NAME), rows)


def show_slots(found: Found) -> str:
    """Return the next slots of a loop.

    Args:
        found: The loop.
    """
    loop, now = found.loop, utc_now()
    title = f"{in_line(found.label)}, {plain(found.when, _TEXT)}"
    try:
        slots = upcoming(loop, n=min(_SLOTS, found.left or _SLOTS))
    except Exception as error:  # noqa: BLE001 -- a schedule of the user's own raises what it likes
        return f"{title}. Asked for its slots, it raised {type(error).__name__}."
    if loop.is_paused():
        title += ". It is paused, and nothing begins before `tasks resume`"
    elif not slots or (loop.is_running() and loop.next_iteration is None):
        return f"{title}. It has no further slot."
    elif not loop.is_running():
        title += ". It isn't running; if it were started now"
    if not slots:
        return f"{title}."
    rows = [(show_slot(slot, found.zone), _show_wait(slot - now)) for slot in slots]
    return _show_table((Column("SLOT", 40), Column("IN", 12)), rows, above=f"{title}:")


def pause(found: Found) -> str:
    """Pause a loop.

    Args:
        found: The loop.

    Returns:
        What has become of it.

    Raises:
        RuntimeError: It runs in another thread.
    """
    name, loop = in_line(found.label), found.loop
    if not loop.is_running():
        return f"{name} isn't running."
    if loop.is_paused():
        return f"{name} is paused already."
    loop.pause()
    if not loop.is_paused():
        return f"{name} is about to end."
    return (
        f"{name} is paused: an iteration at work finishes, and no further one begins before "
        "`tasks resume`."
    )


def resume(found: Found) -> str:
    """Resume a paused loop.

    Args:
        found: The loop.

    Returns:
        What has become of it.

    Raises:
        RuntimeError: It runs in another thread.
    """
    name, loop = in_line(found.label), found.loop
    if not loop.is_running():
        return f"{name} isn't running: `tasks restart` starts it."
    if not loop.is_paused():
        return f"{name} isn't paused."
    loop.resume()
    if loop.is_paused():
        return f"{name} is about to end."
    return f"{name} goes on: {_state_of(found, utc_now())}."


def run(found: Found) -> str:
    """Trigger one iteration of a loop.

    Args:
        found: The loop.

    Returns:
        What has become of it.

    Raises:
        RuntimeError: It is about to end, or runs in another thread.
    """
    name, loop = in_line(found.label), found.loop
    if not loop.is_running():
        return f"{name} isn't running: `tasks restart` starts it."
    loop.trigger()
    return f"{name} runs once now, or right after the iteration at work. Its schedule stays."


def restart(found: Found) -> str:
    """Cancel a loop, and start it again with the arguments that it has; or start it.

    Args:
        found: The loop.

    Returns:
        What has become of it.

    Raises:
        RuntimeError: It runs in another thread.
    """
    name, loop, arguments = in_line(found.label), found.loop, found.last_arguments()
    if arguments is not None:
        args, kwargs = arguments
        loop.restart(*args, **kwargs)
        return f"{name} is cancelled, and starts again with the arguments that it had."
    try:
        loop.start()
    except TypeError:
        return (
            f"{name} isn't running, and needs arguments to start. Those of a run that is over "
            "aren't kept: only your code can start it."
        )
    return f"{name} wasn't running, and is started, without arguments."


def answer(name: str, there: Sequence[Found], command: Callable[[Found], str]) -> str:
    """Return the answer to a command about one loop.

    Args:
        name: What somebody has written for its name.
        there: The loops.
        command: Does it, and returns the answer.
    """
    if not there:
        return "There are no loops."
    if not name:
        return _show_names("Which loop?", there)
    match find(name, there):
        case []:
            return _show_names(f"There is no loop {in_line(name)}. There are:", there)
        case [found]:
            try:
                return command(found)
            except (RuntimeError, TypeError) as error:
                return in_block([plain(str(error), _TEXT)], above="That can't be done:")
        case several:
            return _show_names(f"{in_line(name)} may be any of these:", several)


def _show_names(above: str, there: Sequence[Found]) -> str:
    now = utc_now()
    rows = [(found.label, _state_of(found, now)) for found in there]
    return _show_table((_NAME, _STATE), rows, above=above)


def _show_table(
    columns: Sequence[Column], rows: Sequence[Sequence[str]], *, above: str = ""
) -> str:
    return in_block(lay_out(columns, rows).splitlines(), above=above, of="loops")


def _state_of(found: Found, now: datetime) -> str:
    loop = found.loop
    if not loop.is_running():
        return loop.ending or "not started"
    if loop.is_paused():
        return "paused"
    slot = loop.next_iteration
    if slot is None:
        return "no further slot"
    return f"next {show_near(slot, now, found.zone)}" if slot > now else "due now"


def _show_wait(wait: timedelta) -> str:
    return show_briefly(wait) if wait > timedelta() else "now"
