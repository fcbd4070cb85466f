__all__ = ("EqualityComparable", "Hashable")

class EqualityComparable:
    __slots__ = ()
    id: str
    def __eq__(self, other: object) -> bool: ...
    def __ne__(self, other: object) -> bool: ...

class Hashable(EqualityComparable):
    __slots__ = ()
    def __hash__(self) -> int: ...
