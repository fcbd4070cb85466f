"""What type checkers see of hooks and their loops (contract T3, T6); nothing of it is ever made."""

from __future__ import annotations

from collections.abc import Callable
from typing import ParamSpec, Protocol, TypeVar, overload

from defectio_tasks._run.hook import HookCoroutine

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
    any hook, ``Never`` at worst; the property gives it, and so pins it down (contract T6).
    """

    @property
    def _instance_type(self) -> S: ...
    def __call__(self, instance: S, /, *args: Q.args, **kwargs: Q.kwargs) -> HookCoroutine: ...


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
