"""What a user passes, checked: to ``loop``, ``change_interval`` and the hooks; all the messages."""

from __future__ import annotations

import asyncio
import functools
import inspect
import math
import re
import sys
from collections.abc import Callable, Coroutine, Iterable, Mapping
from datetime import datetime, timedelta
from datetime import time as datetime_time
from numbers import Number
from types import FunctionType, MethodType
from typing import Any, Final, NamedTuple, SupportsFloat, TypeGuard, TypeVar

from defectio_tasks._policy.policy import Policy
from defectio_tasks._run.settings import Hook, HookCoroutine, HookName, Settings
from defectio_tasks._schedules.daily import parse_daily
from defectio_tasks._schedules.dates import Dates
from defectio_tasks._schedules.interval import Interval, Timing, make_interval
from defectio_tasks._schedules.schedule import Schedule, parse_schedule
from defectio_tasks.ledgers._ledger import Ledger

if sys.version_info >= (3, 14):  # pragma: no cover -- only from Python 3.14 on
    import annotationlib

    # Annotations are evaluated when somebody asks for them. Nobody needs their values here, and
    # they may name what is defined further down, or imported for checkers alone.
    _signature_of = functools.partial(
        inspect.signature, annotation_format=annotationlib.Format.FORWARDREF
    )
else:  # pragma: no cover -- only before Python 3.14
    _signature_of = inspect.signature

R = TypeVar("R")

TIMING_PARAMETERS: Final = ("seconds", "minutes", "hours", "time", "on", "schedule")
LOOP_PARAMETERS: Final = (
    *TIMING_PARAMETERS,
    *("count", "reconnect", "name", "loop", "wait_first", "policy", "ledger"),
)
# As in `<Sch object at 0x7f3a5c1e2d90>`.
_ADDRESS: Final = re.compile(r" at 0x[0-9A-Fa-f]+>")
_HOURS: Final = {"days": 24, "weeks": 168}


class Keywords(NamedTuple):
    """What a loop is made with, besides its function."""

    timing: Timing
    iterations: int | None
    reconnect: bool
    name: str | None
    event_loop: asyncio.AbstractEventLoop | None
    wait_first: bool
    policy: Policy | None
    ledger: Ledger | None


def parse_keywords(  # noqa: PLR0913 -- the keywords of `loop`
    function: str,
    misplaced: tuple[object, ...],
    unknown: Mapping[str, object],
    *,
    seconds: object,
    minutes: object,
    hours: object,
    time: datetime_time | Iterable[object] | None,
    on: Dates | None,
    schedule: Schedule | None,
    count: object,
    reconnect: object,
    name: object,
    loop: object,
    wait_first: object,
    policy: object,
    ledger: object,
) -> Keywords:
    """Check the keywords of ``loop``, or of ``Loop``.

    Args:
        function: Which of them.
        misplaced: What came by position.
        unknown: What came by other names.
        seconds: See :func:`parse_timing`.
        minutes: See :func:`parse_timing`.
        hours: See :func:`parse_timing`.
        time: See :func:`parse_timing`.
        on: See :func:`parse_timing`.
        schedule: See :func:`parse_timing`.
        count: See :func:`parse_count`.
        reconnect: See :func:`parse_reconnect`.
        name: The name of the task, or ``None``.
        loop: See :func:`parse_event_loop`.
        wait_first: Whether an interval waits before the first iteration; ``None`` is no.
        policy: See :func:`parse_policy`.
        ledger: See :func:`parse_ledger`.

    Raises:
        TypeError: Something is of a wrong kind.
        ValueError: Something has a wrong value.
    """
    if misplaced or unknown:
        refuse_others(function, LOOP_PARAMETERS, misplaced, unknown)
    timing = parse_timing(
        seconds=seconds, minutes=minutes, hours=hours, time=time, on=on, schedule=schedule
    )
    reconnects, called = parse_reconnect(reconnect), parse_name(name)
    return Keywords(
        timing,
        parse_count(count),
        reconnects,
        called,
        parse_event_loop(loop),
        _parse_wait_first(wait_first, timing),
        None if policy is None else parse_policy(policy, timing, reconnect=reconnects),
        None if ledger is None else parse_ledger(ledger, timing, called),
    )


def settle(callback: Callable[..., Coroutine[Any, Any, R]], keywords: Keywords) -> Settings[R]:
    """Return what a loop of a function is set to at first.

    Raises:
        TypeError: It isn't a coroutine function.
    """
    parse_coroutine_function(callback, "callback")
    timing, iterations, reconnect, name, event_loop, wait_first, policy, ledger = keywords
    return Settings(
        callback,
        qualified_name(callback) if name is None else name,
        timing,
        iterations,
        reconnect,
        event_loop,
        arity=arity_of(callback),
        wait_first=wait_first,
        policy=policy,
        ledger=ledger,
    )


def refuse_others(
    function: str,
    parameters: tuple[str, ...],
    misplaced: tuple[object, ...],
    unknown: Mapping[str, object],
) -> None:
    """Check that a function of ours got nothing that it has no parameter for.

    Args:
        function: Its name.
        parameters: The names of its parameters.
        misplaced: What came by position.
        unknown: What came by other names.

    Raises:
        TypeError: Something came.
    """
    if misplaced:
        value = misplaced[0]
        advice = _advise_on_timing(value) or "write `seconds=`, `time=` or `schedule=`"
        if function == "loop" and callable(value):
            advice = "write `@loop()` or `@loop(seconds=60)`"
        message = f"`{function}` takes keyword arguments only, got {describe(value)} ({advice})"
        raise TypeError(message)
    for name, value in unknown.items():
        advice = _advise_on_name(name, value, parameters)
        message = f"`{function}` has no parameter `{name}`, got {value!r} ({advice})"
        raise TypeError(message)


def parse_timing(  # noqa: PLR0913 -- keywords of `loop`
    *,
    seconds: object,
    minutes: object,
    hours: object,
    time: datetime_time | Iterable[object] | None,
    on: Dates | None,
    schedule: Schedule | None,
) -> Timing:
    """Check when a loop is to run.

    Args:
        seconds: Part of an interval; ``None`` is 0.
        minutes: Part of an interval; ``None`` is 0.
        hours: Part of an interval; ``None`` is 0.
        time: Wall times, or ``None``.
        on: The dates on which the times count, or ``None`` for all.
        schedule: A schedule, or ``None``.

    Returns:
        The interval or the schedule.

    Raises:
        TypeError: Something is of a wrong kind, or more than one of the three ways was used.
        ValueError: The interval is negative or not finite, or the times can't be used.
    """
    interval = make_interval(
        _parse_number(seconds, "seconds"),
        _parse_number(minutes, "minutes"),
        _parse_number(hours, "hours"),
    )
    time = None if _is_missing(time) else time
    named = [name for name in ("seconds", "minutes", "hours") if getattr(interval, name) != 0]
    named += ["time"] * (time is not None) + ["schedule"] * (schedule is not None)
    if named[1:] and not {"time", "schedule"}.isdisjoint(named):
        listed = " and ".join(f"`{name}`" for name in named)
        message = f"an interval, `time` and `schedule` exclude one another, got {listed}"
        raise TypeError(message)
    if on is not None and time is None:
        message = f"`on` goes with `time`, and `time` is missing, got {on!r}"
        raise TypeError(message)
    if time is not None:
        return parse_daily(time, "time", on)
    if schedule is not None:
        return parse_schedule(schedule, "schedule", _advise_on_timing)
    if not math.isfinite(interval.total):
        message = f"`seconds`, `minutes` and `hours` must have a finite sum, got {interval.total} s"
        raise ValueError(message)
    if interval.total < 0:
        message = (
            f"`seconds`, `minutes` and `hours` must not have a negative sum, got {interval.total} s"
        )
        raise ValueError(message)
    return interval


def parse_count(count: object) -> int | None:
    """Check after how many iterations a loop is to end.

    Raises:
        TypeError: It is neither an int nor ``None``.
        ValueError: It is below 1.
    """
    if count is None:
        return None
    if not isinstance(count, int) or isinstance(count, bool):
        message = f"`count` must be an int or None, got {count!r}"
        raise TypeError(message)
    if count < 1:
        message = f"`count` must be at least 1, got {count}"
        raise ValueError(message)
    return count


def parse_reconnect(reconnect: object) -> bool:
    """Check whether iterations are to be retried; ``None`` is yes.

    Raises:
        TypeError: It is neither a bool nor ``None``.
    """
    return _parse_bool(reconnect, "reconnect", left_out=True)


def parse_name(name: object) -> str | None:
    """Check a name.

    Raises:
        TypeError: It is neither a string nor ``None``.
    """
    if name is not None and not isinstance(name, str):
        message = f"`name` must be a str or None, got {name!r}"
        raise TypeError(message)
    return name


def parse_event_loop(loop: object) -> asyncio.AbstractEventLoop | None:
    """Check an event loop.

    Raises:
        TypeError: It is neither an event loop nor ``None``.
    """
    if loop is not None and not isinstance(loop, asyncio.AbstractEventLoop):
        message = f"`loop` must be an event loop or None, got {loop!r}"
        raise TypeError(message)
    return loop


def parse_policy(policy: object, timing: Timing, *, reconnect: bool) -> Policy:
    """Check a policy, and that it fits a loop.

    Args:
        policy: What the user passed.
        timing: When the loop runs.
        reconnect: Whether the loop tries iterations again.

    Raises:
        TypeError: It isn't a policy, or has ``retries`` where there are none.
        ValueError: It has ``overlap``, and the loop runs again and again.
    """
    if not isinstance(policy, Policy):
        message = f"`policy` must be a Policy, got {policy!r} (write `policy=tasks.Policy(...)`)"
        raise TypeError(message)
    check_policy(policy, timing, reconnect=reconnect)
    return policy


def check_policy(policy: Policy | None, timing: Timing, *, reconnect: bool) -> None:
    """Check that a policy fits a loop.

    Raises:
        TypeError: It has ``retries``, and the loop tries nothing again.
        ValueError: It has ``overlap``, and the loop runs again and again.
    """
    if policy is None:
        return
    if policy.retries is not None and not reconnect:
        message = (
            "`reconnect=False` and `retries` of the policy exclude one another, got "
            f"{policy.retries} (write `Policy(retries=0)` and leave `reconnect` out)"
        )
        raise TypeError(message)
    if policy.overlap and isinstance(timing, Interval) and timing.total == 0:
        message = f"`overlap` needs an interval of more than 0, got 0 with overlap={policy.overlap}"
        raise ValueError(message)


def parse_ledger(ledger: object, timing: Timing, name: str | None) -> Ledger:
    """Check a ledger, and that it fits a loop.

    Args:
        ledger: What the user passed.
        timing: When the loop runs.
        name: The name that the user gave to the loop, if any.

    Raises:
        TypeError: It isn't a ledger, or the loop has no name, no wall-clock schedule, or one that
            can't be told from others by its ``repr``.
    """
    # A class has all that its instances have.
    if isinstance(ledger, type) or not isinstance(ledger, Ledger):
        message = (
            f"`ledger` must be a Ledger, got {ledger!r} (write "
            '`ledger=SqliteLedger("ledger.db")`, from `defectio_tasks.ledgers`)'
        )
        raise TypeError(message)
    check_ledger(ledger, timing, name)
    return ledger


def check_ledger(ledger: Ledger | None, timing: Timing, name: str | None) -> None:
    """Check that a ledger fits a loop.

    Raises:
        TypeError: As of ``parse_ledger``.
    """
    if ledger is None:
        return
    if not name:
        message = f"`ledger` goes with `name`, by which other processes know the loop, got {name!r}"
        raise TypeError(message)
    if isinstance(timing, Interval):
        message = (
            "`ledger` goes with a wall-clock schedule, as others count no intervals from the same "
            f"start, got {timing} (write `schedule=tasks.Every(minutes=5)`, for one)"
        )
        raise TypeError(message)
    if _ADDRESS.search(repr(timing)):
        message = (
            "`ledger` goes with a schedule whose `__repr__` is the same in each process, got "
            f"{timing!r} (define the `__repr__` of what is shown by its address)"
        )
        raise TypeError(message)


def parse_hook(
    function: object, name: HookName, callback: Callable[..., object], *, on_unbound: bool
) -> Hook:
    """Check a function that a user registers as a hook.

    Args:
        function: What the user passed.
        name: Which hook it is to be.
        callback: The loop's function.
        on_unbound: Whether the loop isn't bound to an instance.

    Returns:
        The hook.

    Raises:
        TypeError: It isn't a coroutine function, or needs other arguments than a hook gets.
    """
    if isinstance(function, staticmethod):
        # In the body of a class, `@tick.error` may stand above `@staticmethod`.
        function = function.__wrapped__
    if function is None:
        own = _short_name(callback)
        message = (
            f"`{name}` must be a coroutine function (`async def`), got None (write "
            f"`@{own}.{name}`, without parentheses, above an `async def`)"
        )
        raise TypeError(message)
    checked = parse_coroutine_function(function, name)
    told = 1 if name == "error" else 0
    fits_plain = _fits(checked, told)
    fits_self = _fits(checked, told + 1) and _has_first_parameter(callback)
    if not (fits_plain or fits_self):
        takes = "the exception, or `self` and the exception" if told else "nothing, or just `self`"
        message = f"`{name}` must take {takes}, got {describe(function)}{_parameters(checked)}"
        raise TypeError(message)
    return Hook(checked, fits_plain, fits_self, on_unbound)


def parse_coroutine_function(function: object, parameter: str) -> Callable[..., HookCoroutine]:
    """Check that something is a coroutine function, and return it.

    So is an object whose class has an ``async def __call__``.

    Raises:
        TypeError: It isn't.
    """
    if _is_coroutine_function(function):
        return function
    got = describe(function) + _advise_on_function(function)
    message = f"`{parameter}` must be a coroutine function (`async def`), got {got}"
    raise TypeError(message)


def arity_of(callback: object) -> int | None:
    """Return how many arguments a function takes, if it takes all of them by position.

    A loop remembers it: the check of what ``start`` is given is paid for by each start.
    """
    bound = 0
    if type(callback) is MethodType:
        callback, bound = callback.__func__, 1
    if type(callback) is not FunctionType or callback.__code__.co_kwonlyargcount:
        return None
    return callback.__code__.co_argcount - bound


def check_call(
    settings: Settings[object],
    subject: tuple[object, ...],
    args: tuple[object, ...],
    kwargs: Mapping[str, object],
) -> None:
    """Check that a loop's function can take what ``start`` was given, if that runs nobody's code.

    Args:
        settings: The loop's.
        subject: What comes before the user's arguments: the instance of a bound loop.
        args: The user's arguments.
        kwargs: The user's keyword arguments.

    Raises:
        TypeError: It can't.
    """
    callback = settings.callback
    if not kwargs and len(subject) + len(args) == settings.arity:
        return
    if not _only_binds(callback):
        return
    try:
        unstarted = callback(*subject, *args, **kwargs)
    except TypeError as error:
        wrong = _explain(error, callback, subject, args, kwargs)
        message = f"loop {settings.name!r} can't be started: {wrong}"
        raise TypeError(message) from None
    unstarted.close()


def no_weak_references(instance: object) -> TypeError:
    """Return the error for an instance whose class has loops, and can't have them."""
    kind = type(instance)
    if kind.__itemsize__:
        # An int, a tuple, bytes: Python refuses to add one.
        advice = "write `tasks.loop(...)(instance.method)` for each instance, and keep that"
    elif hasattr(kind, "__dataclass_fields__"):
        advice = "write `@dataclass(slots=True, weakref_slot=True)`"
    else:
        advice = "add `__weakref__` to `__slots__`"
    return TypeError(
        "a class with loops must allow weak references to its instances, got an instance of "
        f"{kind.__name__!r} ({advice})"
    )


def describe(value: object) -> str:
    """Return what a message says of a value that came instead of a coroutine function."""
    if inspect.isasyncgenfunction(value):
        kind = "the async generator function"
    elif inspect.isfunction(value):
        kind = "the function"
    elif inspect.isclass(value):
        kind = "the class"
    else:
        return f"{value!r} of type {type(value).__name__}"
    return f"{kind} {qualified_name(value)!r}"


def qualified_name(function: object) -> str:
    """Return a function's qualified name, a partial's text, or the name of an object's class."""
    name = getattr(function, "__qualname__", None)
    if isinstance(name, str):
        return name
    return f"{function!r}" if isinstance(function, functools.partial) else type(function).__name__


def _parse_wait_first(wait_first: object, timing: Timing) -> bool:
    waits = _parse_bool(wait_first, "wait_first", left_out=False)
    if waits and not isinstance(timing, Interval):
        message = "`wait_first` goes with an interval: `time` and `schedule` wait anyway, got True"
        raise TypeError(message)
    return waits


def _parse_bool(value: object, parameter: str, *, left_out: bool) -> bool:
    if value is None:
        return left_out
    if not isinstance(value, bool):
        message = f"`{parameter}` must be a bool, got {value!r}"
        raise TypeError(message)
    return value


def _is_missing(value: object) -> bool:
    """Return whether something is discord.py's way to say that nothing was given."""
    return type(value).__name__ == "_MissingSentinel"


def _parse_number(value: object, parameter: str) -> float:
    if value is None or _is_missing(value):
        return 0.0
    if not _is_number(value):
        message = f"`{parameter}` must be a number, got {value!r}"
        if isinstance(value, timedelta):
            message += f" ({_advise_on_timing(value)})"
        elif isinstance(value, str) and value.strip().replace(".", "", 1).isdecimal():
            message += f" (write `{parameter}={float(value)}`)"
        raise TypeError(message)
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    except ValueError:
        # A decimal's signalling NaN.
        number = math.nan
    if not math.isfinite(number):
        message = f"`{parameter}` must be finite, got {number}"
        raise ValueError(message)
    # Of two zeros, the one that shows no sign.
    return number + 0.0


def _advise_on_timing(value: object) -> str:
    """Return what to write for something that says when, and came where it can't."""
    if isinstance(value, timedelta):
        return "write `seconds=delta.total_seconds()`"
    if isinstance(value, datetime_time):
        return "write `time=`"
    if isinstance(value, datetime):
        return "write `schedule=tasks.At(...)`"
    if isinstance(value, str):
        return (
            "text isn't read: write `minutes=5`, `time=datetime.time(8, 30)`, or "
            "`schedule=tasks.Cron(...)` for a cron expression"
        )
    return f"write `seconds={value!r}`" if _is_number(value) else ""


def _advise_on_name(name: str, value: object, parameters: tuple[str, ...]) -> str:
    if name in _HOURS:
        hours = _HOURS[name] * value if isinstance(value, int | float) else _HOURS[name]
        return f"write `hours={hours}`, or `schedule=tasks.Every(days={hours / 24:g})`"
    if name in {"cron", "crontab"}:
        return "write `schedule=tasks.Cron(...)`"
    if name in {"day_of_week", "weekday", "weekdays", "dates"}:
        return "write `time=` and `on=tasks.Weekdays(...)`"
    from difflib import get_close_matches  # noqa: PLC0415 -- who makes no mistake needn't wait

    listed = ", ".join(f"`{parameter}`" for parameter in parameters)
    near = get_close_matches(name, parameters, n=1, cutoff=0.7)
    return f"did you mean `{near[0]}`? There are {listed}" if near else f"there are {listed}"


def _is_number(value: object) -> TypeGuard[SupportsFloat]:
    if isinstance(value, int | float):
        return not isinstance(value, bool)
    # That is what all numbers register with (Fraction, Decimal, NumPy's); the complex ones of them
    # have no float.
    return isinstance(value, Number) and isinstance(value, SupportsFloat)


def _is_coroutine_function(function: object) -> TypeGuard[Callable[..., HookCoroutine]]:
    if inspect.iscoroutinefunction(function):
        return True
    while isinstance(function, functools.partial):
        function = function.func
    return inspect.iscoroutinefunction(type(function).__call__)


def _advise_on_function(function: object) -> str:
    """Return what to write for something that isn't a coroutine function, if it nearly is."""
    if isinstance(function, staticmethod):
        return " (write `@staticmethod` above `@loop`, and start the loop on its class)"
    if isinstance(function, classmethod):
        return " (leave `@classmethod` out: in a class, a loop's function takes `self`)"
    if inspect.isfunction(function) and _is_coroutine_function(inspect.unwrap(function)):
        return (
            ", whose decorator hides an `async def` (have the decorator return an `async def` that "
            "awaits it)"
        )
    return ""


def _only_binds(callback: object) -> bool:
    """Return whether a call does nothing but bind its arguments.

    The call of an ``async def`` does: its body begins when the result is awaited.
    """
    # Of these very types: a class of a user's, or one that only says so, may do anything.
    if type(callback) is MethodType:
        return _only_binds(callback.__func__)
    if type(callback) is functools.partial:
        return _only_binds(callback.func)
    if type(callback) is not FunctionType:
        callback = inspect.getattr_static(type(callback), "__call__", None)
    return type(callback) is FunctionType and bool(
        callback.__code__.co_flags & inspect.CO_COROUTINE
    )


def _explain(
    error: TypeError,
    callback: Callable[..., object],
    subject: tuple[object, ...],
    args: tuple[object, ...],
    kwargs: Mapping[str, object],
) -> str:
    """Return what is wrong with arguments that a function didn't take, and what it takes."""
    if isinstance(callback, MethodType):
        subject, callback = (callback.__self__, *subject), callback.__func__
    if not isinstance(callback, FunctionType):
        # Python counts `self` among a method's arguments, and says no more; but it is right.
        return str(error)
    # Of the function itself, `signature` would take what a decorator says of it, evaluate its
    # annotations, and show its defaults.
    bare = FunctionType(callback.__code__, {}, closure=callback.__closure__)
    bare.__defaults__ = (...,) * len(callback.__defaults__ or ())
    bare.__kwdefaults__ = dict.fromkeys(callback.__kwdefaults__ or (), ...)
    signature = _signature(functools.partial(bare, *(None,) * len(subject)))
    if signature is None:
        rest = str(inspect.signature(bare)).replace("()", ")").replace("(", ", ")
        return f"in a class, its function takes the instance first (write `(self{rest}`)"
    try:
        signature.bind(*args, **kwargs)
    except TypeError as said_better:
        error = said_better
    takes = str(signature).replace("=Ellipsis", "=...")
    advice = f"its function takes `{takes}`"
    if not subject and next(iter(signature.parameters), None) == "self":
        advice += f": start it on an instance, as in `instance.{callback.__name__}.start()`"
    return f"{error} ({advice})"


def _has_first_parameter(callback: Callable[..., object]) -> bool:
    """Return whether there can be a first argument that a hook could be called with."""
    signature = _signature(callback)
    return signature is not None and any(
        parameter.kind not in {parameter.KEYWORD_ONLY, parameter.VAR_KEYWORD}
        for parameter in signature.parameters.values()
    )


def _short_name(callback: Callable[..., object]) -> str:
    return qualified_name(callback).rpartition(".")[2]


def _parameters(function: Callable[..., object]) -> str:
    signature = _signature(function)
    return "" if signature is None else f" with the parameters {signature}"


def _fits(function: Callable[..., object], arguments: int) -> bool:
    signature = _signature(function)
    if signature is None:
        return False
    try:
        signature.bind(*[None] * arguments)
    except TypeError:
        return False
    return True


def _signature(function: Callable[..., object]) -> inspect.Signature | None:
    try:
        return _signature_of(function)
    except ValueError:
        # A partial with arguments that its function doesn't take has none.
        return None
