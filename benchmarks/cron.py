"""What the next slot of a cron expression costs: ``python -m benchmarks.cron``.

It needs ``pip install -r benchmarks/requirements/cron.txt``. All candidates are asked in turns, in
one process; the least of several rounds counts, as a ratio to ``moment.astimezone(zone)``.
"""

from __future__ import annotations

import gc
import json
import sys
import tracemalloc
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from importlib import import_module
from time import perf_counter
from typing import Any, Final
from zoneinfo import ZoneInfo

from defectio_tasks import Cron

EXPRESSIONS: Final = ("30 8 * * *", "*/15 * * * *", "0 9 * * MON-FRI", "0 0 29 2 *")
ZONE: Final = ZoneInfo("Europe/London")
# A loop asks from slot to slot; here the moments are a day and a bit apart, over most of a year.
MOMENTS: Final = [
    datetime(2026, 1, 5, tzinfo=UTC) + timedelta(hours=31.7 * number) for number in range(250)
]
ROUNDS: Final = 40
BUILDS: Final = 300

Ask = Callable[[datetime], object]


def ours(expression: str) -> Ask:
    """Build what this library asks."""
    return Cron(expression, ZONE).next_after


def cronsim(expression: str) -> Ask:
    """Build what cronsim asks: its iterator begins at a moment, so there is one for each."""
    kind: Any = import_module("cronsim").CronSim
    return lambda moment: next(kind(expression, moment.astimezone(ZONE)))


def croniter(expression: str) -> Ask:
    """Build what croniter asks: one for each moment, too."""
    kind: Any = import_module("croniter").croniter
    return lambda moment: kind(expression, moment.astimezone(ZONE)).get_next(datetime)


def apscheduler(expression: str) -> Ask:
    """Build what APScheduler asks."""
    kind: Any = import_module("apscheduler.triggers.cron").CronTrigger
    trigger = kind.from_crontab(expression, timezone=ZONE)
    return lambda moment: trigger.get_next_fire_time(None, moment)


BUILDERS: Final[Mapping[str, Callable[[str], Callable[[], object]]]] = {
    "ours": lambda expression: lambda: Cron(expression, ZONE),
    "cronsim": lambda expression: lambda: import_module("cronsim").CronSim(expression, MOMENTS[0]),
    "croniter": lambda expression: (
        lambda: import_module("croniter").croniter(expression, MOMENTS[0])
    ),
    "apscheduler": lambda expression: (
        lambda: import_module("apscheduler.triggers.cron").CronTrigger.from_crontab(
            expression, timezone=ZONE
        )
    ),
}
CANDIDATES: Final = {each.__name__: each for each in (ours, cronsim, croniter, apscheduler)}


def least_times(asked: Mapping[str, Callable[[], object]], rounds: int) -> dict[str, float]:
    """Return the least seconds of each, called in turns."""
    least = dict.fromkeys(asked, float("inf"))
    for _ in range(rounds):
        for name, call in asked.items():
            begun = perf_counter()
            call()
            least[name] = min(least[name], perf_counter() - begun)
    return least


def over_all(ask: Ask, moments: Sequence[datetime]) -> Callable[[], None]:
    """Return what asks for all moments."""

    def call() -> None:
        for moment in moments:
            ask(moment)

    return call


def memory() -> float:
    """Return the bytes of one of a thousand different expressions in ten zones, once asked."""
    zones = [ZoneInfo(f"Etc/GMT-{number}") for number in range(1, 11)]
    for zone in zones:
        Cron("0 0 * * *", zone).next_after(MOMENTS[0])
    gc.collect()
    tracemalloc.start()
    before, _ = tracemalloc.get_traced_memory()
    kept = [Cron(f"{n % 60} {n // 60} * * *", zones[n % 10]) for n in range(1000)]
    for schedule in kept:
        schedule.next_after(MOMENTS[0])
    after, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return (after - before) / len(kept)


def main() -> None:
    """Measure, and print a table and, on the last line, the same as JSON."""
    results: dict[str, dict[str, float]] = {}
    for expression in EXPRESSIONS:
        asked = {name: over_all(make(expression), MOMENTS) for name, make in CANDIDATES.items()}
        asked["astimezone"] = over_all(lambda moment: moment.astimezone(ZONE), MOMENTS)
        least = least_times(asked, ROUNDS)
        floor = least.pop("astimezone")
        results[f"next slot of {expression}"] = {
            name: seconds / floor for name, seconds in least.items()
        }
    # A parser that remembers what it parsed has to forget it.
    parse: Any = import_module("defectio_tasks._schedules.cron_fields").parse_cron
    builds = {name: build(EXPRESSIONS[0]) for name, build in BUILDERS.items()}
    build = builds["ours"]

    def build_anew() -> None:
        parse.cache_clear()
        build()

    builds["ours"] = build_anew
    results["building, in us"] = {
        name: seconds * 1e6 for name, seconds in least_times(builds, BUILDS).items()
    }
    results["bytes of one"] = {"ours": memory()}
    lines = [f"{'':28}" + "".join(f"{name:>13}" for name in CANDIDATES)]
    for label, values in results.items():
        cells = "".join(f"{values[n]:13.1f}" if n in values else f"{'':13}" for n in CANDIDATES)
        lines.append(f"{label:28}{cells}")
    lines.append(json.dumps({"python": sys.version.split()[0], "results": results}))
    sys.stdout.write("\n".join([*lines, ""]))


if __name__ == "__main__":
    main()
