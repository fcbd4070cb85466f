"""The host's objects are what the stubs say, as far as a running client meets them.

The stubs are read as they are shipped. Of each class below every attribute and property is looked
at, and every method either called or named with the reason why not.
"""

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any, Final, get_args

import defectio
import pytest
from aiohttp import WSMessage, WSMsgType
from defectio.http import DefectioHTTP
from defectio.models.message import File as OtherFile
from defectio.models.user import PartialUser
from stand_in import BOT_ID, CHANNEL_ID, SERVER_ID, USER_ID
from support.stub_contract import Call, Described, call, wrong_answer, wrong_attributes
from support.town import (
    ABOUT,
    BARE_CHANNEL_ID,
    BARE_MESSAGE_ID,
    BARE_SERVER_ID,
    BARE_VOICE_ID,
    CHANNELS,
    DM_ID,
    EVENTS,
    FRIEND_ID,
    GROUP_ID,
    MEMBERS,
    MESSAGES,
    NOBODY_ID,
    PIXEL,
    ROLE_ID,
    SAVED_ID,
    SERVERS,
    STRANGER_ID,
    USERS,
    VOICE_ID,
    Town,
)

Connect = Callable[..., AbstractAsyncContextManager[None]]


@dataclass(frozen=True)
class World:
    """A client that is connected, and the server that it is connected to."""

    client: Any
    town: Town

    async def mend(self) -> None:
        """Have the categories of a server know its channels.

        They don't after "ready", as the host takes in servers before channels, and until they do
        it fails to tell the category of a channel. What is fetched takes the place of what was.
        """
        await self.client.fetch_server(SERVER_ID)
        for each in (CHANNEL_ID, VOICE_ID):
            await self.client.fetch_channel(each)

    async def hear(self, event: str) -> Any:
        """Wait for an event that is told now."""
        heard = self.client.wait_for(event)
        await self.town.tell(EVENTS[event])
        return await heard


Objects = list[Any]


@dataclass(frozen=True)
class Case:
    """Objects of a class, how to call them, and what of it is left out.

    Attributes:
        find: Finds the objects.
        calls: The calls, each of which is made on each of the objects.
        left: Methods that are not called, with the reason.
        missing: Attributes that objects like these don't have, as the stubs say in comments.
        special: Whether it is about a state that objects can be in, and most methods are called
            in another case.
    """

    find: Callable[[World], Objects | Awaitable[Objects]]
    calls: Callable[[World], list[Call]] = lambda _world: []
    left: dict[str, str] = field(default_factory=dict)
    missing: frozenset[str] = frozenset()
    special: bool = False

    async def subjects(self, world: World) -> Objects:
        """Find the objects."""
        found = self.find(world)
        return found if isinstance(found, list) else await found


MESSAGING: Final = [
    call("send", "hello"),
    call("send", embed=defectio.Embed(title="Title", description="Text")),
    call("fetch_message", BARE_MESSAGE_ID),
    call("start_typing"),
    call("stop_typing"),
    call("_get_channel"),
]


def channels(*ids: str) -> Callable[[World], Objects]:
    """Tell how to find some channels."""
    return lambda world: [world.client.get_channel(each) for each in ids]


async def messages(world: World) -> Objects:
    """Find a message that came by the websocket, and messages that are fetched."""
    heard = await world.hear("message")
    fetch = world.client.get_channel(CHANNEL_ID).fetch_message
    return [heard, *[await fetch(each["_id"]) for each in MESSAGES]]


def mended(find: Callable[[World], Objects]) -> Callable[[World], Awaitable[Objects]]:
    """Tell how to find something once categories know their channels."""

    async def mend(world: World) -> Objects:
        await world.mend()
        return find(world)

    return mend


async def categories(world: World) -> Objects:
    """Find categories that know their channels, and such that don't yet."""
    find = of_server(lambda server: server.categories)
    return [*find(world), *await mended(find)(world)]


async def on_nothing() -> None:
    """Handle an event that never comes."""


def of_server(find: Callable[[Any], Objects]) -> Callable[[World], Objects]:
    """Tell how to find things of the servers."""
    return lambda world: [
        thing
        for each in (SERVER_ID, BARE_SERVER_ID)
        for thing in find(world.client.get_server(each))
    ]


async def of_messages(world: World, find: Callable[[Any], Objects]) -> Objects:
    """Find things of the messages."""
    return [thing for message in await messages(world) for thing in find(message)]


async def with_a_newcomer(world: World) -> Objects:
    """Find the member that is known by an id alone."""
    return [await world.hear("server_member_join")]


def raw_events(name: str) -> Callable[[World], Awaitable[Objects]]:
    """Tell how to hear of a message that is in the cache, and of one that is not."""

    async def hear(world: World) -> Objects:
        unknown = await world.hear(name)
        await world.hear("message")
        return [unknown, await world.hear(name)]

    return hear


def users(*ids: str) -> Callable[[World], Awaitable[Objects]]:
    """Tell how to find some users, once there is a message in the cache."""

    async def find(world: World) -> Objects:
        await world.hear("message")
        await world.client.fetch_user(STRANGER_ID)
        return [world.client.get_user(each) for each in ids]

    return find


async def profiles(world: World) -> Objects:
    """Find what users tell about themselves."""
    return [
        await (await world.client.fetch_user(each)).get_profile() for each in (USER_ID, STRANGER_ID)
    ]


async def state(world: World) -> Objects:
    """Find the state of a client, with a message in it."""
    await world.hear("message")
    return [world.client._connection]


def without_messages(_world: World) -> Objects:
    """Find the state of a client that keeps no messages."""
    client: Any = defectio.Client(max_messages=None)
    return [client._connection]


async def relationships(world: World) -> Objects:
    """Find relationships, one of them with somebody of whom the server says nothing."""
    await world.client.fetch_user(STRANGER_ID)
    return [user.our_relation for user in world.client.users]


async def backgrounds(world: World) -> Objects:
    """Find the pictures behind what users tell about themselves."""
    return [profile.background for profile in await profiles(world)]


REQUESTS: Final = [
    call("start", "any"),
    call("request", "GET", f"users/{USER_ID}"),
    call("upload_request", "POST", "attachments", data=PIXEL),
    call("node_info"),
    call("send_file", file=defectio.File(PIXEL), tag="attachments"),
    call("check_onboarding"),
    call("complete_onboarding", "herald"),
    call("create_account", "somebody@example.com", "secret", invite="invited"),
    call("resend_verification", "somebody@example.com"),
    call("login", "somebody@example.com", "secret"),
    call("send_password_reset", "somebody@example.com"),
    call("confirm_password_reset", "secret", "any"),
    call("get_account"),
    call("check_auth"),
    call("change_password", "secret", "more secret"),
    call("change_email", "secret", "somebody@example.com"),
    call("delete_session", "session"),
    call("get_sessions"),
    call("logout"),
    call("edit_self", {"status": {"text": "away"}}),
    call("change_username", "crier", "secret"),
    *(call("get_user", each["_id"]) for each in USERS),
    call("get_user_profile", USER_ID),
    call("get_user_default_avatar", USER_ID),
    call("get_mutual_friends", USER_ID),
    call("get_dms"),
    call("open_dm", USER_ID),
    call("get_relationships"),
    *(
        call(name, USER_ID)
        for name in (
            "get_relationship",
            "friend_request",
            "remove_friend",
            "block_user",
            "unblock_user",
        )
    ),
    *(call("get_channel", each["_id"]) for each in CHANNELS),
    call("edit_channel", CHANNEL_ID, name="particular"),
    call("close_channel", CHANNEL_ID),
    call("create_channel_invite", CHANNEL_ID),
    call("set_channel_role_permissions", CHANNEL_ID, ROLE_ID, 1),
    call("set_channel_default_role_permissions", CHANNEL_ID, 1),
    call("send_message", CHANNEL_ID, content="hello", embeds=[defectio.Embed(title="Title")]),
    call("send_message", CHANNEL_ID, content="yes", replies=[{"id": "any", "mention": None}]),
    call("get_messages", CHANNEL_ID, limit=3, nearby=BARE_MESSAGE_ID),
    *(call("get_message", CHANNEL_ID, each["_id"]) for each in MESSAGES),
    call("edit_message", CHANNEL_ID, BARE_MESSAGE_ID, "hello again"),
    call("delete_message", CHANNEL_ID, BARE_MESSAGE_ID),
    call("poll_message_changes", CHANNEL_ID, [BARE_MESSAGE_ID]),
    call("search_message", CHANNEL_ID, "hello", sort="Relevance"),
    call("acknoledge_message", CHANNEL_ID, BARE_MESSAGE_ID),
    call("create_group", "friends", users=[FRIEND_ID]),
    call("get_group_members", GROUP_ID),
    call("add_group_member", GROUP_ID, FRIEND_ID),
    call("remove_group_member", GROUP_ID, FRIEND_ID),
    call("join_call", VOICE_ID),
    *(call("get_server", each["_id"]) for each in SERVERS),
    call("edit_server", SERVER_ID, system_messages={"user_left": CHANNEL_ID}, remove="Icon"),
    call("remove_server", SERVER_ID),
    call("create_server", "new"),
    call("create_channel", SERVER_ID, "new", type="Voice"),
    call("mark_channels_read", SERVER_ID),
    call("get_member", SERVER_ID, BOT_ID),
    call("edit_member", SERVER_ID, BOT_ID, nickname="voice", remove="Avatar"),
    call("kick_member", SERVER_ID, USER_ID),
    call("get_members", SERVER_ID),
    call("ban_member", SERVER_ID, USER_ID, "noise"),
    call("unban_member", SERVER_ID, USER_ID),
    call("get_bans", SERVER_ID),
    call("set_server_role_permissions", SERVER_ID, ROLE_ID, permissions=1),
    call("set_server_default_role_permissions", SERVER_ID, 1),
    call("create_role", SERVER_ID, name="new"),
    call("edit_role", SERVER_ID, ROLE_ID, colour="#00ff00", remove="Colour"),
    call("delete_role", SERVER_ID, ROLE_ID),
    call("create_bot", "herald"),
    call("get_owned_bots"),
    call("get_bot", BOT_ID),
    call("edit_bot", BOT_ID, public=True, remove="InteractionsURL"),
    call("delete_bot", BOT_ID),
    call("get_public_bot", BOT_ID),
    call("invite_bot", BOT_ID, server_id=SERVER_ID),
    call("get_invite", "invited"),
    call("join_invite", "invited"),
    call("delete_invite", "invited"),
    call("get_settings", ["theme"]),
    call("set_settings", {"theme": "light"}),
    call("get_unread"),
    call("subscribe_web_push", "any", "any", "any"),
    call("unsubscribe_web_push"),
    call("user_login", "somebody@example.com", "secret"),
]

RUNS: Final = "goes on as long as the client does; `connect` has called it, or what it calls"
NOT_AWAITED: Final = "makes a request that it never awaits, of which Python warns"

CASES: Final[dict[str, Case]] = {
    "Client": Case(
        lambda world: [world.client],
        lambda _world: [
            call("dispatch", "nothing", 1, word=2),
            call("wait_until_ready"),
            call("event", on_nothing),
            call("get_auth"),
            call("get_http"),
            call("get_websocket"),
            *(call("get_channel", each) for each in (CHANNEL_ID, VOICE_ID, DM_ID, NOBODY_ID)),
            *(call("get_server", each) for each in (SERVER_ID, NOBODY_ID)),
            *(call("get_user", each) for each in (BOT_ID, USER_ID, NOBODY_ID)),
            *(call("fetch_channel", each["_id"]) for each in CHANNELS),
            *(call("fetch_server", each["_id"]) for each in SERVERS),
            call("fetch_user", USER_ID),
            call("is_closed"),
            call("connect"),
            call("close"),
            call("is_closed"),
        ],
        {
            "wait_for": "see the test of events",
            "on_error": "prints the exception that is handled, and there is none",
            "create": RUNS,
            "login": RUNS,
            "start": RUNS,
            "run": RUNS,
        },
    ),
    "Client that has not started": Case(
        lambda _world: [defectio.Client()],
        lambda _world: [
            call("get_auth"),
            call("get_http"),
            call("get_websocket"),
            call("get_user", BOT_ID),
        ],
        missing=frozenset({"api_info"}),
        special=True,
    ),
    "TextChannel": Case(
        mended(channels(CHANNEL_ID, BARE_CHANNEL_ID)), lambda _world: [*MESSAGING, call("delete")]
    ),
    "VoiceChannel": Case(channels(VOICE_ID, BARE_VOICE_ID), lambda _world: MESSAGING),
    "GroupChannel": Case(channels(GROUP_ID), lambda _world: MESSAGING),
    "DMChannel": Case(
        channels(DM_ID), lambda _world: [*MESSAGING, call("__str__"), call("__repr__")]
    ),
    "SavedMessageChannel": Case(channels(SAVED_ID), lambda _world: MESSAGING),
    "Message": Case(
        messages,
        lambda _world: [
            call("reply", "hello", mention=True),
            call("reply", file=defectio.File(PIXEL, filename="pixel.png")),
            call("edit", "hello again"),
            call("delete"),
        ],
    ),
    "RawMessageUpdateEvent": Case(raw_events("raw_message_edit")),
    "RawMessageDeleteEvent": Case(raw_events("raw_message_delete")),
    "Attachment of a message": Case(
        lambda world: of_messages(world, lambda message: message.attachments)
    ),
    "Embed": Case(
        lambda world: of_messages(world, lambda message: message.embeds),
        lambda _world: [call("copy"), call("to_dict"), call("from_dict", {"type": "text"})],
    ),
    "Reply": Case(
        lambda world: of_messages(
            world, lambda message: [defectio.Reply(message), defectio.Reply(message, None)]
        ),
    ),
    "File": Case(
        lambda _world: [defectio.File(PIXEL), defectio.File(__file__, spoiler=True)],
        lambda _world: [call("reset"), call("close")],
    ),
    "User": Case(
        users(USER_ID, FRIEND_ID, STRANGER_ID),
        lambda world: [
            *MESSAGING,
            call("create_dm"),
            call("get_profile"),
            call("get_relationship", BOT_ID),
            call("mentioned_in", world.client._connection.messages[0]),
        ],
    ),
    "ClientUser": Case(
        users(BOT_ID),
        lambda world: [
            *MESSAGING,
            call("edit", status="gone"),
            call("edit"),
            call("get_profile"),
            call("get_relationship", FRIEND_ID),
            call("mentioned_in", world.client._connection.messages[0]),
        ],
    ),
    "PartialUser": Case(
        lambda _world: [PartialUser(NOBODY_ID)],
        left=dict.fromkeys(
            ("send", "fetch_message", "start_typing", "stop_typing"),
            "there is no way to send them anything",
        ),
    ),
    "Profile": Case(profiles),
    "Attachment of a profile": Case(
        backgrounds,
        lambda _world: [
            call("to_dict"),
            call("read"),
            call("save", "nowhere"),
            call("__str__"),
            call("__repr__"),
        ],
    ),
    "Status": Case(lambda world: [user.status for user in world.client.users]),
    "UserBot": Case(lambda world: [user._bot for user in world.client.users]),
    "Relationship": Case(
        relationships,
        left=dict.fromkeys(("friend_request", "remove_friend", "block", "unblock"), NOT_AWAITED),
    ),
    "Server": Case(
        mended(of_server(lambda server: [server])),
        lambda _world: [
            *(call("get_role", each) for each in (ROLE_ID, NOBODY_ID)),
            *(call("get_channel", each) for each in (CHANNEL_ID, VOICE_ID, NOBODY_ID)),
            *(call("get_category_channel", each) for each in (CHANNEL_ID, VOICE_ID, NOBODY_ID)),
            call("create_text_channel", "new", description="New"),
            call("create_voice_channel", "new"),
        ],
        {"get_member_named": "fails where there are members, and else finds nobody"},
    ),
    "Server as Revolt sends it": Case(
        lambda world: [
            world.client._connection._add_server_from_data(
                {name: value for name, value in SERVERS[0].items() if name != "members"}
            )
        ],
        missing=frozenset({"members"}),
        special=True,
    ),
    "Role": Case(
        of_server(lambda server: server.roles),
        lambda _world: [call("__str__"), call("__repr__")],
    ),
    "Category": Case(categories),
    "Icon": Case(of_server(lambda server: [server.icon] if server.icon is not None else [])),
    "SystemMessages": Case(of_server(lambda server: [server.system_message])),
    "ServerPermission": Case(of_server(lambda server: [server.server_permissions])),
    "ChannelPermission": Case(of_server(lambda server: [server.channel_permissions])),
    "Member": Case(
        lambda world: world.client.get_server(SERVER_ID).members[:2], lambda _world: MESSAGING
    ),
    "PartialMember": Case(with_a_newcomer, lambda _world: MESSAGING),
    "ApiInfo": Case(lambda world: [world.client.api_info]),
    "ApiFeatures": Case(lambda world: [world.client.api_info.features]),
    "ApiUrl": Case(lambda world: [world.client.api_info.features.autumn]),
    "Auth": Case(lambda world: [world.client.get_auth()]),
    "ConnectionState": Case(
        state,
        lambda world: [
            call("call_handlers", "nothing", 1, word=2),
            *(call("get_user", each) for each in (BOT_ID, USER_ID, NOBODY_ID, None)),
            *(call("get_server", each) for each in (SERVER_ID, NOBODY_ID, None)),
            *(call("get_channel", each) for each in (CHANNEL_ID, GROUP_ID, NOBODY_ID, None)),
            *(call("get_member", each) for each in (USER_ID, NOBODY_ID, None)),
            *(call("get_message", each) for each in (BARE_MESSAGE_ID, NOBODY_ID, None)),
            *(call("fetch_channel", each["_id"]) for each in CHANNELS),
            *(call("fetch_server", each["_id"]) for each in SERVERS),
            *(call("fetch_user", each["_id"]) for each in USERS),
            call("fetch_account"),
            call("create_message", world.client.get_channel(DM_ID), MESSAGES[1]),
            call("create_user", USERS[1]),
            *(call("_add_user_from_data", each) for each in USERS),
            *(call("_add_server_from_data", each) for each in deepcopy(SERVERS)),
            *(call("_add_channel_from_data", each) for each in CHANNELS),
            *(call("_add_message_from_data", each) for each in MESSAGES),
            *(call("_add_member_from_data", each) for each in MEMBERS),
            call("_add_member_from_data", EVENTS["server_member_join"]),
            call("_add_user", world.client.user),
            call("_add_server", world.client.get_server(SERVER_ID)),
            call("_add_channel", world.client.get_channel(GROUP_ID)),
            call("_add_message", world.client._connection.messages[0]),
            call("_add_member", world.client._connection.members[0]),
            call("_remove_member", world.client._connection.members[0]),
            call("_remove_message", world.client._connection.messages[0]),
            call("_remove_channel", world.client.get_channel(GROUP_ID)),
            call("_remove_server", world.client.get_server(BARE_SERVER_ID)),
            call("_remove_user", FRIEND_ID),
            *(
                call(f"parse_{event.get('type', 'Message').lower()}", event)
                for event in deepcopy(EVENTS).values()
            ),
            call("set_api_info", ABOUT),
            call("clear"),
            # And now that there is nothing in it:
            call("fetch_user", USER_ID),
            call("fetch_server", SERVER_ID),
            call("fetch_channel", DM_ID),
        ],
    ),
    "ConnectionState without messages": Case(
        without_messages,
        missing=frozenset({"messages"}),
        special=True,
    ),
    "DefectioWebsocket": Case(
        lambda world: [world.client.websocket],
        lambda world: [
            call("send_payload", {"type": "Ping"}),
            call("begin_typing", CHANNEL_ID),
            call("stop_typing", CHANNEL_ID),
            call("ping"),
            call("received_message", WSMessage(WSMsgType.TEXT, '{"type": "Pong"}', None)),
            call("close"),
            call("close"),
        ],
        dict.fromkeys(("start", "connect", "send_authenticate", "wait_for_auth"), RUNS),
    ),
    "DefectioHTTP": Case(
        lambda world: [world.client.http],
        lambda world: [
            *REQUESTS,
            call("set_api_info", world.client.api_info),
            call("get_from_url", f"{world.town.url}/picture"),
            call("get_from_url", f"{world.town.url}/users/{NOBODY_ID}"),
            call("close"),
        ],
    ),
    "DefectioHTTP that has not started": Case(
        lambda world: [DefectioHTTP(world.client.session, world.town.url, "any")],
        missing=frozenset({"is_bot"}),
        special=True,
    ),
    "File that nothing takes": Case(
        lambda _world: [OtherFile(PIXEL), OtherFile(PIXEL, filename="pixel.png")]
    ),
}


@pytest.fixture
async def world(connect: Connect) -> AsyncGenerator[World]:
    """Connect a client to a server that has one of everything."""
    async with Town() as town:
        client = defectio.Client(api_url=town.url)
        async with connect(client):
            yield World(client, town)


@pytest.mark.parametrize("name", CASES)
async def test_objects(name: str, world: World) -> None:
    case = CASES[name]
    subjects = await case.subjects(world)
    (owner,) = {type(subject) for subject in subjects}
    calls = case.calls(world)
    wrong: list[str] = []
    for subject in subjects:
        wrong += wrong_attributes(subject, case.missing)
        for each in calls:
            complaint, _ = await wrong_answer(subject, each)
            if complaint is not None:
                wrong.append(f"{owner.__name__}.{each} {complaint}")
    assert not wrong, "\n".join(wrong)
    if not case.special:
        public = {name for name in Described(owner).methods if not name.startswith("_")}
        called = {each.name for each in calls} & public
        assert called | case.left.keys() == public
        assert called.isdisjoint(case.left)


def events() -> list[str]:
    """List the events that the stub of `wait_for` knows."""
    hints = [each.annotation("event") for each in Described(defectio.Client).methods["wait_for"]]
    return [name for hint in hints for name in get_args(hint)]


@pytest.mark.parametrize("name", events())
async def test_events(name: str, world: World) -> None:
    await world.mend()
    await world.hear("message")  # Some events are about a message that is in the cache.
    waiting = call("wait_for", name, timeout=5).during(lambda: world.town.tell(EVENTS[name]))
    complaint, answer = await wrong_answer(world.client, waiting)
    assert complaint is None
    for thing in answer if isinstance(answer, tuple) else (answer,):
        assert list(wrong_attributes(thing)) == []
