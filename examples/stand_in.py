"""A stand-in for a Revolt server: enough of the protocol for one defectio bot, on the loopback.

It can misbehave on request (go away, hang, cut a connection, refuse), so that a bot can be
rehearsed, and tested, against a server that has a bad day.
"""

import asyncio
import enum
import itertools
import json
import socket
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from types import TracebackType
from typing import Final, Self

from aiohttp import web

HOST: Final = "127.0.0.1"
SERVER_ID: Final = "01STANDIN0SERVER0000000000"
CHANNEL_ID: Final = "01STANDIN0CHANNEL000000000"
BOT_ID: Final = "01STANDIN0BOT0000000000000"
USER_ID: Final = "01STANDIN0USER000000000000"


@dataclass(frozen=True, slots=True)
class Posted:
    """A message that the bot posted.

    Attributes:
        channel_id: The channel that it was posted to.
        content: Its text.
        moment: When the server took it, in UTC.
    """

    channel_id: str
    content: str
    moment: datetime


class Treatment(enum.Enum):
    """What happens to a message that the bot posts."""

    TAKE = enum.auto()
    """It is recorded, and answered as Revolt answers."""
    CUT = enum.auto()
    """Its connection is cut instead of an answer."""
    HANG = enum.auto()
    """It gets no answer; once the treatment changes, its connection is cut."""
    REFUSE = enum.auto()
    """It is answered by a 403: the bot may not post here."""


class StandIn:
    """A Revolt server with one channel, for one bot; use it with `async with`.

    Attributes:
        messages: What the bot posted, in the order in which it came.
    """

    def __init__(self) -> None:
        """Prepare a server; nothing runs before `start`."""
        self.messages: list[Posted] = []
        self._port = 0
        self._ids = itertools.count(1)
        self._treatment = Treatment.TAKE
        # Set, and replaced by a new one, whenever something happens that somebody may wait for.
        self._news = asyncio.Event()
        self._websockets: set[web.WebSocketResponse] = set()
        app = web.Application()
        app.router.add_get("/", self._describe)
        app.router.add_get("/ws", self._converse)
        app.router.add_post("/channels/{channel_id}/messages", self._receive)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
        self._site: web.SockSite | None = None
        self._reserved: socket.socket | None = None

    async def __aenter__(self) -> Self:
        """Start the server."""
        await self.start()
        return self

    async def __aexit__(
        self,
        exception_type: type[BaseException] | None,
        exception: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Stop the server."""
        await self.stop()

    @property
    def url(self) -> str:
        """The base URL of the API, for `defectio.Client(api_url=...)`."""
        return f"http://{HOST}:{self._port}"

    @property
    def connections(self) -> int:
        """How many websockets are logged in."""
        return len(self._websockets)

    async def start(self) -> None:
        """Listen on a free port of the loopback."""
        await self._runner.setup()
        self._reserved = self._reserve(port=0)
        self._port = self._reserved.getsockname()[1]
        await self.come_back()

    async def stop(self) -> None:
        """End every connection and free the port; a stopped server does not start again."""
        self.treat_posts(Treatment.CUT)
        await self.hang_up()
        await self._runner.cleanup()
        if self._reserved is not None:
            self._reserved.close()
        self._site = self._reserved = None

    async def go_away(self) -> None:
        """Refuse new connections until `come_back`.

        Open websockets stay: defectio does not pause before it connects again, so without a server
        it would do nothing but try.
        """
        if self._site is not None:
            await self._site.stop()
            self._site = None
            self._reserved = self._reserve(port=self._port)

    async def come_back(self) -> None:
        """Accept connections again, on the same port."""
        if self._reserved is not None:
            self._site = web.SockSite(self._runner, self._reserved)
            self._reserved = None
            await self._site.start()

    def treat_posts(self, treatment: Treatment) -> None:
        """Choose what happens to messages from now on, and to those that hang."""
        self._treatment = treatment
        self._spread_news()

    async def hang_up(self) -> None:
        """Close the websockets from the server's side."""
        for websocket in tuple(self._websockets):
            await websocket.close()

    async def say(self, content: str) -> None:
        """Let the channel's only human say something."""
        await self._broadcast(self._message(CHANNEL_ID, USER_ID, content))

    async def wait_until(self, condition: Callable[[], bool]) -> None:
        """Wait until `condition` holds; it is asked whenever something happens here."""
        while not condition():
            await self._news.wait()

    async def wait_for_message(self, text: str, *, after: int = 0) -> int:
        """Wait for a message with `text` in it.

        Args:
            text: What to look for.
            after: How many of the messages, from the first one on, to pass over.

        Returns:
            How many messages there are up to and including the one that was found.
        """
        while True:
            for number, message in enumerate(self.messages[after:], start=after + 1):
                if text in message.content:
                    return number
            await self._news.wait()

    def _spread_news(self) -> None:
        self._news.set()
        self._news = asyncio.Event()

    @staticmethod
    def _reserve(port: int) -> socket.socket:
        """Bind `port` without listening: connections are refused, and nobody else can have it."""
        reserved = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        # Else the port could not be bound again while old connections on it linger.
        reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        reserved.bind((HOST, port))
        return reserved

    def _message(self, channel_id: str, author_id: str, content: str) -> dict[str, object]:
        return {
            "_id": f"01STANDIN0MESSAGE{next(self._ids):09}",
            "channel": channel_id,
            "author": author_id,
            "content": content,
        }

    async def _broadcast(self, message: dict[str, object]) -> None:
        for websocket in tuple(self._websockets):
            await websocket.send_json({"type": "Message", **message})

    async def _describe(self, _request: web.Request) -> web.Response:
        """Answer the first question of every client: what is offered here, and where."""
        off = {"enabled": False, "url": ""}
        features = {
            "captcha": {"enabled": False, "key": ""},
            "email": False,
            "invite_only": False,
            "autumn": off,
            "january": off,
            "voso": off,
        }
        return web.json_response(
            {
                "revolt": "0.5.3",
                "features": features,
                "ws": f"ws://{HOST}:{self._port}/ws",
                "app": self.url,
                "vapid": "",
            }
        )

    async def _converse(self, request: web.Request) -> web.WebSocketResponse:
        """Log a client in, then answer its pings until either side hangs up."""
        # defectio does not answer a close, so there is no use in waiting for that any longer.
        websocket = web.WebSocketResponse(timeout=0.1)
        await websocket.prepare(request)
        try:
            async for frame in websocket:
                event = json.loads(frame.data)
                if event["type"] == "Authenticate":
                    await websocket.send_json({"type": "Authenticated"})
                    await websocket.send_json(self._ready())
                    self._websockets.add(websocket)
                    self._spread_news()
                elif event["type"] == "Ping":
                    await websocket.send_json({"type": "Pong", "data": event.get("data", 0)})
        finally:
            self._websockets.discard(websocket)
            self._spread_news()
        return websocket

    async def _receive(self, request: web.Request) -> web.Response:
        """Take a message that the bot posts, or not."""
        response = await self._treat(request)
        # A connection that is kept for the next message would outlive `go_away`.
        response.force_close()
        return response

    async def _treat(self, request: web.Request) -> web.Response:
        body = await request.json()
        match self._treatment:
            case Treatment.TAKE:
                channel_id = request.match_info["channel_id"]
                self.messages.append(Posted(channel_id, body["content"], datetime.now(UTC)))
                self._spread_news()
                message = self._message(channel_id, BOT_ID, body["content"])
                await self._broadcast(message)
                return web.json_response(message)
            case Treatment.REFUSE:
                return web.json_response({"type": "MissingPermission"}, status=403)
            case Treatment.CUT | Treatment.HANG:
                await self.wait_until(lambda: self._treatment is not Treatment.HANG)
                if request.transport is not None:
                    request.transport.abort()
                return web.Response()  # Nobody is left to read it.

    @staticmethod
    def _ready() -> dict[str, object]:
        """Tell a client all that it wants to know before it says that it is ready."""
        bot = {"_id": BOT_ID, "username": "herald", "relationship": "User", "online": True}
        user = {"_id": USER_ID, "username": "somebody", "relationship": "None", "online": True}
        server: dict[str, object] = {
            "_id": SERVER_ID,
            "owner": USER_ID,
            "name": "stand-in",
            "channels": [CHANNEL_ID],
            "members": [BOT_ID, USER_ID],
            "system_messages": {},
            "default_permissions": [0, 0],
        }
        channel = {
            "_id": CHANNEL_ID,
            "channel_type": "TextChannel",
            "server": SERVER_ID,
            "name": "general",
        }
        members = [{"_id": {"server": SERVER_ID, "user": each}} for each in (BOT_ID, USER_ID)]
        return {
            "type": "Ready",
            "users": [{**bot, "bot": {"owner": USER_ID}}, user],
            "servers": [server],
            "channels": [channel],
            "members": members,
        }
