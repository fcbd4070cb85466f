"""`Every` (contract W11, W15)."""

from __future__ import annotations

import math
import pickle
import re
from collections.abc import Callable
from dataclasses import FrozenInstanceError
from datetime import UTC, date, datetime, timedelta, timezone
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest

from defectio_tasks._schedules.every import Every

MORNING = datetime(2026, 3, 30, 8, 20, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
make: Callable[..., Every] = Every


@pytest.mark.parametrize(
    ("schedule", "slots"),
    [
        (Every(minutes=15), "03-30 08:30:00 03-30 08:45:00"),
        (Every(hours=1), "03-30 09:00:00 03-30 10:00:00"),
        (Every(seconds=0.5), "03-30 08:20:00.500000 03-30 08:20:01"),
        (Every(days=1), "03-31 00:00:00 04-01 00:00:00"),
        (
            Every(days=2, anchor=datetime(2026, 3, 29, 6, tzinfo=UTC)),
            "03-31 06:00:00 04-02 06:00:00",
        ),
        (
            Every(hours=1, anchor=datetime(2030, 1, 1, 0, 20, tzinfo=UTC)),
            "03-30 09:20:00 03-30 10:20:00",
        ),
        (Every(minutes=1, seconds=-30), "03-30 08:20:30 03-30 08:21:00"),
    ],
    ids=str,
)
def test_w11_slots(schedule: Every, slots: str) -> None:
    first = schedule.next_after(MORNING)
    second = schedule.next_after(first)
    assert f"{first} {second}" == " ".join(
        f"2026-{day} {wall}+00:00" for day, wall in zip(*[iter(slots.split())] * 2, strict=True)
    )
    assert schedule.next_after(first - MICROSECOND) == first
    assert first.tzinfo is UTC


def test_w11_before_the_epoch_and_before_the_anchor() -> None:
    schedule = Every(hours=7, anchor=datetime(2026, 1, 1, tzinfo=UTC))
    moment = datetime(1905, 5, 5, tzinfo=UTC)
    slot = schedule.next_after(moment)
    assert moment < slot <= moment + timedelta(hours=7)
    assert (schedule.anchor - slot) % timedelta(hours=7) == timedelta()


def test_w11_absolute_time_where_clocks_are_changed() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    schedule = Every(days=1, anchor=datetime(2026, 3, 28, 8, tzinfo=berlin))
    slot = schedule.next_after(datetime(2026, 3, 29, tzinfo=berlin))
    assert slot.astimezone(berlin).hour == 9


def test_w11_no_error_adds_up() -> None:
    schedule = Every(seconds=0.1)
    slot = MORNING
    for _ in range(1000):
        slot = schedule.next_after(slot)
    assert slot == MORNING + timedelta(seconds=100)


@pytest.mark.parametrize(
    ("parts", "given"),
    [
        ({}, "none of them"),
        ({"seconds": 0, "hours": 0.0}, "none of them"),
        ({"minutes": -1}, "`minutes=-1`"),
        ({"minutes": 1, "seconds": -60}, "`seconds=-60`, `minutes=1`"),
        ({"seconds": 1e-7}, "`seconds=1e-07`"),
    ],
)
def test_w11_not_positive(parts: dict[str, float], given: str) -> None:
    message = (
        "`seconds`, `minutes`, `hours` and `days` must have a sum of at least a microsecond, got "
        f"{given} (write `Every(minutes=15)`)"
    )
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        make(**parts)


@pytest.mark.parametrize("value", [math.inf, -math.inf, math.nan])
@pytest.mark.parametrize("name", ["seconds", "minutes", "hours", "days"])
def test_w11_not_finite(name: str, value: float) -> None:
    message = f"`{name}` must be finite, got {value}"
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        make(**{name: value})


def test_w11_too_long() -> None:
    message = (
        "`seconds`, `minutes`, `hours` and `days` must have a sum that a datetime.timedelta can "
        "be, got `days=1e+300`"
    )
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        Every(days=1e300)


@pytest.mark.parametrize("value", ["5", None, True, False, Fraction(1, 2), 1j], ids=repr)
def test_w11_not_a_number(value: object) -> None:
    message = f"`hours` must be an int or a float, got {value!r}"
    with pytest.raises(TypeError, match=f"^{re.escape(message)}$"):
        make(hours=value)


def test_w11_a_timedelta_is_no_number() -> None:
    message = (
        "`seconds` must be an int or a float, got datetime.timedelta(seconds=5) "
        "(write `seconds=delta.total_seconds()`)"
    )
    with pytest.raises(TypeError, match=f"^{re.escape(message)}$"):
        make(seconds=timedelta(seconds=5))


def test_w11_parts_have_names() -> None:
    """`Every(5)` would be anybody's guess."""
    with pytest.raises(TypeError, match="positional"):
        make(5)


def test_w11_wrong_anchor() -> None:
    with pytest.raises(ValueError, match=r"^`anchor` must be aware"):
        Every(hours=1, anchor=MORNING.replace(tzinfo=None))
    with pytest.raises(TypeError, match=r"^`anchor` must be a datetime\.datetime, got datetime"):
        make(hours=1, anchor=date(2026, 1, 1))


def test_w4_moment() -> None:
    with pytest.raises(ValueError, match=r"^`moment` must be aware"):
        Every(hours=1).next_after(MORNING.replace(tzinfo=None))
    ask: Callable[..., object] = Every(hours=1).next_after
    with pytest.raises(TypeError, match=r"^`moment` must be a datetime\.datetime"):
        ask("08:30")


def test_w6_outside_the_range() -> None:
    last = datetime(9999, 12, 31, 23, tzinfo=UTC)
    assert Every(hours=1).next_after(last - timedelta(minutes=1)) == last
    message = "the slot after 9999-12-31 23:00:00+00:00 is outside datetime's range"
    with pytest.raises(OverflowError, match=f"^{re.escape(message)}$"):
        Every(hours=1).next_after(last)
    end = datetime.max.replace(tzinfo=UTC)
    assert Every(seconds=1e-6).next_after(end - MICROSECOND) == end


@pytest.mark.parametrize(
    ("schedule", "shown", "said"),
    [
        (Every(minutes=15), "Every(minutes=15)", "every 15 minutes"),
        (Every(seconds=3600), "Every(hours=1)", "every hour"),
        (Every(hours=1.5), "Every(hours=1, minutes=30)", "every 1 hour 30 minutes"),
        (Every(hours=36), "Every(days=1, hours=12)", "every 1 day 12 hours"),
        (Every(seconds=61.5), "Every(minutes=1, seconds=1.5)", "every 1 minute 1.5 seconds"),
        (Every(seconds=1e-6), "Every(seconds=1e-06)", "every 1e-06 seconds"),
        (
            Every(days=2, anchor=MORNING),
            (
                "Every(days=2, anchor=datetime.datetime(2026, 3, 30, 8, 20, "
                "tzinfo=datetime.timezone.utc))"
            ),
            "every 2 days counted from 2026-03-30 08:20 UTC",
        ),
        (
            Every(minutes=20, anchor=MORNING),
            (
                "Every(minutes=20, anchor=datetime.datetime(2026, 3, 30, 8, 20, "
                "tzinfo=datetime.timezone.utc))"
            ),
            "every 20 minutes",
        ),
    ],
    ids=str,
)
def test_w15_shows_what_makes_it_again(schedule: Every, shown: str, said: str) -> None:
    assert repr(schedule) == shown
    assert str(schedule) == said


def test_w15_is_a_value() -> None:
    schedule = Every(minutes=15)
    assert schedule == Every(hours=0.25, anchor=datetime(2026, 1, 1, tzinfo=UTC))
    assert hash(schedule) == hash(Every(hours=0.25, anchor=datetime(2026, 1, 1, tzinfo=UTC)))
    assert schedule != Every(minutes=15, anchor=datetime(2026, 1, 1, 0, 1, tzinfo=UTC))
    assert schedule != Every(minutes=5)
    assert schedule.interval == timedelta(minutes=15)
    anchor = datetime(2026, 1, 1, tzinfo=timezone(timedelta(hours=1)))
    assert Every(hours=1, anchor=anchor).anchor.isoformat() == "2025-12-31T23:00:00+00:00"
    assert pickle.loads(pickle.dumps(schedule)) == schedule  # noqa: S301
    with pytest.raises(FrozenInstanceError):
        schedule.interval = timedelta()  # type: ignore[misc]
