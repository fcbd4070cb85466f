from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

__all__ = ("Cog", "CogMeta")

# A listener takes what its event brings and answers nothing that the host reads.
_Listener = TypeVar("_Listener", bound=Callable[..., Coroutine[Any, Any, object]])

class CogMeta(type):
    @classmethod
    def qualified_name(cls) -> str: ...

class Cog(metaclass=CogMeta):
    @property
    def qualified_name(self) -> str: ...
    @property
    def description(self) -> str: ...
    @description.setter
    def description(self, description: str) -> None: ...
    @classmethod
    def listener(cls, name: str | None = None) -> Callable[[_Listener], _Listener]: ...
    def cog_unload(self) -> None: ...
