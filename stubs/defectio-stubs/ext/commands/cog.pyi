from collections.abc import Callable, Generator, Sequence
from typing import Any, ClassVar, NoReturn, Self

from typing_extensions import TypeVar

from ._types import CoroFunc, MaybeCoro
from .core import Command
from .errors import CommandError

__all__ = ("Cog", "CogMeta")

_ListenerT = TypeVar("_ListenerT", bound=CoroFunc)
_CogMetaT = TypeVar("_CogMetaT", bound=CogMeta)

class CogMeta(type):
    __cog_name__: str
    # Any: each option of a command has a type of its own.
    __cog_settings__: dict[str, Any]
    __cog_commands__: Sequence[Command]
    __cog_listeners__: list[tuple[str, str]]
    def __new__(
        cls: type[_CogMetaT],
        *args: Any,  # Any: what `type` takes
        name: str = ...,
        description: str = ...,
        command_attrs: dict[str, Any] = ...,  # Any: as for `__cog_settings__`
        **kwargs: Any,  # Any: what the `__init_subclass__` of the class takes
    ) -> _CogMetaT: ...
    # Any: the same as for `__new__`.
    def __init__(self, *args: Any, **kwargs: Any) -> None: ...
    # A metaclass has no `__cog_name__`, which the host asks it for.
    @classmethod
    def qualified_name(cls) -> NoReturn: ...

class Cog(metaclass=CogMeta):
    __cog_name__: ClassVar[str]
    # Any: each option of a command has a type of its own.
    __cog_settings__: ClassVar[dict[str, Any]]
    __cog_description__: str
    # A list of the class's own commands; on an instance a tuple of copies.
    __cog_commands__: ClassVar[Sequence[Command]]
    __cog_listeners__: ClassVar[list[tuple[str, str]]]
    # Any: what the `__init__` of the class takes.
    def __new__(cls, *args: Any, **kwargs: Any) -> Self: ...
    def get_commands(self) -> list[Command]: ...
    @property
    def qualified_name(self) -> str: ...
    @property
    def description(self) -> str: ...
    @description.setter
    def description(self, description: str) -> None: ...
    def walk_commands(self) -> Generator[Command]: ...
    def get_listeners(self) -> list[tuple[str, CoroFunc]]: ...
    @classmethod
    def listener(cls, name: str | None = None) -> Callable[[_ListenerT], _ListenerT]: ...
    def has_error_handler(self) -> bool: ...
    def cog_unload(self) -> None: ...
    # A subclass may make the first three coroutine functions. The host passes all by position.
    # Any: the context may be of a class of the bot's own.
    def bot_check_once(self, ctx: Any, /) -> MaybeCoro[bool]: ...
    def bot_check(self, ctx: Any, /) -> MaybeCoro[bool]: ...
    def cog_check(self, ctx: Any, /) -> MaybeCoro[bool]: ...
    async def cog_command_error(self, ctx: Any, error: CommandError, /) -> None: ...
    async def cog_before_invoke(self, ctx: Any, /) -> None: ...
    async def cog_after_invoke(self, ctx: Any, /) -> None: ...
