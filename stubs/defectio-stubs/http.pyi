# What the coroutines answer is what a Revolt server of the API's version 0.5.3 sends: a decoded
# body, or "" for none.

import logging
from collections.abc import Mapping, MutableMapping
from typing import (
    Any,
    Literal,
    NoReturn,
    NotRequired,
    TypeAlias,
    TypedDict,
    Unpack,
    overload,
    type_check_only,
)

from aiohttp import ClientSession, ClientTimeout

from .models.apiinfo import ApiInfo
from .models.auth import Auth
from .models.embed import Embed
from .models.file import File
from .types.payloads import (
    ApiInfoPayload,
    BansPayload,
    BotPayload,
    CategoryPayload,
    ChannelInvite,
    ChannelPayload,
    DMChannelPayload,
    GroupPayload,
    InvitePayload,
    JoinCall,
    JoinInvitePayload,
    MemberPayload,
    MessagePayload,
    MessagePollPayload,
    MutualFriends,
    ProfilePayload,
    PublicBotPayload,
    RelationshipPayload,
    RelationshipStatusPayload,
    SearchMessagePayload,
    ServerMembersPayload,
    ServerPayload,
    SessionPayload,
    Settings,
    SystemMessagePayload,
    UnreadsPayload,
    UserPayload,
)

logger: logging.Logger

# A body that is empty, handed over as it came.
_NoContent: TypeAlias = Literal[""]

# Of aiohttp's options those that a request to Revolt may need.
@type_check_only
class _RequestOptions(TypedDict, total=False):
    params: Mapping[str, str | int | float]
    data: object
    json: object
    # The host adds its own to it.
    headers: MutableMapping[str, str]
    cookies: Mapping[str, str] | None
    timeout: ClientTimeout | None
    allow_redirects: bool
    max_redirects: int
    proxy: str | None

@type_check_only
class _UploadPayload(TypedDict):
    id: str

@type_check_only
class _OnboardingPayload(TypedDict):
    onboarding: bool

@type_check_only
class _CreatedAccountPayload(TypedDict):
    user_id: str

@type_check_only
class _LoginPayload(TypedDict):
    id: NotRequired[str]
    user_id: str
    session_token: str

@type_check_only
class _AccountPayload(TypedDict):
    id: str
    email: str

@type_check_only
class _ReplyPayload(TypedDict):
    id: str
    mention: bool | None

@type_check_only
class _CreatedRolePayload(TypedDict):
    id: str
    permissions: list[int]

@type_check_only
class _OwnedBotPayload(TypedDict):
    bot: BotPayload
    user: UserPayload

@type_check_only
class _OwnedBotsPayload(TypedDict):
    bots: list[BotPayload]
    users: list[UserPayload]

class DefectioHTTP:
    auth: Auth | None
    api_url: str
    user_agent: str
    api_info: ApiInfo | None
    # Missing until `start` or `user_login`.
    is_bot: bool
    def __init__(
        self,
        session: ClientSession | None,
        api_url: str,
        user_agent: str,
        *,
        api_info: ApiInfo | None = None,
    ) -> None: ...
    def set_api_info(self, api_info: ApiInfo) -> None: ...
    async def request(
        self, method: str, path: str, *, auth_needed: bool = True, **kwargs: Unpack[_RequestOptions]
    ) -> Any: ...  # Any: whatever JSON the path answers, or ""
    async def upload_request(
        self, method: str, tag: str, **kwargs: Unpack[_RequestOptions]
    ) -> Any: ...  # Any: whatever JSON the file server answers, or ""
    async def get_from_url(self, url: str) -> bytes | None: ...
    def start(self, token: str, bot: bool = True) -> Auth: ...
    async def user_login(self, email: str, password: str) -> Auth: ...
    async def close(self) -> None: ...
    async def node_info(self) -> ApiInfoPayload: ...
    async def send_file(self, *, file: File, tag: str) -> _UploadPayload: ...
    async def check_onboarding(self) -> _OnboardingPayload: ...
    async def complete_onboarding(self, username: str) -> _NoContent: ...
    # Further keywords are sent along, as fields of their own.
    async def create_account(
        self, email: str, password: str, **kwargs: str
    ) -> _CreatedAccountPayload: ...
    async def resend_verification(self, email: str, **kwargs: str) -> _NoContent: ...
    async def login(self, email: str, password: str, **kwargs: str) -> _LoginPayload: ...
    async def send_password_reset(self, email: str, **kwargs: str) -> _NoContent: ...
    async def confirm_password_reset(self, password: str, token: str) -> _NoContent: ...
    async def get_account(self) -> _AccountPayload: ...
    async def check_auth(self) -> _NoContent: ...
    async def change_password(self, old_password: str, new_password: str) -> _NoContent: ...
    async def change_email(self, password: str, email: str) -> _NoContent: ...
    async def delete_session(self, session_id: str) -> _NoContent: ...
    async def get_sessions(self) -> list[SessionPayload]: ...
    async def logout(self) -> _NoContent: ...
    async def edit_self(self, json: Mapping[str, object]) -> _NoContent: ...
    async def change_username(self, username: str, password: str) -> _NoContent: ...
    async def get_user(self, user_id: str) -> UserPayload: ...
    async def get_user_profile(self, user_id: str) -> ProfilePayload: ...
    # The answer is an image, which the host can't read: it takes all for text.
    async def get_user_default_avatar(self, user_id: str) -> NoReturn: ...
    async def get_mutual_friends(self, user_id: str) -> MutualFriends: ...
    async def get_dms(self) -> list[DMChannelPayload | GroupPayload]: ...
    async def open_dm(self, user_id: str) -> DMChannelPayload: ...
    async def get_relationships(self) -> list[RelationshipPayload]: ...
    async def get_relationship(self, user_id: str) -> RelationshipStatusPayload: ...
    async def friend_request(self, user_id: str) -> RelationshipStatusPayload: ...
    async def remove_friend(self, user_id: str) -> RelationshipStatusPayload: ...
    async def block_user(self, user_id: str) -> RelationshipStatusPayload: ...
    async def unblock_user(self, user_id: str) -> RelationshipStatusPayload: ...
    async def get_channel(self, channel_id: str) -> ChannelPayload: ...
    # Further keywords are what is edited: see `EditChannelPayload`, which the host takes for
    # the answer.
    async def edit_channel(self, channel_id: str, **kwargs: object) -> _NoContent: ...
    async def close_channel(self, channel_id: str) -> _NoContent: ...
    async def create_channel_invite(self, channel_id: str) -> ChannelInvite: ...
    async def set_channel_role_permissions(
        self, channel_id: str, role_id: str, permissions: int
    ) -> _NoContent: ...
    async def set_channel_default_role_permissions(
        self, channel_id: str, permissions: int
    ) -> _NoContent: ...
    async def send_message(
        self,
        channel_id: str,
        *,
        content: str | None = None,
        attachments: list[str] | None = None,
        replies: list[_ReplyPayload] | None = None,
        embeds: list[Embed] | None = None,
    ) -> MessagePayload: ...
    # With users or without, the host never asks for them.
    async def get_messages(
        self,
        channel_id: str,
        *,
        limit: int = 100,
        before: str | None = None,
        after: str | None = None,
        sort: Literal["Latest", "Oldest"] = "Latest",
        nearby: str | None = None,
        include_users: bool = True,
    ) -> list[MessagePayload]: ...
    async def get_message(self, channel_id: str, message_id: str) -> MessagePayload: ...
    async def edit_message(self, channel_id: str, message_id: str, content: str) -> _NoContent: ...
    async def delete_message(self, channel_id: str, message_id: str) -> _NoContent: ...
    async def poll_message_changes(
        self, channel_id: str, message_ids: list[str]
    ) -> MessagePollPayload: ...
    @overload
    async def search_message(
        self,
        channel_id: str,
        query: str,
        *,
        limit: int = 100,
        before: str | None = None,
        after: str | None = None,
        sort: Literal["Latest", "Oldest", "Relevance"] = "Latest",
        include_users: Literal[True] = True,
    ) -> SearchMessagePayload: ...
    @overload
    async def search_message(
        self,
        channel_id: str,
        query: str,
        *,
        limit: int = 100,
        before: str | None = None,
        after: str | None = None,
        sort: Literal["Latest", "Oldest", "Relevance"] = "Latest",
        include_users: Literal[False],
    ) -> list[MessagePayload]: ...
    @overload
    async def search_message(
        self,
        channel_id: str,
        query: str,
        *,
        limit: int = 100,
        before: str | None = None,
        after: str | None = None,
        sort: Literal["Latest", "Oldest", "Relevance"] = "Latest",
        include_users: bool,
    ) -> SearchMessagePayload | list[MessagePayload]: ...
    async def acknoledge_message(self, channel_id: str, message_id: str) -> _NoContent: ...
    async def create_group(
        self, name: str, *, description: str | None = None, users: list[str] | None = None
    ) -> GroupPayload: ...
    async def get_group_members(self, group_id: str) -> list[UserPayload]: ...
    async def add_group_member(self, group_id: str, user_id: str) -> _NoContent: ...
    async def remove_group_member(self, group_id: str, user_id: str) -> _NoContent: ...
    async def join_call(self, channel_id: str) -> JoinCall: ...
    async def get_server(self, server_id: str) -> ServerPayload: ...
    async def edit_server(
        self,
        server_id: str,
        *,
        name: str | None = None,
        description: str | None = None,
        icon: str | None = None,
        banner: str | None = None,
        categories: list[CategoryPayload] | None = None,
        system_messages: SystemMessagePayload | None = None,
        remove: Literal["Banner", "Description", "Icon"] | None = None,
    ) -> _NoContent: ...
    async def remove_server(self, server_id: str) -> _NoContent: ...
    async def create_server(
        self, name: str, *, description: str | None = None
    ) -> ServerPayload: ...
    async def create_channel(
        self,
        server_id: str,
        name: str,
        *,
        type: Literal["Text", "Voice"] = "Text",
        description: str | None = None,
    ) -> ChannelPayload: ...
    async def mark_channels_read(self, server_id: str) -> _NoContent: ...
    async def get_member(self, server_id: str, member_id: str) -> MemberPayload: ...
    async def edit_member(
        self,
        server_id: str,
        member_id: str,
        *,
        nickname: str | None = None,
        roles: list[str] | None = None,
        avatar: str | None = None,
        remove: Literal["Avatar", "Nickname"] | None = None,
    ) -> _NoContent: ...
    async def kick_member(self, server_id: str, member_id: str) -> _NoContent: ...
    async def get_members(self, server_id: str) -> ServerMembersPayload: ...
    async def ban_member(
        self, server_id: str, member_id: str, reason: str | None = None
    ) -> _NoContent: ...
    async def unban_member(self, server_id: str, member_id: str) -> _NoContent: ...
    async def get_bans(self, server_id: str) -> BansPayload: ...
    # Whatever `permissions` says, the host sends 0.
    async def set_server_role_permissions(
        self, server_id: str, role_id: str, *, permissions: int
    ) -> _NoContent: ...
    async def set_server_default_role_permissions(
        self, server_id: str, permissions: int
    ) -> _NoContent: ...
    async def create_role(self, server_id: str, *, name: str) -> _CreatedRolePayload: ...
    async def edit_role(
        self,
        server_id: str,
        role_id: str,
        *,
        name: str | None = None,
        colour: str | None = None,
        hoist: bool | None = None,
        rank: int | None = None,
        remove: Literal["Colour"] | None = None,
    ) -> _NoContent: ...
    async def delete_role(self, server_id: str, role_id: str) -> _NoContent: ...
    async def create_bot(self, name: str) -> BotPayload: ...
    async def get_owned_bots(self) -> _OwnedBotsPayload: ...
    async def get_bot(self, bot_id: str) -> _OwnedBotPayload: ...
    async def edit_bot(
        self,
        bot_id: str,
        *,
        name: str | None = None,
        public: bool | None = None,
        interactions_url: str | None = None,
        remove: Literal["InteractionsURL"] | None = None,
    ) -> _NoContent: ...
    async def delete_bot(self, bot_id: str) -> _NoContent: ...
    async def get_public_bot(self, bot_id: str) -> PublicBotPayload: ...
    async def invite_bot(
        self, bot_id: str, *, server_id: str | None = None, group_id: str | None = None
    ) -> _NoContent: ...
    # The second of two by this name: the invites of a server are out of reach.
    async def get_invite(self, invite_id: str) -> InvitePayload: ...
    async def join_invite(self, invite_id: str) -> JoinInvitePayload: ...
    async def delete_invite(self, invite_id: str) -> _NoContent: ...
    async def get_settings(self, keys: list[str]) -> Settings: ...
    async def set_settings(self, settings: Mapping[str, object]) -> _NoContent: ...
    async def get_unread(self) -> list[UnreadsPayload]: ...
    async def subscribe_web_push(self, endpoint: str, p256d: str, auth: str) -> _NoContent: ...
    async def unsubscribe_web_push(self) -> _NoContent: ...
