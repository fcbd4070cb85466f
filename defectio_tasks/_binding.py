"""One value per instance, kept no longer than the instance (contract 6)."""

from __future__ import annotations

import weakref
from typing import Generic, TypeVar

V = TypeVar("V")


class PerInstance(Generic[V]):
    """Values by the identity of an instance.

    Nothing is stored on the instance, so ``__slots__``, copies and pickles of it don't matter;
    and nothing asks it for its ``__hash__``, ``__eq__`` or ``__bool__``.
    """

    __slots__ = ("_entries",)

    def __init__(self) -> None:
        """Begin without values."""
        self._entries: dict[int, tuple[weakref.ref[object], V]] = {}

    def get(self, instance: object) -> V | None:
        """Tell the value of an instance, if it has one."""
        entry = self._entries.get(id(instance))
        return None if entry is None else entry[1]

    def add(self, instance: object, value: V) -> None:
        """Keep a value for an instance until that is gone.

        Raises:
            TypeError: The instance can't be referenced weakly.
        """
        identity, entries = id(instance), self._entries

        def forget(_: weakref.ref[object]) -> None:
            entries.pop(identity, None)

        entries[identity] = (weakref.ref(instance, forget), value)
