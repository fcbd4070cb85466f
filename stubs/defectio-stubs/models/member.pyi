from collections.abc import Iterable
from typing import NoReturn

from typing_extensions import deprecated

from ..state import ConnectionState
from ..types.payloads import MemberPayload
from .abc import Messageable
from .embed import Embed
from .file import File
from .message import Message, Reply
from .mixins import Hashable

# The host knows no way to a member's direct messages: whoever has to say something to one
# does so by `Client.get_user`, with the same id.
class PartialMember(Messageable, Hashable):
    def __init__(self, id: str, state: ConnectionState) -> None: ...
    async def _get_channel(self) -> NoReturn: ...
    @deprecated("always fails in defectio 0.2.3a0")
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
    @deprecated("always fails in defectio 0.2.3a0")
    async def fetch_message(self, id: str) -> Message: ...
    @deprecated("always fails in defectio 0.2.3a0")
    async def start_typing(self) -> None: ...
    @deprecated("always fails in defectio 0.2.3a0")
    async def stop_typing(self) -> None: ...

class Member(PartialMember):
    # `str` of a member without one fails.
    nickname: str | None
    def __init__(self, data: MemberPayload, state: ConnectionState) -> None: ...
