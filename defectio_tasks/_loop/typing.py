"""What type checkers see of loops and hooks, and why ``self`` goes; nothing of it is ever made.

A loop is a ``Callable[Concatenate[S, Q], ...]`` through its ``__call__``. So ``__get__`` and the
hooks can ask for ``self: Callable[Concatenate[S, Q], ...]``: that splits the function's parameters
into the instance ``S`` and the rest ``Q``, and a bound loop is a ``Loop[Q, R]``. All checkers
follow it; ``self: Loop[Concatenate[S, Q], R]`` says the same, and only mypy and pyright do.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeVar, final, overload

from typing_extensions import ParamSpec
from typing_extensions import TypeVar as TypeVarWithDefault

from defectio_tasks._run.settings import HookCoroutine

P = ParamSpec("P", default=...)
R = TypeVarWithDefault("R", covariant=True, default=object)  # noqa: PLC0105 -- the documentation shows it
S = TypeVar("S")
S_contra = TypeVar("S_contra", contravariant=True)
Q = ParamSpec("Q")
H = ParamSpec("H")
C = TypeVar("C", bound=HookCoroutine)
C_co = TypeVar("C_co", bound=HookCoroutine, covariant=True)
PlainHook = TypeVar("PlainHook", bound=Callable[[], HookCoroutine])
PlainErrorHook = TypeVar("PlainErrorHook", bound=Callable[[Exception], HookCoroutine])


class TakesInstance(Protocol[S, Q]):
    """A loop whose function takes an instance first, as a type checker sees it.

    The loop and its hook both take an ``S``. From that alone some checkers would find one to suit
    any hook, ``Never`` at worst; the property gives it, and so pins it down.
    """

    @property
    def _instance_type(self) -> S: ...
    def __call__(self, instance: S, /, *args: Q.args, **kwargs: Q.kwargs) -> HookCoroutine: ...


@final
class FunctionNeedsSelf:
    """What checkers expect of the instance, where a function in a class has no ``self``."""


class SelfHook(Protocol[S_contra, H, C_co]):
    """A function that takes an instance alone; ``H`` is what else it may be given."""

    @overload
    def __call__(self, instance: S_contra, /) -> HookCoroutine: ...
    @overload
    def __call__(self, instance: S_contra, /, *args: H.args, **kwargs: H.kwargs) -> C_co: ...


class AnyError(Exception):
    """Stands for any exception: only who accepts all of them accepts it.

    With ``Exception`` itself, mypy finds no ``H`` for a hook with positional-only parameters.
    """


class SelfErrorHook(Protocol[S_contra, H, C_co]):
    """A function that takes an instance and any exception; ``H`` is all that it takes."""

    @overload
    def __call__(self, instance: S_contra, error: AnyError, /) -> HookCoroutine: ...
    @overload
    def __call__(self, *args: H.args, **kwargs: H.kwargs) -> C_co: ...
