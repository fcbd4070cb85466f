from .abc import Messageable
from .channel import DMChannel, MessageableChannel
from .mixins import Hashable

__all__ = ("BaseUser", "ClientUser", "PartialUser", "Relationship", "Status", "User")

class Status:
    text: str | None
    presence: str

class Relationship:
    other_user_id: str
    status: str | None
    async def friend_request(self) -> None: ...
    async def remove_friend(self) -> None: ...
    async def unblock(self) -> None: ...
    async def block(self) -> None: ...

class PartialUser(Hashable, Messageable):
    id: str
    status: Status

class BaseUser(PartialUser):
    name: str
    online: bool | None
    flags: int | None
    our_relation: Relationship
    relationships: list[Relationship]
    @property
    def mention(self) -> str: ...
    @property
    def display_name(self) -> str: ...
    @property
    def bot(self) -> bool: ...

class ClientUser(BaseUser):
    # The host's signature promises the user, its body returns nothing.
    async def edit(self, *, status: str | None = None) -> None: ...

class User(BaseUser, Messageable):
    async def _get_channel(self) -> DMChannel: ...
    # The cache holds channels by their own id, so what is found need not be a direct message.
    @property
    def dm_channel(self) -> MessageableChannel | None: ...
    async def create_dm(self) -> DMChannel: ...
