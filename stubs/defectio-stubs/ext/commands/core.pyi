import inspect
from collections.abc import Awaitable, Callable, Coroutine, Generator, Sequence
from typing import (
    Any,
    Concatenate,
    Generic,
    Literal,
    Never,
    Protocol,
    Self,
    TypeAlias,
    TypedDict,
    Unpack,
    overload,
    type_check_only,
)

from typing_extensions import ParamSpec, TypeVar, deprecated

from ...models.message import Message
from ._types import (
    CoroFunc,
    Error,
    Hook,
    _BaseCommand,  # pyright: ignore[reportPrivateUsage]
)
from .cog import Cog
from .context import Context
from .cooldowns import BucketType, Cooldown, CooldownMapping, MaxConcurrency
from .errors import CommandError

__all__ = (
    "Command",
    "Group",
    "GroupMixin",
    "after_invoke",
    "before_invoke",
    "command",
    "cooldown",
    "dynamic_cooldown",
    "group",
    "max_concurrency",
)

# Any: takes the context of every bot.
_AnyContext: TypeAlias = Context[Any]

# A command that is not in a cog has None for its cog. By the defaults, a bare `Command` is one
# with or without a cog, with any parameters and any result.
_CogT_co = TypeVar("_CogT_co", bound=Cog | None, default=Cog | None, covariant=True)
_P = ParamSpec("_P", default=...)
# Any: nobody knows what a command returns of which nothing is known.
_T_co = TypeVar("_T_co", default=Any, covariant=True)

_CogS = TypeVar("_CogS", bound=Cog)
_CtxS = TypeVar("_CtxS", bound=_AnyContext)
_Q = ParamSpec("_Q")
_R = TypeVar("_R")
# Any: what a coroutine yields and is sent is a matter of the event loop.
_Coro: TypeAlias = Coroutine[Any, Any, _R]

# Any: a bot may make contexts of a class of its own, and its checks may ask for that one.
_AnyCheck: TypeAlias = Callable[[Any], bool | Awaitable[bool]]

_CommandT = TypeVar("_CommandT", bound=Command)
_GroupT = TypeVar("_GroupT", bound=Group)
_HookT = TypeVar("_HookT", bound=Hook)
_ErrorT = TypeVar("_ErrorT", bound=Error)
# A command is one, too.
_CoroFuncT = TypeVar("_CoroFuncT", bound=CoroFunc)

@type_check_only
class _CommandAttrs(TypedDict, total=False):
    enabled: bool
    help: str | None
    brief: str | None
    usage: str | None
    rest_is_raw: bool
    aliases: list[str] | tuple[str, ...]
    extras: dict[str, Any]  # Any: whatever the author of the bot has put there
    description: str
    hidden: bool
    checks: Sequence[_AnyCheck]
    cooldown: CooldownMapping | None
    max_concurrency: MaxConcurrency | None
    require_var_positional: bool
    ignore_extra: bool
    cooldown_after_parsing: bool
    parent: GroupMixin | None

@type_check_only
class _GroupAttrs(_CommandAttrs, total=False):
    invoke_without_command: bool
    case_insensitive: bool

# The first two overloads of these and of the classes are for all contexts but those of a class of
# the bot's own, which the others are for. In this order, checkers that don't heed the bounds of
# type variables in a `Concatenate` see rightly, too, what is a method and what is not.
@type_check_only
class _CommandDecorator(Protocol):
    @overload
    def __call__(
        self, func: Callable[Concatenate[_AnyContext, _Q], _Coro[_R]], /
    ) -> Command[None, _Q, _R]: ...
    @overload
    def __call__(
        self, func: Callable[Concatenate[_CogS, _AnyContext, _Q], _Coro[_R]], /
    ) -> Command[_CogS, _Q, _R]: ...
    @overload
    def __call__(
        self, func: Callable[Concatenate[_CogS, _CtxS, _Q], _Coro[_R]], /
    ) -> Command[_CogS, _Q, _R]: ...
    @overload
    def __call__(
        self, func: Callable[Concatenate[_CtxS, _Q], _Coro[_R]], /
    ) -> Command[None, _Q, _R]: ...

@type_check_only
class _GroupDecorator(Protocol):
    @overload
    def __call__(
        self, func: Callable[Concatenate[_AnyContext, _Q], _Coro[_R]], /
    ) -> Group[None, _Q, _R]: ...
    @overload
    def __call__(
        self, func: Callable[Concatenate[_CogS, _AnyContext, _Q], _Coro[_R]], /
    ) -> Group[_CogS, _Q, _R]: ...
    @overload
    def __call__(
        self, func: Callable[Concatenate[_CogS, _CtxS, _Q], _Coro[_R]], /
    ) -> Group[_CogS, _Q, _R]: ...
    @overload
    def __call__(
        self, func: Callable[Concatenate[_CtxS, _Q], _Coro[_R]], /
    ) -> Group[None, _Q, _R]: ...

# Any: no matter what the function takes and returns.
def unwrap_function(function: Callable[..., Any]) -> Callable[..., Any]: ...
def get_signature_parameters(
    function: Callable[..., object],
    globalns: dict[str, Any],  # Any: the namespace of a module
) -> dict[str, inspect.Parameter]: ...

# What these two return gives None where it is cancelled.
def wrap_callback(coro: Callable[_Q, _Coro[_R]]) -> Callable[_Q, _Coro[_R | None]]: ...
def hooked_wrapped_callback(
    command: Command, ctx: _AnyContext, coro: Callable[_Q, _Coro[_R]]
) -> Callable[_Q, _Coro[_R | None]]: ...

class Command(_BaseCommand, Generic[_CogT_co, _P, _T_co]):
    __original_kwargs__: dict[str, Any]  # Any: each option has a type of its own
    name: str
    enabled: bool
    help: str | None
    brief: str | None
    usage: str | None
    rest_is_raw: bool
    aliases: list[str] | tuple[str, ...]
    extras: dict[str, Any]  # Any: whatever the author of the bot has put there
    description: str
    hidden: bool
    checks: list[_AnyCheck]
    require_var_positional: bool
    ignore_extra: bool
    cooldown_after_parsing: bool
    # None, too, for a command of a cog that has not been added to a bot.
    cog: _CogT_co | None
    parent: Group | None
    module: str
    params: dict[str, inspect.Parameter]
    # Missing unless there is an error handler: see `has_error_handler`.
    on_error: Callable[..., _Coro[object]]
    # Any: what the `__init__` of a subclass takes.
    def __new__(cls, *args: Any, **kwargs: Any) -> Self: ...
    @overload
    def __init__(
        self,
        func: Callable[Concatenate[_AnyContext, _P], _Coro[_T_co]],
        *,
        name: str | None = None,
        **kwargs: Unpack[_CommandAttrs],
    ) -> None: ...
    @overload
    def __init__(
        self,
        func: Callable[Concatenate[_CogT_co, _AnyContext, _P], _Coro[_T_co]],
        *,
        name: str | None = None,
        **kwargs: Unpack[_CommandAttrs],
    ) -> None: ...
    @overload
    def __init__(
        self,
        func: Callable[Concatenate[_CogT_co, _CtxS, _P], _Coro[_T_co]],
        *,
        name: str | None = None,
        **kwargs: Unpack[_CommandAttrs],
    ) -> None: ...
    @overload
    def __init__(
        self,
        func: Callable[Concatenate[_CtxS, _P], _Coro[_T_co]],
        *,
        name: str | None = None,
        **kwargs: Unpack[_CommandAttrs],
    ) -> None: ...
    # It takes the cog first where it is a method of one, then the context, then what `__call__`
    # takes.
    @property
    def callback(self) -> Callable[..., _Coro[_T_co]]: ...
    @callback.setter
    def callback(self, function: Callable[..., _Coro[_T_co]]) -> None: ...
    def add_check(self, func: Callable[[_CtxS], bool | Awaitable[bool]]) -> None: ...
    def remove_check(self, func: Callable[[_CtxS], bool | Awaitable[bool]]) -> None: ...
    def update(self, *, name: str | None = None, **kwargs: Unpack[_CommandAttrs]) -> None: ...
    async def __call__(
        self, context: _AnyContext, *args: _P.args, **kwargs: _P.kwargs
    ) -> _T_co: ...
    def copy(self) -> Self: ...
    async def dispatch_error(self, ctx: _AnyContext, error: CommandError) -> None: ...
    # Any: what a converter returns.
    async def transform(self, ctx: _AnyContext, param: inspect.Parameter) -> Any: ...
    @property
    def clean_params(self) -> dict[str, inspect.Parameter]: ...
    @property
    def full_parent_name(self) -> str: ...
    @property
    def parents(self) -> list[Group]: ...
    @property
    def root_parent(self) -> Group | None: ...
    @property
    def qualified_name(self) -> str: ...
    async def call_before_hooks(self, ctx: _AnyContext) -> None: ...
    async def call_after_hooks(self, ctx: _AnyContext) -> None: ...
    async def prepare(self, ctx: _AnyContext) -> None: ...
    # For a command with a cooldown, `prepare` (and so `invoke`), `is_on_cooldown` and
    # `get_cooldown_retry_after` fail: the host asks the message for dates, which it doesn't have.
    def is_on_cooldown(self, ctx: _AnyContext) -> bool: ...
    def reset_cooldown(self, ctx: _AnyContext) -> None: ...
    def get_cooldown_retry_after(self, ctx: _AnyContext) -> float: ...
    async def invoke(self, ctx: _AnyContext) -> None: ...
    async def reinvoke(self, ctx: _AnyContext, *, call_hooks: bool = False) -> None: ...
    # For a command of a cog, error handlers and hooks take the cog first.
    @overload
    def error(self, coro: _ErrorT) -> _ErrorT: ...
    @overload
    def error(
        self, coro: Callable[[_CogS, _CtxS, CommandError], _Coro[_R]]
    ) -> Callable[[_CogS, _CtxS, CommandError], _Coro[_R]]: ...
    @overload
    def error(
        self, coro: Callable[[_CtxS, CommandError], _Coro[_R]]
    ) -> Callable[[_CtxS, CommandError], _Coro[_R]]: ...
    def has_error_handler(self) -> bool: ...
    @overload
    def before_invoke(self, coro: _HookT) -> _HookT: ...
    @overload
    def before_invoke(
        self, coro: Callable[[_CogS, _CtxS], _Coro[_R]]
    ) -> Callable[[_CogS, _CtxS], _Coro[_R]]: ...
    @overload
    def before_invoke(self, coro: Callable[[_CtxS], _Coro[_R]]) -> Callable[[_CtxS], _Coro[_R]]: ...
    @overload
    def after_invoke(self, coro: _HookT) -> _HookT: ...
    @overload
    def after_invoke(
        self, coro: Callable[[_CogS, _CtxS], _Coro[_R]]
    ) -> Callable[[_CogS, _CtxS], _Coro[_R]]: ...
    @overload
    def after_invoke(self, coro: Callable[[_CtxS], _Coro[_R]]) -> Callable[[_CtxS], _Coro[_R]]: ...
    @property
    def cog_name(self) -> str | None: ...
    @property
    def short_doc(self) -> str: ...
    @property
    def signature(self) -> str: ...
    async def can_run(self, ctx: _AnyContext) -> bool: ...

class GroupMixin(Generic[_CogT_co]):
    all_commands: dict[str, Command[_CogT_co]]
    case_insensitive: bool
    def __init__(self, *args: object, case_insensitive: bool = False, **kwargs: object) -> None: ...
    @property
    def commands(self) -> set[Command[_CogT_co]]: ...
    def recursively_remove_all_commands(self) -> None: ...
    def add_command(self, command: Command) -> None: ...
    def remove_command(self, name: str) -> Command[_CogT_co] | None: ...
    def walk_commands(self) -> Generator[Command[_CogT_co]]: ...
    def get_command(self, name: str) -> Command[_CogT_co] | None: ...
    # Never: these two fail with any further argument by position.
    @overload
    def command(
        self,
        name: str | None = None,
        cls: None = None,
        *args: Never,
        **kwargs: Unpack[_CommandAttrs],
    ) -> _CommandDecorator: ...
    @overload
    def command(
        self, name: str | None, cls: type[_CommandT], *args: Never, **kwargs: object
    ) -> Callable[[CoroFunc], _CommandT]: ...
    @overload
    def command(
        self, name: str | None = None, *, cls: type[_CommandT], **kwargs: object
    ) -> Callable[[CoroFunc], _CommandT]: ...
    @overload
    def group(
        self,
        name: str | None = None,
        cls: None = None,
        *args: Never,
        **kwargs: Unpack[_GroupAttrs],
    ) -> _GroupDecorator: ...
    @overload
    def group(
        self, name: str | None, cls: type[_GroupT], *args: Never, **kwargs: object
    ) -> Callable[[CoroFunc], _GroupT]: ...
    @overload
    def group(
        self, name: str | None = None, *, cls: type[_GroupT], **kwargs: object
    ) -> Callable[[CoroFunc], _GroupT]: ...

class Group(GroupMixin[_CogT_co], Command[_CogT_co, _P, _T_co]):
    invoke_without_command: bool
    @overload
    def __init__(
        self,
        func: Callable[Concatenate[_AnyContext, _P], _Coro[_T_co]],
        *,
        name: str | None = None,
        **attrs: Unpack[_GroupAttrs],
    ) -> None: ...
    @overload
    def __init__(
        self,
        func: Callable[Concatenate[_CogT_co, _AnyContext, _P], _Coro[_T_co]],
        *,
        name: str | None = None,
        **attrs: Unpack[_GroupAttrs],
    ) -> None: ...
    @overload
    def __init__(
        self,
        func: Callable[Concatenate[_CogT_co, _CtxS, _P], _Coro[_T_co]],
        *,
        name: str | None = None,
        **attrs: Unpack[_GroupAttrs],
    ) -> None: ...
    @overload
    def __init__(
        self,
        func: Callable[Concatenate[_CtxS, _P], _Coro[_T_co]],
        *,
        name: str | None = None,
        **attrs: Unpack[_GroupAttrs],
    ) -> None: ...

# The host fails at a parameter annotated with `X | Y`; `Optional` and `Union` are fine.
@overload
def command(
    name: str | None = None, cls: None = None, **attrs: Unpack[_CommandAttrs]
) -> _CommandDecorator: ...
@overload
def command(
    name: str | None, cls: type[_CommandT], **attrs: object
) -> Callable[[CoroFunc], _CommandT]: ...
@overload
def command(
    name: str | None = None, *, cls: type[_CommandT], **attrs: object
) -> Callable[[CoroFunc], _CommandT]: ...
@overload
def group(
    name: str | None = None, cls: None = None, **attrs: Unpack[_GroupAttrs]
) -> _GroupDecorator: ...
@overload
def group(
    name: str | None, cls: type[_GroupT], **attrs: object
) -> Callable[[CoroFunc], _GroupT]: ...
@overload
def group(
    name: str | None = None, *, cls: type[_GroupT], **attrs: object
) -> Callable[[CoroFunc], _GroupT]: ...

# These decorators go above `@command` or below it. See `Command` for what is wrong with cooldowns.
@deprecated("each call of the command fails in defectio 0.2.3a0")
def cooldown(
    rate: int, per: float, type: BucketType | Callable[[Message], object] = ...
) -> Callable[[_CoroFuncT], _CoroFuncT]: ...
@deprecated("each call of the command fails in defectio 0.2.3a0")
def dynamic_cooldown(
    cooldown: Callable[[Message], Cooldown | None],
    type: BucketType | Callable[[Message], object] = ...,
) -> Callable[[_CoroFuncT], _CoroFuncT]: ...
@overload
def max_concurrency(
    number: int, per: Literal[BucketType.user], *, wait: bool = False
) -> Callable[[_CoroFuncT], _CoroFuncT]: ...
@overload
@deprecated("each call of the command fails in defectio 0.2.3a0, but with `BucketType.user`")
def max_concurrency(
    number: int, per: BucketType = ..., *, wait: bool = False
) -> Callable[[_CoroFuncT], _CoroFuncT]: ...
@overload
def before_invoke(
    coro: Callable[[_CogS, _CtxS], _Coro[object]],
) -> Callable[[_CoroFuncT], _CoroFuncT]: ...
@overload
def before_invoke(
    coro: Callable[[_CtxS], _Coro[object]],
) -> Callable[[_CoroFuncT], _CoroFuncT]: ...
@overload
def after_invoke(
    coro: Callable[[_CogS, _CtxS], _Coro[object]],
) -> Callable[[_CoroFuncT], _CoroFuncT]: ...
@overload
def after_invoke(
    coro: Callable[[_CtxS], _Coro[object]],
) -> Callable[[_CoroFuncT], _CoroFuncT]: ...
