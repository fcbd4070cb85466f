import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import TypeAlias

import defectio
from aiohttp import ClientSession

from .cog import Cog

__all__ = ("Bot",)

_Prefix: TypeAlias = str | Iterable[str]
_PrefixFinder: TypeAlias = Callable[[Bot, defectio.Message], _Prefix | Awaitable[_Prefix]]

class Bot(defectio.Client):
    command_prefix: _Prefix | _PrefixFinder
    description: str
    owner_id: str | None
    # The host's `help_command` and its commands are left out until they have types.
    def __init__(
        self,
        command_prefix: _Prefix | _PrefixFinder,
        *,
        description: str | None = None,
        owner_id: str | None = None,
        strip_after_prefix: bool = False,
        case_insensitive: bool = False,
        api_url: str = "https://api.revolt.chat",
        loop: asyncio.AbstractEventLoop | None = None,
        session: ClientSession | None = None,
        max_messages: int | None = 1000,
    ) -> None: ...
    def add_cog(self, cog: Cog, *, override: bool = False) -> None: ...
    def get_cog(self, name: str) -> Cog | None: ...
    def remove_cog(self, name: str) -> Cog | None: ...
    @property
    def cogs(self) -> Mapping[str, Cog]: ...
    async def process_commands(self, message: defectio.Message) -> None: ...
    async def on_message(self, message: defectio.Message) -> None: ...
