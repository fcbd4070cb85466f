"""`Weekdays` (contract W9, W15)."""

from __future__ import annotations

import copy
import pickle
import re
from collections.abc import Callable
from dataclasses import FrozenInstanceError
from datetime import UTC, date, datetime, timedelta

import pytest

from defectio_tasks._schedules.weekdays import Weekdays

MONDAY = date(2026, 3, 30)
make: Callable[..., Weekdays] = Weekdays


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        (["mon-fri"], "mon tue wed thu fri"),
        (["sat", "sun"], "sat sun"),
        (["fri-mon"], "mon fri sat sun"),
        (["wed"], "wed"),
        (["SAT", "Mon-Tue"], "mon tue sat"),
        (["thu-thu"], "thu"),
        (["thu-wed"], "mon tue wed thu fri sat sun"),
        (["mon", "mon-tue", "tue"], "mon tue"),
    ],
    ids=" ".join,
)
def test_w9_dates(days: list[str], expected: str) -> None:
    names = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
    weekdays = Weekdays(*days)
    found = [name for day, name in enumerate(names) if MONDAY + timedelta(days=day) in weekdays]
    assert " ".join(found) == expected
    assert " ".join(weekdays.days) == expected


@pytest.mark.parametrize(
    "day", ["monday", "", "mo", "mon,tue", "mon-", "-mon", "mon-tue-wed", " mon", "mon - tue", "L"]
)
def test_w9_wrong_name(day: str) -> None:
    message = (
        "`days[1]` must be one of mon, tue, wed, thu, fri, sat, sun, or two of them with `-` "
        f"between, got {day!r} (write `Weekdays('mon-fri')` or `Weekdays('sat', 'sun')`)"
    )
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        Weekdays("mon", day)


def test_w9_no_day() -> None:
    message = "`days` must name at least one day, got none (write `Weekdays('mon-fri')`)"
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        Weekdays()


@pytest.mark.parametrize("day", [0, None, True, ["sat", "sun"], MONDAY, b"mon"], ids=repr)
def test_w9_not_a_name(day: object) -> None:
    message = f"`days[0]` must be a str, got {day!r} (write `Weekdays('sat', 'sun')`)"
    with pytest.raises(TypeError, match=f"^{re.escape(message)}$"):
        make(day)


def test_w9_a_datetime_is_no_date() -> None:
    """It is on different days in different zones."""
    moment = datetime(2026, 3, 30, tzinfo=UTC)
    message = (
        f"`day` must be a datetime.date, got {moment!r} "
        "(write `.date()` behind it, in the zone that you mean)"
    )
    with pytest.raises(TypeError, match=f"^{re.escape(message)}$"):
        assert moment in Weekdays("mon")


@pytest.mark.parametrize("day", ["mon", 0, None], ids=repr)
def test_w9_not_a_date(day: object) -> None:
    with pytest.raises(
        TypeError, match=f"^{re.escape(f'`day` must be a datetime.date, got {day!r}')}$"
    ):
        assert day in Weekdays("mon")


@pytest.mark.parametrize(
    ("weekdays", "shown", "said"),
    [
        (Weekdays("mon-fri"), "Weekdays('mon-fri')", "mon-fri"),
        (Weekdays("SUN", "sat"), "Weekdays('sat', 'sun')", "sat, sun"),
        (Weekdays("fri-mon"), "Weekdays('fri-mon')", "fri-mon"),
        (Weekdays("wed", "tue", "mon", "sat"), "Weekdays('mon-wed', 'sat')", "mon-wed, sat"),
        (Weekdays("sun-mon"), "Weekdays('sun', 'mon')", "sun, mon"),
        (Weekdays("sun-sat"), "Weekdays('mon-sun')", "mon-sun"),
    ],
    ids=str,
)
def test_w15_shows_what_makes_it_again(weekdays: Weekdays, shown: str, said: str) -> None:
    assert repr(weekdays) == shown
    assert str(weekdays) == said
    assert eval(shown) == weekdays  # noqa: S307 -- shown by us


def test_w15_is_a_value() -> None:
    weekdays = Weekdays("mon-wed")
    assert weekdays == Weekdays("tue", "WED", "mon")
    assert hash(weekdays) == hash(Weekdays("tue", "WED", "mon"))
    assert weekdays != Weekdays("mon-thu")
    for again in (pickle.loads(pickle.dumps(weekdays)), copy.deepcopy(weekdays)):  # noqa: S301
        assert again == weekdays
    with pytest.raises(FrozenInstanceError):
        weekdays.days = ()  # type: ignore[misc]
