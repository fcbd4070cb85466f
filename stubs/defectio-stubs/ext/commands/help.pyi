from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from re import Pattern
from typing import Any, ClassVar, Self, TypeAlias, TypeVar

from _typeshed import SupportsRichComparison

from ...models.abc import Messageable
from .cog import Cog
from .context import Context
from .core import Command, Group
from .errors import CommandError

__all__ = (
    "DefaultHelpCommand",
    "HelpCommand",
    "MinimalHelpCommand",
    "Paginator",
)

# Any: help is for commands of any cog, with any parameters and any result, and for any bot.
_Command: TypeAlias = Command[Any, ..., Any]
_Group: TypeAlias = Group[Any, ..., Any]  # Any: see above
_Context: TypeAlias = Context[Any]  # Any: see above
_CommandT = TypeVar("_CommandT", bound=_Command)

class Paginator:
    prefix: str | None
    suffix: str | None
    max_size: int
    linesep: str
    def __init__(
        self,
        prefix: str | None = "```",
        suffix: str | None = "```",
        max_size: int = 2000,
        linesep: str = "\n",
    ) -> None: ...
    def clear(self) -> None: ...
    def add_line(self, line: str = "", *, empty: bool = False) -> None: ...
    def close_page(self) -> None: ...
    def __len__(self) -> int: ...
    @property
    def pages(self) -> list[str]: ...

# The host ignores other options than those said here. It would take None for `verify_checks` too,
# but then asks for `Context.guild`, which isn't there.
class HelpCommand:
    MENTION_TRANSFORMS: ClassVar[dict[str, str]]
    MENTION_PATTERN: ClassVar[Pattern[str]]
    show_hidden: bool
    verify_checks: bool
    command_attrs: dict[str, Any]  # Any: options of `Command`, each with a type of its own
    # Set on the copy that the host makes for each invocation, before it calls a method to override.
    # On the instance that a bot holds, it is None.
    context: _Context
    # Any: what the `__init__` of a subclass takes.
    def __new__(cls, *args: Any, **kwargs: Any) -> Self: ...
    def __init__(
        self,
        *,
        show_hidden: bool = False,
        verify_checks: bool = True,
        command_attrs: dict[str, Any] = ...,  # Any: see above
    ) -> None: ...
    def copy(self) -> Self: ...
    def add_check(self, func: Callable[[_Context], bool | Awaitable[bool]]) -> None: ...
    def remove_check(self, func: Callable[[_Context], bool | Awaitable[bool]]) -> None: ...
    def get_bot_mapping(self) -> dict[Cog | None, list[_Command]]: ...
    @property
    def invoked_with(self) -> str: ...
    def get_command_signature(self, command: _Command, /) -> str: ...
    def remove_mentions(self, string: str) -> str: ...
    @property
    def cog(self) -> Cog | None: ...
    @cog.setter
    def cog(self, cog: Cog | None) -> None: ...
    # A subclass may make these two coroutine functions.
    def command_not_found(self, string: str, /) -> str | Awaitable[str]: ...
    def subcommand_not_found(self, command: _Command, string: str, /) -> str | Awaitable[str]: ...
    async def filter_commands(
        self,
        commands: Iterable[_CommandT],
        *,
        sort: bool = False,
        key: Callable[[_CommandT], SupportsRichComparison] | None = None,
    ) -> list[_CommandT]: ...
    def get_max_size(self, commands: Sequence[_Command]) -> int: ...
    def get_destination(self) -> Messageable: ...
    async def send_error_message(self, error: str, /) -> None: ...
    # Any: the context may be of a class of the bot's own; here and below.
    async def on_help_command_error(self, ctx: Any, error: CommandError, /) -> None: ...
    async def send_bot_help(self, mapping: Mapping[Cog | None, list[_Command]], /) -> None: ...
    async def send_cog_help(self, cog: Cog, /) -> None: ...
    async def send_group_help(self, group: _Group, /) -> None: ...
    async def send_command_help(self, command: _Command, /) -> None: ...
    # The host has a default here but not in the subclasses, and always passes both. Without it,
    # an override may have one or not.
    async def prepare_help_command(self, ctx: Any, command: str | None, /) -> None: ...
    async def command_callback(self, ctx: _Context, *, command: str | None = None) -> None: ...

class DefaultHelpCommand(HelpCommand):
    width: int
    indent: int
    sort_commands: bool
    dm_help: bool | None
    dm_help_threshold: int
    commands_heading: str
    no_category: str
    paginator: Paginator
    def __init__(
        self,
        *,
        width: int = 80,
        indent: int = 2,
        sort_commands: bool = True,
        dm_help: bool | None = False,
        dm_help_threshold: int = 1000,
        commands_heading: str = "Commands:",
        no_category: str = "No Category",
        paginator: Paginator | None = None,
        show_hidden: bool = False,
        verify_checks: bool = True,
        command_attrs: dict[str, Any] = ...,  # Any: as in `HelpCommand`
    ) -> None: ...
    def shorten_text(self, text: str) -> str: ...
    def get_ending_note(self) -> str: ...
    def add_indented_commands(
        self, commands: Sequence[_Command], *, heading: str, max_size: int | None = None
    ) -> None: ...
    async def send_pages(self) -> None: ...
    def add_command_formatting(self, command: _Command) -> None: ...

class MinimalHelpCommand(HelpCommand):
    sort_commands: bool
    commands_heading: str
    dm_help: bool | None
    dm_help_threshold: int
    aliases_heading: str
    no_category: str
    paginator: Paginator
    def __init__(
        self,
        *,
        sort_commands: bool = True,
        commands_heading: str = "Commands",
        dm_help: bool | None = False,
        dm_help_threshold: int = 1000,
        aliases_heading: str = "Aliases:",
        no_category: str = "No Category",
        paginator: Paginator | None = None,
        show_hidden: bool = False,
        verify_checks: bool = True,
        command_attrs: dict[str, Any] = ...,  # Any: as in `HelpCommand`
    ) -> None: ...
    async def send_pages(self) -> None: ...
    def get_opening_note(self) -> str: ...
    # There is none, but a subclass may have one.
    def get_ending_note(self) -> str | None: ...
    def add_bot_commands_formatting(self, commands: Sequence[_Command], heading: str) -> None: ...
    def add_subcommand_formatting(self, command: _Command) -> None: ...
    def add_aliases_formatting(self, aliases: Sequence[str]) -> None: ...
    def add_command_formatting(self, command: _Command) -> None: ...
