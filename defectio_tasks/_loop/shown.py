"""What a loop shows of its function to ``help`` and to tools that make documentation."""

# pyright: reportPrivateUsage=false
# It looks into loops, so that nobody else has to.

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from typing_extensions import override

if TYPE_CHECKING:
    from defectio_tasks._loop.loop import Loop


class OfFunction(str):
    """A string of the class, in whose place a loop shows its function's.

    As an attribute of each loop it would have to be set whenever an instance gets its loop.
    """

    __slots__ = ("_name",)

    _name: str

    def __new__(cls, text: str, name: str) -> Self:
        """Make one.

        Args:
            text: What the class shows.
            name: Of which attribute.
        """
        self = super().__new__(cls, text)
        self._name = name
        return self

    def __get__(self, loop: Loop[..., object] | None, owner: type | None = None) -> str | None:
        """Return the function's string, or to the class its own."""
        return self if loop is None else getattr(loop._settings.callback, self._name)

    @override
    def __reduce__(self) -> tuple[type[str], tuple[str]]:
        """Be pickled as a string: where a class is pickled, the name of its module is."""
        return str, (str(self),)
