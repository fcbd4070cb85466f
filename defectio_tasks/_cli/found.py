"""The loops of a user's modules, and what each of them is set to."""

# pyright: reportPrivateUsage=false
# It looks into loops, so that nobody else has to.

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta, tzinfo
from difflib import get_close_matches
from operator import attrgetter
from types import ModuleType
from typing import Final, NamedTuple, TypeGuard, get_args

from defectio_tasks._cli.errors import UsageError
from defectio_tasks._cli.modules import import_module, submodules_of
from defectio_tasks._loop.described import is_loop, shown_zone_of, when_of
from defectio_tasks._loop.loop import Loop
from defectio_tasks._run.settings import HookName
from defectio_tasks._schedules.combinations import between
from defectio_tasks._schedules.every import Every
from defectio_tasks._schedules.interval import Interval
from defectio_tasks._schedules.schedule import Schedule
from defectio_tasks._schedules.shown import show_length

# In seconds, longer than any picture; and the shortest that `Every` takes.
_LONGEST: Final = 1e9
_SHORTEST: Final = 1e-6
_NAMED: Final = 5


class Found(NamedTuple):
    """A loop, and where it was found."""

    path: str
    """``module:Class.loop``, which the commands take."""
    loop: Loop[..., object]

    @property
    def when(self) -> str:
        """When it runs, and how often."""
        return when_of(self.loop)

    @property
    def policy(self) -> str:
        """What differs from what loops do without a policy."""
        policy = self.loop.policy
        return "" if policy is None else repr(policy).removeprefix("Policy(").removesuffix(")")

    @property
    def hooks(self) -> Sequence[str]:
        """The hooks that it has."""
        settings = self.loop._settings
        return [name for name in get_args(HookName) if settings.hook(name) is not None]

    @property
    def schedule(self) -> Schedule | None:
        """What tells its slots; ``None`` for an interval, whose slots depend on its start."""
        timing = self.loop._settings.timing
        return None if isinstance(timing, Interval) else timing

    @property
    def zone(self) -> tzinfo:
        """The zone in which to show its slots."""
        return shown_zone_of(self.loop)

    @property
    def first(self) -> str:
        """When a loop with an interval runs for the first time."""
        wait = self._wait
        return f"{show_length(wait)} after its start" if wait else "when it is started"

    def started(self, moment: datetime) -> Schedule:
        """Return a schedule of its slots, as if it were started at a moment."""
        timing = self.loop._settings.timing
        if not isinstance(timing, Interval):
            return timing
        seconds = min(max(timing.total, _SHORTEST), _LONGEST)
        first = moment + self._wait
        return between(Every(seconds=seconds, anchor=first), start=first)

    @property
    def _wait(self) -> timedelta:
        timing, waits = self.loop._settings.timing, self.loop._settings.wait_first
        seconds = timing.total if isinstance(timing, Interval) and waits else 0
        return timedelta(seconds=min(seconds, _LONGEST))


def loops_of(text: str) -> Sequence[Found]:
    """Return the loops that a user names: those of a module, of a package, or a single one.

    Args:
        text: ``module``, ``package`` or ``module:loop``.

    Raises:
        UsageError: There is nothing of that name, or it can't be imported.
    """
    if ":" in text:
        value = object_at(text)
        if not is_loop(value):
            raise UsageError(f"{text!r} is no loop: it is of type {type(value).__name__}")
        return [Found(text, value)]
    module = import_module(text)
    return _found_in([module, *submodules_of(module)])


def object_at(text: str) -> object:
    """Return what a user names by ``module:name``.

    Raises:
        UsageError: There is nothing of that name, or the module can't be imported.
    """
    name, _, path = text.partition(":")
    module = import_module(name)
    try:
        return attrgetter(path)(module)
    except AttributeError:
        paths = [loop.path.partition(":")[2] for loop in _found_in([module])]
        close = get_close_matches(path, paths, n=1)
        known = ", ".join(close or paths[:_NAMED]) or "no loops at all"
        hint = f"did you mean {known}?" if close else f"it has {known}"
        raise UsageError(f"there is no {path!r} in module {name!r} ({hint})") from None


def _found_in(modules: Sequence[ModuleType]) -> Sequence[Found]:
    found: dict[int, Found] = {}
    for module in modules:
        for name, loop in _walk(module.__name__, vars(module), frozenset()):
            path = f"{module.__name__}:{name}"
            coro = loop.coro
            home = f"{coro.__module__}:{getattr(coro, '__qualname__', '')}"
            # One that is imported elsewhere, or inherited, is shown where it was written.
            if id(loop) not in found or path == home:
                found[id(loop)] = Found(path, loop)
    return list(found.values())


def _walk(
    module: str, names: Mapping[str, object], within: frozenset[int]
) -> Iterator[tuple[str, Loop[..., object]]]:
    """Return the loops among some names, and in the classes there that the module defines."""
    for name, value in names.items():
        if is_loop(value):
            yield name, value
        elif _is_class(value) and value.__module__ == module and id(value) not in within:
            members: dict[str, object] = {}
            for base in reversed(value.__mro__):
                members.update(vars(base))
            for path, loop in _walk(module, members, within | {id(value)}):
                yield f"{name}.{path}", loop


def _is_class(value: object) -> TypeGuard[type]:
    return issubclass(type(value), type)
