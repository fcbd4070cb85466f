import datetime
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from typing import Any, Generic, ParamSpec, Self, TypeVar, overload

from typing_extensions import override

_P = ParamSpec("_P")
_S = TypeVar("_S")

PY_310: bool

T = TypeVar("T")  # noqa: PYI001 -- public in the host
T_co = TypeVar("T_co", covariant=True)  # noqa: PYI001 -- public in the host

def flatten_literal_params(parameters: Iterable[object]) -> tuple[object, ...]: ...
def normalise_optional_params(parameters: Iterable[object]) -> tuple[object, ...]: ...
async def async_all(gen: Iterable[object], *, check: Callable[[object], bool] = ...) -> bool: ...
def evaluate_annotation(
    tp: object,
    globals: dict[str, Any],  # Any: a namespace holds anything
    locals: dict[str, Any],  # Any: a namespace holds anything
    cache: dict[str, Any],  # Any: the annotations evaluated so far
    *,
    implicit_str: bool = True,
) -> Any: ...  # Any: an annotation may be any expression

class _cached_property(Generic[_S, T_co]):
    function: Callable[[_S], T_co]
    def __init__(self, function: Callable[[_S], T_co]) -> None: ...
    @overload
    def __get__(self, instance: None, owner: type[object]) -> Self: ...
    @overload
    def __get__(self, instance: _S, owner: type[object]) -> T_co: ...

cached_property = _cached_property

# Any: no matter what the function takes.
def copy_doc(original: Callable[..., object]) -> Callable[[T], T]: ...

class SequenceProxy(Sequence[T_co]):
    def __init__(self, proxied: Sequence[T_co]) -> None: ...
    @overload
    def __getitem__(self, idx: int) -> T_co: ...
    @overload
    def __getitem__(self, idx: slice) -> Sequence[T_co]: ...
    def __len__(self) -> int: ...
    @override
    def __contains__(self, item: object) -> bool: ...
    @override
    def __iter__(self) -> Iterator[T_co]: ...
    @override
    def __reversed__(self) -> Iterator[T_co]: ...
    @override
    def index(self, value: object, start: int = ..., stop: int = ...) -> int: ...
    @override
    def count(self, value: object) -> int: ...

def compute_timedelta(dt: datetime.datetime) -> float: ...
@overload
async def maybe_coroutine(
    f: Callable[_P, Awaitable[T]], *args: _P.args, **kwargs: _P.kwargs
) -> T: ...
@overload
async def maybe_coroutine(
    f: Callable[_P, T | Awaitable[T]], *args: _P.args, **kwargs: _P.kwargs
) -> T: ...
def resolve_annotation(
    annotation: object,
    globalns: dict[str, Any],  # Any: a namespace holds anything
    localns: dict[str, Any] | None,  # Any: a namespace holds anything
    cache: dict[str, Any] | None,  # Any: the annotations evaluated so far
) -> Any: ...  # Any: an annotation may be any expression
