"""When the offset of a zone changes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone, tzinfo
from itertools import pairwise
from typing import Final
from zoneinfo import ZoneInfo

import pytest
from support.zones import OwnZone

from defectio_tasks._zones import offsets as _offsets
from defectio_tasks._zones.instants import FIRST_INSTANT, HOUR, LAST_INSTANT, to_instant
from defectio_tasks._zones.offsets import Stretch, offset_at, stretch_at

BERLIN: Final = ZoneInfo("Europe/Berlin")


@pytest.fixture
def samples(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """List the instants at which an offset was sampled."""
    asked: list[int] = []

    def sample(instant: int, zone: tzinfo) -> int:
        asked.append(instant)
        return offset_at(instant, zone)

    monkeypatch.setattr(_offsets, "offset_at", sample)
    _offsets._stretches.cache_clear()
    return asked


def at(text: str) -> int:
    """Write an instant as a moment in UTC."""
    return to_instant(datetime.fromisoformat(text).replace(tzinfo=UTC))


def stretch_of(zone: tzinfo, instant: int) -> Stretch:
    stretch = stretch_at(zone, instant)
    assert stretch is not None
    assert stretch.start <= instant < stretch.end
    return stretch


def test_a_gap_moves_times_for_its_length_after_the_change() -> None:
    for asked in ("2026-03-20", "2026-03-29 00:59:59", "2026-03-29 01:00", "2026-03-29 01:59"):
        stretch = stretch_of(BERLIN, at(asked))
        assert stretch.change == stretch.steady_until == at("2026-03-29 01:00")
        assert stretch.end == at("2026-03-29 02:00")
        assert (stretch.before, stretch.after) == (HOUR, 2 * HOUR)


def test_a_fold_repeats_times_for_its_length_on_both_sides() -> None:
    for asked in ("2026-10-20", "2026-10-25 00:30", "2026-10-25 01:59:59"):
        stretch = stretch_of(BERLIN, at(asked))
        assert stretch.steady_until == at("2026-10-25 00:00")
        assert stretch.change == at("2026-10-25 01:00")
        assert stretch.end == at("2026-10-25 02:00")
        assert (stretch.before, stretch.after) == (2 * HOUR, HOUR)
    assert stretch_of(BERLIN, at("2026-10-25 02:00")).start == at("2026-10-25 02:00")


@pytest.mark.parametrize(
    ("zone", "moment", "change"),
    [
        pytest.param("Pacific/Apia", "2011-12-30 10:00", 24, id="a date left out"),
        pytest.param("Pacific/Kwajalein", "1969-10-01", -23, id="nearly a date twice"),
        pytest.param("Africa/Casablanca", "2026-02-15 02:00", -1, id="Ramadan begins"),
        pytest.param("Africa/Casablanca", "2026-03-22 02:00", 1, id="Ramadan ends"),
    ],
)
def test_a_change_is_found_wherever_it_lies(zone: str, moment: str, change: int) -> None:
    found = {
        (stretch.change, stretch.after - stretch.before)
        for days in range(-40, 3)
        if (stretch := stretch_at(ZoneInfo(zone), at(moment) + days * 24 * HOUR))
    }
    lengths = {length // HOUR for _, length in found}
    assert change in lengths
    for instant, length in found:
        if length:
            zone_info = ZoneInfo(zone)
            assert offset_at(instant, zone_info) - offset_at(instant - 1, zone_info) == length


def test_stretches_have_no_holes() -> None:
    for zone in ("Europe/Berlin", "Africa/Casablanca", "America/Sao_Paulo", "Asia/Tehran"):
        instant, end = at("1998-01-01"), at("2031-01-01")
        while instant < end:
            stretch = stretch_of(ZoneInfo(zone), instant)
            middle = (max(stretch.start, instant) + min(stretch.change, stretch.end)) // 2
            assert offset_at(middle, ZoneInfo(zone)) == stretch.before
            instant = stretch.end


@pytest.mark.parametrize("hours", [-12, 0, 14])
def test_a_fixed_offset_holds_for_ever(hours: int, samples: list[int]) -> None:
    zone = timezone(timedelta(hours=hours))
    for instant in (FIRST_INSTANT, 0, LAST_INSTANT):
        stretch = stretch_of(zone, instant)
        assert stretch.steady_until > LAST_INSTANT
        assert stretch.before == stretch.after == hours * HOUR
    assert samples == []


def test_of_other_classes_nobody_knows() -> None:
    class Own(ZoneInfo):
        pass

    for zone in (OwnZone(), Own("Europe/Berlin")):
        assert stretch_at(zone, at("2026-07-01")) is None


@pytest.mark.parametrize("instant", [FIRST_INSTANT, LAST_INSTANT])
def test_at_the_ends_of_the_range_nobody_knows(instant: int) -> None:
    assert stretch_at(BERLIN, instant) is None


def test_samples_are_near_enough_to_each_other(samples: list[int]) -> None:
    """No IANA zone changes its offset twice within 95.67 hours, so no pair may hide."""
    stretch_at(ZoneInfo("Asia/Tokyo"), at("2026-07-01"))
    assert len(samples) > 15
    # What a gap of a day moved into the span counts in it.
    number = at("2026-07-01") // _offsets._SPAN
    assert samples[0] == number * _offsets._SPAN - 24 * HOUR
    assert all(0 < later - early < 95.67 * HOUR for early, later in pairwise(samples))


def test_a_span_is_sampled_once_for_all_schedules(samples: list[int]) -> None:
    stretch_at(BERLIN, at("2026-06-01"))
    seen = len(samples)
    for day in range(1, 30):
        stretch_at(BERLIN, at(f"2026-06-{day:02}"))
    assert len(samples) == seen < 50


def test_what_was_sampled_is_not_kept_without_end() -> None:
    assert _offsets._stretches.cache_info().maxsize == 256
