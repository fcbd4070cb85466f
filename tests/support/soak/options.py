"""What a loop is made of, besides its functions and its timing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

Hook: TypeAlias = Literal["before_loop", "after_loop", "error"]
HOOKS: Final[tuple[Hook, ...]] = ("before_loop", "after_loop", "error")


class Flaky(Exception):  # noqa: N818 -- it is what some loops are told to try again after
    """Nothing that a loop tries again after by itself."""


@dataclass(frozen=True, slots=True)
class Options:
    """What a loop is made of."""

    name: str
    count: int | None
    reconnect: bool
    hooks: frozenset[Hook]
    flaky: bool
    """Whether it is told to try again after :class:`Flaky`."""
    bound: bool
    """Whether it was made in a class, and is an instance's."""

    @property
    def retried(self) -> tuple[type[Exception], ...]:
        """After which exceptions it tries again, of those that its body raises."""
        return (OSError, TimeoutError, Flaky) if self.flaky else (OSError, TimeoutError)
