"""The names of the ancestors that public bots use, all in this room.

``defectio.ext.tasks``, ``discord.ext.tasks`` before it and their forks keep what a loop knows in
attributes. Bots read and assign some of them, so they mean here what they mean there:

- To be read: ``_current_loop``, ``_task``, ``_injected`` and ``_valid_exception``.
- To be read and assigned: ``_before_loop``, ``_after_loop`` and ``_error``, the hooks, with the
  checks of the decorators, where ``None`` takes a hook away; and ``coro``, ``loop``, ``count`` and
  ``reconnect``, which are public, so :class:`Loop` has them. A subclass may define methods called
  ``_before_loop``, ``_after_loop`` or ``_error``; those are its hooks then.

Nothing else that begins with one underscore can be assigned, but for what a subclass has of its
own: a bot that sets ``_stop_next_iteration`` in vain is worse than one that fails.
"""

# pyright: reportPrivateUsage=false
# It looks into loops, so that nobody else has to.

from __future__ import annotations

import sys
from collections.abc import Callable, Coroutine, Iterator, Mapping
from functools import partial
from types import CodeType, FunctionType, MemberDescriptorType, MethodType
from typing import TYPE_CHECKING, Any, Final, Generic, Self, TypeVar, overload

from defectio_tasks._events import failures
from defectio_tasks._run.settings import HookCoroutine, HookName

if TYPE_CHECKING:
    from defectio_tasks._loop.loop import Loop

if sys.version_info >= (3, 14):  # pragma: no cover -- only from Python 3.14 on
    import annotationlib

    # What an annotation names may be defined further down.
    _annotations_of = partial(annotationlib.get_annotations, format=annotationlib.Format.FORWARDREF)
else:  # pragma: no cover -- only before Python 3.14
    from inspect import get_annotations as _annotations_of

V_co = TypeVar("V_co", covariant=True)

_INTERVAL: Final = "call `change_interval`"
_BODY: Final = "register hooks, or assign `coro`"
_INSTEAD: Final = {
    "_call_loop_function": _BODY,
    "_can_be_cancelled": "ask `is_running` and `is_being_cancelled`",
    "_current_loop": "it is only read; `restart` begins anew at 0",
    "_get_next_sleep_time": _INTERVAL,
    "_get_time_parameter": _INTERVAL,
    "_handle": _INTERVAL,
    "_has_failed": "it is only read, by `failed`",
    "_hours": _INTERVAL,
    "_injected": "get the loop from the instance, or write `tasks.loop(...)(instance.method)`",
    "_interval": _INTERVAL,
    "_is_being_cancelled": "call `cancel`",
    "_last_iteration": _INTERVAL,
    "_last_iteration_failed": "raise an exception of a type that is retried",
    "_loop": _BODY,
    "_minutes": _INTERVAL,
    "_next_iteration": _INTERVAL,
    "_prepare_time_index": _INTERVAL,
    "_relative_time": _INTERVAL,
    "_seconds": _INTERVAL,
    "_sleep": _INTERVAL,
    "_stop_next_iteration": "call `stop`",
    "_task": "call `start`, `cancel` or `restart`",
    "_task_name": "pass `name=` when the loop is made",
    "_time": _INTERVAL,
    "_time_index": _INTERVAL,
    "_try_sleep_until": _INTERVAL,
    "_valid_exception": "call `add_exception_type` or `remove_exception_type`",
}
"""What to write instead, for each name in which the ancestors keep their state."""


class ReadOnly(Generic[V_co]):
    """An attribute that tells something, and can't be assigned."""

    def __init__(self, read: Callable[[Loop[..., object]], V_co]) -> None:
        """Make one.

        Args:
            read: Returns the value.
        """
        self._read = read

    @overload
    def __get__(self, loop: None, owner: type) -> Self: ...
    @overload
    def __get__(self, loop: Loop[..., object], owner: type | None = None) -> V_co: ...
    def __get__(self, loop: Loop[..., object] | None, owner: type | None = None) -> Self | V_co:
        """Return the value."""
        return self if loop is None else self._read(loop)


class HookAttribute(Generic[V_co]):
    """A hook as the attribute in which the ancestors keep it."""

    def __init__(self, name: HookName) -> None:
        """Make one.

        Args:
            name: Which hook.
        """
        self._name: Final = name

    @overload
    def __get__(self, loop: None, owner: type) -> Self: ...
    @overload
    def __get__(self, loop: Loop[..., object], owner: type | None = None) -> V_co: ...
    def __get__(self, loop: Loop[..., object] | None, owner: type | None = None) -> object:
        """Return the function as it was registered.

        For ``error`` there is always one, as in the ancestors: if none was registered, it prints
        the exception.
        """
        if loop is None:
            return self
        hook = loop._settings.hook(self._name)
        # A method of a subclass that is the hook calls its `super()`, which isn't itself.
        if hook is not None and not self.is_overridden(type(loop)):
            return hook.function
        return MethodType(_print_error, loop) if self._name == "error" else None

    def __set__(
        self, loop: Loop[..., object], function: Callable[..., HookCoroutine] | None
    ) -> None:
        """Register a function as the hook, or take the hook away."""
        is_none = function is None or getattr(function, "__func__", None) is _print_error
        loop._register(self._name, None if is_none else loop._parse_hook(self._name, function))

    def is_overridden(self, kind: type[Loop[..., object]]) -> bool:
        """Return whether a class has a method of its own in the place of this attribute."""
        return getattr(kind, f"_{self._name}") is not self


CURRENT_LOOP: Final = ReadOnly(lambda loop: loop.current_loop)
TASK: Final = ReadOnly(lambda loop: loop.get_task())
INJECTED: Final = ReadOnly(lambda loop: None if loop._instance is None else loop._instance())
VALID_EXCEPTION: Final = ReadOnly(lambda loop: loop._settings.retried.resolve())
BEFORE_LOOP: Final = HookAttribute[Callable[..., HookCoroutine] | None]("before_loop")
AFTER_LOOP: Final = HookAttribute[Callable[..., HookCoroutine] | None]("after_loop")
ERROR: Final = HookAttribute[Callable[..., Coroutine[Any, Any, None]]]("error")
HOOKS: Final[Mapping[str, HookAttribute[object]]] = {
    "_before_loop": BEFORE_LOOP,
    "_after_loop": AFTER_LOOP,
    "_error": ERROR,
}
ASSIGNED: Final = ("coro", "count", "loop", "name", "reconnect")


def assign(loop: Loop[..., object], base: type[Loop], name: str, value: object) -> None:
    """Set an attribute of a loop, if it may be set.

    Args:
        loop: The loop.
        base: ``Loop`` itself.
        name: The attribute's name.
        value: Its value.

    Raises:
        AttributeError: The name begins with one underscore, and the loop's class hasn't it.
    """
    kind = type(loop)
    if name in ASSIGNED and not hasattr(loop, "_settings"):
        # In a subclass, before `super().__init__`, which will take it from there.
        vars(loop)[name] = value
        return
    if name in HOOKS:
        if HOOKS[name].is_overridden(kind):
            HOOKS[name].__set__(loop, value)  # type: ignore[arg-type]
    elif name.startswith("_") and not name.startswith("__") and not _is_own(kind, base, name):
        message = (
            f"{name!r} of a {kind.__name__!r} object can't be set ({_advise(kind, base, name)})"
        )
        raise AttributeError(message, name=name, obj=loop)
    object.__setattr__(loop, name, value)


def by_position(arguments: tuple[object, ...], name: object, loop: object) -> Mapping[str, object]:
    """Return as keywords what came by position, where it came as the ancestors have it.

    Args:
        arguments: What came after the function.
        name: The keyword.
        loop: The keyword.
    """
    names = ("seconds", "hours", "minutes", "time", "count", "reconnect")
    named = dict(zip(names, arguments, strict=False)) | {"name": name, "loop": loop}
    if len(arguments) == len(names) + 1:
        # In discord.py the last one is the name, in defectio it is the event loop.
        named["name" if isinstance(arguments[-1], str) else "loop"] = arguments[-1]
    elif len(arguments) != len(names):
        # Of fewer, nobody can tell whether there is a `time` among them: old ones had none.
        return {}
    return named


def adopt(loop: Loop[..., object]) -> None:
    """Register the methods that a subclass has in the place of the hooks."""
    for name, hook in HOOKS.items():
        if hook.is_overridden(type(loop)):
            hook.__set__(loop, getattr(loop, name))


def check_subclass(kind: type[Loop], base: type[Loop]) -> None:
    """Check that a subclass takes no name that ``Loop`` itself needs, and overrides none in vain.

    Args:
        kind: The subclass.
        base: ``Loop`` itself.

    Raises:
        TypeError: It does.
    """
    for name, value in vars(kind).items():
        is_in_vain = name in _INSTEAD and isinstance(value, FunctionType)
        if is_in_vain or _is_taken(base, name):
            message = f"class {kind.__name__!r} can't define {name!r} ({_advise(kind, base, name)})"
            raise TypeError(message)


def slots_of(kind: type[Loop], base: type[Loop]) -> Iterator[str]:
    """Return the slots that a subclass adds, as its attributes need not be in a dictionary."""
    for own in kind.__mro__:
        if own not in base.__mro__:
            yield from (
                name for name, value in vars(own).items() if isinstance(value, MemberDescriptorType)
            )


def _is_taken(base: type[Loop], name: str) -> bool:
    """Return whether it is a name that ``Loop`` has for itself alone."""
    is_private = name.startswith("_") and not name.startswith("__")
    return is_private and name in vars(base) and name not in HOOKS and name not in _INSTEAD


def _is_own(kind: type, base: type[Loop], name: str) -> bool:
    """Return whether a name is a subclass's own: defined there, or used in one of its functions."""
    for own in kind.__mro__:
        if own not in base.__mro__ and not _is_taken(base, name):
            if name in vars(own) or name in _annotations_of(own):
                return True
            if name not in _INSTEAD and name in _names_used_in(own):
                return True
    return False


def _names_used_in(kind: type) -> Iterator[str]:
    codes = [value.__code__ for value in vars(kind).values() if isinstance(value, FunctionType)]
    while codes:
        code = codes.pop()
        yield from code.co_names
        codes += [constant for constant in code.co_consts if isinstance(constant, CodeType)]


def _advise(kind: type, base: type[Loop], name: str) -> str:
    """Return what to write instead of taking a name."""
    if name in _INSTEAD:
        return _INSTEAD[name]
    if _is_taken(base, name):
        return "`Loop` has that for itself: choose another name"
    if kind is base:
        return "leave the underscore out, or define it in a subclass"
    return f"write `{name}: object` in the body of class {kind.__name__!r}"


async def _print_error(loop: Loop[..., object], *args: object) -> None:
    """Print an exception, as a loop without an ``error`` hook does.

    Args:
        loop: The loop.
        *args: The exception, in the ancestors after the instance.
    """
    error = args[-1]
    if isinstance(error, BaseException):
        failures.print_failure(loop.name, error)
