"""One wall time to one instant (contract W1, W2, W5)."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from typing import Final
from zoneinfo import ZoneInfo

import pytest
from support.zones import OwnZone

from defectio_tasks._zones import gap_and_fold as _civil
from defectio_tasks._zones.gap_and_fold import (
    Fold,
    Gap,
    Unique,
    classify,
    microseconds_of_day,
    resolve,
)
from defectio_tasks._zones.instants import FIRST_INSTANT, LAST_INSTANT, to_instant, to_moment
from defectio_tasks._zones.offsets import offset_at

HOUR: Final = 3_600_000_000
NEW_YORK: Final = ZoneInfo("America/New_York")
APIA: Final = ZoneInfo("Pacific/Apia")


def at(wall: str) -> datetime:
    """Write a naive wall time."""
    return datetime.fromisoformat(wall)


def instant(text: str) -> int:
    """Read an instant, by other means than the room does."""
    return round(datetime.fromisoformat(text).timestamp() * 1_000_000)


@pytest.mark.parametrize(
    ("wall", "expected"),
    [
        pytest.param(at("2026-03-08 01:59:59"), Unique(-5 * HOUR), id="before a gap"),
        pytest.param(at("2026-03-08 02:00"), Gap(-5 * HOUR, -4 * HOUR), id="gap begins"),
        pytest.param(at("2026-03-08 02:59:59"), Gap(-5 * HOUR, -4 * HOUR), id="gap ends"),
        pytest.param(at("2026-03-08 03:00"), Unique(-4 * HOUR), id="after a gap"),
        pytest.param(at("2026-11-01 00:59:59"), Unique(-4 * HOUR), id="before a fold"),
        pytest.param(at("2026-11-01 01:00"), Fold(-4 * HOUR, -5 * HOUR), id="fold begins"),
        pytest.param(at("2026-11-01 01:59:59"), Fold(-4 * HOUR, -5 * HOUR), id="fold ends"),
        pytest.param(at("2026-11-01 02:00"), Unique(-5 * HOUR), id="after a fold"),
    ],
)
@pytest.mark.parametrize("fold", [0, 1])
def test_w2_wall_time_is_unique_or_in_a_gap_or_in_a_fold(
    wall: datetime, fold: int, expected: Unique | Gap | Fold
) -> None:
    """W2: the edges of both kinds of transition; `fold` of the question doesn't matter."""
    assert classify(wall.replace(fold=fold), NEW_YORK) == expected


@pytest.mark.parametrize(
    ("day", "wall", "zone", "expected"),
    [
        pytest.param(
            date(2026, 7, 1), time(8, 30), NEW_YORK, "2026-07-01T12:30+00:00", id="unique"
        ),
        pytest.param(
            date(2026, 7, 1), time(8, 30, fold=1), NEW_YORK, "2026-07-01T12:30+00:00", id="W2 fold"
        ),
        pytest.param(
            date(2026, 3, 8), time(2, 30), NEW_YORK, "2026-03-08T07:30+00:00", id="W2 gap"
        ),
        pytest.param(
            date(2026, 3, 8),
            time(2, 30, fold=1),
            NEW_YORK,
            "2026-03-08T07:30+00:00",
            id="W2 gap ignores fold",
        ),
        pytest.param(
            date(2026, 11, 1), time(1, 30), NEW_YORK, "2026-11-01T05:30+00:00", id="W2 first"
        ),
        pytest.param(
            date(2026, 11, 1),
            time(1, 30, fold=1),
            NEW_YORK,
            "2026-11-01T06:30+00:00",
            id="W2 second",
        ),
        pytest.param(
            date(2024, 3, 30),
            time(23, 30),
            ZoneInfo("America/Nuuk"),
            "2024-03-31T01:30+00:00",
            id="W2 gap over midnight",
        ),
        pytest.param(
            date(2011, 12, 30), time(8, 30), APIA, "2011-12-30T18:30+00:00", id="W5 lost date"
        ),
        pytest.param(
            date(2011, 12, 31), time(8, 30), APIA, "2011-12-30T18:30+00:00", id="W5 next date"
        ),
        pytest.param(
            date(2026, 1, 1),
            time(0, 0, 0, 7),
            timezone(timedelta(hours=19)),
            "2025-12-31T05:00:00.000007+00:00",
            id="other date in UTC",
        ),
        pytest.param(
            date(1960, 2, 29), time(), UTC, "1960-02-29T00:00+00:00", id="before the epoch"
        ),
    ],
)
def test_w1_each_local_date_and_time_is_one_instant(
    day: date, wall: time, zone: tzinfo, expected: str
) -> None:
    """W1, W2, W5: each (local date, time) resolves to exactly one instant."""
    assert resolve(day.toordinal(), wall, zone) == instant(expected)


def test_w2_there_is_no_other_kind(monkeypatch: pytest.MonkeyPatch) -> None:
    """W2: unique, gap or fold; a kind that somebody adds must not pass in silence."""
    monkeypatch.setattr(_civil, "classify", lambda *_: "another kind")
    with pytest.raises(AssertionError, match="another kind"):
        resolve(1, time(8), NEW_YORK)


def test_w1_the_times_own_zone_does_not_count() -> None:
    """W1: the zone is an argument; a caller need not strip the time's."""
    day = date(2026, 7, 1).toordinal()
    assert resolve(day, time(8, tzinfo=UTC), NEW_YORK) == resolve(day, time(8), NEW_YORK)


def test_w6_instants_outside_the_range_can_be_told() -> None:
    """W6: only turning such an instant into a moment is an `OverflowError`."""
    zone = timezone(timedelta(hours=-12))
    beyond = resolve(date.max.toordinal(), time(23), zone)
    assert beyond > LAST_INSTANT
    with pytest.raises(OverflowError):
        to_moment(beyond)
    before = resolve(date.min.toordinal(), time(1), timezone(timedelta(hours=12)))
    assert before < FIRST_INSTANT
    with pytest.raises(OverflowError):
        to_moment(before)


@pytest.mark.parametrize(
    ("moment", "hours"),
    [
        pytest.param("2026-03-08T06:59:59.999999+00:00", -5, id="before a gap"),
        pytest.param("2026-03-08T07:00+00:00", -4, id="after a gap"),
        pytest.param("2026-11-01T05:30+00:00", -4, id="first pass"),
        pytest.param("2026-11-01T06:30+00:00", -5, id="second pass"),
    ],
)
def test_w2_offset_at_an_instant(moment: str, hours: int) -> None:
    """W2: which offset is in force at an instant is never ambiguous."""
    assert offset_at(instant(moment), NEW_YORK) == hours * HOUR


def test_w1_offsets_below_a_second_count() -> None:
    """W1: fixed offsets go down to the microsecond."""
    zone = timezone(-timedelta(hours=1, microseconds=3))
    assert classify(at("2026-01-01 00:00"), zone) == Unique(-HOUR - 3)


def test_w6_zone_that_stops_telling_its_offset() -> None:
    """W6: a zone without an offset is a `ValueError` that names it."""
    with pytest.raises(
        ValueError, match=re.escape("must tell its offset, got None from OwnZone('Own/Zone')")
    ):
        classify(at("2026-01-01 00:00"), OwnZone(None))


@pytest.mark.parametrize(
    "text",
    [
        "0001-01-01T00:00+00:00",
        "1969-12-31T23:59:59.999999+00:00",
        "1970-01-01T00:00+00:00",
        "2026-11-01T06:30:00.000001+00:00",
        "9999-12-31T23:59:59.999999+00:00",
    ],
)
def test_w4_moments_and_instants_are_the_same_thing(text: str) -> None:
    """W4: nothing is lost between a moment and its instant, to the microsecond."""
    moment = datetime.fromisoformat(text)
    assert to_moment(to_instant(moment)) == moment
    assert to_moment(to_instant(moment)).tzinfo is UTC
    assert FIRST_INSTANT <= to_instant(moment) <= LAST_INSTANT


def test_w4_the_zone_of_a_moment_does_not_matter() -> None:
    """W4: two wall times of one instant, also on the second pass of a fold."""
    second_pass = datetime(2026, 11, 1, 1, 30, fold=1, tzinfo=NEW_YORK)
    assert to_instant(second_pass) == instant("2026-11-01T06:30+00:00")


@pytest.mark.parametrize(
    ("wall", "microseconds"),
    [(time(), 0), (time(1, 2, 3, 4), 3_723_000_004), (time.max, 24 * HOUR - 1)],
)
def test_w1_microseconds_of_day(wall: time, microseconds: int) -> None:
    """W1: a wall time is exact to the microsecond."""
    assert microseconds_of_day(wall) == microseconds
