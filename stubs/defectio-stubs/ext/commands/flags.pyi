from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from re import Pattern
from typing import Any, ClassVar, Self, TypeVar, overload

from .context import Context

__all__ = (
    "Flag",
    "FlagConverter",
    "flag",
)

_T = TypeVar("_T")
_MetaT = TypeVar("_MetaT", bound=FlagsMeta)

# As it is once its `FlagConverter` has been made; before, some of it can be None.
@dataclass
class Flag:
    name: str
    aliases: list[str]
    attribute: str
    annotation: Any  # Any: an annotation may be anything
    default: Any  # Any: as `annotation` has it, or a function of the context
    max_args: int
    override: bool
    cast_to_dict: bool
    def __init__(
        self,
        name: str | None = None,
        aliases: list[str] | None = ...,
        attribute: str | None = None,
        annotation: object = None,
        default: object = None,
        max_args: int | None = None,
        override: bool | None = None,
        cast_to_dict: bool = False,
    ) -> None: ...
    @property
    def required(self) -> bool: ...

# It is assigned to an attribute of the flag's type, and so appears to be of that type.
@overload
def flag(
    *,
    name: str | None = None,
    aliases: list[str] | None = None,
    default: None = None,
    max_args: int | None = None,
    override: bool | None = None,
) -> Any: ...  # Any: without a default, no parameter has the flag's type
@overload
def flag(
    *,
    name: str | None = None,
    aliases: list[str] | None = None,
    default: Callable[[Context[Any]], Awaitable[_T]],  # Any: the context of any bot
    max_args: int | None = None,
    override: bool | None = None,
) -> _T: ...
@overload
def flag(
    *,
    name: str | None = None,
    aliases: list[str] | None = None,
    default: Callable[[Context[Any]], _T],  # Any: the context of any bot
    max_args: int | None = None,
    override: bool | None = None,
) -> _T: ...
@overload
def flag(
    *,
    name: str | None = None,
    aliases: list[str] | None = None,
    default: _T,
    max_args: int | None = None,
    override: bool | None = None,
) -> _T: ...
def validate_flag_name(name: str, forbidden: set[str]) -> None: ...
def get_flags(
    namespace: dict[str, Any],  # Any: a namespace holds anything
    globals: dict[str, Any],  # Any: a namespace holds anything
    locals: dict[str, Any],  # Any: a namespace holds anything
) -> dict[str, Flag]: ...

class FlagsMeta(type):
    def __new__(
        cls: type[_MetaT],
        name: str,
        bases: tuple[type, ...],
        attrs: dict[str, Any],  # Any: a namespace holds anything
        *,
        case_insensitive: bool | None = None,
        delimiter: str | None = None,
        prefix: str | None = None,
    ) -> _MetaT: ...

async def tuple_convert_all(
    ctx: Context[Any],  # Any: the context of any bot
    argument: str,
    flag: Flag,
    converter: object,
) -> tuple[Any, ...]: ...  # Any: what the converter gives
async def tuple_convert_flag(
    ctx: Context[Any],  # Any: the context of any bot
    argument: str,
    flag: Flag,
    converters: tuple[object, ...],
) -> tuple[Any, ...]: ...  # Any: what each of the converters gives
async def convert_flag(
    ctx: Context[Any],  # Any: the context of any bot
    argument: str,
    flag: Flag,
    annotation: object = None,
) -> Any: ...  # Any: what the annotation stands for

class FlagConverter(metaclass=FlagsMeta):
    __commands_is_flag__: ClassVar[bool]
    __commands_flags__: ClassVar[dict[str, Flag]]
    __commands_flag_aliases__: ClassVar[dict[str, str]]
    __commands_flag_regex__: ClassVar[Pattern[str]]
    __commands_flag_case_insensitive__: ClassVar[bool]
    __commands_flag_delimiter__: ClassVar[str]
    __commands_flag_prefix__: ClassVar[str]
    @classmethod
    def get_flags(cls) -> dict[str, Flag]: ...
    def __iter__(self) -> Iterator[tuple[str, Any]]: ...  # Any: each flag has a type of its own
    @classmethod
    def parse_flags(cls, argument: str) -> dict[str, list[str]]: ...
    @classmethod
    async def convert(cls, ctx: Context[Any], argument: str) -> Self: ...  # Any: of any bot
