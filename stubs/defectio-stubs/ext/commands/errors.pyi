from collections.abc import Awaitable, Callable
from inspect import Parameter
from typing import Any

from ...errors import ClientException, DefectioException
from ...models.abc import ServerChannel
from ...models.message import Message
from .context import Context
from .converter import Converter
from .cooldowns import BucketType, Cooldown
from .flags import Flag

__all__ = (
    "ArgumentParsingError",
    "BadArgument",
    "BadBoolArgument",
    "BadColorArgument",
    "BadColourArgument",
    "BadFlagArgument",
    "BadInviteArgument",
    "BadLiteralArgument",
    "BadUnionArgument",
    "BotMissingPermissions",
    "ChannelNotFound",
    "ChannelNotReadable",
    "CheckAnyFailure",
    "CheckFailure",
    "CommandError",
    "CommandInvokeError",
    "CommandNotFound",
    "CommandOnCooldown",
    "CommandRegistrationError",
    "ConversionError",
    "DisabledCommand",
    "EmojiNotFound",
    "ExpectedClosingQuoteError",
    "ExtensionAlreadyLoaded",
    "ExtensionError",
    "ExtensionFailed",
    "ExtensionNotFound",
    "ExtensionNotLoaded",
    "FlagError",
    "InvalidEndOfQuotedStringError",
    "MaxConcurrencyReached",
    "MemberNotFound",
    "MessageNotFound",
    "MissingFlagArgument",
    "MissingPermissions",
    "MissingRequiredArgument",
    "MissingRequiredFlag",
    "NSFWChannelRequired",
    "NoEntryPointError",
    "NoPrivateMessage",
    "NotOwner",
    "ObjectNotFound",
    "PartialEmojiConversionFailure",
    "PrivateMessageOnly",
    "ServerNotFound",
    "ServerStickerNotFound",
    "TooManyArguments",
    "TooManyFlags",
    "UnexpectedQuoteError",
    "UserInputError",
    "UserNotFound",
)

class CommandError(DefectioException):
    def __init__(self, message: str | None = None, *args: object) -> None: ...

class ConversionError(CommandError):
    converter: Converter | type[Converter]
    original: Exception
    def __init__(self, converter: Converter | type[Converter], original: Exception) -> None: ...

class UserInputError(CommandError): ...
class CommandNotFound(CommandError): ...

class MissingRequiredArgument(UserInputError):
    param: Parameter
    def __init__(self, param: Parameter) -> None: ...

class TooManyArguments(UserInputError): ...
class BadArgument(UserInputError): ...
class CheckFailure(CommandError): ...

class CheckAnyFailure(CheckFailure):
    # Any: a check is for the context of any bot.
    checks: list[Callable[[Context[Any]], bool | Awaitable[bool]]]
    errors: list[CheckFailure]
    def __init__(
        self,
        # Any: a check is for the context of any bot.
        checks: list[Callable[[Context[Any]], bool | Awaitable[bool]]],
        errors: list[CheckFailure],
    ) -> None: ...

class PrivateMessageOnly(CheckFailure):
    def __init__(self, message: str | None = None) -> None: ...

class NoPrivateMessage(CheckFailure):
    def __init__(self, message: str | None = None) -> None: ...

class NotOwner(CheckFailure): ...

class ObjectNotFound(BadArgument):
    argument: str
    def __init__(self, argument: str) -> None: ...

class MemberNotFound(BadArgument):
    argument: str
    def __init__(self, argument: str) -> None: ...

class ServerNotFound(BadArgument):
    argument: str
    def __init__(self, argument: str) -> None: ...

class UserNotFound(BadArgument):
    argument: str
    def __init__(self, argument: str) -> None: ...

class MessageNotFound(BadArgument):
    argument: str
    def __init__(self, argument: str) -> None: ...

class ChannelNotReadable(BadArgument):
    argument: ServerChannel
    def __init__(self, argument: ServerChannel) -> None: ...

class ChannelNotFound(BadArgument):
    argument: str
    def __init__(self, argument: str) -> None: ...

class BadColourArgument(BadArgument):
    argument: str
    def __init__(self, argument: str) -> None: ...

BadColorArgument = BadColourArgument

class BadInviteArgument(BadArgument):
    argument: str
    def __init__(self, argument: str) -> None: ...

class EmojiNotFound(BadArgument):
    argument: str
    def __init__(self, argument: str) -> None: ...

class PartialEmojiConversionFailure(BadArgument):
    argument: str
    def __init__(self, argument: str) -> None: ...

class ServerStickerNotFound(BadArgument):
    argument: str
    def __init__(self, argument: str) -> None: ...

class BadBoolArgument(BadArgument):
    argument: str
    def __init__(self, argument: str) -> None: ...

class DisabledCommand(CommandError): ...

class CommandInvokeError(CommandError):
    original: Exception
    def __init__(self, e: Exception) -> None: ...

class CommandOnCooldown(CommandError):
    cooldown: Cooldown
    retry_after: float
    type: BucketType | Callable[[Message], object]
    def __init__(
        self,
        cooldown: Cooldown,
        retry_after: float,
        type: BucketType | Callable[[Message], object],
    ) -> None: ...

class MaxConcurrencyReached(CommandError):
    number: int
    per: BucketType
    def __init__(self, number: int, per: BucketType) -> None: ...

class NSFWChannelRequired(CheckFailure):
    channel: ServerChannel
    def __init__(self, channel: ServerChannel) -> None: ...

class MissingPermissions(CheckFailure):
    missing_permissions: list[str]
    def __init__(self, missing_permissions: list[str], *args: object) -> None: ...

class BotMissingPermissions(CheckFailure):
    missing_permissions: list[str]
    def __init__(self, missing_permissions: list[str], *args: object) -> None: ...

class BadUnionArgument(UserInputError):
    param: Parameter
    # The arguments of the `Union`; these needn't be classes.
    converters: tuple[object, ...]
    errors: list[CommandError]
    def __init__(
        self, param: Parameter, converters: tuple[object, ...], errors: list[CommandError]
    ) -> None: ...

class BadLiteralArgument(UserInputError):
    param: Parameter
    literals: tuple[str | int | None, ...]
    errors: list[CommandError]
    def __init__(
        self, param: Parameter, literals: tuple[str | int | None, ...], errors: list[CommandError]
    ) -> None: ...

class ArgumentParsingError(UserInputError): ...

class UnexpectedQuoteError(ArgumentParsingError):
    quote: str
    def __init__(self, quote: str) -> None: ...

class InvalidEndOfQuotedStringError(ArgumentParsingError):
    char: str
    def __init__(self, char: str) -> None: ...

class ExpectedClosingQuoteError(ArgumentParsingError):
    close_quote: str
    def __init__(self, close_quote: str) -> None: ...

class ExtensionError(DefectioException):
    name: str
    def __init__(self, message: str | None = None, *args: object, name: str) -> None: ...

class ExtensionAlreadyLoaded(ExtensionError):
    def __init__(self, name: str) -> None: ...

class ExtensionNotLoaded(ExtensionError):
    def __init__(self, name: str) -> None: ...

class NoEntryPointError(ExtensionError):
    def __init__(self, name: str) -> None: ...

class ExtensionFailed(ExtensionError):
    original: Exception
    def __init__(self, name: str, original: Exception) -> None: ...

class ExtensionNotFound(ExtensionError):
    def __init__(self, name: str) -> None: ...

class CommandRegistrationError(ClientException):
    name: str
    alias_conflict: bool
    def __init__(self, name: str, *, alias_conflict: bool = False) -> None: ...

class FlagError(BadArgument): ...

class TooManyFlags(FlagError):
    flag: Flag
    values: list[str]
    def __init__(self, flag: Flag, values: list[str]) -> None: ...

class BadFlagArgument(FlagError):
    flag: Flag
    def __init__(self, flag: Flag) -> None: ...

class MissingRequiredFlag(FlagError):
    flag: Flag
    def __init__(self, flag: Flag) -> None: ...

class MissingFlagArgument(FlagError):
    flag: Flag
    def __init__(self, flag: Flag) -> None: ...
