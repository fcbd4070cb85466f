from typing import TypeAlias

from . import abc
from .mixins import Hashable
from .user import ClientUser, User

__all__ = ("DMChannel", "GroupChannel", "TextChannel", "VoiceChannel")

class TextChannel(abc.Messageable, abc.ServerChannel, Hashable):
    id: str
    description: str | None
    nsfw: bool | None
    async def _get_channel(self) -> TextChannel: ...

class SavedMessageChannel(abc.Messageable):
    id: str
    type: str
    async def _get_channel(self) -> SavedMessageChannel: ...

class DMChannel(abc.Messageable):
    id: str
    type: str
    active: bool | None
    async def _get_channel(self) -> DMChannel: ...
    # None stands for a user that is not in the cache.
    @property
    def recipients(self) -> list[User | ClientUser | None]: ...

class GroupChannel(abc.Messageable):
    id: str
    type: str
    name: str | None
    active: bool | None
    async def _get_channel(self) -> GroupChannel: ...
    # None stands for a user that is not in the cache.
    @property
    def recipients(self) -> list[User | ClientUser | None]: ...

class VoiceChannel(abc.Messageable):
    id: str
    type: str
    name: str
    description: str | None
    async def _get_channel(self) -> VoiceChannel: ...

# The host's own alias forgets voice channels, which it hands out and lets a bot send to.
MessageableChannel: TypeAlias = (
    TextChannel | DMChannel | GroupChannel | SavedMessageChannel | VoiceChannel
)
