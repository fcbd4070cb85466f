from typing import Protocol

from .channel import MessageableChannel
from .file import File
from .message import Message, Reply

class Messageable(Protocol):
    async def _get_channel(self) -> MessageableChannel: ...
    # The host's `embed` parameter is left out until embeds have types.
    async def send(
        self,
        content: str | None = None,
        *,
        file: File | None = None,
        files: list[File] | None = None,
        replies: list[Reply] = ...,
        delete_after: float | None = None,
        nonce: str | None = None,
    ) -> Message: ...
    async def fetch_message(self, id: str) -> Message: ...
    async def start_typing(self) -> None: ...
    async def stop_typing(self) -> None: ...

class ServerChannel:
    id: str
    # The host takes both as the server sends them, and a text channel always has a name.
    name: str
    type: str
    @property
    def mention(self) -> str: ...
    async def delete(self) -> None: ...
