"""The owner's commands, by the real client, in a chat of a stand-in server."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from itertools import count
from typing import Final

import defectio
import pytest
from defectio.ext import commands
from stand_in import BOT_ID, CHANNEL_ID, USER_ID, Treatment
from support.town import DM_ID, FRIEND_ID, GROUP_ID, STRANGER_ID, VOICE_ID, Town

import defectio_tasks as tasks
from defectio_tasks.cog import Tasks

Connect = Callable[..., AbstractAsyncContextManager[None]]

REFUSAL: Final = "Only this bot's owner may do that."
NUMBERS: Final = count(1)


class News(commands.Cog):
    """Two loops, of which one runs."""

    def __init__(self) -> None:
        self.fetched: list[str] = []
        self.fetch.start("sport")

    def cog_unload(self) -> None:
        self.fetch.cancel()

    @tasks.loop(hours=1)
    async def fetch(self, what: str) -> None:
        self.fetched.append(what)

    @tasks.loop(hours=2)
    async def report(self) -> None:
        self.fetched.append("report")


@dataclass(frozen=True)
class Chat:
    """A bot that is connected, and the server that it is connected to."""

    bot: commands.Bot
    news: News
    town: Town

    async def say(self, text: str, author: str = USER_ID, channel: str = CHANNEL_ID) -> None:
        """Say something."""
        message = {"_id": f"01STANDIN0COMMAND{next(NUMBERS):09}", "content": text}
        await self.town.tell({"type": "Message", "author": author, "channel": channel, **message})

    async def ask(self, text: str, author: str = USER_ID, channel: str = CHANNEL_ID) -> str:
        """Say something, and return what the bot answers."""
        heard = len(self.town.messages)
        await self.say(text, author, channel)
        await self.town.wait_until(lambda: len(self.town.messages) > heard)
        answer = self.town.messages[heard]
        assert answer.channel_id == channel
        assert len(answer.content.encode()) <= 2_000
        return answer.content


@pytest.fixture
async def chat(connect: Connect) -> AsyncGenerator[Chat]:
    """Connect a bot that has the commands to a server."""
    async with Town() as town:
        bot = commands.Bot("!", api_url=town.url)
        bot.add_cog(Tasks(bot))
        news = News()
        bot.add_cog(news)
        async with connect(bot, news.fetch, news.report):
            yield Chat(bot, news, town)
        bot.remove_cog("Tasks")


async def test_list(chat: Chat) -> None:
    answer = await chat.ask("!tasks list")
    fence, head, row, *_, last = answer.splitlines()
    assert fence == "```"
    assert head.split() == ["NAME", "WHEN", "STATE", "RUNS", "FAILURES", "LAST", "TOOK", "NEXT"]
    assert row.split()[:6] == ["News.fetch", "every", "1", "hour", "waiting", "1"]
    assert last == "Not started: `News.report`"


async def test_next(chat: Chat) -> None:
    answer = await chat.ask("!tasks next")
    assert " 1 h  News.fetch\n" in answer
    assert "report" not in answer
    one = await chat.ask("!tasks next fetch")
    assert one.startswith("`News.fetch`, every 1 hour:\n```\nSLOT")
    assert one.count(" UTC  ") == 5


async def test_pause_and_resume(chat: Chat) -> None:
    assert (await chat.ask("!tasks pause News.fetch")).startswith("`News.fetch` is paused:")
    assert chat.news.fetch.is_paused()
    assert "  paused  News.fetch\n" in await chat.ask("!tasks next")
    assert (await chat.ask("!tasks resume fetch")).startswith("`News.fetch` goes on: next ")
    assert not chat.news.fetch.is_paused()


async def test_run(chat: Chat) -> None:
    answer = await chat.ask("!tasks run fetch")
    assert answer.startswith("`News.fetch` runs once now")
    assert chat.news.fetched == ["sport", "sport"]
    assert (await chat.ask("!tasks run report")).startswith("`News.report` isn't running:")


async def test_restart(chat: Chat) -> None:
    first = chat.news.fetch.get_task()
    assert first is not None
    assert "with the arguments that it had" in await chat.ask("!tasks restart fetch")
    await asyncio.wait([first])
    assert first.cancelled()
    assert "is started, without arguments" in await chat.ask("!tasks restart report")
    assert chat.news.fetched == ["sport", "sport", "report"]
    second = chat.news.fetch.get_task()
    assert second is not None
    chat.news.fetch.cancel()
    await asyncio.wait([second])
    assert "needs arguments to start" in await chat.ask("!tasks restart fetch")


@pytest.mark.parametrize("text", ["!tasks", "!tasks what", "!tasks  "])
async def test_what_there_is(chat: Chat, text: str) -> None:
    assert "tasks restart NAME" in await chat.ask(text)


@pytest.mark.parametrize("name", ["list", "next", "pause", "resume", "run", "restart"])
async def test_a_stranger_may_do_nothing(
    chat: Chat, name: str, capfd: pytest.CaptureFixture[str]
) -> None:
    task = chat.news.fetch.get_task()
    for stranger in (FRIEND_ID, STRANGER_ID, BOT_ID):
        assert await chat.ask(f"!tasks {name} News.fetch", stranger) == REFUSAL
        assert await chat.ask("!tasks", stranger) == REFUSAL
    assert chat.news.fetch.get_task() is task
    assert not chat.news.fetch.is_paused()
    assert chat.news.fetched == ["sport"]
    assert "Ignoring" not in capfd.readouterr().err


@pytest.mark.parametrize("channel", [DM_ID, GROUP_ID, VOICE_ID])
async def test_any_channel_will_do(chat: Chat, channel: str) -> None:
    assert "News.fetch" in await chat.ask("!tasks list", channel=channel)
    assert await chat.ask("!tasks list", FRIEND_ID, channel) == REFUSAL


async def test_large_letters_and_spaces_are_forgiven(chat: Chat) -> None:
    assert "is paused" in await chat.ask("!tasks Pause   news.Fetch ")
    assert "goes on" in await chat.ask("!tasks RESUME FETCH")


async def test_help_shows_them_to_who_may_use_them(chat: Chat) -> None:
    chat.bot.help_command = commands.DefaultHelpCommand()
    assert "Begin no further iteration of a loop." in await chat.ask("!help tasks pause")
    page = await chat.ask("!help tasks")
    assert all(name in page for name in ("list", "next", "pause", "resume", "run", "restart"))
    assert "Show and control" in await chat.ask("!help")
    assert "Show and control" not in await chat.ask("!help", FRIEND_ID)


async def test_owners_that_the_bot_was_told(chat: Chat) -> None:
    chat.bot.owner_ids = {FRIEND_ID}
    assert "News.fetch" in await chat.ask("!tasks list", FRIEND_ID)
    assert await chat.ask("!tasks list") == REFUSAL
    chat.bot.owner_id = STRANGER_ID
    assert "News.fetch" in await chat.ask("!tasks list", STRANGER_ID)
    assert await chat.ask("!tasks list", FRIEND_ID) == REFUSAL


@pytest.mark.parametrize("is_async", [False, True])
async def test_others_may_be_allowed(chat: Chat, *, is_async: bool) -> None:
    def is_friend(ctx: commands.Context) -> bool:
        return ctx.author.id == FRIEND_ID

    async def is_friend_too(ctx: commands.Context) -> bool:
        await asyncio.sleep(0)
        return is_friend(ctx)

    allowed = is_friend_too if is_async else is_friend
    chat.bot.add_cog(Tasks(chat.bot, allowed=allowed), override=True)
    assert "News.fetch" in await chat.ask("!tasks list", FRIEND_ID)
    assert await chat.ask("!tasks list") == "You may not do that."


async def test_a_bot_that_does_not_know_its_owner(
    chat: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Revolt says of people, as whom a client may log in, too, that nobody owns them."""
    assert chat.bot.user is not None
    monkeypatch.setattr(chat.bot.user._bot, "owner_id", False)
    answer = await chat.ask("!tasks list")
    assert answer.startswith("Only this bot's owner may do that, and it doesn't know who that is")


@pytest.mark.parametrize("is_heard", [False, True])
async def test_an_answer_that_the_server_refuses(
    chat: Chat, capfd: pytest.CaptureFixture[str], *, is_heard: bool
) -> None:
    """The host prints it once; where the bot has a listener for it, that alone is told."""
    if is_heard:

        async def on_command_error(ctx: commands.Context, error: commands.CommandError) -> None:
            pass

        chat.bot.add_listener(on_command_error)
    failed = chat.bot.wait_for("command_error")
    chat.town.treat_posts(Treatment.REFUSE)
    await chat.say("!tasks list")
    context, error = await failed
    assert context.command.qualified_name == "tasks list"
    assert isinstance(error, commands.CommandInvokeError)
    assert isinstance(error.__cause__, defectio.HTTPException)
    printed = capfd.readouterr().err
    assert printed.count("Ignoring exception in command tasks list:\n") == (not is_heard)
    assert ("403 Forbidden" in printed) == (not is_heard)


async def test_no_more_once_it_is_removed(chat: Chat) -> None:
    cog = chat.bot.remove_cog("Tasks")
    assert isinstance(cog, Tasks)
    failed = chat.bot.wait_for("command_error")
    await chat.say("!tasks list")
    _, error = await failed
    assert isinstance(error, commands.CommandNotFound)
    chat.bot.add_cog(Tasks(chat.bot))
    assert "News.fetch" in await chat.ask("!tasks list")
