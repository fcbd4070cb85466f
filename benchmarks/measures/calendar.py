"""What wall times cost."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, time, timedelta, tzinfo
from functools import partial
from time import process_time
from timeit import Timer
from typing import Final
from zoneinfo import ZoneInfo

from benchmarks.adapters._adapter import UnsupportedError
from benchmarks.measures._common import AnyAdapter, Findings, check

LONG_ENOUGH: Final = 0.05
MINUTES: Final = 1440

ZONES: Final[dict[str, Sequence[tzinfo]]] = {
    "UTC": [UTC],
    "one zone": [ZoneInfo("Europe/London")],
    "eight zones": [
        ZoneInfo("Europe/London"),
        ZoneInfo("America/New_York"),
        ZoneInfo("America/Los_Angeles"),
        ZoneInfo("America/Sao_Paulo"),
        ZoneInfo("Africa/Johannesburg"),
        ZoneInfo("Asia/Kolkata"),
        ZoneInfo("Asia/Tokyo"),
        ZoneInfo("Australia/Sydney"),
    ],
}

# Further apart than a day: no answer holds for the next question.
MOMENTS: Final = [
    datetime(2026, 1, 1, 3, 7, 23, tzinfo=UTC)
    + number * timedelta(days=1, hours=10, minutes=54, seconds=7)
    for number in range(250)
]


def wall_times(size: int, zones: Sequence[tzinfo]) -> list[time]:
    """Spread times evenly over a day, the zones in turns; no wall time comes twice."""
    minutes = [number * MINUTES // size for number in range(size)]
    return [
        time(*divmod(minute, 60), tzinfo=zones[number % len(zones)])
        for number, minute in enumerate(minutes)
    ]


async def next_slot(adapter: AnyAdapter, *, sizes: Sequence[int], zones: str) -> Findings:
    """CPU seconds for one question, over a year of questions in order."""
    findings = Findings()
    for size in sizes:
        times = wall_times(size, ZONES[zones])
        try:
            ask = adapter.asker(times)
            ask(MOMENTS[0])
        except UnsupportedError as error:
            findings.missing[str(size)] = str(error)
            continue
        except TypeError as error:
            findings.missing[str(size)] = f"fails: {error}"
            continue
        findings.values[str(size)] = _time(partial(_ask_all, ask)) / len(MOMENTS)
        if adapter.module != "asyncio":
            sample = MOMENTS[:: len(MOMENTS) // 10]
            wrong = sum(ask(moment) != _next_slot(times, moment) for moment in sample)
            if wrong:
                findings.notes[str(size)] = f"{wrong} of {len(sample)} answers are wrong"
    return findings


async def build(adapter: AnyAdapter, *, sizes: Sequence[int], zones: str) -> Findings:
    """CPU seconds to build a schedule."""
    findings = Findings()
    for size in sizes:
        try:
            make = adapter.builder(wall_times(size, ZONES[zones]))
            check(make() is not None, "nothing was built")
        except UnsupportedError as error:
            findings.missing[str(size)] = str(error)
            continue
        findings.values[str(size)] = _time(make)
    return findings


def _ask_all(ask: Callable[[datetime], datetime | None]) -> None:
    for moment in MOMENTS:
        ask(moment)


def _time(call: Callable[[], object]) -> float:
    timer = Timer(call, timer=process_time)
    number = max(1, int(LONG_ENOUGH / timer.timeit(1)))
    return timer.timeit(number) / number


def _next_slot(times: Sequence[time], moment: datetime) -> datetime:
    """Tell the right answer, by trying each time on each day around."""
    days = [moment.date() + timedelta(days=number) for number in (-1, 0, 1, 2)]
    slots = (datetime.combine(day, wall).astimezone(UTC) for day in days for wall in times)
    return min(slot for slot in slots if slot > moment)
