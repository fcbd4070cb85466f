from collections.abc import Mapping
from typing import Any, Final, Literal, Self

from ..types.embed import EmbedType

__all__ = ("Embed",)

class _EmptyEmbed:
    def __bool__(self) -> Literal[False]: ...
    def __len__(self) -> Literal[0]: ...

EmptyEmbed: Final[_EmptyEmbed]

class EmbedProxy:
    def __init__(self, layer: Mapping[str, object]) -> None: ...
    def __len__(self) -> int: ...
    # Any: what the layer has under that name, or else EmptyEmbed.
    def __getattr__(self, attr: str) -> Any: ...

class Embed:
    __slots__ = ("description", "title", "type")
    Empty: Final[_EmptyEmbed]
    title: str | _EmptyEmbed
    # Once it went through `from_dict`, as in a message or a copy, it says nothing of use.
    type: str
    description: str | _EmptyEmbed
    # The host makes strings of a title and a description.
    def __init__(
        self,
        *,
        title: object = ...,
        type: EmbedType = "text",
        description: object = ...,
    ) -> None: ...
    def copy(self) -> Self: ...
    def to_dict(self) -> dict[str, str]: ...
    # "type" must be there.
    @classmethod
    def from_dict(cls, data: Mapping[str, object]) -> Self: ...
