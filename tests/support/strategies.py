"""Hypothesis strategies for times, zones and moments: half of the cases beside real transitions."""

from __future__ import annotations

import operator
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta, timezone, tzinfo
from functools import cache
from importlib import resources
from itertools import pairwise
from pathlib import Path
from typing import TypeAlias
from zoneinfo import TZPATH, ZoneInfo, available_timezones

from hypothesis import settings
from hypothesis import strategies as st

from support import oracle

MICROSECOND = timedelta(microseconds=1)
SECOND = timedelta(seconds=1)
DAY = timedelta(days=1)

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
EARLIEST = datetime.min.replace(tzinfo=UTC) + 8 * DAY
"""The first of the moments that W6 supports."""
LATEST = datetime.max.replace(tzinfo=UTC) - 8 * DAY
"""The last of them."""

KEYS = sorted(available_timezones())
NEAR = timedelta(hours=60)
"""How far from a transition a moment beside it lies, at most."""

# Rules for the time after the last stored transition are followed up to here.
_RULES_UNTIL = datetime(2060, 1, 1, tzinfo=UTC)
# A rule changes the clocks twice a year, months apart.
_RULE_STEP = 14 * DAY

_HOUR = timedelta(hours=1)
_LONG = timedelta(hours=3)
_SOON = 20 * DAY


def examples(factor: float) -> settings:
    """Ask for more or fewer examples than usual, in proportion to the profile in force."""
    return settings(max_examples=max(5, round(settings().max_examples * factor)))


# --- Real transitions ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Transition:
    """A change of a zone's offset."""

    key: str
    instant: datetime
    """The first instant with the offset after, in UTC."""
    before: timedelta
    after: timedelta

    @property
    def length(self) -> timedelta:
        """The length of the gap or fold."""
        return abs(self.after - self.before)

    @property
    def wall(self) -> datetime:
        """The first wall time in the gap or fold, naive."""
        return self.instant.replace(tzinfo=None) + min(self.before, self.after)


@cache
def transitions_of(key: str) -> Sequence[Transition]:
    """List the changes of a zone's offset up to the year 2060 (or later where stored), in order.

    Which instants to look at comes from the zone's file; what happens there, from the zone.
    """
    zone = ZoneInfo(key)
    stored, has_rule = _parse_tzif(_read_tzif(key))
    instants = [EPOCH + seconds * SECOND for seconds in stored if _supported(seconds)]
    if has_rule:
        instants += _find_changes(zone, max([*instants, EPOCH]))
    found = []
    for instant in instants:
        before, after = oracle.offset(instant - SECOND, zone), oracle.offset(instant, zone)
        if before != after:
            found.append(Transition(key, instant, before, after))
    return tuple(found)


@cache
def rare_transitions() -> Sequence[Transition]:
    """List the changes over many hours, and those that come soon after another or before one."""
    rare = []
    for key in KEYS:
        found = transitions_of(key)
        rare += [transition for transition in found if transition.length > _LONG]
        for early, late in pairwise(found):
            if late.instant - early.instant < _SOON:
                rare += [early, late]
    return tuple(rare)


def _supported(seconds: int) -> bool:
    # Some files begin with the Big Bang.
    return (EARLIEST - EPOCH) <= timedelta(days=seconds // 86_400) <= (LATEST - EPOCH)


def _find_changes(zone: tzinfo, start: datetime) -> list[datetime]:
    steps = (_RULES_UNTIL - start) // _RULE_STEP
    changes = []
    probes = [start + step * _RULE_STEP for step in range(steps + 1)]
    offsets = [oracle.offset(probe, zone) for probe in probes]
    for span, (before, after) in zip(pairwise(probes), pairwise(offsets), strict=True):
        if before == after:
            continue
        low, high = span
        while high - low > SECOND:
            middle = low + (high - low) // SECOND // 2 * SECOND
            if oracle.offset(middle, zone) == before:
                low = middle
            else:
                high = middle
        changes.append(high)
    return changes


def _read_tzif(key: str) -> bytes:
    for root in TZPATH:
        path = Path(root, key)
        if path.is_file():
            return path.read_bytes()
    return resources.files("tzdata").joinpath("zoneinfo", *key.split("/")).read_bytes()


def _parse_tzif(data: bytes) -> tuple[list[int], bool]:
    """Tell the seconds since the epoch of all transitions stored, and whether a rule follows.

    See RFC 8536, section 3: a first block with 32-bit times, one with 64-bit times, and the rule.
    """
    header = struct.Struct(">4sc15x6I")
    _, _, *counts = header.unpack_from(data)
    ut, standard, leap, times, types, letters = counts
    second = header.size + times * 5 + types * 6 + letters + leap * 8 + standard + ut
    magic, version, *counts = header.unpack_from(data, second)
    assert magic == b"TZif"
    assert version >= b"2"
    seconds = struct.unpack_from(f">{counts[3]}q", data, second + header.size)
    return list(seconds), b"," in data.rstrip(b"\n").rpartition(b"\n")[2]


# --- Zones --------------------------------------------------------------------------------------


class ForeignZone(tzinfo):
    """A zone with real transitions whose class nobody knows, as from another library."""

    def __init__(self, key: str) -> None:
        """Take the transitions of an IANA zone."""
        self.key = key
        self._zone = ZoneInfo(key)

    def utcoffset(self, moment: datetime | None, /) -> timedelta | None:
        """Answer as the IANA zone does."""
        return None if moment is None else moment.replace(tzinfo=self._zone).utcoffset()

    def dst(self, moment: datetime | None, /) -> timedelta | None:
        """Answer as the IANA zone does."""
        return None if moment is None else moment.replace(tzinfo=self._zone).dst()

    def tzname(self, moment: datetime | None, /) -> str | None:
        """Answer as the IANA zone does."""
        return None if moment is None else moment.replace(tzinfo=self._zone).tzname()

    def fromutc(self, moment: datetime, /) -> datetime:
        """Answer as the IANA zone does."""
        return self._zone.fromutc(moment.replace(tzinfo=self._zone)).replace(tzinfo=self)

    def __repr__(self) -> str:
        """Show the key."""
        return f"ForeignZone({self.key!r})"


class RestlessZone(tzinfo):
    """A zone that sets its clocks ahead by an hour for one day of three, which no real one does."""

    def utcoffset(self, moment: datetime | None, /) -> timedelta | None:
        """Answer as PEP 495 wants it."""
        if moment is None:
            return None
        wall = moment.replace(tzinfo=UTC)
        before = self._ahead_at(wall - _HOUR)
        # In the hour in which clocks go forward, and in the one in which they go back, `before`
        # is the offset of `fold=0`; else both agree.
        after = self._ahead_at(wall)
        return after if moment.fold else before

    def dst(self, moment: datetime | None, /) -> timedelta | None:
        """Answer that all of it is."""
        return self.utcoffset(moment)

    def tzname(self, moment: datetime | None, /) -> str | None:
        """Answer with no name."""
        return None if moment is None else "restless"

    def fromutc(self, moment: datetime, /) -> datetime:
        """Tell the wall time."""
        ahead = self._ahead_at(moment)
        second = not ahead and bool(self._ahead_at(moment - _HOUR))
        return (moment + ahead).replace(fold=int(second))

    def __repr__(self) -> str:
        """Show how to make one."""
        return "RestlessZone()"

    @staticmethod
    def _ahead_at(instant: datetime) -> timedelta:
        return timedelta() if instant.toordinal() % 3 else _HOUR


@cache
def iana_zones() -> st.SearchStrategy[ZoneInfo]:
    """Draw any IANA zone."""
    return st.sampled_from(KEYS).map(ZoneInfo)


@cache
def fixed_zones() -> st.SearchStrategy[timezone]:
    """Draw any fixed offset, down to microseconds."""
    minutes = st.integers(-1439, 1439).map(lambda minutes: timedelta(minutes=minutes))
    exact = st.timedeltas(MICROSECOND - DAY, DAY - MICROSECOND)
    return st.one_of(minutes, exact).map(timezone)


@cache
def utc_zones() -> st.SearchStrategy[tzinfo | None]:
    """Draw a way to say UTC that is no IANA zone; ``None`` is one too (W1)."""
    return st.sampled_from([None, UTC, timezone(timedelta(), "Z")])


@cache
def zones() -> st.SearchStrategy[tzinfo | None]:
    """Draw a zone of any kind, mostly IANA ones."""
    iana = iana_zones()
    foreign = st.one_of(st.sampled_from(KEYS).map(ForeignZone), st.builds(RestlessZone))
    return st.one_of(iana, iana, fixed_zones(), utc_zones(), foreign)


# --- Times and moments --------------------------------------------------------------------------

# Strategies made once, and kept by `cache`, are much faster than those made anew in each draw. So
# these draw a spot, which for the length of a gap or fold tells the microseconds from its begin.
Spot: TypeAlias = Callable[[int], int]

_MINUTE = 60_000_000
_EDGES: Sequence[Spot] = (
    lambda _: 0,
    lambda length: length,
    lambda _: -1,
    lambda length: length - 1,
    operator.neg,
    lambda length: -length - 1,
)


def _exactly(count: int) -> Spot:
    return lambda _: count


def _inside(count: int) -> Spot:
    return lambda length: count % length


@cache
def walls() -> st.SearchStrategy[time]:
    """Draw a time without a zone; often a full minute."""
    minutes = st.integers(0, 1439).map(lambda minutes: time(*divmod(minutes, 60)))
    return st.one_of(minutes, st.times())


@cache
def moments(
    earliest: datetime = EARLIEST, latest: datetime = LATEST
) -> st.SearchStrategy[datetime]:
    """Draw any moment in UTC: over all years, or in those that people live in."""
    whole = st.integers(0, (latest - earliest) // MICROSECOND)
    lately = st.integers(0, 200 * 365 * 24 * 60)
    return st.one_of(
        whole.map(lambda count: earliest + count * MICROSECOND),
        lately.map(lambda count: datetime(1880, 1, 1, tzinfo=UTC) + count * 60 * SECOND),
    )


@cache
def transitions() -> st.SearchStrategy[Transition]:
    """Draw a zone that has transitions, and one of them; a third are rare ones."""
    # All are found before the first draw, which would take seconds.
    keys = st.sampled_from([key for key in KEYS if transitions_of(key)])
    indices = st.integers(0, 10_000)
    anyone = st.builds(_pick, keys, indices)
    return st.one_of(anyone, anyone, st.builds(_pick, st.none(), indices))


def _pick(key: str | None, index: int) -> Transition:
    found = rare_transitions() if key is None else transitions_of(key)
    return found[index % len(found)]


@cache
def delays(within: timedelta = NEAR) -> st.SearchStrategy[Spot]:
    """Draw how far from a transition a moment lies; often full minutes, or its length."""
    span = within // MICROSECOND
    minutes = span // _MINUTE
    return st.one_of(
        st.integers(-span, span).map(_exactly),
        st.integers(-minutes, minutes).map(lambda count: _exactly(count * _MINUTE)),
        st.integers(0, span).map(_inside),
        st.sampled_from(_EDGES),
    )


@cache
def _spots() -> st.SearchStrategy[Spot]:
    day = DAY // MICROSECOND
    return st.one_of(
        st.integers(0, day - 1).map(_inside),
        st.integers(0, 1439).map(lambda count: _inside(count * _MINUTE)),
        st.sampled_from(_EDGES[:4]),
    )


@dataclass(frozen=True, slots=True)
class Case:
    """What is asked of a schedule, and of which."""

    times: Sequence[time]
    moment: datetime
    """In UTC."""
    beside: Transition | None = None
    """The transition that the times and the moment lie beside."""


def _build_near(
    transition: Transition,
    delay: Spot,
    first: tuple[Spot, int],
    others: Sequence[tuple[Spot | time | None, int, bool, tzinfo | None]],
    *,
    foreign: bool,
) -> Case:
    length = transition.length // MICROSECOND
    moment = transition.instant + delay(length) * MICROSECOND
    real = ForeignZone(transition.key) if foreign else ZoneInfo(transition.key)

    def wall_at(spot: Spot) -> time:
        return (transition.wall + spot(length) * MICROSECOND).time()

    times = [wall_at(first[0]).replace(tzinfo=real, fold=first[1])]
    for what, fold, elsewhere, zone in others:
        if what is None:
            # The moment's own wall time: a slot that must not come again.
            wall = oracle.shown(moment, real).time()
        else:
            wall = what if isinstance(what, time) else wall_at(what)
        times.append(wall.replace(tzinfo=zone if elsewhere else real, fold=fold))
    return Case(tuple(times), moment, transition)


@cache
def cases_near(most: int = 5, within: timedelta = NEAR) -> st.SearchStrategy[Case]:
    """Draw times in and around a real gap or fold, in other zones too, and a moment beside it."""
    spots, folds = _spots(), st.integers(0, 1)
    wall = st.one_of(spots, walls(), st.none())
    elsewhere = st.sampled_from([False, False, True])
    return st.builds(
        _build_near,
        transitions(),
        delays(within),
        st.tuples(spots, folds),
        st.lists(st.tuples(wall, folds, elsewhere, zones()), max_size=most - 1),
        foreign=st.sampled_from([False, False, False, True]),
    )


def _build_anywhere(
    moment: datetime,
    pool: Sequence[tzinfo | None],
    walls: Sequence[tuple[time | None, int, int]],
) -> Case:
    times = []
    for wall, fold, index in walls:
        zone = pool[index % len(pool)]
        # Without a wall time, it is the moment's own: a slot that must not come again.
        face = oracle.shown(moment, zone or UTC).time() if wall is None else wall
        times.append(face.replace(tzinfo=zone, fold=fold))
    return Case(tuple(times), moment)


@cache
def cases_anywhere(most: int = 5, latest: datetime = LATEST) -> st.SearchStrategy[Case]:
    """Draw times in up to three zones, and any moment."""
    time_in_pool = st.tuples(st.one_of(walls(), st.none()), st.integers(0, 1), st.integers(0, 2))
    return st.builds(
        _build_anywhere,
        moments(latest=latest),
        st.lists(zones(), min_size=1, max_size=3),
        st.lists(time_in_pool, min_size=1, max_size=most),
    )


@cache
def cases(most: int = 5, latest: datetime = LATEST) -> st.SearchStrategy[Case]:
    """Draw times and a moment: half of the cases beside a real transition."""
    return st.one_of(cases_near(most=most), cases_anywhere(most=most, latest=latest))
