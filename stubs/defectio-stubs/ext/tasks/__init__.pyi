import asyncio
import datetime
from collections.abc import Callable, Coroutine, Sequence
from typing import (
    Any,
    Concatenate,
    Generic,
    Literal,
    Protocol,
    Self,
    TypeAlias,
    overload,
    type_check_only,
)

from typing_extensions import ParamSpec, TypeVar

__all__ = ("loop",)

_U = TypeVar("_U")
# Any: every coroutine of an `async def` has it for what it yields and is sent.
_Coro: TypeAlias = Coroutine[Any, Any, _U]

# At run time a loop takes one type alone, that of its function; so the others have defaults. They
# are the parameters that `start` takes, which has the instance for a bound loop, and the result.
# Any: a bare `Loop` is one of any function. As the type is invariant, `object` wouldn't do.
_F = TypeVar("_F", bound=Callable[..., _Coro[object]], default=Callable[..., _Coro[Any]])
_P = ParamSpec("_P", default=...)
_R_co = TypeVar("_R_co", covariant=True, default=object)

_C = TypeVar("_C", bound=_Coro[object])
_Q = ParamSpec("_Q")
_S = TypeVar("_S")
_S_contra = TypeVar("_S_contra", contravariant=True)
_PlainHook = TypeVar("_PlainHook", bound=Callable[[], _Coro[object]])
_PlainErrorHook = TypeVar("_PlainErrorHook", bound=Callable[[Exception], _Coro[object]])

class SleepHandle:
    __slots__ = ("future", "handle", "loop")

    future: asyncio.Future[bool]
    loop: asyncio.AbstractEventLoop
    handle: asyncio.TimerHandle
    def __init__(self, dt: datetime.datetime, *, loop: asyncio.AbstractEventLoop) -> None: ...
    def recalculate(self, dt: datetime.datetime) -> None: ...
    def wait(self) -> asyncio.Future[bool]: ...
    def done(self) -> bool: ...
    def cancel(self) -> None: ...

# What a loop is to checkers that find no instance in the type of its function.
@type_check_only
class _TakesInstance(Protocol[_S_contra, _Q]):
    @property
    def coro(self) -> Callable[Concatenate[_S_contra, _Q], _Coro[object]]: ...

class Loop(Generic[_F, _P, _R_co]):
    coro: _F
    reconnect: bool
    loop: asyncio.AbstractEventLoop | None
    count: int | None
    def __init__(
        self: Loop[Callable[_Q, _Coro[_U]], _Q, _U],
        coro: Callable[_Q, _Coro[_U]],
        seconds: float | None,
        hours: float | None,
        minutes: float | None,
        time: datetime.time | Sequence[datetime.time] | None,
        count: int | None,
        reconnect: bool,
        loop: asyncio.AbstractEventLoop | None,
    ) -> None: ...
    @overload
    def __get__(self, obj: None, objtype: type[object]) -> Self: ...
    @overload
    def __get__(
        self: Callable[Concatenate[_S, _Q], _Coro[_U]],
        obj: _S,
        objtype: type[object],
    ) -> Loop[Callable[Concatenate[_S, _Q], _Coro[_U]], _Q, _U]: ...
    @property
    def seconds(self) -> float | None: ...
    @property
    def minutes(self) -> float | None: ...
    @property
    def hours(self) -> float | None: ...
    @property
    def time(self) -> list[datetime.time] | None: ...
    @property
    def current_loop(self) -> int: ...
    @property
    def next_iteration(self) -> datetime.datetime | None: ...
    async def __call__(self, *args: _P.args, **kwargs: _P.kwargs) -> _R_co: ...
    def start(self, *args: _P.args, **kwargs: _P.kwargs) -> asyncio.Task[None]: ...
    def stop(self) -> None: ...
    def cancel(self) -> None: ...
    def restart(self, *args: _P.args, **kwargs: _P.kwargs) -> None: ...
    def add_exception_type(self, *exceptions: type[BaseException]) -> None: ...
    def clear_exception_types(self) -> None: ...
    def remove_exception_type(self, *exceptions: type[BaseException]) -> bool: ...
    def get_task(self) -> asyncio.Task[None] | None: ...
    def is_being_cancelled(self) -> bool: ...
    def failed(self) -> bool: ...
    def is_running(self) -> bool: ...
    # A loop whose function takes an instance gives it to its hooks too.
    @overload
    def before_loop(self, coro: _PlainHook) -> _PlainHook: ...
    @overload
    def before_loop(
        self: Loop[Callable[Concatenate[_S, _Q], _Coro[_U]], ..., _U],
        coro: Callable[[_S], _C],
    ) -> Callable[[_S], _C]: ...
    @overload
    def before_loop(
        self: _TakesInstance[_S, _Q], coro: Callable[[_S], _C]
    ) -> Callable[[_S], _C]: ...
    @overload
    def after_loop(self, coro: _PlainHook) -> _PlainHook: ...
    @overload
    def after_loop(
        self: Loop[Callable[Concatenate[_S, _Q], _Coro[_U]], ..., _U],
        coro: Callable[[_S], _C],
    ) -> Callable[[_S], _C]: ...
    @overload
    def after_loop(
        self: _TakesInstance[_S, _Q], coro: Callable[[_S], _C]
    ) -> Callable[[_S], _C]: ...
    @overload
    def error(self, coro: _PlainErrorHook) -> _PlainErrorHook: ...
    @overload
    def error(
        self: Loop[Callable[Concatenate[_S, _Q], _Coro[_U]], ..., _U],
        coro: Callable[[_S, Exception], _C],
    ) -> Callable[[_S, Exception], _C]: ...
    @overload
    def error(
        self: _TakesInstance[_S, _Q], coro: Callable[[_S, Exception], _C]
    ) -> Callable[[_S, Exception], _C]: ...
    @overload
    def change_interval(
        self,
        *,
        seconds: float | None = 0,
        minutes: float | None = 0,
        hours: float | None = 0,
        time: None = None,
    ) -> None: ...
    @overload
    def change_interval(
        self,
        *,
        seconds: Literal[0] | None = 0,
        minutes: Literal[0] | None = 0,
        hours: Literal[0] | None = 0,
        time: datetime.time | Sequence[datetime.time],
    ) -> None: ...

@type_check_only
class _LoopDecorator(Protocol):
    def __call__(
        self, func: Callable[_Q, _Coro[_U]], /
    ) -> Loop[Callable[_Q, _Coro[_U]], _Q, _U]: ...

@overload
def loop(
    *,
    seconds: float | None = None,
    minutes: float | None = None,
    hours: float | None = None,
    time: None = None,
    count: int | None = None,
    reconnect: bool = True,
    loop: asyncio.AbstractEventLoop | None = None,
) -> _LoopDecorator: ...
@overload
def loop(
    *,
    seconds: Literal[0] | None = None,
    minutes: Literal[0] | None = None,
    hours: Literal[0] | None = None,
    time: datetime.time | Sequence[datetime.time],
    count: int | None = None,
    reconnect: bool = True,
    loop: asyncio.AbstractEventLoop | None = None,
) -> _LoopDecorator: ...
