import inspect
from collections.abc import Iterable
from typing import Any, Generic

from typing_extensions import ParamSpec, TypeVar

from ...models.abc import Messageable
from ...models.channel import MessageableChannel
from ...models.file import File
from ...models.message import Message
from ...models.server import Server
from ...models.user import ClientUser, User
from ...state import ConnectionState
from .bot import Bot, BotBase
from .cog import Cog
from .core import Command
from .utils import cached_property
from .view import StringView

__all__ = ("Context",)

_BotT_co = TypeVar("_BotT_co", bound=BotBase, default=Bot, covariant=True)
_P = ParamSpec("_P")
_T = TypeVar("_T")

class Context(Messageable, Generic[_BotT_co]):
    message: Message
    bot: _BotT_co
    # Any: what converters made of the message.
    args: list[Any]
    kwargs: dict[str, Any]  # Any: see above
    prefix: str | None
    command: Command | None
    view: StringView
    invoked_with: str | None
    invoked_parents: list[str]
    invoked_subcommand: Command | None
    subcommand_passed: str | None
    command_failed: bool
    current_parameter: inspect.Parameter | None
    _state: ConnectionState
    def __init__(
        self,
        *,
        message: Message,
        bot: _BotT_co,
        view: StringView,
        args: list[Any] | None = None,  # Any: see above
        kwargs: dict[str, Any] | None = None,  # Any: see above
        prefix: str | None = None,
        command: Command | None = None,
        invoked_with: str | None = None,
        invoked_parents: list[str] | None = None,
        invoked_subcommand: Command | None = None,
        subcommand_passed: str | None = None,
        command_failed: bool = False,
        current_parameter: inspect.Parameter | None = None,
    ) -> None: ...
    async def reply(
        self,
        content: str | None = None,
        *,
        file: File | None = None,
        files: Iterable[File] | None = None,
        mention: bool = False,
        delete_after: float | None = None,
        nonce: str | None = None,
    ) -> Message: ...
    async def invoke(
        self, command: Command[Cog | None, _P, _T], /, *args: _P.args, **kwargs: _P.kwargs
    ) -> _T: ...
    async def reinvoke(self, *, call_hooks: bool = False, restart: bool = True) -> None: ...
    @property
    def valid(self) -> bool: ...
    async def _get_channel(self) -> MessageableChannel: ...
    @property
    def clean_prefix(self) -> str: ...
    @property
    def cog(self) -> Cog | None: ...
    # Fails for a message that is not in a server, like `Message.server`.
    @cached_property
    def server(self) -> Server: ...
    @cached_property
    def channel(self) -> MessageableChannel: ...
    # Any: as for `Message.author`.
    @cached_property
    def author(self) -> User | Any: ...
    # Before the bot knows its user, there are no messages and so no contexts.
    @cached_property
    def me(self) -> ClientUser: ...
    # Any: what the bot's `HelpCommand` returns; None if that is none, or knows no such entity.
    async def send_help(self, *args: Command | Cog | str | None) -> Any: ...
