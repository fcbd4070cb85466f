"""What users pass to `loop` and `change_interval` (contract I4, T4, L3, L13)."""

from __future__ import annotations

import asyncio
import enum
import itertools
import math
import numbers
import re
from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final

import pytest

import defectio_tasks as tasks

PARTS: Final = ["seconds", "minutes", "hours"]
EIGHT: Final = time(8, tzinfo=UTC)

# Arguments of wrong kinds are passed on purpose: no checker is to look at them.
unchecked_loop: Callable[..., Callable[..., tasks.Loop]] = tasks.loop


class Hourly:
    """A user's own schedule."""

    def next_after(self, moment: datetime, /) -> datetime:
        """Tell the next full hour."""
        return moment.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)

    def __repr__(self) -> str:
        """Say something that a message can be searched for."""
        return "Hourly()"


class Half(numbers.Number):
    """A number of a library that registers its types with Python's, as NumPy does."""

    def __hash__(self) -> int:
        """Be a key, which abstract numbers aren't."""
        return 0

    def __float__(self) -> float:
        """Tell the value."""
        return 0.5


class Imaginary(numbers.Number):
    """A number that is no float."""

    def __hash__(self) -> int:
        """Be a key, which abstract numbers aren't."""
        return 0

    def __repr__(self) -> str:
        """Say something that a message can be searched for."""
        return "Imaginary()"


class Floating:
    """Something that can be turned into a float, and is no number."""

    def __float__(self) -> float:
        """Tell the value."""
        return 0.5

    def __repr__(self) -> str:
        """Say something that a message can be searched for."""
        return "Floating()"


class Weekday(enum.IntEnum):
    """Ints with names."""

    MONDAY = 1


async def body() -> None:
    """Be decorated."""


def made(**arguments: object) -> tasks.Loop:
    """Make a loop."""
    return unchecked_loop(**arguments)(body)


def changed(**arguments: object) -> tasks.Loop:
    """Make a loop and change its interval."""
    loop = made(hours=7)
    change: Callable[..., None] = loop.change_interval
    change(**arguments)
    return loop


def changed_from_times(**arguments: object) -> tasks.Loop:
    """Make a loop with wall times and change that."""
    loop = made(time=time(7))
    change: Callable[..., None] = loop.change_interval
    change(**arguments)
    return loop


def changed_from_schedule(**arguments: object) -> tasks.Loop:
    """Make a loop with a schedule and change that."""
    loop = made(schedule=Hourly())
    change: Callable[..., None] = loop.change_interval
    change(**arguments)
    return loop


def timing(loop: tasks.Loop) -> tuple[object, ...]:
    """Tell what a loop shows of its timing."""
    return loop.seconds, loop.minutes, loop.hours, loop.time


Way = Callable[..., tasks.Loop]


@pytest.fixture(params=[made, changed, changed_from_times, changed_from_schedule])
def accepted(request: pytest.FixtureRequest) -> Way:
    """Pass arguments in each way that takes them, and get the loop."""
    way: Way = request.param
    return way


def refused_by_loop(error: type[Exception], message: str, **arguments: object) -> None:
    """Have `loop` refuse arguments, before there is anything to decorate."""
    with pytest.raises(error, match=re.escape(message)):
        unchecked_loop(**arguments)


def refused_by_change(error: type[Exception], message: str, **arguments: object) -> None:
    """Have `change_interval` refuse arguments, and change nothing (L12)."""
    for before in ({"seconds": 1, "minutes": 2, "hours": 3}, {"time": [EIGHT]}):
        loop = made(**before)
        shown = timing(loop)
        change: Callable[..., None] = loop.change_interval
        with pytest.raises(error, match=re.escape(message)):
            change(**arguments)
        assert timing(loop) == shown


Refused = Callable[..., None]


@pytest.fixture(params=[refused_by_loop, refused_by_change])
def refused(request: pytest.FixtureRequest) -> Refused:
    """Pass bad arguments in each way that takes them."""
    way: Refused = request.param
    return way


# Intervals


@pytest.mark.parametrize(
    ("arguments", "shown"),
    [
        pytest.param({}, (0.0, 0.0, 0.0), id="nothing"),
        pytest.param({"seconds": 5}, (5.0, 0.0, 0.0), id="seconds"),
        pytest.param({"minutes": 5}, (0.0, 5.0, 0.0), id="minutes"),
        pytest.param({"hours": 5}, (0.0, 0.0, 5.0), id="hours"),
        pytest.param({"seconds": 1, "minutes": 2, "hours": 3}, (1.0, 2.0, 3.0), id="all"),
        pytest.param({"seconds": 0.25, "hours": 0.5}, (0.25, 0.0, 0.5), id="fractional"),
        pytest.param({"seconds": -30, "minutes": 1}, (-30.0, 1.0, 0.0), id="part negative"),
        pytest.param({"seconds": 90, "minutes": -1}, (90.0, -1.0, 0.0), id="other part negative"),
        pytest.param({"minutes": -60, "hours": 1}, (0.0, -60.0, 1.0), id="sum is 0"),
        pytest.param({"hours": 24 * 365 * 100}, (0.0, 0.0, 876_000.0), id="a century"),
        pytest.param({"seconds": Fraction(1, 4)}, (0.25, 0.0, 0.0), id="Fraction"),
        pytest.param({"seconds": Decimal("0.25")}, (0.25, 0.0, 0.0), id="Decimal"),
        pytest.param({"seconds": Half()}, (0.5, 0.0, 0.0), id="number of another library"),
        pytest.param({"seconds": Weekday.MONDAY}, (1.0, 0.0, 0.0), id="IntEnum"),
        pytest.param({"seconds": 10**300}, (1e300, 0.0, 0.0), id="large int"),
        pytest.param({"seconds": None, "minutes": 5, "hours": None}, (0.0, 5.0, 0.0), id="None"),
        pytest.param({"seconds": 5, "time": None, "schedule": None}, (5.0, 0.0, 0.0), id="others"),
    ],
)
def test_i4_l13_interval_is_shown_as_given_as_floats(
    accepted: Way, arguments: dict[str, object], shown: tuple[float, float, float]
) -> None:
    """I4, L13: what an interval may be made of; `seconds`, `minutes`, `hours` show it."""
    loop = accepted(**arguments)
    assert timing(loop) == (*shown, None)
    assert {type(part) for part in timing(loop)[:3]} == {float}


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize(
    ("value", "shown"),
    [
        pytest.param("5", "'5'", id="str"),
        pytest.param(True, "True", id="bool"),
        pytest.param(False, "False", id="false bool"),
        pytest.param(1 + 0j, "(1+0j)", id="complex"),
        pytest.param([5], "[5]", id="list"),
        pytest.param(timedelta(seconds=5), "datetime.timedelta(seconds=5)", id="timedelta"),
        pytest.param(Imaginary(), "Imaginary()", id="number without a float"),
        pytest.param(Floating(), "Floating()", id="float without a number"),
    ],
)
def test_i4_not_a_number(refused: Refused, part: str, value: object, shown: str) -> None:
    """I4: a non-number, bool included, is a `TypeError` that names the parameter."""
    refused(TypeError, f"`{part}` must be a number, got {shown}", **{part: value})


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize(
    ("value", "shown"),
    [
        pytest.param(math.nan, "nan", id="nan"),
        pytest.param(math.inf, "inf", id="inf"),
        pytest.param(-math.inf, "-inf", id="-inf"),
        pytest.param(Decimal("NaN"), "nan", id="Decimal nan"),
        pytest.param(Decimal("sNaN"), "", id="Decimal signalling nan"),
        pytest.param(Decimal("-Infinity"), "-inf", id="Decimal -inf"),
        pytest.param(Decimal("1e400"), "", id="Decimal too large"),
        pytest.param(Fraction(10**400), "", id="Fraction too large"),
        pytest.param(10**400, "", id="int too large"),
        pytest.param(10**5000, "", id="int that can't be printed"),
    ],
)
def test_i4_not_finite(refused: Refused, part: str, value: object, shown: str) -> None:
    """I4: NaN and infinity are a `ValueError`; so is what no float can hold."""
    refused(ValueError, f"`{part}` must be finite, got {shown}", **{part: value})


@pytest.mark.parametrize(
    ("arguments", "total"),
    [
        pytest.param({"seconds": -0.5}, "-0.5 s", id="seconds"),
        pytest.param({"minutes": -1}, "-60.0 s", id="minutes"),
        pytest.param({"hours": -1}, "-3600.0 s", id="hours"),
        pytest.param({"seconds": -61, "minutes": 1}, "-1.0 s", id="sum"),
        pytest.param({"seconds": 30, "minutes": 59, "hours": -1}, "-30.0 s", id="sum of all"),
    ],
)
def test_i4_sum_is_negative(refused: Refused, arguments: dict[str, object], total: str) -> None:
    """I4: parts may be negative, their sum may not."""
    rule = "`seconds`, `minutes` and `hours` must not have a negative sum"
    refused(ValueError, f"{rule}, got {total}", **arguments)


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param({"hours": 1e308}, id="one part"),
        pytest.param({"seconds": 1.7e308, "minutes": 1e307}, id="sum"),
        pytest.param({"minutes": 1e308, "hours": -1e308}, id="inf - inf"),
    ],
)
def test_i4_sum_is_not_finite(refused: Refused, arguments: dict[str, object]) -> None:
    """I4: finite parts whose sum isn't."""
    rule = "`seconds`, `minutes` and `hours` must have a finite sum"
    refused(ValueError, f"{rule}, got ", **arguments)


def test_i4_what_rounding_leaves_of_nothing_is_nothing() -> None:
    """I4: 0.009 minutes are 0.54 seconds, though not to floats."""
    loop = tasks.loop(minutes=0.009, seconds=-0.54)(body)
    assert (loop.minutes, loop.seconds) == (0.009, -0.54)


# Times and schedules


ZEROS: Final = [
    pytest.param({}, id="alone"),
    pytest.param(dict.fromkeys(PARTS), id="beside None"),
    pytest.param(dict.fromkeys(PARTS, 0), id="beside 0"),
    pytest.param({"seconds": 0.0, "minutes": -0.0, "hours": Decimal(0)}, id="beside zeros"),
]


@pytest.mark.parametrize("zeros", ZEROS)
def test_i4_l13_times(accepted: Way, zeros: dict[str, object]) -> None:
    """I4, L13: `None` and 0 beside `time` are the same as leaving them out."""
    loop = accepted(time=EIGHT, schedule=None, **zeros)
    assert timing(loop) == (None, None, None, [EIGHT])


@pytest.mark.parametrize("zeros", ZEROS)
def test_i4_l13_schedule(accepted: Way, zeros: dict[str, object]) -> None:
    """I4, L13: `None` and 0 beside `schedule` are the same as leaving them out."""
    loop = accepted(schedule=Hourly(), time=None, **zeros)
    assert timing(loop) == (None, None, None, None)


def test_section_1_anyone_may_pass_a_schedule(accepted: Way) -> None:
    """Contract 1: anything with `next_after`, also where it isn't a method, or a falsy object."""

    class Falsy(Hourly):
        def __bool__(self) -> bool:
            return False

    assert timing(accepted(schedule=Falsy())) == (None, None, None, None)


GIVEN: Final[dict[str, object]] = {
    "seconds": 1,
    "minutes": -0.5,
    "hours": 2,
    "time": EIGHT,
    "schedule": Hourly(),
}
MIXTURES: Final = [
    names
    for size in range(2, 6)
    for names in itertools.combinations(GIVEN, size)
    if not set(names) <= set(PARTS)
]


@pytest.mark.parametrize("names", MIXTURES, ids="+".join)
def test_t4_mixtures(refused: Refused, names: tuple[str, ...]) -> None:
    """T4: interval, `time` and `schedule` exclude one another, in all combinations."""
    listed = " and ".join(f"`{name}`" for name in names)
    message = f"an interval, `time` and `schedule` exclude one another, got {listed}"
    refused(TypeError, message, **{name: GIVEN[name] for name in names})


def test_t4_parts_that_cancel_out_are_an_interval_too(refused: Refused) -> None:
    """T4: only a part that is 0 is as if left out; an interval of 0 made of others isn't."""
    message = "exclude one another, got `seconds` and `minutes` and `time`"
    refused(TypeError, message, seconds=-60, minutes=1, time=EIGHT)


@pytest.mark.parametrize(
    ("schedule", "shown"),
    [
        pytest.param(Hourly, "<class 'test_arguments.Hourly'>", id="a class"),
        pytest.param(tasks.DailySchedule, "<class 'defectio_tasks.", id="our class"),
        pytest.param(object(), "<object object at", id="no next_after"),
        pytest.param("hourly", "'hourly'", id="str"),
        pytest.param(timedelta(hours=1), "datetime.timedelta(seconds=3600)", id="timedelta"),
        pytest.param(EIGHT, "datetime.time(8, 0, tzinfo=datetime.timezone.utc)", id="time"),
        pytest.param(
            type("Odd", (), {"next_after": 5, "__repr__": lambda _: "Odd()"})(), "Odd()", id="int"
        ),
        pytest.param(False, "False", id="falsy"),
    ],
)
def test_section_1_not_a_schedule(refused: Refused, schedule: object, shown: str) -> None:
    """Contract 1: an object with `next_after`; a class that was passed for its instance is told."""
    if isinstance(schedule, type):
        shown = repr(schedule)
    message = f"`schedule` must be an object with a method `next_after`, got {shown}"
    refused(TypeError, message, schedule=schedule)


def test_t4_change_interval_without_anything_is_an_interval_of_0() -> None:
    """The seed: `change_interval(*, seconds=0, minutes=0, hours=0, time=None)`."""
    assert timing(changed_from_times()) == (0.0, 0.0, 0.0, None)


@pytest.mark.parametrize("way", [tasks.loop, made().change_interval], ids=["loop", "change"])
@pytest.mark.parametrize(
    ("value", "shown", "advice"),
    [
        pytest.param(5, "5 of type int", "write `seconds=5`", id="int"),
        pytest.param(0.5, "0.5 of type float", "write `seconds=0.5`", id="float"),
        pytest.param(
            timedelta(hours=1),
            "datetime.timedelta(seconds=3600) of type timedelta",
            "write `seconds=delta.total_seconds()`",
            id="timedelta",
        ),
        pytest.param(time(8), "datetime.time(8, 0) of type time", "write `time=`", id="time"),
        pytest.param(
            "0 8 * * *",
            "'0 8 * * *' of type str",
            "text isn't read",
            id="cron",
        ),
        pytest.param(
            Hourly(),
            "Hourly() of type Hourly",
            "write `seconds=`, `time=` or `schedule=`",
            id="schedule",
        ),
    ],
)
def test_t4_positional_arguments_are_refused(
    way: Callable[..., object], value: object, shown: str, advice: str
) -> None:
    """The seed: keywords only; the message says which one."""
    message = f" takes keyword arguments only, got {shown} ({advice}"
    with pytest.raises(TypeError, match=re.escape(message)):
        way(value)


@pytest.mark.parametrize("way", [tasks.loop, made().change_interval], ids=["loop", "change"])
@pytest.mark.parametrize(
    ("name", "value", "advice"),
    [
        pytest.param("days", 2, "write `hours=48`, or `schedule=tasks.Every(days=2)`", id="days"),
        pytest.param(
            "days", "2", "write `hours=24`, or `schedule=tasks.Every(days=1)`", id="days as text"
        ),
        pytest.param(
            "weeks", 0.5, "write `hours=84.0`, or `schedule=tasks.Every(days=3.5)`", id="weeks"
        ),
        pytest.param(
            "second", 5, "did you mean `seconds`? There are `seconds`, `minutes`,", id="near"
        ),
        pytest.param(
            "when", "noon", "there are `seconds`, `minutes`, `hours`, `time`, `on`, `schedule`"
        ),
        pytest.param("cron", "0 8 * * *", "write `schedule=tasks.Cron(...)`"),
        pytest.param("weekday", "mon", "write `time=` and `on=tasks.Weekdays(...)`"),
    ],
)
def test_t4_unknown_arguments_are_refused(
    way: Callable[..., object], name: str, value: object, advice: str
) -> None:
    """The seed: these parameters and no others; the message says what there is."""
    message = f" has no parameter `{name}`, got {value!r} ({advice}"
    with pytest.raises(TypeError, match=re.escape(message)):
        way(**{name: value})


def test_t4_each_function_lists_its_own_parameters() -> None:
    loop: Any = made()
    with pytest.raises(TypeError, match=r"^`loop` .*`schedule`, `count`, `reconnect`, `name`,"):
        unchecked_loop(tz="UTC")
    with pytest.raises(TypeError, match=r"^`change_interval` has .*`time`, `on`, `schedule`\)$"):
        loop.change_interval(count=5)


@pytest.mark.parametrize(
    ("value", "advice"),
    [
        pytest.param("5", " (write `minutes=5.0`)", id="int"),
        pytest.param(" 0.5 ", " (write `minutes=0.5`)", id="float"),
        pytest.param("5m", "", id="with a unit"),
        pytest.param(
            timedelta(minutes=5), " (write `seconds=delta.total_seconds()`)", id="timedelta"
        ),
    ],
)
def test_i4_what_to_write_instead_of_something_that_is_not_a_number(
    value: object, advice: str
) -> None:
    message = f"`minutes` must be a number, got {value!r}{advice}"
    with pytest.raises(TypeError, match=f"^{re.escape(message)}$"):
        unchecked_loop(minutes=value)


@pytest.mark.parametrize(
    ("value", "advice"),
    [
        pytest.param(
            "*/5 * * * *",
            " (text isn't read: write `minutes=5`, `time=datetime.time(8, 30)`, or "
            "`schedule=tasks.Cron(...)` for a cron expression)",
            id="cron",
        ),
        pytest.param(timedelta(1), " (write `seconds=delta.total_seconds()`)", id="timedelta"),
        pytest.param(EIGHT, " (write `time=`)", id="time"),
        pytest.param(
            datetime(2026, 1, 1, tzinfo=UTC), " (write `schedule=tasks.At(...)`)", id="datetime"
        ),
        pytest.param(5, " (write `seconds=5`)", id="int"),
        pytest.param([], "", id="anything else"),
    ],
)
def test_section_1_what_to_write_instead_of_something_that_is_not_a_schedule(
    value: object, advice: str
) -> None:
    message = f"`schedule` must be an object with a method `next_after`, got {value!r}{advice}"
    with pytest.raises(TypeError, match=f"^{re.escape(message)}$"):
        unchecked_loop(schedule=value)


async def test_l12_a_refused_change_leaves_a_running_loop_alone() -> None:
    """L12: `change_interval` changes nothing when its arguments are wrong."""
    loop = made(hours=1)
    task = loop.start()
    await asyncio.sleep(1)
    due = loop.next_iteration
    change: Callable[..., None] = loop.change_interval
    wrong: list[dict[str, object]] = [
        {"seconds": -1},
        {"hours": 1, "time": EIGHT},
        {"time": []},
        {"schedule": 5},
    ]
    for arguments in wrong:
        with pytest.raises((TypeError, ValueError), match=r"`|the interval"):
            change(**arguments)
        await asyncio.sleep(0)
        assert loop.next_iteration == due
    task.cancel()


# The rest of `loop`


@pytest.mark.parametrize("count", [1, 2, 10**30, Weekday.MONDAY])
def test_l3_count(count: int) -> None:
    """L3: an int from 1 on; `Loop.count` shows it."""
    assert made(count=count).count == count


@pytest.mark.parametrize(
    ("count", "shown"),
    [
        pytest.param(3.0, "3.0", id="float"),
        pytest.param("3", "'3'", id="str"),
        pytest.param(True, "True", id="bool"),
        pytest.param(Fraction(3), "Fraction(3, 1)", id="Fraction"),
        pytest.param(math.nan, "nan", id="nan"),
        pytest.param([3], "[3]", id="list"),
    ],
)
def test_l3_count_is_not_an_int(count: object, shown: str) -> None:
    """L3: not an int is a `TypeError`."""
    refused_by_loop(TypeError, f"`count` must be an int or None, got {shown}", count=count)


@pytest.mark.parametrize("count", [0, -1, -(10**30)])
def test_l3_count_is_below_1(count: int) -> None:
    """L3: below 1 is a `ValueError`."""
    refused_by_loop(ValueError, f"`count` must be at least 1, got {count}", count=count)


@pytest.mark.parametrize("reconnect", [True, False])
def test_l8_reconnect(*, reconnect: bool) -> None:
    """L8: `Loop.reconnect` shows it."""
    assert made(reconnect=reconnect).reconnect is reconnect


@pytest.mark.parametrize(
    "reconnect", [0, 1, "yes", OSError, [OSError]], ids=["0", "1", "str", "class", "list"]
)
def test_l8_reconnect_is_not_a_bool(reconnect: object) -> None:
    """The seed: `reconnect` is a bool."""
    message = f"`reconnect` must be a bool, got {reconnect!r}"
    refused_by_loop(TypeError, message, reconnect=reconnect)


@pytest.mark.parametrize("name", [5, b"name", ["name"], body], ids=lambda name: type(name).__name__)
def test_section_1_name_is_not_a_str(name: object) -> None:
    """Contract 1: `name` names the asyncio task."""
    refused_by_loop(TypeError, f"`name` must be a str or None, got {name!r}", name=name)


@pytest.mark.parametrize(
    "loop",
    [5, "loop", asyncio.new_event_loop, asyncio.AbstractEventLoop],
    ids=["int", "str", "function", "class"],
)
def test_l1_loop_is_not_an_event_loop(loop: object) -> None:
    """L1: `loop=` is an event loop."""
    refused_by_loop(TypeError, f"`loop` must be an event loop or None, got {loop!r}", loop=loop)


def test_l1_loop_is_an_event_loop() -> None:
    """L1: any event loop, also one of another library."""

    class Another(asyncio.AbstractEventLoop):
        pass

    made(loop=Another())  # type: ignore[abstract] # only its class counts


def test_i4_explicit_none_is_the_same_as_leaving_it_out() -> None:
    """I4: for any parameter."""
    nothing: dict[str, Any] = dict.fromkeys(
        [*PARTS, "time", "schedule", "count", "reconnect", "name", "loop"]
    )
    explicit, left_out = made(**nothing), made()
    assert timing(explicit) == timing(left_out) == (0.0, 0.0, 0.0, None)
    assert explicit.count is left_out.count is None
    assert explicit.reconnect is left_out.reconnect is True
    assert explicit.name == left_out.name == "body"


def test_i4_first_of_several_wrong_arguments_is_told() -> None:
    """Whatever else is wrong, the error names a parameter."""
    with pytest.raises((TypeError, ValueError), match=r"^`seconds` must be a number, got 'x'$"):
        unchecked_loop(seconds="x", minutes=math.nan, time="y", count=0, name=5)


def test_l13_another_loops_zero_does_not_show() -> None:
    """Equal intervals are one, and a zero may have a sign."""
    assert str(tasks.loop(seconds=7, minutes=-0.0)(body).minutes) == "0.0"
    assert str(tasks.loop(seconds=7)(body).minutes) == "0.0"
