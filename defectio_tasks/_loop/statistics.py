"""``Statistics``: what loops have done so far, and what they are doing."""

# pyright: reportPrivateUsage=false
# It looks into loops, so that nobody else has to. That's why it is in this wing: it makes its
# numbers of events alone, but what a loop is doing just now only the loop knows.

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import repeat
from typing import Final, NamedTuple

from typing_extensions import override

from defectio_tasks._events.events import Ended, Event, Finished, Retrying, Skipped, Started
from defectio_tasks._events.kept import keepable
from defectio_tasks._loop.control import loops
from defectio_tasks._loop.loop import Loop
from defectio_tasks._loop.table import Column, lay_out, show_briefly, show_near
from defectio_tasks._loop.upcoming import utc_now
from defectio_tasks._run.hooks import is_failure
from defectio_tasks._run.run import WAITING, WORKING
from defectio_tasks._schedules.shown import zone_of

_COLUMNS: Final = (
    Column("NAME", 24),
    Column("WHEN", 32),
    Column("STATE", 44),
    Column("RUNS", 12, is_number=True),
    Column("FAILURES", 12, is_number=True),
    Column("LAST", 32),
    Column("TOOK", 12, is_number=True),
    Column("NEXT", 32),
)


@dataclass(frozen=True, slots=True)
class LoopStatistics:
    """What a loop has done, from when it was observed until now: a snapshot, which doesn't change.

    Example:
        >>> import asyncio
        >>> import defectio_tasks as tasks
        >>> @tasks.loop(seconds=5, count=3)
        ... async def tick() -> None:
        ...     await asyncio.sleep(0.25)
        >>> async def main() -> None:
        ...     statistics = tasks.Statistics()
        ...     unobserve = tasks.observe(statistics)
        ...     await tick.start()
        ...     unobserve()
        ...     seen = statistics[tick]
        ...     print(seen.state, seen.runs, seen.failures, seen.last_duration)
        >>> asyncio.run(main())
        completed 3 0 0:00:00.250000
    """

    state: str
    """What the loop is doing, in words: ``"waiting"``, ``"working"``, ``"retry 5 in 12 s after
    ConnectionError"`` (of several bodies at work, that of which was heard last), ``"paused"`` (with
    no iteration at work any more), ``"starting"``, ``"preparing"`` (in ``before_loop``),
    ``"finishing"`` (in ``error`` or ``after_loop``), or how it ended: ``"completed"``,
    ``"stopped"``, ``"cancelled"``, ``"failed: LookupError"``. ``"not running"`` when it hasn't
    begun, or its event loop was closed."""
    runs: int
    """How many iterations are over: those that succeeded, failed, or were cancelled."""
    failures: int
    """How many iterations failed. One that was cancelled didn't, nor did one that was tried again
    and then succeeded."""
    retries: int
    """How many attempts failed and were, or are to be, followed by another."""
    skipped: int
    """How many slots got no iteration."""
    last_slot: datetime | None
    """When the last iteration that is over was due, in UTC; ``None`` before the first."""
    last_duration: timedelta | None
    """How long it took, its retries and the waits between them included."""
    last_error: BaseException | None
    """What the last iteration that failed raised, however many have succeeded since; ``None``
    without failures. It is a copy that keeps nothing alive: of the same class, with the same text,
    its arguments and attributes where they are plain values, and without traceback, cause and
    context. (Where a class can't say its text by that, it is of the nearest of its bases.)"""


class Statistics(Mapping[Loop[..., object], LoopStatistics]):
    """Counts what loops do, for a status command or a page: an observer, and a mapping.

    Pass it to :func:`observe`, and ask it by loops, or for a table of all. It knows the loops of
    which there was an event since, in the order of their first ones, and keeps none of them
    alive. Loops of several event loops, in several threads, may be observed by the same
    statistics, and any thread may ask; of what another thread's loop does just then, one number
    can be newer than another.

    A loop counts as itself, whatever its ``__eq__`` and ``__hash__`` say, and so do statistics.

    Example:
        >>> import asyncio
        >>> import defectio_tasks as tasks
        >>> @tasks.loop(minutes=5)
        ... async def fetch() -> None:
        ...     await asyncio.sleep(1.2)
        >>> async def main() -> None:
        ...     statistics = tasks.Statistics()
        ...     unobserve = tasks.observe(statistics)
        ...     fetch.start()
        ...     await asyncio.sleep(700)
        ...     print(statistics[fetch].runs, statistics[fetch].state, len(statistics))
        ...     fetch.cancel()
        ...     unobserve()
        >>> asyncio.run(main())
        3 waiting 1
    """

    __slots__ = ("__weakref__", "_records")

    def __init__(self) -> None:
        """Begin without loops."""
        self._records: Final = dict[int, _Record]()

    def __call__(self, event: Event, /) -> None:
        """Count an event.

        Args:
            event: What happened to a loop.
        """
        # Each iteration comes by here twice. A look at the class is quicker than `match`, and so is
        # asking for the record where the class is known: an attribute that is read of objects of
        # one class only is found at once.
        if type(event) is Started:
            try:
                self._records[id(event.loop)].retry = None
            except KeyError:
                self._begin(event.loop)
        elif type(event) is Finished:
            try:
                record = self._records[id(event.loop)]
            except KeyError:
                record = self._begin(event.loop)
            record.runs += 1
            record.slot = event.slot
            record.took = event.took
            if event.error is not None and is_failure(event.error):
                record.error = keepable(event.error)
                record.failures += 1
        else:
            self._count(event)

    @override
    def __getitem__(self, loop: Loop[..., object], /) -> LoopStatistics:
        """Return a snapshot of a loop's statistics.

        Args:
            loop: The loop; of a class's loop, that of an instance.

        Raises:
            KeyError: There was no event of the loop; it holds the loop's name.
            TypeError: It isn't a loop.
        """
        _check_loop(loop)
        record = self._records.get(id(loop))
        if record is None:
            raise KeyError(loop.name)
        return _snapshot(loop, record)

    @override
    def __contains__(self, loop: object) -> bool:
        return id(loop) in self._records

    @override
    def __iter__(self) -> Iterator[Loop[..., object]]:
        # Of a copy, which is made at once: loops come and go by other threads, and by the garbage
        # collector.
        for record in self._records.copy().values():
            loop = record()
            if loop is not None:
                yield loop

    @override
    def __len__(self) -> int:
        return len(self._records)

    # A mapping would compare all that it has.
    @override
    def __eq__(self, other: object) -> bool:
        return self is other

    @override
    def __hash__(self) -> int:
        return id(self)

    def table(self) -> str:
        """Return all statistics as a table, for a terminal or for a block of code in a chat.

        All loops that run are in it, also those that wait for their first slot, in the order of
        their names. Times are in the only zone of the loop's schedule, or in UTC, and without the
        date where they are today's. What is too long for its column ends in an ellipsis. Control
        characters are escaped, and backticks are apostrophes, so that no name can break out of a
        block of code.

        Returns:
            Lines without a line end after the last; a sentence when there is no loop yet.

        Example:
            >>> import asyncio
            >>> from datetime import datetime, timezone
            >>> import defectio_tasks as tasks
            >>> from defectio_tasks.testing import VirtualClock
            >>> @tasks.loop(minutes=5)
            ... async def fetch() -> None:
            ...     await asyncio.sleep(1.2)
            >>> async def main() -> None:
            ...     statistics = tasks.Statistics()
            ...     unobserve = tasks.observe(statistics)
            ...     fetch.start()
            ...     await asyncio.sleep(700)
            ...     print(statistics.table())
            ...     fetch.cancel()
            ...     unobserve()
            >>> clock = VirtualClock()
            >>> clock.set(datetime(2026, 3, 29, 8, 30, tzinfo=timezone.utc))
            >>> clock.run(main())
            NAME   WHEN             STATE    RUNS  FAILURES  LAST        TOOK  NEXT
            fetch  every 5 minutes  waiting     3         0  08:40 UTC  1.2 s  08:45 UTC
        """
        records = self._records.copy()
        known = [loop for record in records.values() if (loop := record()) is not None]
        # One that waits for its first slot, be it for days, is what people look for.
        waiting = [loop for loop in loops() if id(loop) not in records]
        if not (known or waiting):
            return "no loop is running, and none was"
        now, by_name = utc_now(), sorted([*known, *waiting], key=lambda loop: loop.name)
        seen = [_snapshot(loop, records.get(id(loop)) or _blank(loop)) for loop in by_name]
        return lay_out(_COLUMNS, map(_row, by_name, seen, repeat(now)))

    def _count(self, event: Event) -> None:
        """Count an event that most iterations don't have."""
        record = self._records.get(id(event.loop)) or self._begin(event.loop)
        match event:
            case Retrying(error=error):
                record.retries += 1
                due = utc_now() + event.delay
                record.retry = _Retry(event.attempt, due, type(error).__name__)
            case Skipped(count=count):
                record.skipped += count
            case Ended(error=error):
                record.failed_of = None if error is None else type(error).__name__
            case Started() | Finished():  # pragma: no cover -- counted already
                pass

    def _begin(self, loop: Loop[..., object]) -> _Record:
        record = self._records[id(loop)] = _blank(loop, self._forget)
        return record

    def _forget(self, record: _Record) -> None:
        self._records.pop(record.identity, None)


class _Retry(NamedTuple):
    """A retry that is to come, or at work."""

    attempt: int
    due: datetime
    error: str
    """The name of the class of what the attempt before raised."""


class _Record(weakref.ref[Loop[..., object]]):
    """The statistics of a loop, which is referenced weakly."""

    __slots__ = (
        "error",
        "failed_of",
        "failures",
        "identity",
        "retries",
        "retry",
        "runs",
        "skipped",
        "slot",
        "took",
    )

    identity: int
    runs: int
    failures: int
    retries: int
    skipped: int
    slot: datetime | None
    took: timedelta | None
    error: BaseException | None
    retry: _Retry | None
    """The last one of the last iteration."""
    failed_of: str | None
    """The name of the class of what the last run failed of, if it did."""


def _blank(loop: Loop[..., object], forget: Callable[[_Record], object] | None = None) -> _Record:
    """Return the record of a loop of which nothing is known yet."""
    record = _Record(loop, forget)
    record.identity = id(loop)
    record.runs = record.failures = record.retries = record.skipped = 0
    record.slot = record.took = record.error = record.retry = record.failed_of = None
    return record


def _snapshot(loop: Loop[..., object], record: _Record) -> LoopStatistics:
    return LoopStatistics(
        state=_state_of(loop, record),
        runs=record.runs,
        failures=record.failures,
        retries=record.retries,
        skipped=record.skipped,
        last_slot=record.slot,
        last_duration=record.took,
        last_error=record.error,
    )


def _check_loop(loop: object) -> None:
    if not isinstance(loop, Loop):
        message = f"`loop` must be a loop, got {loop!r}"
        raise TypeError(message)


def _state_of(loop: Loop[..., object], record: _Record) -> str:
    run = loop._current_run()
    if run is None:
        ending = loop.ending or "not running"
        has_failed = ending == "failed" and record.failed_of is not None
        return f"{ending}: {record.failed_of}" if has_failed else ending
    stage, retry, bodies = run.stage, record.retry, run.bodies
    if bodies is not None and bodies.at_work:
        # Where several bodies may be at work, the run itself waits for the next slot meanwhile.
        stage = WORKING
    if stage is WAITING and loop.is_paused():
        return "paused"
    if stage is not WORKING or retry is None:
        return stage.name.lower()
    left = retry.due - utc_now()
    wait = f" in {show_briefly(left)}" if left > timedelta() else ""
    return f"retry {retry.attempt}{wait} after {retry.error}"


def _row(loop: Loop[..., object], seen: LoopStatistics, now: datetime) -> list[str]:
    timing = loop._settings.timing
    zone = zone_of(timing)
    last, took, upcoming = seen.last_slot, seen.last_duration, loop.next_iteration
    return [
        *(loop.name, str(timing), seen.state, str(seen.runs), str(seen.failures)),
        "-" if last is None else show_near(last, now, zone),
        "-" if took is None else show_briefly(took),
        "-" if upcoming is None else show_near(upcoming, now, zone),
    ]
