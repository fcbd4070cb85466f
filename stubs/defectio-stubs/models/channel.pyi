from typing import Any, Literal, NoReturn, TypeAlias, overload

from ..state import ConnectionState
from ..types.payloads import ChannelPayload, DMChannelPayload, GroupPayload
from .abc import Messageable, ServerChannel
from .mixins import Hashable
from .permission import ChannelPermission
from .server import Server
from .user import User

__all__ = ("DMChannel", "GroupChannel", "TextChannel", "VoiceChannel")

class TextChannel(Messageable, ServerChannel, Hashable):
    __slots__ = ("_state", "description", "id", "name", "nsfw", "overrides", "server", "type")
    id: str
    type: Literal["TextChannel"]
    server: Server
    name: str
    description: str | None
    nsfw: bool | None
    # One mapping for each role, from its id.
    overrides: list[dict[str, ChannelPermission]]
    def __init__(self, *, state: ConnectionState, server: Server, data: ChannelPayload) -> None: ...
    async def _get_channel(self) -> TextChannel: ...

class SavedMessageChannel(Messageable):
    id: str
    type: Literal["SavedMessages"]
    def __init__(self, data: ChannelPayload, state: ConnectionState) -> None: ...
    async def _get_channel(self) -> SavedMessageChannel: ...

class DMChannel(Messageable):
    id: str
    active: bool
    type: Literal["DirectMessage"]
    def __init__(self, data: DMChannelPayload, state: ConnectionState) -> None: ...
    async def _get_channel(self) -> DMChannel: ...
    # None stands for a user that is not in the cache.
    @property
    def recipients(self) -> list[User | Any | None]: ...  # Any: the bot itself, a `ClientUser`
    # Both speak of a single recipient, whom the host does not keep.
    def __str__(self) -> NoReturn: ...
    def __repr__(self) -> NoReturn: ...

class GroupChannel(Messageable):
    id: str
    name: str
    active: bool | None
    type: Literal["Group"]
    def __init__(self, data: GroupPayload, state: ConnectionState) -> None: ...
    async def _get_channel(self) -> GroupChannel: ...
    # None stands for a user that is not in the cache.
    @property
    def recipients(self) -> list[User | Any | None]: ...  # Any: the bot itself, a `ClientUser`

# Unlike a channel of text it is no `abc.ServerChannel`: it can't be mentioned or deleted.
class VoiceChannel(Messageable):
    id: str
    type: Literal["VoiceChannel"]
    server: Server
    name: str
    description: str | None
    # One mapping for each role, from its id.
    overrides: list[dict[str, ChannelPermission]]
    def __init__(self, state: ConnectionState, server: Server, data: ChannelPayload) -> None: ...
    async def _get_channel(self) -> VoiceChannel: ...

# The host's own alias forgets voice channels, which it hands out and lets a bot send to.
MessageableChannel: TypeAlias = (
    TextChannel | DMChannel | GroupChannel | SavedMessageChannel | VoiceChannel
)

@overload
def channel_factory(data: DMChannelPayload) -> type[DMChannel]: ...
@overload
def channel_factory(data: GroupPayload) -> type[GroupChannel]: ...
@overload
def channel_factory(data: ChannelPayload) -> type[MessageableChannel]: ...
