from typing import NoReturn

from typing_extensions import deprecated

from ..state import ConnectionState
from ..types.payloads import (
    BannerPayload,
    CategoryPayload,
    IconPayload,
    MetadataPayload,
    RolePayload,
    ServerPayload,
    SystemMessagePayload,
)
from .channel import TextChannel, VoiceChannel
from .colour import Colour
from .member import Member, PartialMember
from .mixins import Hashable
from .permission import ChannelPermission, ServerPermission

class Icon:
    __slots__ = ("_state", "content_type", "filename", "id", "metadata", "size", "tag")
    id: str
    tag: str
    size: int
    filename: str
    content_type: str
    metadata: MetadataPayload
    def __init__(self, payload: IconPayload, state: ConnectionState) -> None: ...
    @property
    def url(self) -> str: ...

# Each is None where nothing is announced, or where the channel is not in the cache.
class SystemMessages:
    __slots__ = (
        "_state",
        "_user_banned",
        "_user_joined",
        "_user_kicked",
        "_user_left",
        "server",
    )
    server: Server
    def __init__(
        self, data: SystemMessagePayload, server: Server, state: ConnectionState
    ) -> None: ...
    @property
    def user_joined(self) -> TextChannel | VoiceChannel | None: ...
    @property
    def user_left(self) -> TextChannel | VoiceChannel | None: ...
    @property
    def user_kicked(self) -> TextChannel | VoiceChannel | None: ...
    @property
    def user_banned(self) -> TextChannel | VoiceChannel | None: ...

class Role(Hashable):
    name: str
    colour: Colour | None
    hoist: bool
    # None for a role that was made a moment ago.
    rank: int | None
    default_server_permissions: ServerPermission
    default_channel_permissions: ChannelPermission
    def __init__(self, id: str, data: RolePayload, state: ConnectionState) -> None: ...
    @property
    def color(self) -> Colour | None: ...
    # Both speak of the role's server, which the host does not keep.
    def __str__(self) -> NoReturn: ...
    def __repr__(self) -> NoReturn: ...

class Category(Hashable):
    title: str
    # None stands for a channel that was not in the cache when the category was made. After
    # "ready" that is each of them: the host takes in servers before channels.
    channels: list[TextChannel | VoiceChannel | None]
    def __init__(self, data: CategoryPayload, state: ConnectionState) -> None: ...

class Server(Hashable):
    # The id of a user.
    owner: str
    name: str
    description: str | None
    channel_ids: list[str]
    # None where the server does not send it, and Revolt does not.
    member_ids: list[str] | None
    roles: list[Role]
    banner: BannerPayload | None
    system_message: SystemMessages
    server_permissions: ServerPermission
    channel_permissions: ChannelPermission
    # None too after an update that is about something else.
    icon: Icon | None
    def __init__(self, data: ServerPayload, state: ConnectionState) -> None: ...
    def get_role(self, role_id: str) -> Role | None: ...
    # Neither awaits what it asks for, nor asks for it with the right arguments.
    @deprecated("always fails in defectio 0.2.3a0")
    def create_text_channel(self, name: str, *, description: str | None = None) -> object: ...
    @deprecated("always fails in defectio 0.2.3a0")
    def create_voice_channel(self, name: str) -> object: ...
    # It looks at the names of members, who have none: it fails unless there is nobody.
    def get_member_named(self, name: str) -> None: ...
    # These two fail at the first channel on their way that is not in the cache.
    def get_category_channel(self, channel_id: str) -> Category | None: ...
    def get_channel(self, id: str) -> TextChannel | VoiceChannel | None: ...
    # None stands for a channel that is not in the cache, as the bot may not see it.
    @property
    def channels(self) -> list[TextChannel | VoiceChannel | None]: ...
    @property
    def text_channels(self) -> list[TextChannel]: ...
    @property
    def voice_channels(self) -> list[VoiceChannel]: ...
    # Fails where `member_ids` is None. None in it stands for one who is not in the cache.
    @property
    def members(self) -> list[Member | PartialMember | None]: ...
    @property
    def categories(self) -> list[Category]: ...
