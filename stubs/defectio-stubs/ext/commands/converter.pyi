import inspect
import re
from collections.abc import Callable
from typing import Any, NoReturn, Protocol, Self, TypeAlias, overload, runtime_checkable

from typing_extensions import TypeVar, override

from ...models.abc import ServerChannel
from ...models.channel import TextChannel, VoiceChannel
from ...models.member import Member
from ...models.server import Category, Server
from ...models.user import User
from .bot import Bot
from .context import Context

__all__ = (
    "CategoryConverter",
    "Converter",
    "Greedy",
    "IDConverter",
    "MemberConverter",
    "ServerChannelConverter",
    "ServerConverter",
    "TextChannelConverter",
    "UserConverter",
    "VoiceChannelConverter",
    "clean_content",
    "run_converters",
)

_T = TypeVar("_T")
_T_co = TypeVar("_T_co", covariant=True, default=object)

_Convertible: TypeAlias = type[_T] | type[Converter[_T]] | Converter[_T] | Callable[[str], _T]

@runtime_checkable
class Converter(Protocol[_T_co]):
    # Any: a subclass says for the context of which bot it is.
    async def convert(self, ctx: Any, argument: str, /) -> _T_co: ...

class IDConverter(Converter[_T_co]):
    @staticmethod
    def _get_id_match(argument: str) -> re.Match[str] | None: ...

# Finds nobody: it asks for members' names and for `Server.get_member`, which aren't there.
class MemberConverter(IDConverter[Member]):
    async def query_member_named(self, server: Server, argument: str) -> NoReturn: ...
    async def query_member_by_id(self, bot: Bot, server: Server, user_id: str) -> NoReturn: ...
    # Any: as in `Converter`.
    @override
    async def convert(self, ctx: Any, argument: str, /) -> NoReturn: ...

# Any: it finds the bot itself too, which is a `ClientUser`.
class UserConverter(IDConverter[User | Any]):
    # Any: as in `Converter`.
    @override
    async def convert(self, ctx: Any, argument: str, /) -> User | Any: ...

# A `VoiceChannel` is no `ServerChannel` in the host.
class ServerChannelConverter(IDConverter[ServerChannel]):
    # Any: as in `Converter`.
    @override
    async def convert(self, ctx: Any, argument: str, /) -> TextChannel: ...

class TextChannelConverter(IDConverter[TextChannel]):
    # Any: as in `Converter`.
    @override
    async def convert(self, ctx: Any, argument: str, /) -> TextChannel: ...

class VoiceChannelConverter(IDConverter[VoiceChannel]):
    # Any: as in `Converter`.
    @override
    async def convert(self, ctx: Any, argument: str, /) -> VoiceChannel: ...

# Finds none: it looks for them among channels, or by a name, which they don't have.
class CategoryConverter(IDConverter[Category]):
    # Any: as in `Converter`.
    @override
    async def convert(self, ctx: Any, argument: str, /) -> NoReturn: ...

class ServerConverter(IDConverter[Server]):
    # Any: as in `Converter`.
    @override
    async def convert(self, ctx: Any, argument: str, /) -> Server: ...

# Always fails: it needs `escape_mentions` in the host's `utils`, which isn't there.
class clean_content(Converter[str]):
    fix_channel_mentions: bool
    use_nicknames: bool
    escape_markdown: bool
    remove_markdown: bool
    def __init__(
        self,
        *,
        fix_channel_mentions: bool = False,
        use_nicknames: bool = True,
        escape_markdown: bool = False,
        remove_markdown: bool = False,
    ) -> None: ...
    # Any: as in `Converter`.
    async def convert(self, ctx: Any, argument: str, /) -> NoReturn: ...

# Has no default: the host refuses a bare `Greedy` as a parameter's annotation.
class Greedy(list[_T]):
    __slots__ = ("converter",)

    converter: _Convertible[_T]
    def __init__(self, *, converter: _Convertible[_T]) -> None: ...
    # Gives no alias, but an instance, by which the host's commands know what to convert to.
    def __class_getitem__(  # type: ignore[override]  # pyright: ignore[reportIncompatibleMethodOverride]
        cls, params: object
    ) -> Self: ...

def get_converter(param: inspect.Parameter) -> Any: ...  # Any: an annotation may be anything
def is_generic_type(tp: object, *, _GenericAlias: type = ...) -> bool: ...

CONVERTER_MAPPING: dict[type, type[Converter]]

@overload
async def run_converters(
    ctx: Context[Any],  # Any: the context of any bot
    converter: type[Converter[_T]] | Converter[_T],
    argument: str,
    param: inspect.Parameter,
) -> _T: ...
@overload
async def run_converters(
    ctx: Context[Any],  # Any: the context of any bot
    converter: Callable[[str], _T],
    argument: str,
    param: inspect.Parameter,
) -> _T: ...
@overload
async def run_converters(
    ctx: Context[Any],  # Any: the context of any bot
    converter: object,
    argument: str,
    param: inspect.Parameter,
) -> Any: ...  # Any: what a special form, such as a union, stands for
