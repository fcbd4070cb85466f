from typing import Generic, Literal, overload

from typing_extensions import TypeVar

__all__ = ("ExponentialBackoff",)

_T_co = TypeVar("_T_co", bound=bool, default=bool, covariant=True)

class ExponentialBackoff(Generic[_T_co]):
    @overload
    def __init__(
        self: ExponentialBackoff[Literal[False]], base: int = 1, *, integral: Literal[False] = False
    ) -> None: ...
    @overload
    def __init__(
        self: ExponentialBackoff[Literal[True]], base: int = 1, *, integral: Literal[True]
    ) -> None: ...
    @overload
    def __init__(self: ExponentialBackoff[bool], base: int = 1, *, integral: bool) -> None: ...
    @overload
    def delay(self: ExponentialBackoff[Literal[True]]) -> int: ...
    # With `float` alone, mypy holds that the first overload contradicts this one.
    @overload
    def delay(self) -> int | float: ...
