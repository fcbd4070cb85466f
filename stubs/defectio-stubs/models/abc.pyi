from collections.abc import Iterable
from typing import Literal, Protocol, runtime_checkable

from .channel import MessageableChannel
from .embed import Embed
from .file import File
from .message import Message, Reply
from .server import Category, Server
from .user import ClientUser

class DefectioBase(Protocol):
    __slots__ = ()
    # The host says int, and takes the strings that the server sends.
    id: str

# `User` and `ClientUser` comply; a member, who has neither name nor bot, does not.
@runtime_checkable
class User(DefectioBase, Protocol):
    __slots__ = ()
    name: str
    @property
    def bot(self) -> bool: ...
    @property
    def display_name(self) -> str: ...
    @property
    def mention(self) -> str: ...

# No channel of the host's complies: none knows `me`.
@runtime_checkable
class PrivateChannel(DefectioBase, Protocol):
    __slots__ = ()
    me: ClientUser

class ServerChannel:
    __slots__ = ()
    id: str
    name: str
    server: Server
    # A channel of text is the only one that derives from it.
    type: Literal["TextChannel"]
    @property
    def mention(self) -> str: ...
    async def delete(self) -> None: ...
    # Fails where a category holds a channel that was not in the cache, as after each "ready".
    @property
    def category(self) -> Category | None: ...

# (Its empty `__slots__` is left out: the modules import each other, and mypy loses its type.)
class Messageable(Protocol):
    async def _get_channel(self) -> MessageableChannel: ...
    # The host sends a nonce of its own in place of the given one.
    async def send(
        self,
        content: str | None = None,
        *,
        file: File | None = None,
        files: Iterable[File] | None = None,
        replies: Iterable[Reply] = [],
        embed: Embed | None = None,
        delete_after: float | None = None,
        nonce: str | None = None,
    ) -> Message: ...
    async def fetch_message(self, id: str) -> Message: ...
    async def start_typing(self) -> None: ...
    async def stop_typing(self) -> None: ...
