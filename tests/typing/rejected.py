"""Uses that every type checker rejects (contract T1-T5, T8, V1, P1-P7, D1-D3).

Checked by ``test_typing.py``, never run. Each line with an ignore is an error to every checker.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Generic, Literal, Protocol, TypeVar, assert_never

from defectio.ext import commands

import defectio_tasks as tasks
from defectio_tasks import DailySchedule, Loop, Schedule, loop
from defectio_tasks.ledgers import SqliteLedger

T = TypeVar("T")


# --- What the lines below use --------------------------------------------------------------------


@tasks.loop(seconds=5)
async def without_parameters() -> None:
    """Take nothing."""


@tasks.loop()
async def with_result() -> bool:
    """Return something."""
    return True


@tasks.loop()
async def positional(channel: str, number: int) -> str:
    """Take two arguments."""
    return channel * number


@tasks.loop()
async def with_default(channel: str, number: int = 3) -> int:
    """Take an argument that may be left out."""
    return number


@tasks.loop()
async def keyword_only(*, channel: str, silent: bool = False) -> None:
    """Take arguments by name."""


@tasks.loop()
async def positional_only(channel: str, /) -> None:
    """Take an argument by position."""


@tasks.loop()
async def var_positional(*channels: str) -> None:
    """Take any number of arguments by position."""


@tasks.loop()
async def var_keyword(**limits: int) -> None:
    """Take any number of arguments by name."""


class Bot:
    """A class with loops."""

    @tasks.loop(seconds=1)
    async def tick(self) -> None:
        """Take nothing."""

    @tasks.loop(minutes=1)
    async def poll(self, channel: str, number: int = 1) -> int:
        """Take arguments."""
        return number


class ChildBot(Bot):
    """A subclass."""


class OtherBot:
    """An unrelated class."""


class Store(Generic[T]):
    """A generic class."""

    @tasks.loop(seconds=1)
    async def put(self, value: T) -> T:
        """Take and return what the class is generic in."""
        return value


@dataclass
class Feed:
    """A dataclass."""

    url: str

    @tasks.loop(minutes=5)
    async def fetch(self, retries: int = 0) -> int:
        """Take an argument."""
        return retries


def use(value: object) -> None:
    """Use a value."""


def use_int(value: int) -> None:
    """Use an int."""


# --- T1: plain functions -------------------------------------------------------------------------


async def wrong_arguments() -> None:
    """Start, restart and call with arguments that the function does not take."""
    without_parameters.start(1)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    without_parameters.start(channel="a")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    positional.start()  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    positional.start("a")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    positional.start(1, "a")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    positional.start("a", "b")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    positional.start("a", 1, 2)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    positional.start("a", 1, number=1)  # type: ignore[misc]  # pyright: ignore[reportCallIssue]
    positional.start("a", nummer=1)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    positional.start("a", number=None)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    with_default.start()  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    with_default.start("a", number="b")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    with_default.start("a", 3, silent=True)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    keyword_only.start()  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    keyword_only.start("a")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    keyword_only.start(silent=True)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    keyword_only.start(channel="a", silence=True)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    keyword_only.start(channel=b"a")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    positional_only.start(channel="a")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    var_positional.start("a", 1)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    var_positional.start(channels="a")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    var_keyword.start(1)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    var_keyword.start(a="a")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]

    without_parameters.restart(1)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    positional.restart()  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    positional.restart("a")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    positional.restart(1, 1)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    positional.restart("a", 1, 2)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    positional.restart("a", nummer=1)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    with_default.restart("a", number="b")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    keyword_only.restart("a")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    keyword_only.restart(channel="a", silence=True)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    positional_only.restart(channel="a")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    var_positional.restart(1)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    var_keyword.restart(a=None)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]

    await without_parameters(1)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    await positional("a")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    await positional(1, 1)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    await positional("a", 1, 2)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    await positional("a", nummer=1)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    await with_default("a", number="b")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    await keyword_only("a")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    await positional_only(channel="a")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    await var_positional(1)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    await var_keyword(a="a")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


async def wrong_results(bot: Bot, store: Store[str]) -> None:
    """Use results as what they are not."""
    number: int = await positional("a", 1)  # type: ignore[assignment]  # pyright: ignore[reportAssignmentType]
    text: str = await bot.poll("a")  # type: ignore[assignment]  # pyright: ignore[reportAssignmentType]
    use_int(await with_result.start())  # type: ignore[arg-type, func-returns-value]  # pyright: ignore[reportArgumentType]
    use_int(await store.put("a"))  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    task: asyncio.Task[bool] = with_result.start()  # type: ignore[assignment]  # pyright: ignore[reportAssignmentType]
    restarted: asyncio.Task[None] = with_result.restart()  # type: ignore[assignment, func-returns-value]  # pyright: ignore[reportAssignmentType]
    not_awaited: bool = with_result()  # type: ignore[assignment]  # pyright: ignore[reportAssignmentType]
    instant: datetime = with_result.next_iteration  # type: ignore[assignment]  # pyright: ignore[reportAssignmentType]
    same: asyncio.Task[None] = with_result.get_task()  # type: ignore[assignment]  # pyright: ignore[reportAssignmentType]
    seconds: float = with_result.seconds  # type: ignore[assignment]  # pyright: ignore[reportAssignmentType]
    times: list[time] = with_result.time  # type: ignore[assignment]  # pyright: ignore[reportAssignmentType]
    for each in (number, text, task, restarted, not_awaited, instant, same, seconds, times):
        use(each)


def wrong_members(bot: Bot) -> None:
    """Use what isn't there, or can't be set."""
    without_parameters.begin()  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]
    bot.tick.begin()  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]
    without_parameters.current_loop = 3  # type: ignore[misc]  # pyright: ignore[reportAttributeAccessIssue]
    without_parameters.seconds = 3  # type: ignore[misc]  # pyright: ignore[reportAttributeAccessIssue]
    without_parameters.time = None  # type: ignore[misc]  # pyright: ignore[reportAttributeAccessIssue]
    without_parameters.next_iteration = None  # type: ignore[misc]  # pyright: ignore[reportAttributeAccessIssue]
    without_parameters.stop(1)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    without_parameters.cancel(1)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    failed: bool = without_parameters.failed  # type: ignore[assignment]  # pyright: ignore[reportAssignmentType]
    use(failed)
    without_parameters.add_exception_type("OSError")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    without_parameters.add_exception_type(OSError())  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    without_parameters.remove_exception_type(int)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    without_parameters.clear_exception_types(OSError)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]


# --- T2: methods ---------------------------------------------------------------------------------


async def wrong_methods(bot: Bot, child: ChildBot, other: OtherBot) -> None:
    """Start, restart and call loops of a class with wrong arguments."""
    bot.tick.start(bot)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    bot.tick.start(1)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    bot.tick.restart(bot)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    bot.poll.start()  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    bot.poll.start(1)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    bot.poll.start(bot, "a")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    bot.poll.start("a", "b")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    bot.poll.start("a", 1, 2)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    bot.poll.start("a", nummer=1)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    bot.poll.start(self=bot, channel="a")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    bot.poll.restart()  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    bot.poll.restart("a", number="b")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    child.tick.start(child)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    child.poll.start()  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    child.poll.start("a", nummer=1)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    await bot.tick(bot)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    await bot.poll()  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    await bot.poll("a", number="b")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    await child.poll(1)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]

    Bot.tick.start()  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    Bot.tick.start(other)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    Bot.poll.start("a")  # type: ignore[arg-type, call-arg]  # pyright: ignore[reportCallIssue]
    Bot.poll.start(other, "a")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    Bot.poll.restart(bot, 1)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    ChildBot.poll.start(child)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    await Bot.poll("a")  # type: ignore[arg-type, call-arg]  # pyright: ignore[reportCallIssue]
    await Bot.poll(other, "a")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


class GrandchildBot(ChildBot):
    """A subclass that uses what it inherits wrongly."""

    def __init__(self) -> None:
        """Start the loops."""
        self.tick.start(self)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
        self.poll.start()  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
        super().poll.start(1)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
        super().tick.start(1)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]


async def wrong_generic(store: Store[int], feed: Feed) -> None:
    """Use the loop of a generic class and of a dataclass wrongly."""
    store.put.start("a")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    store.put.start()  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    store.put.restart(1, 2)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    await store.put("a")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    feed.fetch.start("a")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    feed.fetch.start(tries=1)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    await feed.fetch(1, 2)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    use(Feed("a", 1))  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]


class Moderation(commands.Cog):
    """A cog with a loop."""

    @tasks.loop(minutes=1)
    async def sweep(self, limit: int) -> int:
        """Take an argument."""
        return limit

    @commands.command()
    async def limit(self, ctx: commands.Context, limit: str) -> None:
        """Steer it wrongly."""
        self.sweep.restart(limit)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
        self.sweep.restart()  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
        self.sweep.restart(ctx, 3)  # type: ignore[arg-type, call-arg]  # pyright: ignore[reportCallIssue]


async def wrong_cog(cog: Moderation) -> None:
    """Use the loop of a cog wrongly."""
    cog.sweep.start()  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    cog.sweep.start(limt=3)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    Moderation.sweep.start(3)  # type: ignore[arg-type, call-arg]  # pyright: ignore[reportCallIssue]


class Borrower:
    """A class that borrows another's loops."""

    tick = Bot.tick
    poll = Bot.poll
    plain = without_parameters
    wrong = positional

    def use_them(self) -> None:
        """Use them."""
        self.tick.start()  # type: ignore[call-overload]  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]
        self.poll.start("a")  # type: ignore[call-overload]  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]
        self.plain.start()  # type: ignore[call-overload]  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]
        self.wrong.start(1)  # type: ignore[call-overload]  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]


def wrong_class(borrower: Borrower) -> None:
    """Reach the loops of another class through an instance."""
    use(borrower.tick)  # type: ignore[call-overload]  # pyright: ignore[reportAttributeAccessIssue, reportUnknownArgumentType, reportUnknownMemberType]
    use(borrower.poll)  # type: ignore[call-overload]  # pyright: ignore[reportAttributeAccessIssue, reportUnknownArgumentType, reportUnknownMemberType]
    use(borrower.plain)  # type: ignore[call-overload]  # pyright: ignore[reportAttributeAccessIssue, reportUnknownArgumentType, reportUnknownMemberType]
    use(borrower.wrong)  # type: ignore[call-overload]  # pyright: ignore[reportAttributeAccessIssue, reportUnknownArgumentType, reportUnknownMemberType]
    borrower.tick.start()  # type: ignore[call-overload]  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]


# --- T1, T2: where a loop is expected ------------------------------------------------------------


class HasTick(Protocol):
    """A protocol that expects a loop."""

    @property
    def tick(self) -> Loop:
        """The loop."""
        ...


def needs_nothing(a_loop: Loop[[], object]) -> None:
    """Expect a loop without arguments."""


def needs_bool(a_loop: Loop[[], bool]) -> None:
    """Expect a loop that gives something."""


def needs_text(a_loop: Loop[[str], object]) -> None:
    """Expect a loop that takes a string."""


def needs_any(a_loop: Loop) -> None:
    """Expect a loop."""


def needs_tick(owner: HasTick) -> None:
    """Expect an object with a loop."""


async def undecorated() -> None:
    """Be no loop."""


def wrong_loops(bot: Bot, a_loop: Loop, of_object: Loop[[], object]) -> None:
    """Pass loops that take more, or something else, or give more than is expected."""
    needs_bool(without_parameters)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    needs_bool(of_object)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    needs_bool(a_loop)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    needs_bool(bot.tick)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    needs_nothing(positional)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    needs_nothing(keyword_only)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    needs_nothing(bot.poll)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    needs_nothing(Bot.tick)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    needs_text(without_parameters)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    needs_text(bot.tick)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    needs_text(keyword_only)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    needs_any(undecorated)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    needs_any(bot)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    needs_any(None)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    needs_tick(OtherBot())  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    narrowed: Loop[[], bool] = of_object  # type: ignore[assignment]  # pyright: ignore[reportAssignmentType]
    several: list[Loop[[], bool]] = [with_result, without_parameters]  # type: ignore[list-item]  # pyright: ignore[reportAssignmentType]
    use((narrowed, several))
    a_loop.begin()  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]


# --- T3: hooks -----------------------------------------------------------------------------------


async def hook() -> None:
    """Take nothing."""


async def hook_with_parameter(number: int) -> None:
    """Take an argument."""


async def hook_with_two(first: object, second: object) -> None:
    """Take two arguments."""


async def hook_with_three(first: object, second: object, third: object) -> None:
    """Take three arguments."""


async def hook_with_keyword(*, number: int) -> None:
    """Take an argument by name."""


async def hook_of_bot(bot: Bot) -> None:
    """Take an instance."""


async def hook_of_child(bot: ChildBot) -> None:
    """Take an instance of a subclass."""


async def hook_of_other(bot: OtherBot) -> None:
    """Take an instance of another class."""


def plain_hook() -> None:
    """Be no coroutine function."""


def plain_hook_of_bot(bot: Bot) -> None:
    """Be no coroutine function."""


def plain_error_hook(error: Exception) -> None:
    """Be no coroutine function."""


async def generator_hook() -> AsyncIterator[int]:
    """Be an async generator."""
    yield 1


async def error_hook(error: Exception) -> None:
    """Take the exception."""


async def error_hook_narrow(error: ValueError) -> None:
    """Take certain exceptions only."""


async def error_hook_keyword(*, error: Exception) -> None:
    """Take the exception by name."""


async def error_hook_of_bot(bot: Bot, error: Exception) -> None:
    """Take an instance and the exception."""


async def error_hook_of_bot_narrow(bot: Bot, error: ValueError) -> None:
    """Take an instance and certain exceptions only."""


async def error_hook_of_other(bot: OtherBot, error: Exception) -> None:
    """Take an instance of another class and the exception."""


async def error_hook_turned(error: Exception, bot: Bot) -> None:
    """Take the exception first."""


async def error_hook_of_three(bot: Bot, error: Exception, more: int) -> None:
    """Take more."""


def wrong_plain_hooks() -> None:
    """Hook into loops of plain functions."""
    without_parameters.before_loop()  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    without_parameters.before_loop(None)  # type: ignore[type-var]  # pyright: ignore[reportArgumentType]
    without_parameters.before_loop(hook_with_parameter)  # type: ignore[type-var]  # pyright: ignore[reportArgumentType]
    without_parameters.before_loop(hook_with_two)  # type: ignore[type-var]  # pyright: ignore[reportArgumentType]
    without_parameters.before_loop(hook_with_keyword)  # type: ignore[type-var]  # pyright: ignore[reportArgumentType]
    without_parameters.before_loop(hook_of_bot)  # type: ignore[type-var]  # pyright: ignore[reportArgumentType]
    without_parameters.before_loop(plain_hook)  # type: ignore[type-var]  # pyright: ignore[reportArgumentType]
    without_parameters.before_loop(generator_hook)  # type: ignore[type-var]  # pyright: ignore[reportArgumentType]
    without_parameters.before_loop(hook())  # type: ignore[type-var, unused-coroutine]  # pyright: ignore[reportArgumentType]
    without_parameters.before_loop(error_hook)  # type: ignore[type-var]  # pyright: ignore[reportArgumentType]
    without_parameters.before_loop(hook, hook)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    without_parameters.before_loop(function=hook)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    without_parameters.after_loop()  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    without_parameters.after_loop(hook_with_parameter)  # type: ignore[type-var]  # pyright: ignore[reportArgumentType]
    without_parameters.after_loop(hook_with_keyword)  # type: ignore[type-var]  # pyright: ignore[reportArgumentType]
    without_parameters.after_loop(hook_of_bot)  # type: ignore[type-var]  # pyright: ignore[reportArgumentType]
    without_parameters.after_loop(plain_hook)  # type: ignore[type-var]  # pyright: ignore[reportArgumentType]
    without_parameters.after_loop(generator_hook)  # type: ignore[type-var]  # pyright: ignore[reportArgumentType]
    without_parameters.error()  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    without_parameters.error(hook)  # type: ignore[type-var]  # pyright: ignore[reportArgumentType]
    without_parameters.error(hook_with_parameter)  # type: ignore[type-var]  # pyright: ignore[reportArgumentType]
    without_parameters.error(hook_with_two)  # type: ignore[type-var]  # pyright: ignore[reportArgumentType]
    without_parameters.error(error_hook_narrow)  # type: ignore[type-var]  # pyright: ignore[reportArgumentType]
    without_parameters.error(error_hook_keyword)  # type: ignore[type-var]  # pyright: ignore[reportArgumentType]
    without_parameters.error(error_hook_of_bot)  # type: ignore[type-var]  # pyright: ignore[reportArgumentType]
    without_parameters.error(plain_error_hook)  # type: ignore[type-var]  # pyright: ignore[reportArgumentType]
    positional.before_loop(hook_with_parameter)  # type: ignore[type-var]  # pyright: ignore[reportArgumentType, reportCallIssue]
    positional.before_loop(hook_with_two)  # type: ignore[type-var]  # pyright: ignore[reportArgumentType, reportCallIssue]
    positional.after_loop(hook_with_parameter)  # type: ignore[type-var]  # pyright: ignore[reportArgumentType, reportCallIssue]
    positional.error(hook)  # type: ignore[type-var]  # pyright: ignore[reportArgumentType, reportCallIssue]
    positional.error(error_hook_narrow)  # type: ignore[type-var]  # pyright: ignore[reportArgumentType, reportCallIssue]
    positional.error(error_hook_of_bot)  # type: ignore[type-var]  # pyright: ignore[reportArgumentType, reportCallIssue]
    keyword_only.before_loop(hook_with_keyword)  # type: ignore[type-var]  # pyright: ignore[reportArgumentType]
    keyword_only.before_loop(hook_with_parameter)  # type: ignore[type-var]  # pyright: ignore[reportArgumentType]
    keyword_only.error(error_hook_narrow)  # type: ignore[type-var]  # pyright: ignore[reportArgumentType]


def wrong_hooks(bot: Bot) -> None:
    """Hook into loops of classes."""
    Bot.tick.before_loop(hook_with_parameter)  # type: ignore[type-var]  # pyright: ignore[reportArgumentType, reportCallIssue]
    Bot.tick.before_loop(hook_with_two)  # type: ignore[type-var]  # pyright: ignore[reportArgumentType, reportCallIssue]
    Bot.tick.before_loop(hook_of_child)  # type: ignore[type-var]  # pyright: ignore[reportArgumentType, reportCallIssue]
    Bot.tick.before_loop(hook_of_other)  # type: ignore[type-var]  # pyright: ignore[reportArgumentType, reportCallIssue]
    Bot.tick.before_loop(plain_hook)  # type: ignore[type-var]  # pyright: ignore[reportArgumentType, reportCallIssue]
    Bot.tick.before_loop(plain_hook_of_bot)  # type: ignore[type-var]  # pyright: ignore[reportArgumentType, reportCallIssue]
    Bot.tick.before_loop(error_hook_of_bot)  # type: ignore[type-var]  # pyright: ignore[reportArgumentType, reportCallIssue]
    Bot.tick.after_loop(hook_with_parameter)  # type: ignore[type-var]  # pyright: ignore[reportArgumentType, reportCallIssue]
    Bot.tick.after_loop(hook_with_two)  # type: ignore[type-var]  # pyright: ignore[reportArgumentType, reportCallIssue]
    Bot.tick.after_loop(hook_of_child)  # type: ignore[type-var]  # pyright: ignore[reportArgumentType, reportCallIssue]
    Bot.tick.after_loop(hook_of_other)  # type: ignore[type-var]  # pyright: ignore[reportArgumentType, reportCallIssue]
    Bot.tick.after_loop(plain_hook_of_bot)  # type: ignore[type-var]  # pyright: ignore[reportArgumentType, reportCallIssue]
    Bot.tick.error(hook)  # type: ignore[type-var]  # pyright: ignore[reportArgumentType, reportCallIssue]
    Bot.tick.error(hook_of_bot)  # type: ignore[type-var]  # pyright: ignore[reportArgumentType, reportCallIssue]
    Bot.tick.error(error_hook_narrow)  # type: ignore[type-var]  # pyright: ignore[reportArgumentType, reportCallIssue]
    Bot.tick.error(error_hook_of_bot_narrow)  # type: ignore[type-var]  # pyright: ignore[reportArgumentType, reportCallIssue]
    Bot.tick.error(error_hook_of_other)  # type: ignore[type-var]  # pyright: ignore[reportArgumentType, reportCallIssue]
    Bot.tick.error(error_hook_turned)  # type: ignore[type-var]  # pyright: ignore[reportArgumentType, reportCallIssue]
    Bot.tick.error(error_hook_of_three)  # type: ignore[type-var]  # pyright: ignore[reportArgumentType, reportCallIssue]
    Bot.tick.error(plain_error_hook)  # type: ignore[type-var]  # pyright: ignore[reportArgumentType, reportCallIssue]
    Bot.poll.before_loop(hook_with_parameter)  # type: ignore[type-var]  # pyright: ignore[reportArgumentType, reportCallIssue]
    Bot.poll.before_loop(hook_of_other)  # type: ignore[type-var]  # pyright: ignore[reportArgumentType, reportCallIssue]
    Bot.poll.error(error_hook_of_bot_narrow)  # type: ignore[type-var]  # pyright: ignore[reportArgumentType, reportCallIssue]
    bot.tick.before_loop(hook_of_bot)  # type: ignore[type-var]  # pyright: ignore[reportArgumentType]
    bot.tick.after_loop(hook_of_bot)  # type: ignore[type-var]  # pyright: ignore[reportArgumentType]
    bot.tick.error(error_hook_of_bot)  # type: ignore[type-var]  # pyright: ignore[reportArgumentType]
    bot.poll.before_loop(hook_of_bot)  # type: ignore[type-var]  # pyright: ignore[reportArgumentType, reportCallIssue]
    bot.poll.error(error_hook_of_bot)  # type: ignore[type-var]  # pyright: ignore[reportArgumentType, reportCallIssue]


@without_parameters.before_loop  # type: ignore[type-var]  # pyright: ignore[reportArgumentType, reportUntypedFunctionDecorator]
async def before_with_parameter(number: int) -> None:
    """Take an argument."""


@without_parameters.before_loop  # type: ignore[type-var]  # pyright: ignore[reportArgumentType, reportUntypedFunctionDecorator]
def before_plain() -> None:
    """Be no coroutine function."""


@without_parameters.after_loop  # type: ignore[type-var]  # pyright: ignore[reportArgumentType, reportUntypedFunctionDecorator]
async def after_with_parameter(number: int) -> None:
    """Take an argument."""


@without_parameters.error  # type: ignore[type-var]  # pyright: ignore[reportArgumentType, reportUntypedFunctionDecorator]
async def error_without_parameter() -> None:
    """Take nothing."""


@without_parameters.error  # type: ignore[type-var]  # pyright: ignore[reportArgumentType, reportUntypedFunctionDecorator]
async def error_narrow(error: ValueError) -> None:
    """Take certain exceptions only."""


class ErrantBot(Bot):
    """A subclass that hooks into its parent's loop: other instances have no such hook."""

    @Bot.tick.before_loop  # type: ignore[type-var]  # pyright: ignore[reportArgumentType, reportCallIssue, reportUntypedFunctionDecorator]
    async def before_tick(self) -> None:
        """Take an instance of the subclass."""

    @Bot.tick.error  # type: ignore[type-var]  # pyright: ignore[reportArgumentType, reportCallIssue, reportUntypedFunctionDecorator]
    async def tick_error(self, error: Exception) -> None:
        """Take an instance of the subclass."""


class HookedBot:
    """A class with wrong hooks."""

    @tasks.loop(seconds=1)
    async def work(self) -> None:
        """Take nothing."""

    @work.before_loop  # type: ignore[type-var]  # pyright: ignore[reportArgumentType, reportCallIssue, reportUntypedFunctionDecorator]
    async def before_with_parameter(self, number: int) -> None:
        """Take an argument."""

    @work.before_loop  # type: ignore[type-var]  # pyright: ignore[reportArgumentType, reportCallIssue, reportUntypedFunctionDecorator]
    def before_plain(self) -> None:
        """Be no coroutine function."""

    @work.before_loop  # type: ignore[type-var]  # pyright: ignore[reportArgumentType, reportCallIssue, reportUntypedFunctionDecorator]
    async def before_generator(self) -> AsyncIterator[int]:
        """Be an async generator."""
        yield 1

    @work.after_loop  # type: ignore[type-var]  # pyright: ignore[reportArgumentType, reportCallIssue, reportUntypedFunctionDecorator]
    async def after_with_parameter(self, number: int) -> None:
        """Take an argument."""

    @work.after_loop  # type: ignore[type-var]  # pyright: ignore[reportArgumentType, reportCallIssue, reportUntypedFunctionDecorator]
    def after_plain(self) -> None:
        """Be no coroutine function."""

    @work.error  # type: ignore[type-var]  # pyright: ignore[reportArgumentType, reportCallIssue, reportUntypedFunctionDecorator]
    async def error_without_parameter(self) -> None:
        """Take no exception."""

    @work.error  # type: ignore[type-var]  # pyright: ignore[reportArgumentType, reportCallIssue, reportUntypedFunctionDecorator]
    async def error_narrow(self, error: ValueError) -> None:
        """Take certain exceptions only."""

    @work.error  # type: ignore[type-var]  # pyright: ignore[reportArgumentType, reportCallIssue, reportUntypedFunctionDecorator]
    async def error_of_two(self, error: ValueError | OSError) -> None:
        """Take certain exceptions only."""

    @work.error  # type: ignore[type-var]  # pyright: ignore[reportArgumentType, reportCallIssue, reportUntypedFunctionDecorator]
    async def error_keyword(self, *, error: Exception) -> None:
        """Take the exception by name."""

    @work.error  # type: ignore[type-var]  # pyright: ignore[reportArgumentType, reportCallIssue, reportUntypedFunctionDecorator]
    async def error_with_three(self, error: Exception, more: int) -> None:
        """Take more."""

    @work.error  # type: ignore[type-var]  # pyright: ignore[reportArgumentType, reportCallIssue, reportUntypedFunctionDecorator]
    def error_plain(self, error: Exception) -> None:
        """Be no coroutine function."""

    @Bot.tick.before_loop  # type: ignore[type-var]  # pyright: ignore[reportArgumentType, reportCallIssue, reportUntypedFunctionDecorator]
    async def before_of_other(self) -> None:
        """Take an instance of another class."""

    @tasks.loop(seconds=1)
    async def report(self, channel: str) -> int:
        """Take an argument."""
        return len(channel)

    @report.before_loop  # type: ignore[type-var]  # pyright: ignore[reportArgumentType, reportCallIssue, reportUntypedFunctionDecorator]
    async def before_report(self, channel: str) -> None:
        """Take the function's argument."""

    @report.after_loop  # type: ignore[type-var]  # pyright: ignore[reportArgumentType, reportCallIssue, reportUntypedFunctionDecorator]
    async def after_report(self, *, channel: str) -> None:
        """Take the function's argument by name."""

    @report.error  # type: ignore[type-var]  # pyright: ignore[reportArgumentType, reportCallIssue, reportUntypedFunctionDecorator]
    async def error_report(self, channel: str, error: Exception) -> None:
        """Take the function's argument."""


async def same_type(bot: HookedBot) -> None:
    """Use a hook as what it is not."""
    number: int = await hooked_before()  # type: ignore[assignment]  # pyright: ignore[reportAssignmentType]
    await hooked_before(1)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    await hooked_error()  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    await hooked_error("a")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    use(number)
    await SoundBot().before_work(1)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    await SoundBot().work_error()  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    await SoundBot().work_error("a")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    text: str = await SoundBot().before_work()  # type: ignore[assignment]  # pyright: ignore[reportAssignmentType]
    use(text)


@without_parameters.before_loop
async def hooked_before() -> str:
    """Take nothing."""
    return ""


@without_parameters.error
async def hooked_error(error: Exception) -> None:
    """Take the exception."""


class SoundBot:
    """A class with hooks that are right."""

    @tasks.loop()
    async def work(self) -> None:
        """Take nothing."""

    @work.before_loop
    async def before_work(self) -> int:
        """Take nothing."""
        return 1

    @work.error
    async def work_error(self, error: Exception) -> None:
        """Take the exception."""


# --- T4: when the loop runs ----------------------------------------------------------------------


class FullHours:
    """A schedule."""

    def next_after(self, moment: datetime, /) -> datetime | None:
        """Tell the next full hour."""
        return moment


class NoSchedule:
    """No schedule: there is no ``next_after``."""


class WrongResult:
    """No schedule: ``next_after`` gives a wall time."""

    def next_after(self, moment: datetime, /) -> time:
        """Tell a time."""
        return moment.time()


class WrongParameter:
    """No schedule: ``next_after`` takes no moment."""

    def next_after(self) -> datetime | None:
        """Tell nothing."""


class KeywordParameter:
    """No schedule: ``next_after`` takes the moment by name only."""

    def next_after(self, *, moment: datetime) -> datetime | None:
        """Tell nothing."""


class NarrowParameter:
    """No schedule: ``next_after`` takes something else."""

    def next_after(self, moment: str, /) -> datetime | None:
        """Tell nothing."""


class AsyncSchedule:
    """No schedule: ``next_after`` is a coroutine function."""

    async def next_after(self, moment: datetime, /) -> datetime | None:
        """Tell nothing."""


NOON = time(12)


def wrong_timings(
    maybe: float | None, zero: int, a_time: time | None, schedule: Schedule | None
) -> None:
    """Pass wrong arguments, and such as exclude one another."""
    loop(seconds=zero, time=NOON)  # type: ignore[call-overload]  # pyright: ignore[reportArgumentType, reportCallIssue]
    loop(seconds=5, time=a_time)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType, reportCallIssue]
    loop(time=a_time, schedule=schedule)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType, reportCallIssue]
    loop(seconds="5")  # type: ignore[call-overload]  # pyright: ignore[reportArgumentType]
    loop(seconds=timedelta(seconds=5))  # type: ignore[call-overload]  # pyright: ignore[reportArgumentType]
    loop(5)  # type: ignore[call-overload]  # pyright: ignore[reportCallIssue]
    loop(second=5)  # type: ignore[call-overload]  # pyright: ignore[reportCallIssue]
    loop(seconds=5, time=NOON)  # type: ignore[call-overload]  # pyright: ignore[reportArgumentType, reportCallIssue]
    loop(minutes=5, time=[NOON])  # type: ignore[call-overload]  # pyright: ignore[reportArgumentType, reportCallIssue]
    loop(hours=0.5, time=NOON)  # type: ignore[call-overload]  # pyright: ignore[reportArgumentType, reportCallIssue]
    loop(seconds=maybe, time=NOON)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType, reportCallIssue]
    loop(seconds=5, schedule=FullHours())  # type: ignore[call-overload]  # pyright: ignore[reportArgumentType, reportCallIssue]
    loop(minutes=5, schedule=DailySchedule(NOON))  # type: ignore[call-overload]  # pyright: ignore[reportArgumentType, reportCallIssue]
    loop(time=NOON, schedule=FullHours())  # type: ignore[call-overload]  # pyright: ignore[reportArgumentType, reportCallIssue]
    loop(time=[NOON], schedule=DailySchedule(NOON))  # type: ignore[call-overload]  # pyright: ignore[reportArgumentType, reportCallIssue]
    loop(seconds=5, time=NOON, schedule=FullHours())  # type: ignore[call-overload]  # pyright: ignore[reportArgumentType, reportCallIssue]
    loop(time="12:00")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType, reportCallIssue]
    loop(time=["12:00"])  # type: ignore[list-item]  # pyright: ignore[reportArgumentType, reportCallIssue]
    loop(time=12)  # type: ignore[call-overload]  # pyright: ignore[reportArgumentType, reportCallIssue]
    loop(time=[date(2026, 1, 1)])  # type: ignore[list-item]  # pyright: ignore[reportArgumentType, reportCallIssue]
    loop(time=datetime(2026, 1, 1, tzinfo=UTC))  # type: ignore[call-overload]  # pyright: ignore[reportArgumentType, reportCallIssue]
    loop(time=[NOON, None])  # type: ignore[list-item]  # pyright: ignore[reportArgumentType, reportCallIssue]
    loop(schedule=NoSchedule())  # type: ignore[call-overload]  # pyright: ignore[reportArgumentType, reportCallIssue]
    loop(schedule=FullHours)  # type: ignore[call-overload]  # pyright: ignore[reportArgumentType, reportCallIssue]
    loop(schedule=WrongResult())  # type: ignore[call-overload]  # pyright: ignore[reportArgumentType, reportCallIssue]
    loop(schedule=WrongParameter())  # type: ignore[call-overload]  # pyright: ignore[reportArgumentType, reportCallIssue]
    loop(schedule=KeywordParameter())  # type: ignore[call-overload]  # pyright: ignore[reportArgumentType, reportCallIssue]
    loop(schedule=NarrowParameter())  # type: ignore[call-overload]  # pyright: ignore[reportArgumentType, reportCallIssue]
    loop(schedule=AsyncSchedule())  # type: ignore[call-overload]  # pyright: ignore[reportArgumentType, reportCallIssue]
    loop(schedule=NOON)  # type: ignore[call-overload]  # pyright: ignore[reportArgumentType, reportCallIssue]
    loop(schedule=object())  # type: ignore[call-overload]  # pyright: ignore[reportArgumentType, reportCallIssue]
    loop(schedule=lambda moment: moment)  # type: ignore[call-overload]  # pyright: ignore[reportArgumentType, reportCallIssue, reportUnknownLambdaType]
    loop(count="3")  # type: ignore[call-overload]  # pyright: ignore[reportArgumentType]
    loop(count=3.5)  # type: ignore[call-overload]  # pyright: ignore[reportArgumentType]
    loop(reconnect="yes")  # type: ignore[call-overload]  # pyright: ignore[reportArgumentType]
    loop(name=3)  # type: ignore[call-overload]  # pyright: ignore[reportArgumentType]
    loop(loop=3)  # type: ignore[call-overload]  # pyright: ignore[reportArgumentType]
    loop(loop=without_parameters)  # type: ignore[call-overload]  # pyright: ignore[reportArgumentType]


def wrong_changes(a_loop: Loop, bot: Bot) -> None:
    """Change the interval with wrong arguments, and such as exclude one another."""
    a_loop.change_interval(5)  # type: ignore[call-overload]  # pyright: ignore[reportCallIssue]
    a_loop.change_interval(second=5)  # type: ignore[call-overload]  # pyright: ignore[reportCallIssue]
    a_loop.change_interval(seconds="5")  # type: ignore[call-overload]  # pyright: ignore[reportArgumentType]
    a_loop.change_interval(seconds=5, time=NOON)  # type: ignore[call-overload]  # pyright: ignore[reportArgumentType, reportCallIssue]
    a_loop.change_interval(minutes=0.5, time=[NOON])  # type: ignore[call-overload]  # pyright: ignore[reportArgumentType, reportCallIssue]
    a_loop.change_interval(hours=5, schedule=FullHours())  # type: ignore[call-overload]  # pyright: ignore[reportArgumentType, reportCallIssue]
    a_loop.change_interval(time=NOON, schedule=FullHours())  # type: ignore[call-overload]  # pyright: ignore[reportArgumentType, reportCallIssue]
    a_loop.change_interval(time="12:00")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType, reportCallIssue]
    a_loop.change_interval(time=[12])  # type: ignore[list-item]  # pyright: ignore[reportArgumentType, reportCallIssue]
    a_loop.change_interval(schedule=NoSchedule())  # type: ignore[call-overload]  # pyright: ignore[reportArgumentType, reportCallIssue]
    a_loop.change_interval(schedule=WrongResult())  # type: ignore[call-overload]  # pyright: ignore[reportArgumentType, reportCallIssue]
    a_loop.change_interval(count=3)  # type: ignore[call-overload]  # pyright: ignore[reportCallIssue]
    bot.tick.change_interval(seconds=5, time=NOON)  # type: ignore[call-overload]  # pyright: ignore[reportArgumentType, reportCallIssue]
    Bot.poll.change_interval(seconds=5, schedule=FullHours())  # type: ignore[call-overload]  # pyright: ignore[reportArgumentType, reportCallIssue]


def wrong_schedules(moment: date, some: Schedule) -> None:
    """Use a schedule wrongly."""
    DailySchedule()  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    DailySchedule("12:00")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    DailySchedule([12])  # type: ignore[list-item]  # pyright: ignore[reportArgumentType]
    DailySchedule(times=NOON, zone="UTC")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    DailySchedule(NOON).next_after()  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    DailySchedule(NOON).next_after(moment)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    DailySchedule(NOON).next_after("12:00")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    DailySchedule(NOON).times = [NOON]  # type: ignore[misc]  # pyright: ignore[reportAttributeAccessIssue]
    slot: datetime = some.next_after(datetime(2026, 1, 1, tzinfo=UTC))  # type: ignore[assignment]  # pyright: ignore[reportAssignmentType]
    wrong: Schedule = NoSchedule()  # type: ignore[assignment]  # pyright: ignore[reportAssignmentType]
    use((slot, wrong))


# --- T5: what may be decorated -------------------------------------------------------------------


def plain_function() -> None:
    """Be no coroutine function."""


async def generator() -> AsyncIterator[int]:
    """Be an async generator."""
    yield 1


def awaitable() -> Awaitable[int]:
    """Return something to await that is no coroutine."""
    return asyncio.Future[int]()


class NotAsync:
    """A class, and one whose objects can be called."""

    def __call__(self) -> None:
        """Be no coroutine function."""


def wrong_decorated(callback: Callable[[], Coroutine[Any, Any, None]] | None) -> None:
    """Decorate what isn't a coroutine function."""
    loop()(plain_function)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    loop()(generator)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    loop()(awaitable)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    loop()(lambda: None)  # type: ignore[arg-type, return-value]  # pyright: ignore[reportArgumentType]
    loop()(NotAsync)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    loop()(NotAsync())  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    loop()(undecorated())  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    loop()(callback)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    loop()(None)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    loop()()  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    loop()(undecorated, undecorated)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    loop(undecorated)  # type: ignore[call-overload]  # pyright: ignore[reportCallIssue]
    tasks.loop(plain_function)  # type: ignore[call-overload]  # pyright: ignore[reportCallIssue]
    loop(on=tasks.Weekdays("mon"))  # type: ignore[call-overload]  # pyright: ignore[reportArgumentType]
    loop(seconds=5, on=set[date]())  # type: ignore[call-overload]  # pyright: ignore[reportArgumentType]
    loop(time=time(8), on=5)  # type: ignore[call-overload]  # pyright: ignore[reportArgumentType, reportCallIssue]
    loop(time=time(8), wait_first=True)  # type: ignore[call-overload]  # pyright: ignore[reportArgumentType, reportCallIssue]
    loop(schedule=tasks.Cron("@daily"), wait_first=True)  # type: ignore[call-overload]  # pyright: ignore[reportArgumentType, reportCallIssue]
    loop(seconds=5, wait_first=1)  # type: ignore[call-overload]  # pyright: ignore[reportArgumentType]
    tasks.Weekdays(5)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    tasks.At("2026-01-01")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    tasks.At(date(2026, 1, 1))  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    tasks.Every(5)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    tasks.Every(minutes="5")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    tasks.Cron("@daily", "Europe/London")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    tasks.merge(5)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    tasks.shift(tasks.Cron("@daily"), 5)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    tasks.upcoming(5)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    tasks.Loop(undecorated, 5)  # type: ignore[call-overload]  # pyright: ignore[reportCallIssue]
    tasks.Loop(undecorated, second=5)  # type: ignore[call-overload]  # pyright: ignore[reportCallIssue]
    tasks.Loop(undecorated, seconds=5, time=time(8))  # type: ignore[call-overload]  # pyright: ignore[reportCallIssue, reportArgumentType]
    tasks.Loop(plain_function)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    with_body = tasks.Loop(undecorated)
    with_body.unknown = 5  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]
    with_body.count = "a"  # type: ignore[assignment]  # pyright: ignore[reportAttributeAccessIssue]
    with_body.coro = plain_function  # type: ignore[assignment]  # pyright: ignore[reportAttributeAccessIssue]

    statistics = tasks.Statistics()
    statistics[5]  # type: ignore[index]  # pyright: ignore[reportArgumentType]
    statistics[with_body] = 5  # type: ignore[index]  # pyright: ignore[reportIndexIssue]
    statistics[with_body].runs = 5  # type: ignore[misc]  # pyright: ignore[reportAttributeAccessIssue]
    statistics(5)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    tasks.observe(statistics.table)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


async def wrong_control() -> None:
    """Shut down what is no loop."""
    tasks.loops(with_result)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    await tasks.shutdown(5)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    await tasks.shutdown(undecorated)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    await tasks.shutdown([with_result])  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    await tasks.shutdown(with_result, timeout="5")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    await tasks.shutdown(with_result, seconds=5)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]


@tasks.loop()  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
def decorated_plain() -> None:
    """Be no coroutine function."""


@tasks.loop(seconds=1)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
async def decorated_generator() -> AsyncIterator[int]:
    """Be an async generator."""
    yield 1


@tasks.loop  # type: ignore[call-overload]  # pyright: ignore[reportCallIssue, reportUntypedFunctionDecorator]
async def without_parentheses() -> None:
    """Be decorated without parentheses."""


class WrongBot:
    """A class whose methods can't be loops."""

    @tasks.loop(seconds=1)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    def plain(self) -> None:
        """Be no coroutine function."""

    @tasks.loop(seconds=1)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    async def generator(self) -> AsyncIterator[int]:
        """Be an async generator."""
        yield 1


# --- V1: observers --------------------------------------------------------------------------------


def missing_case(event: tasks.Event) -> None:
    """Forget one of the five."""
    match event:
        case tasks.Started() | tasks.Retrying() | tasks.Finished():
            use(event.slot)
        case tasks.Ended():
            use(event.ending)
        case _:
            assert_never(event)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def takes_started(event: tasks.Started) -> None:
    """Take one of the five only."""


def takes_two(event: tasks.Event, number: int) -> None:
    """Take more than an event."""


def takes_by_name(*, event: tasks.Event) -> None:
    """Take no event by position."""


def wrong_events(event: tasks.Event, started: tasks.Started, ended: tasks.Ended) -> None:
    """Use events wrongly."""
    tasks.observe(takes_started)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    tasks.observe(takes_two)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    tasks.observe(takes_by_name)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    tasks.observe(5)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    tasks.observe()  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    tasks.observe(use)(5)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    use(event.slot)  # type: ignore[union-attr]  # pyright: ignore[reportAttributeAccessIssue, reportUnknownArgumentType, reportUnknownMemberType]
    use(started.took)  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue, reportUnknownArgumentType, reportUnknownMemberType]
    use(ended.slot)  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue, reportUnknownArgumentType, reportUnknownMemberType]
    started.late = timedelta(0)  # type: ignore[misc]  # pyright: ignore[reportAttributeAccessIssue]
    reason: Literal["completed", "failed"] = ended.ending  # type: ignore[assignment]  # pyright: ignore[reportAssignmentType]
    use(reason)
    tasks.Ended(event.loop, "crashed", None)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    tasks.Started(5, started.slot, started.late)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    use(started.loop.start("a").result() + 1)  # type: ignore[operator]  # pyright: ignore[reportOperatorIssue, reportUnknownArgumentType]


# --- P1-P7, S2, S3: policies and control ----------------------------------------------------------


def wrong_policies(policy: tasks.Policy, word: str, maybe: float | None) -> None:
    """Make policies of what they don't take, and change them."""
    tasks.Policy("one")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    tasks.Policy(missed="both")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    tasks.Policy(missed=word)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    tasks.Policy(missed=None)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    tasks.Policy(missed=True)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    tasks.Policy(grace="5")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    tasks.Policy(grace=NOON)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    tasks.Policy(overlap=2.5)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    tasks.Policy(overlap=None)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    tasks.Policy(overlap="2")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    tasks.Policy(timeout=NOON)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    tasks.Policy(timeout=datetime(2026, 1, 1, tzinfo=UTC))  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    tasks.Policy(timeout=(5, 3))  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    tasks.Policy(retries=1.5)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    tasks.Policy(retries=timedelta(seconds=5))  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    tasks.Policy(max_failures="3")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    tasks.Policy(max_failures=0.5)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    tasks.Policy(jitter=None)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    tasks.Policy(jitter=maybe)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    tasks.Policy(delivery="exactly_once")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    tasks.Policy(delivery=None)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    tasks.Policy(delay=3)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    policy.missed = "all"  # type: ignore[misc]  # pyright: ignore[reportAttributeAccessIssue]
    policy.grace = 5  # type: ignore[misc]  # pyright: ignore[reportAttributeAccessIssue]
    policy.overlap = True  # type: ignore[misc]  # pyright: ignore[reportAttributeAccessIssue]
    policy.timeout = 3  # type: ignore[misc]  # pyright: ignore[reportAttributeAccessIssue]
    policy.retries = None  # type: ignore[misc]  # pyright: ignore[reportAttributeAccessIssue]
    policy.max_failures = 2  # type: ignore[misc]  # pyright: ignore[reportAttributeAccessIssue]
    policy.jitter = 0.5  # type: ignore[misc]  # pyright: ignore[reportAttributeAccessIssue]
    policy.delivery = "at_least_once"  # type: ignore[misc]  # pyright: ignore[reportAttributeAccessIssue]
    policy.delay = 3  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]
    use(policy.delay)  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]
    use(policy())  # type: ignore[operator]  # pyright: ignore[reportCallIssue, reportUnknownArgumentType]


def wrong_reading(policy: tasks.Policy, a_loop: Loop) -> None:
    """Take for granted what policies don't say."""
    seconds: float = policy.timeout  # type: ignore[assignment]  # pyright: ignore[reportAssignmentType]
    length: timedelta | None = policy.grace  # type: ignore[assignment]  # pyright: ignore[reportAssignmentType]
    use((seconds, length))
    use(a_loop.policy.timeout)  # type: ignore[union-attr]  # pyright: ignore[reportOptionalMemberAccess]
    paused: bool = a_loop.is_paused  # type: ignore[assignment]  # pyright: ignore[reportAssignmentType]
    use(paused)


def wrong_steering(a_loop: Loop, bot: Bot, policy: tasks.Policy) -> None:
    """Set what is no policy, and steer with arguments."""
    a_loop.policy = "x"  # type: ignore[assignment]  # pyright: ignore[reportAttributeAccessIssue]
    a_loop.policy = tasks.Policy  # type: ignore[assignment]  # pyright: ignore[reportAttributeAccessIssue]
    bot.tick.policy = {"timeout": 5}  # type: ignore[assignment]  # pyright: ignore[reportAttributeAccessIssue]
    Bot.poll.policy = 5  # type: ignore[assignment]  # pyright: ignore[reportAttributeAccessIssue]
    loop(policy="skip")  # type: ignore[call-overload]  # pyright: ignore[reportArgumentType]
    loop(seconds=5, policy=tasks.Policy)  # type: ignore[call-overload]  # pyright: ignore[reportArgumentType]
    loop(time=NOON, policy=5)  # type: ignore[call-overload]  # pyright: ignore[reportArgumentType, reportCallIssue]
    loop(schedule=FullHours(), policy={"timeout": 5})  # type: ignore[call-overload]  # pyright: ignore[reportArgumentType, reportCallIssue]
    loop(5, policy)  # type: ignore[call-overload]  # pyright: ignore[reportCallIssue]
    loop(seconds=5, timeout=3)  # type: ignore[call-overload]  # pyright: ignore[reportCallIssue]
    Loop(undecorated, policy="skip")  # type: ignore[call-overload]  # pyright: ignore[reportArgumentType]
    Loop(undecorated, time=NOON, policy=5)  # type: ignore[call-overload]  # pyright: ignore[reportArgumentType, reportCallIssue]
    Loop(undecorated, seconds=5, time=NOON, policy=policy)  # type: ignore[call-overload]  # pyright: ignore[reportArgumentType, reportCallIssue]
    a_loop.change_interval(seconds=5, policy=policy)  # type: ignore[call-overload]  # pyright: ignore[reportCallIssue]
    a_loop.pause(5)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    a_loop.resume(at=NOON)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    a_loop.trigger("a")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    bot.poll.trigger("a", number=1)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    a_loop.is_paused(5)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]


# --- D1-D3, D12: ledgers --------------------------------------------------------------------------


def wrong_ledgers(ledger: SqliteLedger, a_loop: Loop) -> None:
    """Make ledgers of what they don't take, and loops with what is none."""
    loop(seconds=5, name="a", ledger=ledger)  # type: ignore[call-overload]  # pyright: ignore[reportArgumentType]
    loop(time=NOON, name="a", ledger="ledger.db")  # type: ignore[call-overload]  # pyright: ignore[reportArgumentType, reportCallIssue]
    loop(time=NOON, name="a", ledger=SqliteLedger)  # type: ignore[call-overload]  # pyright: ignore[reportArgumentType, reportCallIssue]
    Loop(undecorated, time=NOON, name="a", ledger="x")  # type: ignore[call-overload]  # pyright: ignore[reportArgumentType, reportCallIssue]
    a_loop.ledger = ledger  # type: ignore[misc]  # pyright: ignore[reportAttributeAccessIssue]
    SqliteLedger()  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    SqliteLedger("x", 30)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    SqliteLedger("x", lease="30")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    use(tasks.current_slot() + 5)  # type: ignore[operator]  # pyright: ignore[reportOperatorIssue, reportUnknownArgumentType]
    use(tasks.current_claim().fence)  # type: ignore[union-attr]  # pyright: ignore[reportOptionalMemberAccess]
