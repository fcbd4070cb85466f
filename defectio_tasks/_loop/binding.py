"""One value per instance, kept no longer than the instance."""

from __future__ import annotations

import sys
import weakref
from typing import Final, Generic, Protocol, TypeVar

V = TypeVar("V")


class PerInstance(dict[int, V]):
    """Values by the identity of an instance.

    Nothing is stored on the instance, so ``__slots__``, copies and pickles of it don't matter;
    and nothing asks it for its ``__hash__``, ``__eq__`` or ``__bool__``.

    A value must keep an :class:`InstanceReference` that has ``forget`` for its callback: with the
    instance the value goes. One that may hold its instance must be loosened, or neither would go.
    """

    __slots__ = ("forget", "loose")

    def __init__(self) -> None:
        """Begin without values."""
        super().__init__()
        # The reference is held here, too: one that is garbage itself is dead for its finalizer.
        self.loose: Final = dict[int, tuple[weakref.ref[V], InstanceReference]]()

        # One for all: an object more for each instance would double what binding costs.
        def forget(reference: InstanceReference) -> None:
            self.pop(reference.identity, None)
            self.loose.pop(reference.identity, None)

        self.forget: Final = forget

    def find(self, identity: int) -> V | None:
        """Return the value of an instance, if it has one."""
        value = self.get(identity)
        if value is None and identity in self.loose:
            value = self.loose[identity][0]()
        return value

    def loosen(self, reference: InstanceReference) -> None:
        """Keep the value of an instance in another way, as it may hold the instance from now on."""
        value = self.pop(reference.identity, None)
        if value is not None:
            Keeper(self, reference, value)


class Loosening(Protocol):
    """A :class:`PerInstance`, whatever its values are."""

    def loosen(self, reference: InstanceReference) -> None: ...


class InstanceReference(weakref.ref[object]):
    """A weak reference that still knows whose it was when that is gone."""

    __slots__ = ("identity", "loops")

    identity: int
    loops: Loosening
    """Where the value is, which may be loosened."""


class Keeper(Generic[V]):
    """Keeps a value as long as its instance lives, also if the value holds the instance.

    Python has no such thing: whatever keeps the value keeps all that it holds. So nobody keeps this
    object but itself. The garbage collector finds it, and with it the value and whatever nobody
    else keeps. If the instance is among that, the weak reference to it is dead by then, and all of
    it goes. If it isn't, another keeper takes over.
    """

    __slots__ = ("_itself", "_reference", "_value", "_values")

    def __init__(self, values: PerInstance[V], reference: InstanceReference, value: V) -> None:
        """Begin to keep a value.

        Args:
            values: Where it is to be found.
            reference: To its instance.
            value: The value.
        """
        self._values, self._reference, self._value = values, reference, value
        self._itself = self
        values.loose[reference.identity] = weakref.ref(value), reference

    def __del__(self) -> None:
        """Hand the value over, if its instance lives."""
        if self._reference() is not None and not sys.is_finalizing():
            Keeper(self._values, self._reference, self._value)
