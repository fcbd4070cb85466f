# What a Revolt server of the API's version 0.5.3 sends: the host speaks no other. Keys that the
# server leaves out where it has nothing to say are `NotRequired`, which the host's own
# definitions don't tell.

from typing import Literal, NotRequired, TypeAlias, TypedDict, type_check_only

RelationType: TypeAlias = Literal[
    "Blocked", "BlockedOther", "Friend", "Incoming", "None", "Outgoing", "User"
]
# The host writes "SavedMessage" here, and "SavedMessages", as the server does, where it reads it.
ChannelType: TypeAlias = Literal[
    "SavedMessages", "DirectMessage", "Group", "TextChannel", "VoiceChannel"
]
_FileTag: TypeAlias = Literal["attachments", "avatars", "backgrounds", "icons", "banners"]

@type_check_only
class _CaptchaPayload(TypedDict):
    enabled: bool
    key: str

@type_check_only
class _ServicePayload(TypedDict):
    enabled: bool
    url: str

@type_check_only
class _VoiceServicePayload(_ServicePayload):
    ws: NotRequired[str]

class ApiInfoFeaturePayload(TypedDict):
    captcha: _CaptchaPayload
    email: bool
    invite_only: bool
    autumn: _ServicePayload
    january: _ServicePayload
    voso: _VoiceServicePayload

class ApiInfoPayload(TypedDict):
    revolt: str
    features: ApiInfoFeaturePayload
    ws: str
    app: str
    vapid: str

class SessionPayload(TypedDict):
    id: str
    friendly_name: str

class MetadataPayload(TypedDict):
    type: Literal["File", "Text", "Audio", "Image", "Video"]
    # Of images and videos.
    width: NotRequired[int]
    height: NotRequired[int]

class RelationshipPayload(TypedDict):
    status: RelationType
    _id: str

class StatusPayload(TypedDict):
    text: NotRequired[str]
    presence: NotRequired[Literal["Busy", "Idle", "Invisible", "Online", "Offline"]]

class UserBotInfoPayload(TypedDict):
    owner: str

class AttachmentPayload(TypedDict):
    _id: str
    tag: _FileTag
    size: int
    filename: str
    metadata: MetadataPayload
    content_type: str

class UserPayload(TypedDict):
    _id: str
    username: str
    avatar: NotRequired[AttachmentPayload]
    relations: NotRequired[list[RelationshipPayload]]
    badges: NotRequired[int]
    status: NotRequired[StatusPayload]
    relationship: NotRequired[RelationType]
    online: NotRequired[bool]
    flags: NotRequired[int]
    bot: NotRequired[UserBotInfoPayload]

class ProfilePayload(TypedDict):
    content: NotRequired[str]
    background: NotRequired[AttachmentPayload]

class MutualFriends(TypedDict):
    users: list[str]

class LastMessagePayload(TypedDict):
    _id: str
    author: str
    short: str

class DMChannelPayload(TypedDict):
    _id: str
    channel_type: Literal["DirectMessage"]
    active: bool
    recipients: list[str]
    last_message: NotRequired[LastMessagePayload]
    last_message_id: NotRequired[str]
    nonce: NotRequired[str | None]

class RelationshipStatusPayload(TypedDict):
    status: RelationType

class IconPayload(TypedDict):
    _id: str
    tag: _FileTag
    size: int
    filename: str
    content_type: str
    metadata: MetadataPayload

class EditChannelPayload(TypedDict, total=False):
    name: str
    description: str
    icon: str
    remove: Literal["Description", "Icon"]

class ChannelInvite(TypedDict):
    code: str

# What the server itself has to say; its `type` decides which of the other keys are there.
class ContentPayload(TypedDict):
    type: str
    content: NotRequired[str]
    id: NotRequired[str]
    by: NotRequired[str]
    name: NotRequired[str]

# The host's key, "con$datatent", was "$date" before somebody replaced a word too often.
Edited = TypedDict("Edited", {"$date": str})

class Embed(TypedDict):
    type: str
    url: NotRequired[str]
    title: NotRequired[str]
    description: NotRequired[str]

class MessagePayload(TypedDict):
    _id: str
    nonce: NotRequired[str | None]
    channel: str
    author: str
    content: NotRequired[str | ContentPayload]
    attachments: NotRequired[list[AttachmentPayload]]
    edited: NotRequired[Edited]
    embeds: NotRequired[list[Embed]]
    mentions: NotRequired[list[str]]
    replies: NotRequired[list[str]]

class MemberIdPayload(TypedDict):
    server: str
    user: str

class BasicMemberPayload(TypedDict):
    _id: MemberIdPayload
    nickname: NotRequired[str]

class FetchMessagePayload(TypedDict):
    messages: list[MessagePayload]
    users: list[UserPayload]
    members: NotRequired[list[MemberPayload]]

class MessagePollPayload(TypedDict):
    changed: list[MessagePayload]
    deleted: list[str]

class SearchMessagePayload(TypedDict):
    messages: list[MessagePayload]
    users: list[UserPayload]
    members: NotRequired[list[MemberPayload]]

class GroupPayload(TypedDict):
    _id: str
    channel_type: Literal["Group"]
    recipients: list[str]
    name: str
    owner: str
    description: NotRequired[str]
    active: NotRequired[bool]
    last_message: NotRequired[LastMessagePayload]
    last_message_id: NotRequired[str]
    icon: NotRequired[IconPayload]
    permissions: NotRequired[int]
    nsfw: NotRequired[bool]
    nonce: NotRequired[str | None]

class JoinCall(TypedDict):
    token: str

class CategoryPayload(TypedDict):
    id: str
    title: str
    channels: list[str]

# The ids of the channels to announce it in.
class SystemMessagePayload(TypedDict, total=False):
    user_joined: str
    user_left: str
    user_kicked: str
    user_banned: str

class RolePayload(TypedDict):
    name: str
    colour: NotRequired[str]
    hoist: NotRequired[bool | None]
    rank: NotRequired[int]
    # For the server, and for its channels.
    permissions: list[int]

class BannerPayload(TypedDict):
    _id: str
    tag: _FileTag
    size: int
    filename: str
    content_type: str
    metadata: MetadataPayload

class ServerPayload(TypedDict):
    _id: str
    nonce: NotRequired[str | None]
    owner: str
    name: str
    description: NotRequired[str | None]
    channels: list[str]
    # The host reads it, the server does not send it.
    members: NotRequired[list[str]]
    categories: NotRequired[list[CategoryPayload]]
    # In the plural, unlike in the host's own definition. The host can't do without.
    system_messages: NotRequired[SystemMessagePayload]
    roles: NotRequired[dict[str, RolePayload]]
    # For the server, and for its channels.
    default_permissions: list[int]
    icon: NotRequired[IconPayload]
    banner: NotRequired[BannerPayload]
    nsfw: NotRequired[bool]
    flags: NotRequired[int]

# A channel of whatever kind: its `channel_type` decides which of the other keys are there.
class ChannelPayload(TypedDict):
    _id: str
    channel_type: ChannelType
    server: NotRequired[str]
    name: NotRequired[str]
    description: NotRequired[str]
    icon: NotRequired[IconPayload]
    default_permissions: NotRequired[int]
    role_permissions: NotRequired[dict[str, int]]
    permissions: NotRequired[int]
    nsfw: NotRequired[bool]
    active: NotRequired[bool]
    owner: NotRequired[str]
    user: NotRequired[str]
    recipients: NotRequired[list[str]]
    last_message: NotRequired[LastMessagePayload]
    last_message_id: NotRequired[str]
    nonce: NotRequired[str | None]

class MemberPayload(TypedDict):
    _id: MemberIdPayload
    nickname: NotRequired[str]
    avatar: NotRequired[AttachmentPayload]
    roles: NotRequired[list[str]]

class ServerMembersPayload(TypedDict):
    members: list[MemberPayload]
    users: list[UserPayload]

class BanPayload(TypedDict):
    _id: MemberIdPayload
    reason: NotRequired[str | None]

@type_check_only
class _BannedUserPayload(TypedDict):
    _id: str
    username: str
    avatar: NotRequired[AttachmentPayload]

class BansPayload(TypedDict):
    users: list[_BannedUserPayload]
    bans: list[BanPayload]

# A metaclass, at run time: the host meant `TypedDict` and wrote `Type`.
class CreateRole(type):
    id: str
    permissions: list[int]

class BotPayload(TypedDict):
    _id: str
    owner: str
    token: str
    public: bool
    interactions_url: NotRequired[str]

class PublicBotPayload(TypedDict):
    _id: str
    username: str
    avatar: NotRequired[AttachmentPayload]
    description: NotRequired[str]

class InvitePayload(TypedDict):
    type: Literal["Server"]
    server_id: str
    server_name: str
    server_icon: NotRequired[AttachmentPayload]
    server_banner: NotRequired[BannerPayload]
    channel_id: str
    channel_name: str
    channel_description: NotRequired[str]
    user_name: str
    user_avatar: NotRequired[AttachmentPayload]
    member_count: NotRequired[int]

class InviteChannelPayload(TypedDict):
    _id: str
    channel_type: Literal["TextChannel", "VoiceChannel"]
    server: str
    name: str
    description: NotRequired[str]
    icon: NotRequired[IconPayload]
    default_permissions: NotRequired[int]
    role_permissions: NotRequired[dict[str, int]]
    nsfw: NotRequired[bool]
    last_message_id: NotRequired[str]
    nonce: NotRequired[str | None]

class JoinInvitePayload(TypedDict):
    type: Literal["Server"]
    channel: InviteChannelPayload
    server: ServerPayload

# A time stamp and a value for each key: lists, not tuples, once they are decoded.
Settings: TypeAlias = dict[str, list[int | str]]

@type_check_only
class _ChannelUserIdPayload(TypedDict):
    channel: str
    user: str

class UnreadsPayload(TypedDict):
    _id: _ChannelUserIdPayload
    last_id: NotRequired[str]
    mentions: NotRequired[list[str]]
