"""The slots of several zones together (contract W3, W4)."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta, timezone
from typing import Final
from zoneinfo import ZoneInfo

import pytest
from support.zones import OwnZone

from defectio_tasks._schedules.compiled import CompiledTimes
from defectio_tasks._schedules.steady import NEVER_STEADY
from defectio_tasks._zones.instants import DAY, FIRST_INSTANT, LAST_INSTANT, to_instant, to_moment

BERLIN: Final = ZoneInfo("Europe/Berlin")
NEW_YORK: Final = ZoneInfo("America/New_York")


def at(text: str) -> datetime:
    """Write a moment in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_w3_the_next_slot_is_the_first_of_all_zones() -> None:
    times = CompiledTimes([time(9, tzinfo=BERLIN), time(9, tzinfo=NEW_YORK), time(8)])
    slots = [to_instant(at("2026-07-01"))]
    for _ in range(4):
        slots.append(times.next_after(slots[-1]))
    assert [to_moment(slot).hour for slot in slots] == [0, 7, 8, 13, 7]


def test_w4_steady_lasts_until_any_zone_changes() -> None:
    times = CompiledTimes([time(9, tzinfo=BERLIN), time(9, 0, 30, tzinfo=NEW_YORK)])
    steady = times.steady_around(to_instant(at("2026-03-20")))
    # Between the change of New York and that of Berlin.
    assert steady.start == at("2026-03-08 08:00")
    assert steady.until == at("2026-03-29 01:00")
    assert list(steady.seconds) == [8 * 3600, 13 * 3600 + 30]
    assert {type(second) for second in steady.seconds} == {int}
    assert list(steady.times) == [time(8, tzinfo=UTC), time(13, 0, 30, tzinfo=UTC)]


def test_w4_before_a_fold_steady_ends_where_times_come_twice() -> None:
    steady = CompiledTimes([time(2, 30, tzinfo=BERLIN)]).steady_around(to_instant(at("2026-10-01")))
    assert steady.until == at("2026-10-25 00:00")


@pytest.mark.parametrize("asked", ["2026-03-29 01:00", "2026-03-29 01:30", "2026-10-25 00:30"])
def test_w4_around_a_change_nothing_is_steady(asked: str) -> None:
    times = CompiledTimes([time(9, tzinfo=BERLIN), time(9)])
    assert times.steady_around(to_instant(at(asked))) is NEVER_STEADY


def test_w4_never_is_no_time_at_all() -> None:
    start, until, seconds, times = NEVER_STEADY
    assert until < start
    assert list(seconds) == list(times) == []


def test_w4_a_fixed_offset_is_always_steady() -> None:
    times = CompiledTimes([time(1, tzinfo=timezone(timedelta(hours=5)))])
    for instant in (FIRST_INSTANT, 0, LAST_INSTANT - DAY - 1):
        start, until, seconds, _ = times.steady_around(instant)
        assert list(seconds) == [20 * 3600]
        assert start == datetime.min.replace(tzinfo=UTC)
        assert until == datetime.max.replace(tzinfo=UTC) - timedelta(days=1)


@pytest.mark.parametrize(
    "wall",
    [
        pytest.param(time(9, tzinfo=OwnZone()), id="own class"),
        pytest.param(time(9, 0, 0, 1, tzinfo=BERLIN), id="within a second"),
        pytest.param(
            time(9, tzinfo=timezone(timedelta(microseconds=1))), id="offset within a second"
        ),
    ],
)
def test_w4_what_is_never_steady(wall: time) -> None:
    times = CompiledTimes([time(8, tzinfo=BERLIN), wall])
    assert times.steady_around(to_instant(at("2026-07-01"))) is NEVER_STEADY
