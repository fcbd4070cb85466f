import asyncio
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, Literal, TypeAlias, TypeVar, overload

from aiohttp import ClientSession
from typing_extensions import deprecated

from .gateway import DefectioWebsocket
from .http import DefectioHTTP
from .models.apiinfo import ApiInfo
from .models.auth import Auth
from .models.channel import GroupChannel, MessageableChannel, TextChannel, VoiceChannel
from .models.member import Member, PartialMember
from .models.message import Message
from .models.raw_models import RawMessageDeleteEvent, RawMessageUpdateEvent
from .models.server import Role, Server
from .models.user import ClientUser, User
from .state import ConnectionState
from .types.websocket import (
    ChannelAck,
    ChannelDelete,
    ChannelGroupJoin,
    ChannelUpdate,
    ServerMemberUpdate,
    UserUpdate,
)

__all__ = ("Client",)

_T = TypeVar("_T")
# Any: what a coroutine yields and is sent is between it and the event loop.
_Coro: TypeAlias = Coroutine[Any, Any, _T]
# A handler takes what its event brings; what it answers nobody reads.
_HandlerT = TypeVar("_HandlerT", bound=Callable[..., _Coro[object]])

class Client:
    api_url: str
    loop: asyncio.AbstractEventLoop
    # These three are None until `create` has made them, which `start` and `run` see to.
    websocket: DefectioWebsocket | None
    http: DefectioHTTP | None
    session: ClientSession | None
    # Missing until `create` has asked the server.
    api_info: ApiInfo
    _connection: ConnectionState
    # The host takes, and passes over, any further keyword; `create` replaces `session`.
    def __init__(
        self,
        *,
        api_url: str = "https://api.revolt.chat",
        loop: asyncio.AbstractEventLoop | None = None,
        session: ClientSession | None = None,
        max_messages: int | None = 1000,
    ) -> None: ...
    # Any: an event brings what it likes, and an override says what.
    def dispatch(self, event: str, /, *args: Any, **kwargs: Any) -> None: ...
    async def on_error(self, event_method: str, /, *args: Any, **kwargs: Any) -> None: ...
    async def wait_until_ready(self) -> None: ...
    # An event without arguments brings None, with one that argument, with more a tuple of them.
    @overload
    def wait_for(
        self,
        event: Literal["ready"],
        *,
        check: Callable[[], bool] | None = None,
        timeout: float | None = None,
    ) -> _Coro[None]: ...
    @overload
    def wait_for(
        self,
        event: Literal["message", "message_delete"],
        *,
        check: Callable[[Message], bool] | None = None,
        timeout: float | None = None,
    ) -> _Coro[Message]: ...
    @overload
    def wait_for(
        self,
        event: Literal["message_edit"],
        *,
        check: Callable[[Message, Message], bool] | None = None,
        timeout: float | None = None,
    ) -> _Coro[tuple[Message, Message]]: ...
    @overload
    def wait_for(
        self,
        event: Literal["raw_message_edit"],
        *,
        check: Callable[[RawMessageUpdateEvent], bool] | None = None,
        timeout: float | None = None,
    ) -> _Coro[RawMessageUpdateEvent]: ...
    @overload
    def wait_for(
        self,
        event: Literal["raw_message_delete"],
        *,
        check: Callable[[RawMessageDeleteEvent], bool] | None = None,
        timeout: float | None = None,
    ) -> _Coro[RawMessageDeleteEvent]: ...
    @overload
    def wait_for(
        self,
        event: Literal["channel_create"],
        *,
        check: Callable[[TextChannel | VoiceChannel], bool] | None = None,
        timeout: float | None = None,
    ) -> _Coro[TextChannel | VoiceChannel]: ...
    @overload
    def wait_for(
        self,
        event: Literal["channel_update"],
        *,
        check: Callable[[TextChannel | VoiceChannel | GroupChannel], bool] | None = None,
        timeout: float | None = None,
    ) -> _Coro[TextChannel | VoiceChannel | GroupChannel]: ...
    @overload
    def wait_for(
        self,
        event: Literal["raw_channel_update"],
        *,
        check: Callable[[ChannelUpdate], bool] | None = None,
        timeout: float | None = None,
    ) -> _Coro[ChannelUpdate]: ...
    @overload
    def wait_for(
        self,
        event: Literal["channel_delete"],
        *,
        check: Callable[[MessageableChannel], bool] | None = None,
        timeout: float | None = None,
    ) -> _Coro[MessageableChannel]: ...
    @overload
    def wait_for(
        self,
        event: Literal["raw_channel_delete"],
        *,
        check: Callable[[ChannelDelete], bool] | None = None,
        timeout: float | None = None,
    ) -> _Coro[ChannelDelete]: ...
    @overload
    def wait_for(
        self,
        event: Literal["channel_group_join"],
        *,
        check: Callable[[ChannelGroupJoin], bool] | None = None,
        timeout: float | None = None,
    ) -> _Coro[ChannelGroupJoin]: ...
    @overload
    def wait_for(
        self,
        event: Literal["channel_group_leave"],
        *,
        check: Callable[[GroupChannel], bool] | None = None,
        timeout: float | None = None,
    ) -> _Coro[GroupChannel]: ...
    # None stands for a channel, or a user, that is not in the cache. Any: see `user_update`.
    @overload
    def wait_for(
        self,
        event: Literal["channel_start_typing", "channel_stop_typing"],
        *,
        check: Callable[[MessageableChannel | None, User | Any | None], bool] | None = None,
        timeout: float | None = None,
    ) -> _Coro[tuple[MessageableChannel | None, User | Any | None]]: ...
    @overload
    def wait_for(
        self,
        event: Literal["channel_ack"],
        *,
        check: Callable[[ChannelAck], bool] | None = None,
        timeout: float | None = None,
    ) -> _Coro[ChannelAck]: ...
    @overload
    def wait_for(
        self,
        event: Literal["server_update"],
        *,
        check: Callable[[Server, Server], bool] | None = None,
        timeout: float | None = None,
    ) -> _Coro[tuple[Server, Server]]: ...
    @overload
    def wait_for(
        self,
        event: Literal["server_delete"],
        *,
        check: Callable[[Server], bool] | None = None,
        timeout: float | None = None,
    ) -> _Coro[Server]: ...
    @overload
    def wait_for(
        self,
        event: Literal["server_member_join"],
        *,
        check: Callable[[PartialMember], bool] | None = None,
        timeout: float | None = None,
    ) -> _Coro[PartialMember]: ...
    @overload
    def wait_for(
        self,
        event: Literal["server_member_update"],
        *,
        check: Callable[[Member, Member], bool] | None = None,
        timeout: float | None = None,
    ) -> _Coro[tuple[Member, Member]]: ...
    @overload
    def wait_for(
        self,
        event: Literal["raw_server_member_update"],
        *,
        check: Callable[[ServerMemberUpdate], bool] | None = None,
        timeout: float | None = None,
    ) -> _Coro[ServerMemberUpdate]: ...
    @overload
    def wait_for(
        self,
        event: Literal["server_role_update", "server_role_delete"],
        *,
        check: Callable[[Role], bool] | None = None,
        timeout: float | None = None,
    ) -> _Coro[Role]: ...
    # Any: the bot itself is a `ClientUser`, which is no `User`. So it is with all users below.
    @overload
    def wait_for(
        self,
        event: Literal["user_update"],
        *,
        check: Callable[[User | Any, User | Any], bool] | None = None,
        timeout: float | None = None,
    ) -> _Coro[tuple[User | Any, User | Any]]: ...
    @overload
    def wait_for(
        self,
        event: Literal["raw_user_update"],
        *,
        check: Callable[[UserUpdate], bool] | None = None,
        timeout: float | None = None,
    ) -> _Coro[UserUpdate]: ...
    @overload
    def wait_for(
        self,
        event: Literal["user_relationship"],
        *,
        check: Callable[[User | Any], bool] | None = None,
        timeout: float | None = None,
    ) -> _Coro[User | Any]: ...
    @overload
    def wait_for(
        self,
        event: Literal["socket_event_type"],
        *,
        check: Callable[[str], bool] | None = None,
        timeout: float | None = None,
    ) -> _Coro[str]: ...
    # Any: whatever `dispatch` is given with an event of one's own, or of an extension.
    @overload
    def wait_for(
        self,
        event: str,
        *,
        check: Callable[..., bool] | None = None,
        timeout: float | None = None,
    ) -> _Coro[Any]: ...
    def event(self, coro: _HandlerT) -> _HandlerT: ...
    # None before the server has said who this is, that is before the event "ready".
    @property
    def user(self) -> ClientUser | None: ...
    @property
    def users(self) -> list[User | Any]: ...
    # The host's own body looks for a class that it does not have.
    @property
    @deprecated("always fails in defectio 0.2.3a0")
    def cached_messages(self) -> Sequence[Message]: ...
    @property
    def servers(self) -> list[Server]: ...
    # Not only those of servers.
    @property
    def channels(self) -> list[MessageableChannel]: ...
    def get_auth(self) -> Auth | None: ...
    def get_http(self) -> DefectioHTTP | None: ...
    def get_websocket(self) -> DefectioWebsocket | None: ...
    def get_channel(self, channel_id: str) -> MessageableChannel | None: ...
    def get_server(self, server_id: str) -> Server | None: ...
    def get_user(self, user_id: str) -> User | Any | None: ...
    # What is not found is an HTTPException, not the None that the host's signatures speak of.
    async def fetch_channel(self, channel_id: str) -> MessageableChannel: ...
    async def fetch_server(self, server_id: str) -> Server: ...
    async def fetch_user(self, user_id: str) -> User: ...
    # Fails before `create`.
    def is_closed(self) -> bool: ...
    async def close(self) -> None: ...
    async def create(self) -> None: ...
    async def connect(self) -> None: ...
    # Like `start`, it goes on until the client is closed.
    async def login(self, token: str, bot: bool = True) -> None: ...
    # The host has None for a token, which no server takes.
    async def start(self, *, token: str | None = None, bot: bool = True) -> None: ...
    def run(self, token: str | None = None, *, bot: bool = True) -> None: ...
