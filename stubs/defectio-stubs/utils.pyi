import datetime
from collections.abc import Callable, Iterable
from typing import TypeVar

T = TypeVar("T")  # noqa: PYI001 -- public in the host

def find(predicate: Callable[[T], object], seq: Iterable[T]) -> T | None: ...
def compute_timedelta(dt: datetime.datetime) -> float: ...

# A keyword names an attribute, or a path of them with `__` for each dot.
def get(iterable: Iterable[T], **attrs: object) -> T | None: ...
