"""Loops drive the real client: once it is ready, and in order."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime, timedelta

import defectio
from defectio.ext import commands
from stand_in import BOT_ID, CHANNEL_ID, StandIn

import defectio_tasks as tasks

Connect = Callable[..., AbstractAsyncContextManager[None]]


async def post(client: defectio.Client, content: str) -> None:
    """Post to the stand-in's channel."""
    channel = client.get_channel(CHANNEL_ID)
    assert channel is not None
    await channel.send(content)


class Counter(defectio.Client):
    """Posts numbers, from its making on."""

    def __init__(self, api_url: str) -> None:
        super().__init__(api_url=api_url)
        self.was_ready_at_first: bool | None = None
        self.count.start()

    @tasks.loop(seconds=0.05)
    async def count(self) -> None:
        if self.was_ready_at_first is None:
            self.was_ready_at_first = self.user is not None and self.user.id == BOT_ID
        await post(self, str(self.count.current_loop))

    @count.before_loop
    async def wait(self) -> None:
        await self.wait_until_ready()


async def test_a_loop_waits_for_the_client_and_posts_in_order(
    server: StandIn, connect: Connect
) -> None:
    client = Counter(server.url)
    await asyncio.sleep(0.1)
    assert server.messages == []  # It is not connected yet, and the loop waits for it.
    async with connect(client, client.count):
        await server.wait_until(lambda: len(server.messages) == 5)
    assert client.was_ready_at_first
    assert [message.content for message in server.messages] == ["0", "1", "2", "3", "4"]
    assert {message.channel_id for message in server.messages} == {CHANNEL_ID}


async def test_each_client_has_a_loop_of_its_own(server: StandIn, connect: Connect) -> None:
    one, other = Counter(server.url), Counter(server.url)
    async with connect(one, one.count), connect(other, other.count):
        await server.wait_until(lambda: len(server.messages) >= 2)
        one.count.cancel()
        assert one.count is not other.count
        assert not other.count.is_being_cancelled()
        await server.wait_for_message("3")


async def test_arguments_and_count(server: StandIn, connect: Connect) -> None:
    client = defectio.Client(api_url=server.url)

    @tasks.loop(count=3)
    async def greet(greeting: str, *, name: str) -> None:
        await post(client, f"{greeting}, {name}")

    @greet.after_loop
    async def part() -> None:
        await post(client, f"greeted {greet.current_loop} times")

    async with connect(client):
        await greet.start("hello", name="world")
    contents = [message.content for message in server.messages]
    assert contents == [*3 * ["hello, world"], "greeted 3 times"]


async def test_a_wall_clock_loop_posts_at_its_time(server: StandIn, connect: Connect) -> None:
    client = defectio.Client(api_url=server.url)

    @tasks.loop(hours=1)
    async def bulletin() -> None:
        await post(client, "bulletin")

    async with connect(client, bulletin):
        soon = datetime.now(UTC) + timedelta(seconds=0.4)
        bulletin.change_interval(time=soon.timetz())
        bulletin.start()
        assert bulletin.next_iteration == soon
        await server.wait_for_message("bulletin")
        assert bulletin.next_iteration == soon + timedelta(days=1)
    assert len(server.messages) == 1
    assert server.messages[0].moment >= soon


async def test_a_class_that_reads_the_private_counter(server: StandIn, connect: Connect) -> None:
    class Reader(defectio.Client):
        @tasks.loop(seconds=0.02)
        async def read(self) -> None:
            # Public bots are known to read it.
            number = self.read._current_loop  # pyright: ignore[reportPrivateUsage]
            await post(self, f"iteration {number}")

    client = Reader(api_url=server.url)
    async with connect(client, client.read):
        client.read.start()
        await server.wait_for_message("iteration 2")
    contents = [message.content for message in server.messages[:3]]
    assert contents == ["iteration 0", "iteration 1", "iteration 2"]


async def test_a_loop_in_a_cog(server: StandIn, connect: Connect) -> None:
    class Chatter(commands.Cog):
        """Chats, as long as it is loaded."""

        def __init__(self, bot: commands.Bot) -> None:
            self.bot = bot
            self.ended = False
            self.chat.start("hey")

        def cog_unload(self) -> None:
            self.chat.cancel()

        @tasks.loop(seconds=0.02)
        async def chat(self, word: str) -> None:
            await post(self.bot, f"{word} {self.chat.current_loop}")

        @chat.before_loop
        async def wait(self) -> None:
            await self.bot.wait_until_ready()

        @chat.after_loop
        async def end(self) -> None:
            self.ended = self.chat.is_being_cancelled()

    bot = commands.Bot("!", api_url=server.url)
    cog = Chatter(bot)
    bot.add_cog(cog)
    async with connect(bot, cog.chat):
        await server.wait_for_message("hey 2")
        task = cog.chat.get_task()
        assert task is not None
        bot.remove_cog("Chatter")
        await asyncio.wait([task])
    assert task.cancelled()
    assert cog.ended
    assert not cog.chat.is_running()


async def test_a_new_websocket_does_not_disturb_a_loop(server: StandIn, connect: Connect) -> None:
    client = Counter(server.url)
    async with connect(client, client.count):
        await server.wait_for_message("1")
        assert client.websocket is not None
        first_websocket = client.websocket.websocket
        await server.hang_up()
        await server.wait_until(lambda: server.connections == 1)
        heard = len(server.messages)
        await server.wait_until(lambda: len(server.messages) >= heard + 2)
        assert client.websocket.websocket is not first_websocket
        await first_websocket.close()  # The host forgets to.
    contents = [message.content for message in server.messages]
    assert contents == [str(number) for number in range(len(contents))]
