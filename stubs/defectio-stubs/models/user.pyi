from collections.abc import Iterable
from typing import Any, ClassVar, Literal, NoReturn

from typing_extensions import deprecated, override

from ..state import ConnectionState
from ..types.payloads import (
    ProfilePayload,
    RelationshipPayload,
    RelationType,
    StatusPayload,
    UserBotInfoPayload,
    UserPayload,
)
from .abc import Messageable
from .attachment import Attachment
from .channel import DMChannel
from .embed import Embed
from .file import File
from .message import Message, Reply
from .mixins import Hashable

__all__ = ("BaseUser", "ClientUser", "PartialUser", "Relationship", "Status", "User")

class Status:
    text: str | None
    presence: str
    def __init__(self, status: StatusPayload) -> None: ...

class Relationship:
    other_user_id: str
    # None where the server does not say.
    status: RelationType | None
    def __init__(self, *, state: ConnectionState, data: RelationshipPayload) -> None: ...
    # None of these four awaits its request, which is never made; they spoil `status` with it.
    async def friend_request(self) -> None: ...
    async def remove_friend(self) -> None: ...
    async def unblock(self) -> None: ...
    async def block(self) -> None: ...

class Profile:
    user_id: str
    content: str | None
    background: Attachment
    def __init__(self, *, state: ConnectionState, user_id: str, data: ProfilePayload) -> None: ...

class UserBot:
    bot: bool
    # False for a user who is no bot.
    owner_id: str | Literal[False]
    def __init__(self, data: UserBotInfoPayload | None, state: ConnectionState) -> None: ...
    def __bool__(self) -> bool: ...
    # None where there is no bot, or its owner is not in the cache. Any: the bot itself.
    @property
    def owner(self) -> User | Any | None: ...

# Somebody of whom only the id is known. There is no way to send them anything.
class PartialUser(Hashable, Messageable):
    status: Status
    def __init__(self, id: str) -> None: ...

class BaseUser(PartialUser):
    __slots__ = (
        "_badges",
        "_bot",
        "_profile",
        "_state",
        "flags",
        "id",
        "name",
        "online",
        "our_relation",
        "relationships",
        "status",
    )
    id: str
    name: str
    online: bool | None
    status: Status
    flags: int | None
    our_relation: Relationship
    relationships: list[Relationship]
    _bot: UserBot
    def __init__(self, *, state: ConnectionState, data: UserPayload) -> None: ...
    @override
    def __eq__(self, other: object) -> bool: ...
    @override
    def __ne__(self, other: object) -> bool: ...
    # The host compares users anew and leaves them without a hash: no set or mapping takes them.
    __hash__: ClassVar[None]  # type: ignore[assignment]
    @property
    def mention(self) -> str: ...
    @property
    def display_name(self) -> str: ...
    @property
    def bot(self) -> bool: ...
    # It compares an id with a class, and so finds none.
    def get_relationship(self, user_id: str) -> None: ...
    # It asks for mentions, which the host's messages do not have.
    @deprecated("always fails in defectio 0.2.3a0")
    def mentioned_in(self, message: Message) -> bool: ...
    # Fails for a profile without a background.
    async def get_profile(self) -> Profile: ...

class ClientUser(BaseUser):
    def __init__(self, *, state: ConnectionState, data: UserPayload) -> None: ...
    # The host's signature promises the user, its body returns nothing.
    async def edit(self, *, status: str | None = None) -> None: ...
    # Nobody can send anything to themselves.
    @override
    async def _get_channel(self) -> NoReturn: ...
    @override
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
    ) -> NoReturn: ...
    @override
    async def fetch_message(self, id: str) -> NoReturn: ...
    @override
    async def start_typing(self) -> NoReturn: ...
    @override
    async def stop_typing(self) -> NoReturn: ...

class User(BaseUser, Messageable):
    def __init__(self, data: UserPayload, state: ConnectionState) -> None: ...
    @override
    async def _get_channel(self) -> DMChannel: ...
    # The host looks for it under the id of the user, where no channel is: use `create_dm`.
    @property
    def dm_channel(self) -> DMChannel | None: ...
    async def create_dm(self) -> DMChannel: ...
