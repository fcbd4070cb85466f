"""`At` (contract W10, W15)."""

from __future__ import annotations

import pickle
import re
from collections.abc import Callable
from dataclasses import FrozenInstanceError
from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest

import defectio_tasks as tasks
from defectio_tasks._schedules.at import At
from defectio_tasks.testing import VirtualClock

LONDON = ZoneInfo("Europe/London")
MORNING = datetime(2026, 3, 30, 8, 30, tzinfo=UTC)
HOUR = timedelta(hours=1)
make: Callable[..., At] = At


def test_w10_each_once_in_order() -> None:
    schedule = At(MORNING + HOUR, MORNING, MORNING.astimezone(LONDON))
    assert schedule.moments == (MORNING, MORNING + HOUR)
    assert schedule.next_after(MORNING - HOUR) == MORNING
    assert schedule.next_after(MORNING - timedelta(microseconds=1)) == MORNING
    assert schedule.next_after(MORNING) == MORNING + HOUR
    assert schedule.next_after(MORNING + HOUR) is None


def test_w10_both_passes_of_a_fold() -> None:
    """Wall times of one zone are equal there, and instants aren't."""
    first = datetime(2026, 10, 25, 1, 30, tzinfo=LONDON)
    schedule = At(first.replace(fold=1), first)
    assert schedule.moments == (
        datetime(2026, 10, 25, 0, 30, tzinfo=UTC),
        datetime(2026, 10, 25, 1, 30, tzinfo=UTC),
    )
    assert schedule.next_after(first) == schedule.moments[1]
    assert schedule.next_after(first.replace(fold=1)) is None


async def test_w10_after_the_last_the_loop_ends(clock: VirtualClock) -> None:
    ran = []
    begin = clock.now()

    @tasks.loop(schedule=At(begin + HOUR, begin + 3 * HOUR, begin - HOUR))
    async def body() -> None:
        ran.append(clock.now() - begin)

    await body.start()
    assert ran == [HOUR, 3 * HOUR]
    assert body.ending == "completed"


def test_w10_no_moment() -> None:
    message = (
        "`moments` must have at least one moment, got none "
        "(write `*` before an iterable of them, which may not be empty)"
    )
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        At()


def test_w10_naive_moment() -> None:
    message = (
        "`moments[1]` must be aware (have a `tzinfo`), got datetime.datetime(2026, 3, 30, 8, 30) "
        "(write `tzinfo=datetime.timezone.utc`, or a zone of `zoneinfo`)"
    )
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        At(MORNING, MORNING.replace(tzinfo=None))


@pytest.mark.parametrize(
    ("moment", "advice"),
    [
        ("2026-03-30", ""),
        (None, ""),
        ([MORNING], ""),
        (
            date(2026, 3, 30),
            " (write `datetime.datetime(2026, 3, 30, tzinfo=datetime.timezone.utc)`)",
        ),
    ],
    ids=repr,
)
def test_w10_not_a_moment(moment: object, advice: str) -> None:
    message = f"`moments[0]` must be a datetime.datetime, got {moment!r}{advice}"
    with pytest.raises(TypeError, match=f"^{re.escape(message)}$"):
        make(moment)


def test_w10_outside_the_range() -> None:
    moment = datetime.max.replace(tzinfo=timezone(-HOUR))
    message = f"`moments[0]` must be within datetime's range in UTC, got {moment!r}"
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        At(moment)


def test_w4_a_moment_must_be_aware() -> None:
    with pytest.raises(ValueError, match=r"^`moment` must be aware"):
        At(MORNING).next_after(MORNING.replace(tzinfo=None))


def test_w15_says_when() -> None:
    later = [MORNING + number * HOUR for number in range(5)]
    assert str(At(MORNING)) == "at 2026-03-30 08:30 UTC"
    assert str(At(*later[:2])) == "at 2026-03-30 08:30 UTC and 2026-03-30 09:30 UTC"
    assert str(At(*later[:3])).endswith("2026-03-30 09:30 UTC and 2026-03-30 10:30 UTC")
    assert str(At(*later)).endswith("09:30 UTC, 2026-03-30 10:30 UTC and 2 more")
    assert str(At(MORNING.replace(second=5))) == "at 2026-03-30 08:30:05 UTC"
    assert str(At(MORNING.replace(microsecond=5))) == "at 2026-03-30 08:30:00.000005 UTC"


def test_w15_is_a_value() -> None:
    schedule = At(MORNING.astimezone(LONDON), MORNING + HOUR)
    assert repr(At(MORNING)) == (
        "At(datetime.datetime(2026, 3, 30, 8, 30, tzinfo=datetime.timezone.utc))"
    )
    assert schedule == At(MORNING + HOUR, MORNING)
    assert hash(schedule) == hash(At(MORNING + HOUR, MORNING))
    assert schedule != At(MORNING)
    assert pickle.loads(pickle.dumps(schedule)) == schedule  # noqa: S301
    with pytest.raises(FrozenInstanceError):
        schedule.moments = ()  # type: ignore[misc]
