"""One value per instance, kept no longer than the instance."""

from __future__ import annotations

import weakref
from typing import Final, TypeVar

V = TypeVar("V")


class PerInstance(dict[int, V]):
    """Values by the identity of an instance.

    Nothing is stored on the instance, so ``__slots__``, copies and pickles of it don't matter;
    and nothing asks it for its ``__hash__``, ``__eq__`` or ``__bool__``.

    A value must keep an :class:`InstanceReference` that has ``forget`` for its callback: with the
    instance the value goes.
    """

    __slots__ = ("forget",)

    def __init__(self) -> None:
        """Begin without values."""
        super().__init__()

        # One for all: an object more for each instance would double what binding costs.
        def forget(reference: InstanceReference) -> None:
            self.pop(reference.identity, None)

        self.forget: Final = forget


class InstanceReference(weakref.ref[object]):
    """A weak reference that still knows whose it was when that is gone."""

    __slots__ = ("identity",)

    identity: int
