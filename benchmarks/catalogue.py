"""What is measured, how large, and what this library aims at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Final

from benchmarks.adapters import FLOOR


class Unit(Enum):
    """What a value counts, and whether the table shows its ratio to the floor's."""

    SECONDS = "s"
    BYTES = "B"
    DELAY = "s late"
    PERCENT = "%"
    NUMBER = ""

    @property
    def as_ratio(self) -> bool:
        """Whether a value means something by its ratio to the floor's."""
        return self in {Unit.SECONDS, Unit.BYTES}


@dataclass(frozen=True)
class Row:
    """One line of the table.

    Args:
        case: Which value of the measure it shows.
        label: What it says in front.
        unit: The unit of the value.
        target: What this library's ratio, or else its value, must not exceed.
        target_over: To whom that ratio is.
        charted: Whether the chart has it too.
    """

    case: str
    label: str
    unit: Unit = Unit.SECONDS
    target: float | None = None
    target_over: str = FLOOR
    charted: bool = False


@dataclass(frozen=True)
class Measure:
    """What one process measures, for one candidate.

    Args:
        name: What `--only` takes.
        function: Where it is in `measures`.
        arguments: What it takes, as JSON can say it.
        rows: What the table shows of it.
        limit: The seconds after which to give it up.
        once: Whether one round is enough, as what it tells is no matter of speed.
    """

    name: str
    function: str
    arguments: Mapping[str, object]
    rows: Sequence[Row]
    limit: float = 120.0
    once: bool = False


@dataclass(frozen=True)
class Growth:
    """How a cost grows with a size.

    Args:
        label: What the table says in front.
        points: Each size, with the measure and the case that has its value.
        per_item: Whether the value is that of one item of so many, not of all together.
    """

    label: str
    points: Mapping[int, tuple[str, str]]
    per_item: bool


@dataclass(frozen=True)
class Scale:
    """How much of it. The loops and times grow tenfold twice."""

    iterations: int = 50_000
    errors: int = 20_000
    loops: Sequence[int] = (100, 1_000, 10_000)
    crowd: int = 50_000
    periods: int = 3
    many_times: Sequence[int] = (15, 144, 1_440)
    times: Sequence[int] = (1, 24, 96, 1_440)
    drifts: int = 100
    imports: int = 3


FULL: Final = Scale()
QUICK: Final = Scale(
    iterations=5_000,
    errors=2_000,
    loops=(20, 200, 2_000),
    crowd=5_000,
    periods=1,
    drifts=30,
    imports=1,
)


@dataclass
class Catalogue:
    """All measures, and all growths that come of them."""

    measures: list[Measure] = field(default_factory=list)
    growths: list[Growth] = field(default_factory=list)


def make_catalogue(scale: Scale) -> Catalogue:
    """List all there is to measure."""
    catalogue = Catalogue()
    _add_iterations(catalogue, scale)
    _add_crowds(catalogue, scale)
    _add_lives(catalogue, scale)
    _add_calendar(catalogue, scale)
    _add_others(catalogue, scale)
    return catalogue


def _add_iterations(catalogue: Catalogue, scale: Scale) -> None:
    turn = Row("", "iteration, interval 0", target=1.25, charted=True)
    unread = Row("", "handled error, log unread", target=1.3, charted=True)
    silent = Row("", "handled error, log off")
    errors = {"iterations": scale.errors}
    catalogue.measures += [
        Measure("turn", "work:turn", {"iterations": scale.iterations}, [turn]),
        Measure("error", "work:handled_error", {**errors, "log": True}, [unread]),
        Measure("error, log off", "work:handled_error", {**errors, "log": False}, [silent]),
    ]


def _add_crowds(catalogue: Catalogue, scale: Scale) -> None:
    top = scale.loops[-1]
    for size in (*scale.loops, scale.crowd):
        loops = f"{size:,} loops at 1 s"
        target = 0.8 if size == top else None
        cpu = Row("cpu", f"CPU per iteration, {loops}", target=target, charted=size == top)
        rows = [cpu]
        if size > scale.loops[0]:
            rows.append(Row("late", f"lateness, median, {loops}", Unit.DELAY))
            rows.append(Row("latest", f"lateness, 99th percentile, {loops}", Unit.DELAY))
        arguments = {"size": size, "periods": scale.periods if size <= top else 1}
        limit = 20.0 if size > top else 120.0
        catalogue.measures.append(
            Measure(f"many {size}", "work:many", arguments, rows, limit=limit)
        )
    apart = f"{top:,} loops started over a second"
    rows = [
        Row("late", f"lateness, median, {apart}", Unit.DELAY),
        Row("latest", f"lateness, 99th percentile, {apart}", Unit.DELAY),
    ]
    arguments = {"size": top, "periods": 1, "apart": True}
    catalogue.measures.append(Measure("apart", "work:many", arguments, rows))
    points = {size: (f"many {size}", "cpu") for size in scale.loops}
    catalogue.growths.append(Growth("CPU of n loops at 1 s", points, per_item=True))


def _add_lives(catalogue: Catalogue, scale: Scale) -> None:
    top = scale.loops[-1]
    sizes = {"sizes": scale.loops}

    def add(name: str, label: str, target: float, unit: Unit = Unit.SECONDS) -> None:
        row = Row(str(top), f"{label}, {top:,} loops", unit, target, charted=True)
        points = {size: (name, str(size)) for size in scale.loops}
        catalogue.measures.append(Measure(name, f"life:{name}", sizes, [row]))
        catalogue.growths.append(Growth(f"{label}, n loops", points, per_item=True))

    add("start", "start", 1.1)
    add("cancel", "cancel", 1.3)
    add("bind", "first binding", 1.0)
    add("memory", "memory, asleep", 1.25, Unit.BYTES)
    resident = Row(str(top), f"resident memory, asleep, {top:,} loops", Unit.BYTES)
    catalogue.measures.append(Measure("resident", "life:resident", {"size": top}, [resident]))


def _add_calendar(catalogue: Catalogue, scale: Scale) -> None:
    # With a time in each of the eight zones at least.
    targets = {"UTC": None, "one zone": 2.5, "eight zones": 9.0}
    for zones, target in targets.items():
        shown = [max(size, 8) if zones == "eight zones" else size for size in scale.times]
        rows = [
            Row(
                str(size),
                f"next slot of {size:,} in {zones}",
                target=None if size == 1 else target,
                charted=size == scale.times[-2] and target is not None,
            )
            for size in shown
        ]
        sizes = sorted({*shown, *scale.many_times})
        name = f"slot, {zones}"
        arguments = {"sizes": sizes, "zones": zones}
        catalogue.measures.append(Measure(name, "calendar:next_slot", arguments, rows))
        points = {size: (name, str(size)) for size in scale.many_times}
        catalogue.growths.append(Growth(f"next slot of n in {zones}", points, per_item=False))

    top = scale.many_times[-1]
    label = f"building a schedule of {top:,}"
    row = Row(str(top), label, target=1.0, target_over="discord_py", charted=True)
    arguments = {"sizes": scale.many_times, "zones": "one zone"}
    catalogue.measures.append(Measure("build", "calendar:build", arguments, [row]))
    points = {size: ("build", str(size)) for size in scale.many_times}
    catalogue.growths.append(Growth("building a schedule of n", points, per_item=False))


def _add_others(catalogue: Catalogue, scale: Scale) -> None:
    imported = Row("", "import", target=1.3, charted=True)
    drift = Row("", "drift per iteration at 10 ms", Unit.PERCENT, target=0.05)
    overrun = [
        Row("during", "body of 5.3 intervals: iterations during it", Unit.NUMBER),
        Row("at once", "… at once after it", Unit.NUMBER),
        Row("after", "… in the 5 intervals after that", Unit.NUMBER),
        Row("off", "… and these, off the grid by intervals", Unit.NUMBER),
    ]
    drifts = {"interval": 0.01, "iterations": scale.drifts}
    overruns = {"length": 5.3, "after": 5}
    catalogue.measures += [
        Measure("import", "importing:import_time", {"processes": scale.imports}, [imported]),
        Measure("drift", "work:drift", drifts, [drift]),
        Measure("overrun", "work:overrun", overruns, overrun, once=True),
    ]
