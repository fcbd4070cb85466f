from .channel import MessageableChannel
from .file import File
from .mixins import Hashable
from .user import ClientUser, PartialUser, User

class Reply:
    message: Message
    mention: bool | None
    def __init__(self, message: Message, mention: bool | None = True) -> None: ...

class Message(Hashable):
    id: str
    # None when the message came by the websocket and its channel is not in the cache.
    channel: MessageableChannel | None
    # None for a message of attachments alone; a mapping for what the server itself announces.
    content: str | dict[str, str] | None
    author_id: str
    # None stands for a message that is not in the cache.
    replies: list[Message | None]
    @property
    def author(self) -> User | ClientUser | PartialUser: ...
    async def reply(
        self,
        content: str | None = None,
        *,
        file: File | None = None,
        files: list[File] | None = None,
        mention: bool = False,
        delete_after: float | None = None,
        nonce: str | None = None,
    ) -> Message: ...
    async def delete(self, *, delay: float | None = None) -> None: ...
    async def edit(self, content: str) -> Message: ...
