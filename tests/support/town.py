"""A town to live in: a server that has one of everything that Revolt knows."""

import json
from collections.abc import Callable, Coroutine
from typing import Any, Final

from aiohttp import web
from stand_in import BOT_ID, CHANNEL_ID, SERVER_ID, USER_ID, StandIn

Handler = Callable[[web.Request], Coroutine[Any, Any, web.Response]]

FRIEND_ID: Final = "01STANDIN0FRIEND0000000000"
STRANGER_ID: Final = "01STANDIN0STRANGER00000000"
BARE_SERVER_ID: Final = "01STANDIN0BARESERVER000000"
BARE_CHANNEL_ID: Final = "01STANDIN0BARECHANNEL00000"
VOICE_ID: Final = "01STANDIN0VOICE00000000000"
BARE_VOICE_ID: Final = "01STANDIN0BAREVOICE0000000"
GROUP_ID: Final = "01STANDIN0GROUP00000000000"
DM_ID: Final = "01STANDIN0DM00000000000000"
SAVED_ID: Final = "01STANDIN0SAVED00000000000"
NEW_DM_ID: Final = "01STANDIN0NEWDM00000000000"
ROLE_ID: Final = "01STANDIN0ROLE000000000000"
BARE_ROLE_ID: Final = "01STANDIN0BAREROLE00000000"
FULL_MESSAGE_ID: Final = "01STANDIN0FULLMESSAGE00000"
BARE_MESSAGE_ID: Final = "01STANDIN0BAREMESSAGE00000"
SYSTEM_MESSAGE_ID: Final = "01STANDIN0SYSTEMMESSAGE000"
NOBODY_ID: Final = "01STANDIN0NOBODY0000000000"
PIXEL: Final = b"\x89PNG\r\n\x1a\n"


def picture(tag: str) -> dict[str, object]:
    """Describe a file as Revolt's file server does."""
    return {
        "_id": f"picture-{tag}",
        "tag": tag,
        "size": len(PIXEL),
        "filename": "pixel.png",
        "content_type": "image/png",
        "metadata": {"type": "Image", "width": 1, "height": 1},
    }


# Of every kind one with all that the API knows, and one with nothing but what it must have.
USERS: Final[list[dict[str, Any]]] = [
    {
        "_id": BOT_ID,
        "username": "herald",
        "relationship": "User",
        "online": True,
        "badges": 0,
        "flags": 0,
        "bot": {"owner": USER_ID},
        "relations": [{"_id": FRIEND_ID, "status": "Friend"}],
        "status": {"text": "at work", "presence": "Busy"},
    },
    {
        "_id": USER_ID,
        "username": "somebody",
        "relationship": "None",
        "online": True,
        "badges": 1,
        "flags": 0,
        "avatar": picture("avatars"),
        "status": {"presence": "Idle"},
    },
    {"_id": FRIEND_ID, "username": "friend", "relationship": "Friend"},
]
# Somebody whom the server doesn't mention before it is asked.
STRANGER: Final = {"_id": STRANGER_ID, "username": "stranger"}
CHANNELS: Final[list[dict[str, Any]]] = [
    {
        "_id": CHANNEL_ID,
        "channel_type": "TextChannel",
        "server": SERVER_ID,
        "name": "general",
        "description": "Everything",
        "nsfw": False,
        "icon": picture("icons"),
        "default_permissions": 0,
        "role_permissions": {ROLE_ID: 3},
    },
    {
        "_id": BARE_CHANNEL_ID,
        "channel_type": "TextChannel",
        "server": BARE_SERVER_ID,
        "name": "bare",
    },
    {
        "_id": VOICE_ID,
        "channel_type": "VoiceChannel",
        "server": SERVER_ID,
        "name": "talk",
        "description": "Loud",
        "role_permissions": {ROLE_ID: 16},
    },
    {
        "_id": BARE_VOICE_ID,
        "channel_type": "VoiceChannel",
        "server": BARE_SERVER_ID,
        "name": "silence",
    },
    {
        "_id": GROUP_ID,
        "channel_type": "Group",
        "name": "friends",
        "owner": USER_ID,
        # One of them is in no cache.
        "recipients": [BOT_ID, USER_ID, NOBODY_ID],
    },
    {
        "_id": DM_ID,
        "channel_type": "DirectMessage",
        "active": True,
        "recipients": [BOT_ID, USER_ID],
    },
    {"_id": SAVED_ID, "channel_type": "SavedMessages", "user": BOT_ID},
]
SERVERS: Final[list[dict[str, Any]]] = [
    {
        "_id": SERVER_ID,
        "owner": USER_ID,
        "name": "stand-in",
        "description": "Not a real one",
        "channels": [CHANNEL_ID, VOICE_ID],
        "members": [BOT_ID, USER_ID, NOBODY_ID],
        "categories": [{"id": "category", "title": "All", "channels": [CHANNEL_ID, VOICE_ID]}],
        "system_messages": {"user_joined": CHANNEL_ID},
        "roles": {
            ROLE_ID: {
                "name": "boss",
                "colour": "#ff0000",
                "hoist": True,
                "rank": 1,
                "permissions": [1, 2],
            },
            BARE_ROLE_ID: {"name": "bare", "permissions": [0, 0]},
        },
        "default_permissions": [1, 2],
        "icon": picture("icons"),
        "banner": picture("banners"),
    },
    {
        "_id": BARE_SERVER_ID,
        "owner": USER_ID,
        "name": "bare",
        "channels": [BARE_CHANNEL_ID, BARE_VOICE_ID],
        # The host, and no real server, has it; without it there is no `members`.
        "members": [],
        # The host can't do without.
        "system_messages": {},
        "default_permissions": [0, 0],
    },
]
MEMBERS: Final[list[dict[str, Any]]] = [
    {
        "_id": {"server": SERVER_ID, "user": BOT_ID},
        "nickname": "the voice",
        "avatar": picture("avatars"),
        "roles": [ROLE_ID],
    },
    {"_id": {"server": SERVER_ID, "user": USER_ID}},
]
MESSAGES: Final[list[dict[str, Any]]] = [
    {
        "_id": BARE_MESSAGE_ID,
        "channel": CHANNEL_ID,
        "author": USER_ID,
        "content": "hello",
    },
    {
        "_id": FULL_MESSAGE_ID,
        "nonce": "any",
        "channel": CHANNEL_ID,
        "author": NOBODY_ID,
        "attachments": [picture("attachments")],
        "edited": {"$date": "2022-01-01T00:00:00.000Z"},
        "embeds": [{"type": "text", "title": "Title", "description": "Text"}],
        "mentions": [BOT_ID],
        "replies": [BARE_MESSAGE_ID, "of long ago"],
    },
    {
        "_id": SYSTEM_MESSAGE_ID,
        "channel": CHANNEL_ID,
        "author": "00000000000000000000000000",
        "content": {"type": "user_joined", "id": USER_ID},
    },
]

BOT: Final = {"_id": BOT_ID, "owner": USER_ID, "token": "any", "public": False}
# What else the API answers with more than that it is done.
ANSWERS: Final[dict[tuple[str, str], object]] = {
    ("POST", "/files/{tag}"): {"id": "picture-attachments"},
    ("GET", "/onboard/hello"): {"onboarding": False},
    ("POST", "/auth/create"): {"user_id": USER_ID},
    ("POST", "/auth/login"): {"id": "session", "user_id": USER_ID, "session_token": "any"},
    ("GET", "/auth/user"): {"id": USER_ID, "email": "somebody@example.com"},
    ("GET", "//auth/account"): {"_id": USER_ID, "email": "somebody@example.com"},
    ("GET", "/auth/sessions"): [{"id": "session", "friendly_name": "at home"}],
    ("GET", "/users/dms"): [CHANNELS[5], CHANNELS[4]],
    ("GET", "/users/relationships"): [{"_id": FRIEND_ID, "status": "Friend"}],
    ("GET", "/users/{id}/relationships"): {"status": "Friend"},
    ("PUT", "/users/{id}/friend"): {"status": "Outgoing"},
    ("DELETE", "/users/{id}/friend"): {"status": "None"},
    ("PUT", "/users/{id}/block"): {"status": "Blocked"},
    ("DELETE", "/users/{id}/block"): {"status": "None"},
    ("GET", "/users/{id}/mutual_friends"): {"users": [USER_ID]},
    ("GET", f"/users/{STRANGER_ID}/profile"): {"background": picture("backgrounds")},
    ("GET", "/users/{id}/profile"): {"content": "Me.", "background": picture("backgrounds")},
    ("GET", "/users/{id}/dm"): {
        "_id": NEW_DM_ID,
        "channel_type": "DirectMessage",
        "active": False,
        "recipients": [BOT_ID, FRIEND_ID],
        "last_message_id": BARE_MESSAGE_ID,
    },
    ("POST", "/channels/create"): CHANNELS[4],
    ("GET", "/channels/{id}/members"): USERS,
    ("POST", "/channels/{id}/invites"): {"code": "invited"},
    ("POST", "/channels/{id}/join_call"): {"token": "any"},
    ("GET", "/channels/{id}/messages"): MESSAGES,
    ("GET", "/channels/{id}/messages/stale"): {"changed": MESSAGES, "deleted": ["of long ago"]},
    ("GET", "/channels/{id}/messages/search"): {"messages": MESSAGES, "users": USERS},
    ("POST", "/servers/create"): SERVERS[0],
    ("POST", "/servers/{id}/channels"): CHANNELS[0],
    ("POST", "/servers/{id}/roles"): {"id": ROLE_ID, "permissions": [0, 0]},
    ("GET", "/servers/{id}/members"): {"members": MEMBERS, "users": USERS},
    ("GET", "/servers/{id}/members/{user}"): MEMBERS[0],
    ("GET", "/servers/{id}/bans"): {
        "users": [{"_id": STRANGER_ID, "username": "stranger"}],
        "bans": [{"_id": {"server": SERVER_ID, "user": STRANGER_ID}, "reason": "noise"}],
    },
    ("POST", "/bots/create"): BOT,
    ("GET", "/bots/@me"): {"bots": [BOT], "users": USERS},
    ("GET", "/bots/{id}"): {"bot": BOT, "user": USERS[0]},
    ("GET", "/bots/{id}/invite"): {"_id": BOT_ID, "username": "herald"},
    ("GET", "/invites/{id}"): {
        "type": "Server",
        "server_id": SERVER_ID,
        "server_name": "stand-in",
        "server_icon": picture("icons"),
        "channel_id": CHANNEL_ID,
        "channel_name": "general",
        "user_name": "somebody",
        "member_count": 3,
    },
    ("POST", "/invites/{id}"): {"type": "Server", "channel": CHANNELS[0], "server": SERVERS[0]},
    ("POST", "/sync/settings/fetch"): {"theme": [1640995200000, "dark"]},
    ("GET", "/sync/unreads"): [
        {"_id": {"channel": CHANNEL_ID, "user": BOT_ID}, "last_id": BARE_MESSAGE_ID},
        {"_id": {"channel": DM_ID, "user": BOT_ID}, "mentions": [BARE_MESSAGE_ID]},
    ],
}


class Town(StandIn):
    """A stand-in where there is one of each thing that the API knows."""

    def __init__(self) -> None:
        super().__init__()
        router = self._runner.app.router
        for (method, path), answer in ANSWERS.items():
            router.add_route(method, path, self._answerer(answer))
        for path, things in {
            "/channels/{channel_id}/messages/{id}": MESSAGES,
            "/channels/{id}": CHANNELS,
            "/servers/{id}": SERVERS,
            "/users/{id}": [*USERS, STRANGER],
        }.items():
            router.add_get(path, self._finder(things))
        for path in ("/picture", "/users/{id}/default_avatar"):
            router.add_get(path, self._show)
        # Whatever else there is to do is done, and needs no words.
        router.add_route("*", "/{rest:.*}", self._comply)

    async def tell(self, event: dict[str, Any]) -> None:
        """Send an event to whoever listens."""
        await self._broadcast(event)

    async def _describe(self, request: web.Request) -> web.Response:
        description = json.loads((await super()._describe(request)).text or "")
        description["features"]["autumn"] = {"enabled": True, "url": f"{self.url}/files"}
        return web.json_response(description)

    @staticmethod
    def _ready() -> dict[str, object]:
        return {
            "type": "Ready",
            "users": USERS,
            "servers": SERVERS,
            "channels": CHANNELS,
            "members": MEMBERS,
        }

    @staticmethod
    def _finder(things: list[dict[str, Any]]) -> Handler:
        async def find(request: web.Request) -> web.Response:
            for thing in things:
                if thing["_id"] == request.match_info["id"]:
                    return web.json_response(thing)
            return web.json_response({"type": "NotFound"}, status=404)

        return find

    @staticmethod
    def _answerer(answer: object) -> Handler:
        async def tell(request: web.Request) -> web.Response:
            await request.read()
            return web.json_response(answer)

        return tell

    @staticmethod
    async def _show(_request: web.Request) -> web.Response:
        return web.Response(body=PIXEL, content_type="image/png")

    @staticmethod
    async def _comply(request: web.Request) -> web.Response:
        await request.read()
        return web.Response(status=204)


ABOUT: Final = {
    "revolt": "0.5.3",
    "features": {
        "captcha": {"enabled": True, "key": "any"},
        "email": True,
        "invite_only": False,
        "autumn": {"enabled": True, "url": "http://localhost"},
        "january": {"enabled": True, "url": "http://localhost"},
        "voso": {"enabled": True, "url": "http://localhost", "ws": "ws://localhost"},
    },
    "ws": "ws://localhost",
    "app": "http://localhost",
    "vapid": "any",
}
NEW_CHANNEL: Final = {**CHANNELS[0], "_id": "01STANDIN0NEWCHANNEL000000"}
ONE_MEMBER: Final = {"id": SERVER_ID, "user": FRIEND_ID}
MESSAGE_EDIT: Final = {
    "type": "MessageUpdate",
    "id": BARE_MESSAGE_ID,
    "channel": CHANNEL_ID,
    "data": {"content": "edited"},
}
MESSAGE_DELETE: Final = {
    "type": "MessageDelete",
    "id": BARE_MESSAGE_ID,
    "channel": CHANNEL_ID,
}
CHANNEL_UPDATE: Final = {
    "type": "ChannelUpdate",
    "id": CHANNEL_ID,
    "data": {"name": "particular"},
    "clear": "Icon",
}
CHANNEL_DELETE: Final = {"type": "ChannelDelete", "id": CHANNEL_ID}
MEMBER_UPDATE: Final = {
    "type": "ServerMemberUpdate",
    "id": {"server": SERVER_ID, "user": USER_ID},
    "data": {"nickname": "some"},
}
USER_UPDATE: Final = {"type": "UserUpdate", "id": USER_ID, "data": {"online": False}}
# What makes the host dispatch an event.
EVENTS: Final[dict[str, dict[str, Any]]] = {
    "ready": Town._ready(),
    "message": MESSAGES[0],
    "message_edit": MESSAGE_EDIT,
    "raw_message_edit": MESSAGE_EDIT,
    "message_delete": MESSAGE_DELETE,
    "raw_message_delete": MESSAGE_DELETE,
    "channel_create": {"type": "ChannelCreate", **NEW_CHANNEL},
    "channel_update": CHANNEL_UPDATE,
    "raw_channel_update": CHANNEL_UPDATE,
    "channel_delete": CHANNEL_DELETE,
    "raw_channel_delete": CHANNEL_DELETE,
    "channel_group_join": {"type": "ChannelGroupJoin", "id": GROUP_ID, "user": FRIEND_ID},
    "channel_group_leave": {"type": "ChannelGroupLeave", "id": GROUP_ID, "user": FRIEND_ID},
    "channel_start_typing": {"type": "ChannelStartTyping", "id": CHANNEL_ID, "user": NOBODY_ID},
    "channel_stop_typing": {"type": "ChannelStopTyping", "id": CHANNEL_ID, "user": USER_ID},
    "channel_ack": {
        "type": "ChannelAck",
        "id": CHANNEL_ID,
        "user": BOT_ID,
        "message_id": BARE_MESSAGE_ID,
    },
    "server_update": {"type": "ServerUpdate", "id": SERVER_ID, "data": {"name": "new"}},
    "server_delete": {"type": "ServerDelete", "id": SERVER_ID},
    "server_member_join": {"type": "ServerMemberJoin", **ONE_MEMBER},
    "server_member_update": MEMBER_UPDATE,
    "raw_server_member_update": MEMBER_UPDATE,
    "server_role_update": {
        "type": "ServerRoleUpdate",
        "id": SERVER_ID,
        "role_id": ROLE_ID,
        "data": {"name": "chief"},
        "clear": "Colour",
    },
    "server_role_delete": {"type": "ServerRoleDelete", "id": SERVER_ID, "role_id": ROLE_ID},
    "user_update": USER_UPDATE,
    "raw_user_update": USER_UPDATE,
    "user_relationship": {
        "type": "UserRelationship",
        "id": BOT_ID,
        "user": FRIEND_ID,
        "status": "Blocked",
    },
    "socket_event_type": {"type": "ServerMemberLeave", **ONE_MEMBER},
}
