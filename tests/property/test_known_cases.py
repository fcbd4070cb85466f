"""Wall-clock cases that peers get wrong (PEERS.md), and the facts about zones relied upon."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta, timezone, tzinfo
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from support import oracle
from support.slots import slot_after
from support.strategies import DAY, EARLIEST, KEYS, LATEST, ForeignZone, transitions_of

from defectio_tasks import DailySchedule
from defectio_tasks._zones.offsets import LONGEST_CHANGE, SAMPLES_APART

NEW_YORK = ZoneInfo("America/New_York")
PARIS = ZoneInfo("Europe/Paris")
APIA = ZoneInfo("Pacific/Apia")
CAIRO = ZoneInfo("Africa/Cairo")
NUUK = ZoneInfo("America/Nuuk")
BEHIND = timezone(-timedelta(hours=9, minutes=30))
AHEAD = timezone(timedelta(hours=9))
KWAJALEIN = ZoneInfo("Pacific/Kwajalein")
FAR_AHEAD = timezone(timedelta(hours=19))
HOUR = timedelta(hours=1)


def at(hour: int, minute: int, zone: tzinfo | None, fold: int = 0) -> time:
    """Write a wall time."""
    return time(hour, minute, tzinfo=zone, fold=fold)


KNOWN = [
    pytest.param(
        [at(2, 30, NEW_YORK)],
        "2026-03-08T07:10",
        ["2026-03-08T07:30", "2026-03-09T06:30"],
        id="gap: no run lost",
    ),
    pytest.param(
        [at(1, 30, NEW_YORK)],
        "2026-11-01T05:00",
        ["2026-11-01T05:30", "2026-11-02T06:30"],
        id="fold: the first pass, once",
    ),
    pytest.param(
        [at(1, 30, NEW_YORK, fold=1)],
        "2026-11-01T05:00",
        ["2026-11-01T06:30", "2026-11-02T06:30"],
        id="fold: the second pass, once",
    ),
    pytest.param(
        [at(3, 53, BEHIND), at(8, 45, AHEAD)],
        "2033-04-14T04:39:25",
        ["2033-04-14T13:23", "2033-04-14T23:45", "2033-04-15T13:23"],
        id="the order of slots isn't that of wall times",
    ),
    pytest.param(
        [at(18, 0, ZoneInfo(key)) for key in ("Africa/Maseru", "Australia/Tasmania", "Jamaica")],
        "2024-11-24T16:00",
        ["2024-11-24T23:00", "2024-11-25T07:00", "2024-11-25T16:00"],
        id="one wall time in three zones",
    ),
    pytest.param(
        [at(8, 0, None), at(20, 0, None)],
        "2026-01-05T08:00",
        ["2026-01-05T20:00", "2026-01-06T08:00"],
        id="asked exactly at a slot",
    ),
    pytest.param(
        [at(1, 30, NEW_YORK), at(1, 45, NEW_YORK)],
        "2026-11-01T06:00",
        ["2026-11-02T06:30", "2026-11-02T06:45"],
        id="never the past, in the second pass",
    ),
    pytest.param(
        [at(8, 0, UTC)],
        "2026-01-05T12:00",
        ["2026-01-06T08:00"],
        id="passed today: tomorrow",
    ),
    pytest.param(
        [at(17, 45, BEHIND)],
        "1994-08-04T00:20:17",
        ["1994-08-04T03:15", "1994-08-05T03:15", "1994-08-06T03:15"],
        id="no day lost behind UTC",
    ),
    pytest.param(
        [at(0, 0, CAIRO)],
        "2026-04-23T12:00",
        ["2026-04-23T22:00", "2026-04-24T21:00"],
        id="gap at midnight",
    ),
    pytest.param(
        [at(23, 30, NUUK)],
        "2024-03-30T12:00",
        ["2024-03-31T01:30", "2024-04-01T00:30"],
        id="gap over midnight",
    ),
    pytest.param(
        [at(8, 30, APIA)],
        "2011-12-29T18:30",
        ["2011-12-30T18:30", "2011-12-31T18:30"],
        id="a date that doesn't exist: one slot, not two",
    ),
    pytest.param(
        [at(9, 0, NEW_YORK), at(9, 0, PARIS)],
        "2026-01-05T00:00",
        ["2026-01-05T08:00", "2026-01-05T14:00", "2026-01-06T08:00"],
        id="equal wall times in two zones",
    ),
    pytest.param(
        [at(9, 0, NEW_YORK), at(9, 0, UTC)],
        "2026-01-05T00:00",
        ["2026-01-05T09:00", "2026-01-05T14:00", "2026-01-06T09:00"],
        id="a ZoneInfo time beside a UTC one",
    ),
    pytest.param(
        [at(9, 0, PARIS)],
        "2026-07-05T00:00",
        ["2026-07-05T07:00", "2026-07-06T07:00"],
        id="a ZoneInfo time alone",
    ),
    pytest.param(
        [at(3, 0, FAR_AHEAD)],
        "2026-01-05T07:59",
        ["2026-01-05T08:00", "2026-01-06T08:00", "2026-01-07T08:00", "2026-01-08T08:00"],
        id="one a day where the local date isn't the UTC date",
    ),
    pytest.param(
        [at(1, 30, NEW_YORK), at(1, 30, NEW_YORK, fold=1)],
        "2026-11-01T05:00",
        ["2026-11-01T05:30", "2026-11-01T06:30", "2026-11-02T06:30"],
        id="both passes listed: both",
    ),
    pytest.param(
        [at(12, 0, KWAJALEIN)],
        "1993-08-19T12:00",
        ["1993-08-20T00:00", "1993-08-21T00:00", "1993-08-22T00:00", "1993-08-23T00:00"],
        id="another date that doesn't exist",
    ),
    pytest.param(
        [at(12, 0, KWAJALEIN)],
        "1969-09-29T12:00",
        ["1969-09-30T01:00", "1969-10-02T00:00"],
        id="fold of 23 hours: the first pass",
    ),
    pytest.param(
        [at(12, 0, KWAJALEIN, fold=1)],
        "1969-09-29T12:00",
        ["1969-10-01T00:00", "1969-10-02T00:00"],
        id="fold of 23 hours: the second pass",
    ),
]


known = pytest.mark.parametrize(("times", "moment", "slots"), KNOWN)


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@known
def test_known_case(times: Sequence[time], moment: str, slots: Sequence[str]) -> None:
    """The schedule answers as the contract has it, from slot to slot."""
    schedule = DailySchedule(times)
    slot = _moment(moment)
    for expected in slots:
        slot = slot_after(schedule, slot)
        assert slot == _moment(expected)


@known
def test_oracle_knows(times: Sequence[time], moment: str, slots: Sequence[str]) -> None:
    """The oracle of the other tests isn't wrong in the same way."""
    last = _moment(slots[-1])
    expected = [_moment(slot) for slot in slots]
    assert oracle.slots_between(times, _moment(moment), last) == expected
    assert oracle.next_slot(times, _moment(moment)) == expected[0]


class PytzLike(tzinfo):
    """A zone as pytz makes them: alone, it answers with the local mean time of long ago."""

    def localize(self, moment: datetime) -> datetime:
        """Say which of the zone's offsets holds; a `datetime.time` has no use for that."""
        return moment.replace(tzinfo=self)

    def utcoffset(self, moment: datetime | None, /) -> timedelta | None:
        """Answer with local mean time."""
        return None if moment is None else -timedelta(hours=4, minutes=56)

    def dst(self, _: datetime | None, /) -> timedelta:
        """Answer with none."""
        return timedelta()

    def tzname(self, _: datetime | None, /) -> str:
        """Answer with local mean time."""
        return "LMT"

    def __str__(self) -> str:
        """Tell the name, as pytz does."""
        return "America/New_York"


class Vague(tzinfo):
    """A zone that doesn't tell its offset."""

    def utcoffset(self, _: datetime | None, /) -> timedelta | None:
        """Answer with nothing."""
        return None

    def dst(self, _: datetime | None, /) -> timedelta | None:
        """Answer with nothing."""
        return None

    def tzname(self, _: datetime | None, /) -> str | None:
        """Answer with nothing."""
        return None


class Unwritten(Vague):
    """A zone that answers as the abstract `datetime.tzinfo` does."""

    def utcoffset(self, _: datetime | None, /) -> timedelta | None:
        """Raise."""
        raise NotImplementedError


@pytest.mark.parametrize("many", [False, True], ids=["alone", "in a list"])
@pytest.mark.parametrize(
    ("zone", "advice"),
    [
        pytest.param(PytzLike(), r'write `zoneinfo\.ZoneInfo\("America/New_York"\)`', id="pytz"),
        pytest.param(Vague(), r"write `zoneinfo\.ZoneInfo\(\.\.\.\)`", id="no offset"),
        pytest.param(Unwritten(), r"write `zoneinfo\.ZoneInfo\(\.\.\.\)`", id="abstract"),
    ],
)
def test_unusable_zone(zone: tzinfo, advice: str, *, many: bool) -> None:
    """A zone that would give wrong slots is refused, with what to write instead (W6)."""
    wall = time(8, tzinfo=zone)
    with pytest.raises(ValueError, match=advice):
        DailySchedule([time(7), wall] if many else wall)


@pytest.mark.parametrize(
    "zone",
    [None, UTC, FAR_AHEAD, BEHIND, NEW_YORK, APIA, ForeignZone("America/New_York")],
    ids=str,
)
def test_end_of_time(zone: tzinfo | None) -> None:
    """Where the year 9999 ends there is an `OverflowError`, and no endless search (W6)."""
    schedule = DailySchedule(time(8, tzinfo=zone))
    end = datetime.max.replace(tzinfo=UTC)
    assert slot_after(schedule, LATEST) < LATEST + DAY
    for hours in range(-8 * 24, -48):
        assert slot_after(schedule, end + hours * HOUR) > end + hours * HOUR
    for early in (timedelta(), timedelta(minutes=1)):
        with pytest.raises(OverflowError, match="outside datetime's range"):
            slot_after(schedule, end - early)


@pytest.mark.parametrize("zone", [None, FAR_AHEAD, NEW_YORK, ForeignZone("Asia/Manila")], ids=str)
def test_begin_of_time(zone: tzinfo | None) -> None:
    """The first moment supported has its slot within a day (W6)."""
    assert slot_after(DailySchedule(time(8, tzinfo=zone)), EARLIEST) <= EARLIEST + DAY


def test_bad_moments() -> None:
    """A moment must be an aware datetime (W6)."""
    schedule = DailySchedule(time(8))
    with pytest.raises(ValueError, match="`moment` must be aware"):
        slot_after(schedule, datetime(2026, 1, 5))  # noqa: DTZ001 -- what is tested
    with pytest.raises(ValueError, match="`moment` must be aware"):
        slot_after(schedule, datetime(2026, 1, 5, tzinfo=Vague()))


def test_no_times() -> None:
    """A schedule without times is refused (W6)."""
    with pytest.raises(ValueError, match="must name at least one time"):
        DailySchedule([])


@pytest.mark.parametrize(
    ("times", "message"),
    [
        ([time(8), "09:00"], r"`times\[1\]` .* of type str"),
        ([datetime(2026, 1, 5, tzinfo=UTC)], r"`times\[0\]` .* of type datetime"),
        (8, "`times` .* of type int"),
        ("08:00", "`times` .* of type str"),
    ],
    ids=["item", "datetime", "number", "text"],
)
def test_not_times(times: Sequence[time], message: str) -> None:
    """What isn't a time is named by its type and index (W6)."""
    with pytest.raises(TypeError, match=message):
        DailySchedule(times)


# --- Facts about zones that the package relies on -------------------------------------------------


@pytest.fixture(scope="module")
def changes() -> Sequence[Sequence[tuple[datetime, timedelta]]]:
    """List for each zone when its offset changes, and by how much."""
    return [
        [(transition.instant, transition.length) for transition in transitions_of(key)]
        for key in KEYS
    ]


def test_changes_are_far_apart(changes: Sequence[Sequence[tuple[datetime, timedelta]]]) -> None:
    """Two equal samples prove a quiet stretch only if no zone changes twice between them."""
    closest = min(late - early for zone in changes for (early, _), (late, _) in pairwise(zone))
    assert closest > timedelta(microseconds=SAMPLES_APART)


def test_gaps_and_folds_are_short(changes: Sequence[Sequence[tuple[datetime, timedelta]]]) -> None:
    """A change may move a slot by its length, and the next is a day later: no other comes near."""
    longest = max(length for zone in changes for _, length in zone)
    assert longest <= timedelta(microseconds=LONGEST_CHANGE)
    assert longest + 2 * DAY < timedelta(microseconds=SAMPLES_APART)


def test_changes_come_at_full_seconds(
    changes: Sequence[Sequence[tuple[datetime, timedelta]]],
) -> None:
    """Changes are looked for by seconds."""
    assert all(moment.microsecond == 0 for zone in changes for moment, _ in zone)
