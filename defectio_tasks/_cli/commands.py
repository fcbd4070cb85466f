"""The commands: each takes what the user asked for, and shows it."""

from __future__ import annotations

import json
import sys
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from copy import copy
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path
from typing import Final, NamedTuple

from defectio_tasks._cli.changes import Touched, changes_of, roughly, touched
from defectio_tasks._cli.errors import UsageError, describe
from defectio_tasks._cli.found import Found, loops_of
from defectio_tasks._cli.kept import Kept, read_ledger
from defectio_tasks._cli.output import Style, open_output, show_table, width_of_terminal
from defectio_tasks._cli.svg import draw_svg
from defectio_tasks._cli.timeline import (
    LEGEND,
    Frame,
    Row,
    cells_that_fit,
    draw,
    make_row,
    show_day,
)
from defectio_tasks._cli.wanted import parse_moment, parse_wanted, parse_zone
from defectio_tasks._events.printable import printable
from defectio_tasks._loop.loop import Loop
from defectio_tasks._loop.upcoming import upcoming
from defectio_tasks._schedules.schedule import Schedule
from defectio_tasks._schedules.shown import show_length, show_moment, show_slot, zone_of
from defectio_tasks._time.wall_clock import wall_clock_of
from defectio_tasks._zones.instants import to_instant, to_moment
from defectio_tasks._zones.zones import zone_identity
from defectio_tasks.ledgers._ledger import KnownSlot

# How far to look for a slot that a change of the clocks touches.
_YEAR: Final = timedelta(days=366)
_CELLS_OF_SVG: Final = 48
_WIDTH_OF_FILE: Final = 80


class Asked(NamedTuple):
    """What all commands are asked."""

    what: Sequence[str]
    tz: str | None
    after: str | None
    json: bool = False

    @property
    def zone(self) -> tzinfo | None:
        """The zone that the user named, if any."""
        return None if self.tz is None else parse_zone(self.tz)

    def moment(self, zone: tzinfo) -> datetime:
        """Return the moment asked about, in UTC; one without an offset is in a zone."""
        if self.after is None:
            return datetime.fromtimestamp(wall_clock_of(None)(), UTC)
        return parse_moment(self.after, zone)


def show_next(asked: Asked, n: int, on: Sequence[str]) -> None:
    """Show the next slots of a cron expression, times, a schedule or a loop.

    Args:
        asked: What is asked.
        n: How many slots.
        on: The weekdays on which they count.

    Raises:
        UsageError: Something can't be understood or imported.
    """
    named = asked.zone
    wanted = parse_wanted(asked.what, named or UTC, on)
    source: Schedule | Loop[..., object]
    concerned: Sequence[Touched] = ()
    if isinstance(wanted, Found):
        title, schedule, default = f"{wanted.path}, {wanted.when}", wanted.schedule, wanted.zone
        # What was started by its module doesn't run.
        source = copy(wanted.loop)
    else:
        title, schedule, default = str(wanted), wanted, zone_of(wanted)
        source = wanted
    zone = named or default
    after = asked.moment(zone)
    with _asking(title):
        slots = upcoming(source, after=after, n=n)
        if schedule is not None:
            concerned = touched(schedule, after, after + _YEAR)
    answer = _Answer(title, zone, after, slots, concerned)
    if asked.json:
        _write_json(answer.as_json())
    else:
        answer.show(timed=asked.after is None, started=schedule is None)


class _Answer(NamedTuple):
    title: str
    zone: tzinfo
    after: datetime
    slots: Sequence[datetime]
    touched: Sequence[Touched]
    """Within a year."""

    def show(self, *, timed: bool, started: bool) -> None:
        output = open_output()
        notes = self._notes()
        output.line(self.title, "bold")
        if started:
            output.line(f"as if it were started {'now' if timed else 'then'}", "dim")
        output.line()
        in_utc = zone_identity(self.zone) == zone_identity(UTC)
        rows = [
            (
                f"{'*' if slot in notes else ' '} {show_slot(slot, self.zone)}",
                "" if in_utc else show_moment(slot).removesuffix(" UTC"),
                show_length(roughly(slot - self.after)),
            )
            for slot in self.slots
        ]
        columns = f"  {self.zone}", "UTC", "in" if timed else "later by"
        marked = {number for number, slot in enumerate(self.slots) if slot in notes}
        if rows:
            show_table(output, columns, rows, marked)
        else:
            output.line("  there is no slot")
        lines: list[tuple[str, Style]] = [
            (f"* {note}", "yellow") for slot in self.slots for note in notes.get(slot, ())
        ]
        lines += [] if lines else self._coming()
        if lines:
            output.line()
        for line, style in lines:
            output.line(line, style)

    def as_json(self) -> object:
        notes = self._notes()
        coming = self.touched[0] if self.touched else None
        return {
            "what": self.title,
            "zone": str(self.zone),
            "after": self.after.isoformat(),
            "slots": [self._slot(slot, notes.get(slot, [])) for slot in self.slots],
            "clock_change": coming and self._slot(coming.slot, notes[coming.slot]),
        }

    def _slot(self, slot: datetime, notes: Sequence[str]) -> object:
        return {
            "utc": slot.isoformat(),
            "local": slot.astimezone(self.zone).isoformat(),
            "in_seconds": (slot - self.after).total_seconds(),
            "notes": notes,
        }

    def _notes(self) -> dict[datetime, list[str]]:
        notes: dict[datetime, list[str]] = {}
        for one in self.touched:
            told, note = notes.setdefault(one.slot, []), one.tell(self.zone)
            if note not in told:
                told.append(note)
        return notes

    def _coming(self) -> list[tuple[str, Style]]:
        """Return what to say of changes of the clocks that come after the slots shown."""
        if self.touched:
            one = self.touched[0]
            return [(f"{self._ahead(one.slot)}: {one.tell(self.zone)}", "yellow")]
        until = to_instant(self.after + _YEAR)
        change = next(changes_of(self.zone, to_instant(self.after), until), None)
        if change is None:
            return []
        told = f"clocks go {change.direction}, which moves no slot within a year"
        return [(f"{self._ahead(to_moment(change.instant))}: {told}", "dim")]

    def _ahead(self, moment: datetime) -> str:
        days = (moment - self.after).days
        wait = f"in {days} day{'' if days == 1 else 's'}" if days else "within a day"
        return f"{wait}, {show_slot(moment, self.zone)}"


def show_list(asked: Asked) -> None:
    """Show the loops of modules and packages.

    Args:
        asked: What is asked.

    Raises:
        UsageError: Something can't be understood or imported.
    """
    named = asked.zone
    loops = _loops_of(asked.what)
    after = asked.moment(named or UTC)
    slots = [_next_of(found, after) for found in loops]
    if asked.json:
        _write_json(
            [
                {
                    "loop": found.path,
                    "when": found.when,
                    "policy": found.policy or None,
                    "hooks": found.hooks,
                    "next": slot and slot.isoformat(),
                }
                for found, slot in zip(loops, slots, strict=True)
            ]
        )
        return
    rows = [
        (
            found.path,
            found.when,
            found.policy,
            ", ".join(found.hooks),
            found.first
            if found.schedule is None
            else show_slot(slot, named or found.zone)
            if slot
            else "never",
        )
        for found, slot in zip(loops, slots, strict=True)
    ]
    output = open_output()
    if rows:
        show_table(output, ("loop", "when", "policy", "hooks", "next"), rows)
    else:
        output.line(f"no loops in {', '.join(asked.what)}")


def show_timeline(asked: Asked, days: int, svg: str | None) -> None:
    """Draw when loops run, in the terminal or into a file.

    Args:
        asked: What is asked.
        days: How many days.
        svg: The path of the file; ``None`` for the terminal.

    Raises:
        UsageError: Something can't be understood, imported or written.
    """
    named = asked.zone
    loops = _loops_of(asked.what)
    zones = {zone_identity(found.zone): found.zone for found in loops if found.schedule}
    zone = named or (next(iter(zones.values())) if len(zones) == 1 else UTC)
    first = asked.moment(zone).astimezone(zone).date()
    width = width_of_terminal(_WIDTH_OF_FILE)
    longest = max((len(found.path) for found in loops), default=0)
    cells, beside = cells_that_fit(days, longest, width)
    frame = Frame(zone, first, days, cells if svg is None else _CELLS_OF_SVG)
    rows = list(_rows(loops, frame))
    title = f"{days} day{'' if days == 1 else 's'} from {show_day(first)}, {zone}"
    output = open_output()
    if not rows:
        output.line(f"no loops in {', '.join(asked.what)}")
    elif svg is not None:
        try:
            Path(svg).write_text(draw_svg(rows, frame, title), encoding="utf-8")
        except OSError as error:
            raise UsageError(f"can't write {svg!r}: {error.strerror}") from None
        output.line(f"wrote {svg}")
    else:
        minutes = timedelta(days=1) / cells
        output.line(f"{title}, {show_length(minutes)} a cell", "bold")
        output.line()
        for number, line in enumerate(draw(rows, frame, width, beside=beside)):
            output.line(line, "bold" if not number else "green")
        output.line()
        output.line(LEGEND, "dim")


def show_ledger(asked: Asked, n: int, names: Sequence[str]) -> None:
    """Show the loops of a ledger, and what has become of their last slots.

    Args:
        asked: What is asked: the first is where the ledger is.
        n: How many slots of each loop.
        names: The loops, all if it is empty; ``*`` stands for anything.

    Raises:
        UsageError: Something can't be understood, or the ledger can't be read.
    """
    zone = asked.zone or UTC
    loops = read_ledger(asked.what[0], names, n)
    if asked.json:
        _write_json([_kept_as_json(kept) for kept in loops])
        return
    output = open_output()
    if not loops:
        output.line("no loops in the ledger")
    columns = "  slot", "state", "late", "took", "lease until", "fence", "owner"
    for number, kept in enumerate(loops):
        if number:
            output.line()
        output.line(f"{printable(kept.loop.name)}: {printable(kept.loop.schedule)}", "bold")
        if kept.earlier:
            output.line(f"  {kept.earlier:,} earlier", "dim")
        if kept.slots:
            lapsed = [index for index, slot in enumerate(kept.slots) if slot.state == "lapsed"]
            show_table(output, columns, [_slot_row(slot, zone) for slot in kept.slots], lapsed)
        else:
            output.line(f"  no slot since {show_slot(kept.loop.since, zone)}", "dim")


def _slot_row(known: KnownSlot, zone: tzinfo) -> Sequence[str]:
    lease = None if known.settled else known.lease
    return (
        f"  {show_slot(known.slot, zone)}",
        known.state,
        _later(known.slot, known.claimed),
        "" if known.settled is None else _later(known.claimed, known.settled),
        "" if lease is None else show_slot(lease.replace(microsecond=0), zone),
        str(known.fence),
        printable(known.owner),
    )


def _later(first: datetime, second: datetime) -> str:
    # A store's clock may be a second behind who claims, and be set back.
    return show_length(roughly(max(second - first, timedelta())))


def _kept_as_json(kept: Kept) -> object:
    return {
        "loop": kept.loop.name,
        "schedule": kept.loop.schedule,
        "since": kept.loop.since.isoformat(),
        "earlier": kept.earlier,
        "slots": [
            {
                "slot": known.slot.isoformat(),
                "state": known.state,
                "claimed": known.claimed.isoformat(),
                "settled": known.settled and known.settled.isoformat(),
                "lease": known.lease and known.lease.isoformat(),
                "fence": known.fence,
                "owner": known.owner,
            }
            for known in kept.slots
        ],
    }


def _rows(loops: Sequence[Found], frame: Frame) -> Iterator[Row]:
    for found in loops:
        with _asking(found.path):
            yield make_row(found.path, found.when, found.started(frame.start), frame)


def _next_of(found: Found, after: datetime) -> datetime | None:
    if found.schedule is None:
        return None
    with _asking(found.path):
        return next(iter(upcoming(found.schedule, after=after, n=1)), None)


def _loops_of(what: Sequence[str]) -> Sequence[Found]:
    unique = {found.path: found for text in what for found in loops_of(text)}
    return list(unique.values())


def _write_json(value: object) -> None:
    sys.stdout.write(json.dumps(value, indent=2) + "\n")


@contextmanager
def _asking(name: str) -> Generator[None]:
    """Make what a user's schedule raises a message of one line."""
    try:
        yield
    except Exception as error:
        raise UsageError(f"asked for the slots of {name}, it raised {describe(error)}") from error
