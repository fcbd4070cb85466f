from collections.abc import Callable
from enum import Enum
from typing import Any, Self

from typing_extensions import override

from ...models.message import Message
from .context import Context

__all__ = (
    "BucketType",
    "Cooldown",
    "CooldownMapping",
    "DynamicCooldownMapping",
    "MaxConcurrency",
)

class BucketType(Enum):
    default = 0
    user = 1
    guild = 2
    channel = 3
    member = 4
    category = 5
    role = 6

    # To the host's commands a context serves as a message. Only `user` has a key; for all others
    # the host asks for `BucketType.server`, which there isn't, and raises an AttributeError.
    # Any: the context of any bot.
    def get_key(self, msg: Message | Context[Any]) -> str: ...
    def __call__(self, msg: Message | Context[Any]) -> str: ...  # Any: see above

class Cooldown:
    __slots__ = ("_last", "_tokens", "_window", "per", "rate")

    rate: int
    per: float
    def __init__(self, rate: float, per: float) -> None: ...
    def get_tokens(self, current: float | None = None) -> int: ...
    def get_retry_after(self, current: float | None = None) -> float: ...
    def update_rate_limit(self, current: float | None = None) -> float | None: ...
    def reset(self) -> None: ...
    def copy(self) -> Cooldown: ...

class CooldownMapping:
    def __init__(
        self, original: Cooldown | None, type: BucketType | Callable[[Message], object]
    ) -> None: ...
    def copy(self) -> CooldownMapping: ...
    @property
    def valid(self) -> bool: ...
    @property
    def type(self) -> BucketType | Callable[[Message], object]: ...
    @classmethod
    def from_cooldown(
        cls, rate: float, per: float, type: BucketType | Callable[[Message], object]
    ) -> Self: ...
    def create_bucket(self, message: Message) -> Cooldown: ...
    def get_bucket(self, message: Message, current: float | None = None) -> Cooldown: ...
    def update_rate_limit(self, message: Message, current: float | None = None) -> float | None: ...

class DynamicCooldownMapping(CooldownMapping):
    def __init__(
        self,
        factory: Callable[[Message], Cooldown | None],
        type: BucketType | Callable[[Message], object],
    ) -> None: ...
    @override
    def copy(self) -> DynamicCooldownMapping: ...
    # None where the factory gives none.
    @override
    def create_bucket(self, message: Message) -> Cooldown | None: ...  # type: ignore[override]  # pyright: ignore[reportIncompatibleMethodOverride]
    @override
    def get_bucket(  # type: ignore[override]  # pyright: ignore[reportIncompatibleMethodOverride]
        self, message: Message, current: float | None = None
    ) -> Cooldown | None: ...

class MaxConcurrency:
    __slots__ = ("_mapping", "number", "per", "wait")

    number: int
    per: BucketType
    wait: bool
    def __init__(self, number: int, *, per: BucketType, wait: bool) -> None: ...
    def copy(self) -> Self: ...
    # To the host's commands a context serves as a message.
    # Any: the context of any bot.
    def get_key(self, message: Message | Context[Any]) -> str: ...
    async def acquire(self, message: Message | Context[Any]) -> None: ...  # Any: see above
    async def release(self, message: Message | Context[Any]) -> None: ...  # Any: see above
