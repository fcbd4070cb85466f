# Events as the server sends them. What is changed comes as the part of a payload that changed,
# so `data` is never a whole payload, though the host's own definitions say so.

from typing import Literal, NotRequired, TypedDict

from .payloads import (
    AttachmentPayload,
    BannerPayload,
    CategoryPayload,
    ChannelPayload,
    ChannelType,
    ContentPayload,
    Edited,
    Embed,
    IconPayload,
    LastMessagePayload,
    MemberIdPayload,
    MemberPayload,
    MessagePayload,
    RelationType,
    RolePayload,
    ServerPayload,
    StatusPayload,
    SystemMessagePayload,
    UserBotInfoPayload,
    UserPayload,
)

class Error(TypedDict):
    type: Literal["Error", "InternalError"]
    # "timeout" is the host's own word for a server that does not answer in time.
    error: Literal[
        "LabelMe",
        "InternalError",
        "InvalidSession",
        "OnboardingNotFinished",
        "AlreadyAuthenticated",
        "timeout",
    ]

class Authenticated(TypedDict):
    type: Literal["Authenticated"]

class Pong(TypedDict):
    type: Literal["Pong"]
    data: NotRequired[int]
    time: NotRequired[int]

class Ready(TypedDict):
    type: Literal["Ready"]
    users: list[UserPayload]
    servers: list[ServerPayload]
    channels: list[ChannelPayload]
    members: list[MemberPayload]

class Message(MessagePayload):
    type: Literal["Message"]

class PartialMessage(TypedDict, total=False):
    _id: str
    nonce: str | None
    channel: str
    author: str
    content: str | ContentPayload
    attachments: list[AttachmentPayload]
    edited: Edited
    embeds: list[Embed]
    mentions: list[str]
    replies: list[str]

class MessageUpdate(TypedDict):
    type: Literal["MessageUpdate"]
    id: str
    channel: NotRequired[str]
    data: PartialMessage

class MessageDelete(TypedDict):
    type: Literal["MessageDelete"]
    id: str
    channel: str

class ChannelCreate(ChannelPayload):
    type: Literal["ChannelCreate"]

class PartialChannel(TypedDict, total=False):
    _id: str
    channel_type: ChannelType
    server: str
    name: str
    description: str
    icon: IconPayload
    default_permissions: int
    role_permissions: dict[str, int]
    permissions: int
    nsfw: bool
    active: bool
    owner: str
    user: str
    recipients: list[str]
    last_message: LastMessagePayload
    last_message_id: str
    nonce: str | None

class ChannelUpdate(TypedDict):
    type: Literal["ChannelUpdate"]
    id: str
    data: PartialChannel
    clear: NotRequired[Literal["Icon", "Description"] | None]

class ChannelDelete(TypedDict):
    type: Literal["ChannelDelete"]
    id: str

class ChannelGroupJoin(TypedDict):
    type: Literal["ChannelGroupJoin"]
    id: str
    user: str

class ChannelGroupLeave(TypedDict):
    type: Literal["ChannelGroupLeave"]
    id: str
    user: str

class ChannelStartTyping(TypedDict):
    type: Literal["ChannelStartTyping"]
    id: str
    user: str

class ChannelStopTyping(TypedDict):
    type: Literal["ChannelStopTyping"]
    id: str
    user: str

class ChannelAck(TypedDict):
    type: Literal["ChannelAck"]
    id: str
    user: str
    message_id: str

class PartialServer(TypedDict, total=False):
    _id: str
    nonce: str | None
    owner: str
    name: str
    description: str | None
    channels: list[str]
    members: list[str]
    categories: list[CategoryPayload]
    system_messages: SystemMessagePayload
    roles: dict[str, RolePayload]
    default_permissions: list[int]
    icon: IconPayload
    banner: BannerPayload
    nsfw: bool
    flags: int

class ServerUpdate(TypedDict):
    type: Literal["ServerUpdate"]
    id: str
    data: PartialServer
    clear: NotRequired[Literal["Icon", "Description", "Banner"] | None]

class ServerDelete(TypedDict):
    type: Literal["ServerDelete"]
    id: str

class PartialServerMember(TypedDict, total=False):
    _id: MemberIdPayload
    nickname: str
    avatar: AttachmentPayload
    roles: list[str]

class ServerMemberUpdate(TypedDict):
    type: Literal["ServerMemberUpdate"]
    id: MemberIdPayload
    data: PartialServerMember
    clear: NotRequired[Literal["Nickname", "Avatar"] | None]

class ServerMemberJoin(TypedDict):
    type: Literal["ServerMemberJoin"]
    id: str
    user: str

class ServerMemberLeave(TypedDict):
    type: Literal["ServerMemberLeave"]
    id: str
    user: str

class PartialServerRole(TypedDict, total=False):
    name: str
    colour: str
    hoist: bool | None
    rank: int
    permissions: list[int]

class ServerRoleUpdate(TypedDict):
    type: Literal["ServerRoleUpdate"]
    id: str
    role_id: str
    data: PartialServerRole
    clear: NotRequired[Literal["Colour"] | None]

class ServerRoleDelete(TypedDict):
    type: Literal["ServerRoleDelete"]
    id: str
    role_id: str

PartialUser = TypedDict(
    "PartialUser",
    {
        "_id": str,
        "username": str,
        "avatar": AttachmentPayload,
        "badges": int,
        "status": StatusPayload,
        "relationship": RelationType,
        "online": bool,
        "flags": int,
        "bot": UserBotInfoPayload,
        "profile.content": str,
        "profile.background": AttachmentPayload,
    },
    total=False,
)

class UserUpdate(TypedDict):
    type: Literal["UserUpdate"]
    id: str
    data: PartialUser
    clear: NotRequired[
        Literal["ProfileContent", "ProfileBackground", "StatusText", "Avatar"] | None
    ]

# The host's definition has `type` twice; it reads the relation as `status`.
class UserRelationship(TypedDict):
    type: Literal["UserRelationship"]
    id: str
    user: str
    status: RelationType
