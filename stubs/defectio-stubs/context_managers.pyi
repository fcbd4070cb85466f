import asyncio
from types import TracebackType
from typing import NoReturn, Self

from .models.abc import Messageable

__all__ = ("Typing",)

class Typing:
    loop: asyncio.AbstractEventLoop
    messageable: Messageable
    # Missing until the context is entered.
    task: asyncio.Task[NoReturn]
    def __init__(self, messageable: Messageable) -> None: ...
    async def do_typing(self) -> NoReturn: ...
    # It says every ten seconds that the typing ended, for ever. Both exits wait for it and do not
    # return; their hints say None, as a checker would take the block itself for unreachable.
    async def end_typing(self) -> NoReturn: ...
    def __enter__(self) -> Self: ...
    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None: ...
    async def __aenter__(self) -> Self: ...
    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None: ...
