import io
from collections.abc import Iterable
from typing import Any, Self

from typing_extensions import deprecated

from ..state import ConnectionState
from ..types.payloads import AttachmentPayload, MessagePayload
from .channel import MessageableChannel
from .embed import Embed
from .file import File as _File
from .mixins import Hashable
from .server import Server
from .user import User

class Attachment:
    id: str
    tag: str
    size: int
    filename: str
    content_type: str
    metadata_type: str
    def __init__(self, state: ConnectionState, data: AttachmentPayload) -> None: ...
    # The host looks for the server's address in an object as if it were a mapping.
    @property
    @deprecated("always fails in defectio 0.2.3a0")
    def url(self) -> str: ...

class Reply:
    message: Message
    mention: bool | None
    def __init__(self, message: Message, mention: bool | None = True) -> None: ...

# Nothing takes it: what is sent is `defectio.File`, of the module `file`.
class File:
    f: io.BufferedReader | io.BytesIO
    filename: str | None
    spoiler: bool
    def __init__(
        self, file: str | bytes, *, filename: str | None = None, spoiler: bool = False
    ) -> None: ...

class Message(Hashable):
    channel: MessageableChannel
    # None for a message without text, of attachments alone for instance. Any: a mapping, for what
    # the server itself announces. No event brings such a message: only `fetch_message` may.
    content: str | Any | None
    author_id: str
    # None stands for a message that is not in the cache.
    replies: list[Message | None]
    attachments: list[Attachment]
    embeds: list[Embed]
    def __init__(
        self, state: ConnectionState, channel: MessageableChannel, data: MessagePayload
    ) -> None: ...
    # Fails for the message of a channel that is not in a server: only those of text and voice are.
    @property
    def server(self) -> Server: ...
    # Any: a `PartialUser`, with an id and no name, for who is not in the cache. The author of a
    # message that an event brings is there: only one that is fetched, or kept while the client
    # connects again, may have it.
    @property
    def author(self) -> User | Any: ...
    async def reply(
        self,
        content: str | None = None,
        *,
        file: _File | None = None,
        files: Iterable[_File] | None = None,
        mention: bool = False,
        delete_after: float | None = None,
        nonce: str | None = None,
    ) -> Message: ...
    async def delete(self, *, delay: float | None = None) -> None: ...
    async def edit(self, content: str) -> Self: ...
