from ..types.websocket import MessageDelete, MessageUpdate
from .message import Message

# The host's own list has a `RawBulkMessageDeleteEvent` too, which does not exist.
__all__ = ("RawMessageDeleteEvent", "RawMessageUpdateEvent")

class _RawReprMixin: ...

class RawMessageDeleteEvent(_RawReprMixin):
    __slots__ = ("cached_message", "channel_id", "message_id")
    message_id: str
    channel_id: str
    # None for a message that was not in the cache.
    cached_message: Message | None
    def __init__(self, data: MessageDelete) -> None: ...

class RawMessageUpdateEvent(_RawReprMixin):
    __slots__ = ("cached_message", "data", "message_id")
    message_id: str
    data: MessageUpdate
    # None for a message that was not in the cache; else as it was before.
    cached_message: Message | None
    def __init__(self, data: MessageUpdate) -> None: ...
