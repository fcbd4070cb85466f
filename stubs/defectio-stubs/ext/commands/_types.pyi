from collections.abc import Callable, Coroutine
from typing import Any, Never, TypeAlias, TypeVar

from .context import Context
from .errors import CommandError

T = TypeVar("T")  # noqa: PYI001 -- public in the host

# Any: what is sent to and yielded by a coroutine is a matter of the event loop.
Coro: TypeAlias = Coroutine[Any, Any, T]
MaybeCoro: TypeAlias = T | Coro[T]
# Any: the result is whatever the function returns.
CoroFunc: TypeAlias = Callable[..., Coro[Any]]

# Any: takes the context of every bot.
_AnyContext: TypeAlias = Context[Any]

# Never: takes the `self` of any cog.
Check: TypeAlias = (
    Callable[[Never, _AnyContext], MaybeCoro[bool]] | Callable[[_AnyContext], MaybeCoro[bool]]
)
Hook: TypeAlias = (
    Callable[[Never, _AnyContext], Coro[object]] | Callable[[_AnyContext], Coro[object]]
)
Error: TypeAlias = (
    Callable[[Never, _AnyContext, CommandError], Coro[object]]
    | Callable[[_AnyContext, CommandError], Coro[object]]
)

class _BaseCommand:
    __slots__ = ()
