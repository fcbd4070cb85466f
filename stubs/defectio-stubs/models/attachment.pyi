import io
import os
from collections.abc import Mapping
from typing import NoReturn

from typing_extensions import deprecated

from ..state import ConnectionState
from ..types.payloads import AttachmentPayload
from .mixins import Hashable

class AutumnID(Hashable):
    __slots__ = "id"
    id: str
    def __init__(self, *, data: Mapping[str, str]) -> None: ...

# What a profile has for its background; those of a message are `message.Attachment`.
class Attachment(Hashable):
    tag: str
    filename: str
    width: int | None
    height: int | None
    content_type: str | None
    size: int
    def __init__(self, *, data: AttachmentPayload, state: ConnectionState) -> None: ...
    # The host looks for the server's address in an object as if it were a mapping. All that
    # needs the URL fails with it, `repr` and `str` too.
    @property
    @deprecated("always fails in defectio 0.2.3a0")
    def url(self) -> str: ...
    @property
    def is_spoiler(self) -> bool: ...
    def __repr__(self) -> NoReturn: ...
    def __str__(self) -> NoReturn: ...
    @deprecated("always fails in defectio 0.2.3a0")
    def to_dict(self) -> AttachmentPayload: ...
    @deprecated("always fails in defectio 0.2.3a0")
    async def read(self) -> bytes: ...
    @deprecated("always fails in defectio 0.2.3a0")
    async def save(
        self,
        fp: str | bytes | os.PathLike[str] | os.PathLike[bytes] | io.BufferedIOBase,
        *,
        seek_begin: bool = True,
    ) -> int: ...
