import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterable
from types import MappingProxyType, ModuleType
from typing import Any, Self, TypeAlias, overload

from aiohttp import ClientSession
from typing_extensions import TypeVar

from ...client import Client
from ...models.member import PartialMember
from ...models.message import Message
from ...models.user import PartialUser
from ._types import CoroFunc
from .cog import Cog
from .context import Context
from .core import GroupMixin
from .errors import CommandError
from .help import HelpCommand

__all__ = ("Bot", "when_mentioned", "when_mentioned_or")

# Any: takes the context of every bot.
_AnyContext: TypeAlias = Context[Any]

_BotS = TypeVar("_BotS", bound=BotBase)
_CtxS = TypeVar("_CtxS", bound=_AnyContext)
_ResultT = TypeVar("_ResultT", bound=bool | Awaitable[bool])
_CheckT = TypeVar("_CheckT", bound=Callable[[_AnyContext], bool | Awaitable[bool]])
_CoroFuncT = TypeVar("_CoroFuncT", bound=CoroFunc)
_HookT = TypeVar("_HookT", bound=Callable[[_AnyContext], Awaitable[object]])
_AwaitableT = TypeVar("_AwaitableT", bound=Awaitable[object])

_Prefix: TypeAlias = str | Iterable[str]

def when_mentioned(bot: Bot, msg: object) -> list[str]: ...
def when_mentioned_or(*prefixes: str) -> Callable[[Bot, Message], list[str]]: ...

class BotBase(GroupMixin):
    # Any: the class of the bot.
    command_prefix: _Prefix | Callable[[Any, Message], _Prefix | Awaitable[_Prefix]]
    extra_events: dict[str, list[CoroFunc]]
    description: str
    owner_id: str | None
    owner_ids: Collection[str]
    strip_after_prefix: bool
    # The host passes over any further keyword.
    def __init__(  # noqa: PYI019 -- with `Self`, zuban refuses `super().__init__(self.find_prefix)`
        self: _BotS,
        command_prefix: _Prefix | Callable[[_BotS, Message], _Prefix | Awaitable[_Prefix]],
        help_command: HelpCommand | None = ...,
        description: str | None = None,
        *,
        owner_id: str | None = None,
        owner_ids: Collection[str] = ...,
        strip_after_prefix: bool = False,
        case_insensitive: bool = False,
        api_url: str = "https://api.revolt.chat",
        loop: asyncio.AbstractEventLoop | None = None,
        session: ClientSession | None = None,
        max_messages: int | None = 1000,
    ) -> None: ...
    # Any: an event brings what it likes, and an override says what.
    def dispatch(self, event_name: str, /, *args: Any, **kwargs: Any) -> None: ...
    async def close(self) -> None: ...
    # Any: the context may be of a class of the bot's own.
    async def on_command_error(self, context: Any, exception: CommandError, /) -> None: ...
    @overload
    def check(self, func: _CheckT) -> _CheckT: ...
    @overload
    def check(self, func: Callable[[_CtxS], _ResultT]) -> Callable[[_CtxS], _ResultT]: ...
    def add_check(
        self, func: Callable[[_CtxS], bool | Awaitable[bool]], *, call_once: bool = False
    ) -> None: ...
    def remove_check(
        self, func: Callable[[_CtxS], bool | Awaitable[bool]], *, call_once: bool = False
    ) -> None: ...
    @overload
    def check_once(self, func: _CheckT) -> _CheckT: ...
    @overload
    def check_once(self, func: Callable[[_CtxS], _ResultT]) -> Callable[[_CtxS], _ResultT]: ...
    async def can_run(self, ctx: _AnyContext, *, call_once: bool = False) -> bool: ...
    # Fails unless the bot has an `owner_id` or `owner_ids`.
    async def is_owner(self, user: PartialUser | PartialMember) -> bool: ...
    @overload
    def before_invoke(self, coro: _HookT) -> _HookT: ...
    @overload
    def before_invoke(
        self, coro: Callable[[_CtxS], _AwaitableT]
    ) -> Callable[[_CtxS], _AwaitableT]: ...
    @overload
    def after_invoke(self, coro: _HookT) -> _HookT: ...
    @overload
    def after_invoke(
        self, coro: Callable[[_CtxS], _AwaitableT]
    ) -> Callable[[_CtxS], _AwaitableT]: ...
    def add_listener(self, func: CoroFunc, name: str | None = None) -> None: ...
    def remove_listener(self, func: CoroFunc, name: str | None = None) -> None: ...
    def listen(self, name: str | None = None) -> Callable[[_CoroFuncT], _CoroFuncT]: ...
    def add_cog(self, cog: Cog, *, override: bool = False) -> None: ...
    def get_cog(self, name: str) -> Cog | None: ...
    def remove_cog(self, name: str) -> Cog | None: ...
    @property
    def cogs(self) -> MappingProxyType[str, Cog]: ...
    def load_extension(self, name: str, *, package: str | None = None) -> None: ...
    def unload_extension(self, name: str, *, package: str | None = None) -> None: ...
    def reload_extension(self, name: str, *, package: str | None = None) -> None: ...
    @property
    def extensions(self) -> MappingProxyType[str, ModuleType]: ...
    @property
    def help_command(self) -> HelpCommand | None: ...
    @help_command.setter
    def help_command(self, value: HelpCommand | None) -> None: ...
    async def get_prefix(self, message: Message, /) -> list[str] | str: ...
    @overload
    async def get_context(self, message: Message) -> Context[Self]: ...
    @overload
    async def get_context(self, message: Message, *, cls: type[_CtxS]) -> _CtxS: ...
    # Any: see `on_command_error`.
    async def invoke(self, ctx: Any, /) -> None: ...
    async def process_commands(self, message: Message, /) -> None: ...
    async def on_message(self, message: Message, /) -> None: ...

# The two name the event differently.
class Bot(BotBase, Client): ...  # type: ignore[misc]
