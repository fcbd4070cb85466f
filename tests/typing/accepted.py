"""Uses that every type checker accepts, with the types it sees (contract T1-T5, T8, V1, P1-P7).

Checked by ``test_typing.py``, never run.
"""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from enum import Enum
from functools import partial
from typing import (
    Any,
    ClassVar,
    Concatenate,
    Generic,
    Literal,
    ParamSpec,
    Protocol,
    Self,
    TypeAlias,
    TypeVar,
    assert_never,
    assert_type,
    overload,
)
from zoneinfo import ZoneInfo

from defectio.ext import commands
from typing_extensions import override

import defectio_tasks as tasks
from defectio_tasks import DailySchedule, Loop, Schedule, loop
from defectio_tasks.ledgers import (
    Claim,
    KnownLoop,
    Ledger,
    PostgresLedger,
    RedisLedger,
    SqliteLedger,
)

P = ParamSpec("P")
T = TypeVar("T")
T2 = TypeVar("T2")


# --- T1: plain functions --------------------------------------------------------------------------


@tasks.loop(seconds=5)
async def without_parameters() -> None:
    """Take nothing."""


@tasks.loop(minutes=1)
async def with_result() -> bool:
    """Return something."""
    return True


@tasks.loop(hours=1)
async def positional(channel: str, number: int) -> str:
    """Take two arguments, by position or by name."""
    return channel * number


@tasks.loop()
async def with_default(channel: str, number: int = 3) -> int:
    """Take an argument that may be left out."""
    return number


@tasks.loop()
async def keyword_only(*, channel: str, silent: bool = False) -> bytes:
    """Take arguments by name."""
    return channel.encode() if silent else b""


@tasks.loop()
async def positional_only(channel: str, /) -> float:
    """Take an argument by position."""
    return float(channel)


@tasks.loop()
async def var_positional(*channels: str) -> int:
    """Take any number of arguments by position."""
    return len(channels)


@tasks.loop()
async def var_keyword(**limits: int) -> int:
    """Take any number of arguments by name."""
    return len(limits)


@tasks.loop()
async def everything(a: int, /, b: str, *c: float, d: bool, e: None = None, **f: bytes) -> None:
    """Take parameters of each kind."""


@tasks.loop()
async def optional_result(channel: str | None = None) -> str | None:
    """Return something, or nothing."""
    return channel


async def undecorated(channel: str) -> list[int]:
    """Wait for a decorator."""
    return [len(channel)]


by_call = tasks.loop(seconds=1)(undecorated)
decorator = loop(count=3)
by_decorator = decorator(undecorated)
another = decorator(without_parameters.coro)


async def use_plain(limits: dict[str, int]) -> None:
    """Start, restart and call; each takes exactly the parameters of the function."""
    assert_type(without_parameters, Loop[[], None])
    assert_type(with_result, Loop[[], bool])
    assert_type(positional_only.start("a"), asyncio.Task[None])
    assert_type(by_call.start("a"), asyncio.Task[None])
    assert_type(by_decorator.start(channel="a"), asyncio.Task[None])
    assert_type(another, Loop[..., None])

    assert_type(without_parameters.start(), asyncio.Task[None])
    assert_type(positional.start("a", 1), asyncio.Task[None])
    assert_type(positional.start("a", number=1), asyncio.Task[None])
    assert_type(positional.start(channel="a", number=1), asyncio.Task[None])
    assert_type(with_default.start("a"), asyncio.Task[None])
    assert_type(with_default.start("a", 1), asyncio.Task[None])
    assert_type(keyword_only.start(channel="a"), asyncio.Task[None])
    assert_type(keyword_only.start(channel="a", silent=True), asyncio.Task[None])
    assert_type(var_positional.start(), asyncio.Task[None])
    assert_type(var_positional.start("a", "b", "c"), asyncio.Task[None])
    assert_type(var_positional.start(*["a", "b"]), asyncio.Task[None])
    assert_type(var_keyword.start(a=1, b=2), asyncio.Task[None])
    assert_type(var_keyword.start(**limits), asyncio.Task[None])
    assert_type(everything.start(1, "b", d=True), asyncio.Task[None])
    assert_type(everything.start(1, "b", 1.0, 2.0, d=True, e=None, f=b""), asyncio.Task[None])

    without_parameters.restart()
    positional.restart("a", 1)
    positional.restart(number=1, channel="a")
    with_default.restart("a")
    keyword_only.restart(channel="a", silent=True)
    positional_only.restart("a")
    var_positional.restart("a", "b")
    var_keyword.restart(a=1)
    everything.restart(1, b="b", d=False, g=b"")

    assert_type(await with_result(), bool)
    assert_type(await positional("a", number=1), str)
    assert_type(await with_default("a"), int)
    assert_type(await keyword_only(channel="a"), bytes)
    assert_type(await positional_only("a"), float)
    assert_type(await var_positional("a", "b"), int)
    assert_type(await var_keyword(a=1), int)
    assert_type(await optional_result(), str | None)
    assert_type(await by_call("a"), list[int])
    assert_type(await by_decorator("a"), list[int])
    assert_type(await with_result.coro(), bool)
    assert_type(await positional.__wrapped__("a", 1), str)
    await without_parameters()
    await everything(1, "b", d=True)
    await asyncio.gather(with_result(), positional("a", 1))
    await asyncio.wait_for(with_default("a"), timeout=1)
    await with_result.start()


def use_the_rest() -> None:
    """Ask and steer."""
    assert_type(positional.name, str)
    assert_type(positional.__name__, str)
    assert_type(positional.__qualname__, str)
    assert_type(positional.count, int | None)
    assert_type(positional.reconnect, bool)
    assert_type(positional.seconds, float | None)
    assert_type(positional.minutes, float | None)
    assert_type(positional.hours, float | None)
    assert_type(positional.time, list[time] | None)
    assert_type(positional.current_loop, int)
    assert_type(positional.next_iteration, datetime | None)
    assert_type(positional.get_task(), asyncio.Task[None] | None)
    assert_type(positional.is_running(), bool)
    assert_type(positional.is_being_cancelled(), bool)
    assert_type(positional.failed(), bool)
    assert_type(positional.remove_exception_type(OSError, ValueError), bool)
    positional.add_exception_type(OSError, KeyboardInterrupt)
    positional.add_exception_type()
    positional.clear_exception_types()
    positional.stop()
    positional.cancel()


# --- T1: a function that makes loops, and one that is generic ------------------------------------


def every_minute(function: Callable[P, Coroutine[Any, Any, T]]) -> Loop[P, T]:
    """Make a loop of any coroutine function."""
    return tasks.loop(minutes=1)(function)


@every_minute
async def made_elsewhere(channel: str, *, silent: bool = False) -> int:
    """Be decorated by a decorator of one's own."""
    return len(channel) if silent else 0


def adding(
    function: Callable[Concatenate[int, P], Coroutine[Any, Any, T]],
) -> Callable[P, Coroutine[Any, Any, T]]:
    """Supply the first argument."""

    async def supplied(*args: P.args, **kwargs: P.kwargs) -> T:
        return await function(1, *args, **kwargs)

    return supplied


@tasks.loop(seconds=1)
@adding
async def decorated_before(number: int, channel: str) -> str:
    """Be changed by another decorator before it is a loop."""
    return channel * number


def start_with(a_loop: Loop[P, T], *args: P.args, **kwargs: P.kwargs) -> asyncio.Task[None]:
    """Start any loop with the arguments that it takes."""
    return a_loop.start(*args, **kwargs)


async def two(channel: str, number: int) -> bytes:
    """Wait for an argument to be filled in."""
    return channel.encode() * number


class Service:
    """A class with a coroutine method that is made a loop from outside."""

    async def refresh(self, channel: str) -> int:
        """Take a string."""
        return len(channel)

    @classmethod
    async def refresh_all(cls, channel: str) -> int:
        """Take a string."""
        return len(channel)

    @staticmethod
    async def refresh_any(channel: str) -> int:
        """Take a string."""
        return len(channel)


class Counter:
    """A callable object, and callable as `async def` is."""

    async def __call__(self, channel: str) -> int:
        """Take a string."""
        return len(channel)


class Greeter:
    """One that takes nothing."""

    async def __call__(self) -> None:
        """Be a hook."""


class Shared:
    """A class with a loop that has no instance."""

    @staticmethod
    @tasks.loop(seconds=5)
    async def tick(channel: str) -> int:
        """Take no `self`."""
        return len(channel)


async def use_shared() -> None:
    """Reach it on the class."""
    Shared.tick.start("a")
    assert_type(await Shared.tick("a"), int)
    Shared.tick.before_loop(Greeter())


async def use_made_elsewhere() -> None:
    """See the parameters through other decorators."""
    made_elsewhere.start("a", silent=True)
    assert_type(await made_elsewhere("a"), int)
    decorated_before.start("a")
    assert_type(await decorated_before(channel="a"), str)
    of_method = tasks.loop()(Service().refresh)
    of_method.start("a")
    assert_type(await of_method("a"), int)
    of_function = tasks.loop()(Service.refresh)
    of_function.start(Service(), "a")
    assert_type(await of_function(Service(), "a"), int)
    tasks.loop()(Service.refresh_all).start("a")
    tasks.loop()(Service.refresh_any).start("a")
    tasks.loop()(partial(two, "a")).start(number=3)
    of_object = tasks.loop()(Counter())
    of_object.start("a")
    assert_type(await of_object("a"), int)
    of_object.before_loop(Greeter())
    of_object.after_loop(Greeter())
    tasks.loop()(partial(Counter(), "a")).start()
    start_with(without_parameters)
    start_with(keyword_only, channel="a")

    @tasks.loop(seconds=1)
    async def within(number: int) -> int:
        return number

    @within.before_loop
    async def before_within() -> None:
        within.cancel()

    within.start(1)
    await before_within()
    assert_type(await within(1), int)


# --- T2: methods ---------------------------------------------------------------------------------


class Bot:
    """A class with loops of its own."""

    def __init__(self) -> None:
        """Start the loops, as defectio's own example does."""
        self.ready = False
        self.poll.start("channel")
        self.tick.start()
        assert_type(self.tick, Loop[[], None])

    @tasks.loop(seconds=1)
    async def tick(self) -> None:
        """Take nothing."""

    @tasks.loop(minutes=1)
    async def poll(self, channel: str, number: int = 1) -> int:
        """Take arguments."""
        self.poll.change_interval(minutes=2)
        assert_type(await self.poll(channel), int)
        assert_type(self.poll.current_loop, int)
        return number

    @tasks.loop()
    async def flexible(self, *channels: str, silent: bool, **limits: int) -> bool:
        """Take arguments of each kind."""
        return silent

    @tasks.loop(time=time(8, tzinfo=UTC))
    async def __private(self) -> str:
        return "private"

    def start_private(self) -> None:
        """Use a loop with a private name."""
        assert_type(self.__private, Loop[[], str])
        self.__private.start()

    alias = tick

    @property
    def loops(self) -> Sequence[Loop]:
        """Tell all loops, whatever they take and give."""
        return [self.tick, self.poll, self.flexible, self.alias]

    @classmethod
    def configure(cls) -> None:
        """Change the class's loops."""
        cls.tick.change_interval(seconds=2)
        cls.poll.add_exception_type(ValueError)


class ChildBot(Bot):
    """A subclass."""

    @tasks.loop(seconds=2)
    async def report(self, channel: str, *, silent: bool = False) -> str:
        """Take other arguments."""
        assert_type(await super().poll(channel, 1), int)
        super().poll.cancel()
        super().poll.start(channel, number=2)
        return channel if silent else ""

    def use_inherited(self) -> None:
        """Use an inherited loop."""
        assert_type(self.tick, Loop[[], None])
        assert_type(super().tick, Loop[[], None])
        self.tick.start()
        self.flexible.start("a", "b", silent=True, limit=3)


async def use_methods(bot: Bot, child: ChildBot) -> None:
    """Use the loops of an instance, and those of the class."""
    assert_type(bot.tick, Loop[[], None])
    assert_type(bot.alias, Loop[[], None])
    assert_type(child.tick, Loop[[], None])
    assert_type(bot.tick.start(), asyncio.Task[None])
    assert_type(bot.poll.start("a"), asyncio.Task[None])
    assert_type(bot.poll.start("a", 1), asyncio.Task[None])
    assert_type(bot.poll.start(channel="a", number=1), asyncio.Task[None])
    assert_type(bot.flexible.start(silent=True), asyncio.Task[None])
    assert_type(bot.flexible.start("a", "b", silent=True, limit=3), asyncio.Task[None])
    assert_type(child.poll.start("a", 1), asyncio.Task[None])
    assert_type(await bot.poll("a"), int)
    assert_type(await bot.flexible(silent=True), bool)
    assert_type(await child.poll("a"), int)
    assert_type(await child.report("a", silent=True), str)
    assert_type(await child.flexible("a", silent=True), bool)
    bot.tick.restart()
    bot.poll.restart("a", number=1)
    child.report.restart("a", silent=True)
    bot.alias.restart()

    assert_type(Bot.tick.start(bot), asyncio.Task[None])
    assert_type(Bot.poll.start(bot, "a", number=1), asyncio.Task[None])
    assert_type(await Bot.poll(bot, "a"), int)
    assert_type(await Bot.poll(child, "a"), int)
    assert_type(await ChildBot.report(child, "a", silent=True), str)
    ChildBot.tick.start(child)
    Bot.poll.restart(bot, "a", 1)
    assert_type(await bot.poll.coro("a"), int)
    assert_type(await Bot.poll.coro(bot, "a"), int)
    assert_type(await bot.poll.__wrapped__("a"), int)


def use_type_variable(bots: Iterable[BotT], kind: type[BotT], bot: BotT) -> BotT:
    """Use the loops of some bot, whatever its class is."""
    for each in bots:
        kind.poll.start(each, "a")
    kind.tick.change_interval(seconds=3)
    return bot


def use_union(either: Bot | ChildBot, maybe: Bot | None) -> None:
    """Use the loops of one of several classes."""
    either.poll.start("a")
    if maybe is not None:
        maybe.poll.start("a")


BotT = TypeVar("BotT", bound=Bot)


class Mixin:
    """A class that others inherit loops from."""

    __slots__ = ("__weakref__",)

    @tasks.loop(seconds=1)
    async def mixed(self, number: int) -> int:
        """Take an argument."""
        return number


class Abstract(ABC):
    """A class whose loop calls what subclasses define."""

    @abstractmethod
    async def work(self, number: int) -> int:
        """Work."""

    @tasks.loop()
    async def run(self, number: int) -> int:
        """Take an argument."""
        return await self.work(number)


class Concrete(Mixin, Abstract):
    """A class with two parents, and one within."""

    @override
    async def work(self, number: int) -> int:
        return number

    class Inner:
        """A class within a class."""

        @tasks.loop()
        async def deep(self) -> None:
            """Take nothing."""


async def use_inheritance(concrete: Concrete) -> None:
    """Use loops of parents."""
    concrete.mixed.start(1)
    concrete.run.start(number=1)
    assert_type(await concrete.mixed(1), int)
    assert_type(await concrete.run(1), int)
    concrete.Inner().deep.start()
    Concrete.Inner.deep.start(Concrete.Inner())


class Fluent:
    """A class whose loop's function names the type of ``self``."""

    @tasks.loop()
    async def itself(self: Self) -> None:
        """Annotate ``self`` with any subclass's type."""

    @tasks.loop()
    async def named(self: Fluent, number: int) -> int:
        """Annotate ``self``."""
        return number


async def use_fluent(fluent: Fluent) -> None:
    """Use them."""
    fluent.itself.start()
    fluent.named.start(1)
    assert_type(await fluent.named(1), int)


class Store(Generic[T]):
    """A generic class."""

    def __init__(self, value: T) -> None:
        """Keep a value."""
        self.value = value

    @tasks.loop(seconds=1)
    async def put(self, value: T, *, twice: bool = False) -> T:
        """Take and return what the class is generic in."""
        self.put.restart(value, twice=True)
        return value if twice else self.value

    @put.before_loop
    async def before_put(self) -> None:
        """Hook into a loop of a generic class."""

    @put.error
    async def put_error(self, error: Exception) -> None:
        """Hook into a loop of a generic class."""


class TextStore(Store[str]):
    """A subclass that is not generic any more."""


async def use_generic(store: Store[int], texts: TextStore) -> None:
    """Use a generic class's loop."""
    store.put.start(1)
    store.put.restart(1, twice=True)
    assert_type(await store.put(1), int)
    texts.put.start("a")
    assert_type(await texts.put("a", twice=True), str)


@dataclass
class Feed:
    """A dataclass, where a loop is no field."""

    url: str
    seen: list[str] = field(default_factory=list[str])
    limit: ClassVar[int] = 3

    @tasks.loop(minutes=5)
    async def fetch(self, retries: int = 0) -> int:
        """Take an argument."""
        return retries + len(self.seen)

    @fetch.before_loop
    async def before_fetch(self) -> None:
        """Hook into it."""


class Lamp(Enum):
    """An enumeration, whose members each have a loop of their own."""

    RED = 1
    GREEN = 2

    @tasks.loop(seconds=1)
    async def blink(self, times: int) -> str:
        """Take an argument."""
        return self.name * times


async def use_enumeration(lamp: Lamp) -> None:
    """Use the loop of a member."""
    Lamp.RED.blink.start(1)
    lamp.blink.restart(times=2)
    assert_type(await Lamp.GREEN.blink(3), str)


@dataclass(frozen=True, slots=True, weakref_slot=True)
class FrozenFeed:
    """A frozen dataclass with slots."""

    url: str

    @tasks.loop(minutes=5)
    async def fetch(self) -> int:
        """Take nothing."""
        return len(self.url)


async def use_dataclasses() -> None:
    """Use the loops of dataclasses."""
    feed = Feed("a")
    feed.fetch.start()
    feed.fetch.start(retries=1)
    assert_type(await feed.fetch(1), int)
    assert_type(await FrozenFeed(url="a").fetch(), int)


class Static:
    """A class with a loop that is given, and one that is kept."""

    def __init__(self, given: Loop[[str], int], any_loop: Loop) -> None:
        """Keep loops on the instance, where they aren't descriptors."""
        self.given = given
        self.any_loop = any_loop
        self.own = tasks.loop(seconds=1)(self.work)

    async def work(self, channel: str) -> int:
        """Take an argument."""
        return len(channel)

    async def use(self) -> None:
        """Use them."""
        assert_type(self.given, Loop[[str], int])
        self.given.start("a")
        self.own.start("a")
        assert_type(await self.own(channel="a"), int)
        self.any_loop.cancel()


class Moderation(commands.Cog):
    """A cog, with a loop that a command steers."""

    def __init__(self, bot: commands.Bot) -> None:
        """Start the loop."""
        self.bot = bot
        self.sweep.start(10)

    @tasks.loop(minutes=1)
    async def sweep(self, limit: int, *, quiet: bool = True) -> int:
        """Take arguments."""
        return limit if quiet else 0

    @sweep.before_loop
    async def before_sweep(self) -> None:
        """Hook into it."""
        await self.bot.wait_until_ready()

    @sweep.error
    async def sweep_error(self, error: Exception) -> None:
        """Take the exception."""

    @commands.command()
    async def limit(self, ctx: commands.Context, limit: int) -> None:
        """Steer it."""
        self.sweep.restart(limit, quiet=False)
        await ctx.send(f"the next is at {self.sweep.next_iteration}")


async def use_cog(bot: commands.Bot) -> None:
    """Use a cog's loop."""
    cog = Moderation(bot)
    assert_type(await cog.sweep(3, quiet=False), int)
    assert_type(cog.sweep.start(3), asyncio.Task[None])
    await cog.before_sweep()


# --- T2: protocols -------------------------------------------------------------------------------


class HasTick(Protocol):
    """A protocol that expects a loop."""

    @property
    def tick(self) -> Loop:
        """The loop."""
        ...


class Registry(Protocol):
    """A protocol that takes loops."""

    def register(self, a_loop: Loop[[], object], /) -> None:
        """Take a loop."""


class AnyRegistry:
    """A class that takes any loop, and so fits it."""

    def register(self, some: Loop) -> None:
        """Take a loop."""


class Stoppable(Protocol):
    """A protocol that every loop is."""

    def stop(self) -> None:
        """Stop."""

    def is_running(self) -> bool:
        """Tell whether it runs."""
        ...


class Keeper:
    """A class that keeps a loop which it was given."""

    def __init__(self, tick: Loop[[], None]) -> None:
        """Keep it."""
        self.tick = tick


def needs_tick(owner: HasTick) -> None:
    """Expect an object with a loop."""
    owner.tick.cancel()
    owner.tick.start()


def needs_registry(registry: Registry) -> None:
    """Expect an object that takes loops."""
    registry.register(with_result)


def needs_stoppable(stoppable: Stoppable) -> None:
    """Expect what every loop can do."""
    stoppable.stop()


def use_protocols(bot: Bot, child: ChildBot) -> None:
    """Pass objects with loops for protocols."""
    needs_tick(bot)
    needs_tick(child)
    needs_tick(Keeper(bot.tick))
    needs_registry(AnyRegistry())
    needs_stoppable(bot.tick)
    needs_stoppable(bot.poll)
    needs_stoppable(positional)


# --- T1: variance --------------------------------------------------------------------------------


def needs_object(a_loop: Loop[[], object]) -> None:
    """Expect a loop that gives something."""
    a_loop.start()


def needs_text(a_loop: Loop[[str], float | None]) -> None:
    """Expect a loop that takes a string."""
    a_loop.start("a")


def needs_callable(function: Callable[[str], Coroutine[Any, Any, int]]) -> None:
    """Expect a coroutine function, which a loop is."""
    tasks.loop()(function)


def use_variance(bot: Bot, of_number: Loop[[str], int]) -> None:
    """Pass loops that give less than is expected."""
    needs_object(with_result)
    needs_object(without_parameters)
    needs_object(bot.tick)
    needs_text(of_number)
    needs_callable(of_number)
    needs_callable(with_default)
    needs_callable(bot.poll)
    widened: Loop[[], object] = with_result
    widened.start()
    several: list[Loop[[], object]] = [with_result, without_parameters, bot.tick]
    several[0].start()


# --- T8: a bare Loop -----------------------------------------------------------------------------


AnyLoop: TypeAlias = Loop
LOOPS: list[Loop] = [without_parameters, with_result, positional, keyword_only, everything]
BY_NAME: dict[str, Loop] = {"a": Bot.tick, "b": var_keyword, "c": made_elsewhere}


def needs_any(a_loop: Loop) -> Loop:
    """Expect a loop."""
    a_loop.start()
    a_loop.start(1, "a", c=3)
    a_loop.restart("a")
    a_loop.cancel()
    assert_type(a_loop.get_task(), asyncio.Task[None] | None)
    return a_loop


async def use_any(a_loop: Loop, same: Loop[..., object], bot: Bot) -> None:
    """Pass any loop for a bare ``Loop``."""
    assert_type(a_loop, Loop[..., object])
    assert_type(await a_loop(), object)
    needs_any(without_parameters)
    needs_any(positional)
    needs_any(keyword_only)
    needs_any(everything)
    needs_any(bot.tick)
    needs_any(bot.poll)
    needs_any(Bot.poll)
    needs_any(same)
    needs_any(a_loop)
    alias: AnyLoop = bot.flexible
    alias.stop()
    back: Loop[[str], object] = a_loop
    back.start("a")


def narrow(value: int | Loop[[str], int]) -> int:
    """Tell a loop from something else."""
    if isinstance(value, Loop):
        value.start("a")
        return 0
    return value + 1


# --- T3: hooks -----------------------------------------------------------------------------------


@without_parameters.before_loop
async def before() -> None:
    """Take nothing."""


@without_parameters.after_loop
async def after() -> int:
    """Take nothing, and return something that nobody reads."""
    return 1


@without_parameters.error
async def on_error(error: Exception) -> None:
    """Take the exception."""


@positional.before_loop
async def before_positional() -> None:
    """Take nothing, though the function takes something."""


@positional.after_loop
async def after_positional(note: str = "default") -> str:
    """Take something that may be left out."""
    return note


@positional.error
async def on_wider_error(error: BaseException) -> None:
    """Take more than an exception."""


@keyword_only.error
async def on_any_error(error: object) -> bool:
    """Take anything."""
    return error is None


@var_positional.before_loop
@var_keyword.before_loop
@keyword_only.before_loop
@everything.before_loop
async def before_several() -> None:
    """Hook into several loops."""


@keyword_only.before_loop
async def before_any(*args: object, **kwargs: object) -> None:
    """Take anything."""


def traced(
    function: Callable[[T], Coroutine[Any, Any, T2]],
) -> Callable[[T], Coroutine[Any, Any, T2]]:
    """Wrap a method without parameters."""
    return function


def traced_any(
    function: Callable[P, Coroutine[Any, Any, T]],
) -> Callable[P, Coroutine[Any, Any, T]]:
    """Wrap any coroutine function."""
    return function


class HookedBot(Bot):
    """A class with hooks of each form."""

    @tasks.loop(seconds=1)
    async def work(self) -> None:
        """Take nothing."""

    @work.before_loop
    async def before_work(self) -> int:
        """Take ``self``."""
        return 1

    @work.after_loop
    async def after_work(self) -> None:
        """Take ``self``."""

    @work.error
    async def work_error(self, error: Exception) -> str:
        """Take ``self`` and the exception."""
        return str(error)

    @tasks.loop(seconds=1)
    async def report(self, channel: str, *, silent: bool = False) -> int:
        """Take arguments."""
        return len(channel) if silent else 0

    @report.before_loop
    async def before_report(self) -> None:
        """Take ``self``, though the function takes more."""

    @report.after_loop
    async def after_report(self, note: str = "default") -> str:
        """Take something that may be left out."""
        return note

    @report.error
    async def report_error(self, error: BaseException) -> None:
        """Take more than an exception."""

    @report.before_loop
    @traced
    async def before_traced(self) -> int:
        """Be wrapped in another decorator."""
        return 1

    @report.error
    @traced_any
    async def traced_error(self, error: Exception) -> str:
        """Be wrapped in another decorator."""
        return str(error)

    @report.before_loop
    async def before_positional_only(self, /) -> int:
        """Take ``self`` by position only."""
        return 1

    @report.error
    async def positional_only_error(self, error: Exception, /) -> str:
        """Take ``self`` and the exception by position only."""
        return str(error)

    @report.before_loop
    async def before_anything(self, *args: object, **kwargs: object) -> int:
        """Take anything."""
        return len(args) + len(kwargs)

    @report.before_loop
    @traced_any
    async def before_traced_any(self) -> int:
        """Be wrapped in another decorator."""
        return 1

    @report.error
    async def optional_error(self, error: Exception | None = None, *, note: str = "") -> str:
        """Take an exception that may be left out, and something by name."""
        return f"{error} {note}"

    @Bot.tick.before_loop
    async def before_tick(self: Bot) -> None:
        """Hook into an inherited loop."""

    @tasks.loop(seconds=1)
    async def shared(self) -> None:
        """Share its hooks with another loop."""

    @shared.before_loop
    @work.before_loop
    async def before_both(self) -> None:
        """Hook into two loops."""

    @staticmethod
    @shared.after_loop
    async def after_shared() -> None:
        """Take nothing, in a class."""

    @staticmethod
    @shared.error
    async def shared_error(error: Exception) -> None:
        """Take the exception alone, in a class."""

    @shared.before_loop
    @staticmethod
    async def before_shared() -> None:
        """Take nothing, in a class, the other way round."""


async def outside_before() -> None:
    """Take nothing."""


async def outside_before_self(bot: HookedBot) -> int:
    """Take an instance."""
    return int(bot.ready)


async def outside_before_parent(bot: Bot) -> bytes:
    """Take an instance of a parent class."""
    return bytes(bot.ready)


async def outside_error(error: Exception) -> None:
    """Take the exception."""


async def outside_error_self(bot: HookedBot, error: Exception) -> float:
    """Take an instance and the exception."""
    return float(bot.ready) + len(error.args)


async def use_hooks(
    bot: HookedBot,
    given: Callable[[HookedBot], Coroutine[Any, Any, int]],
    given_error: Callable[[HookedBot, Exception], Coroutine[Any, Any, int]],
) -> None:
    """See that each hook came back with its own type."""
    assert_type(await before(), None)
    assert_type(await after(), int)
    assert_type(await on_error(ValueError()), None)
    assert_type(await on_error(error=ValueError()), None)
    assert_type(await after_positional("a"), str)
    assert_type(await after_positional(note="a"), str)
    assert_type(await on_wider_error(KeyboardInterrupt()), None)
    assert_type(await on_any_error("a"), bool)
    await before_several()
    await before_any(1, a=2)
    assert_type(await bot.before_work(), int)
    assert_type(await HookedBot.before_work(bot), int)
    assert_type(await bot.work_error(ValueError()), str)
    assert_type(await bot.work_error(error=ValueError()), str)
    assert_type(await bot.after_report(), str)
    assert_type(await bot.after_report("a"), str)
    assert_type(await bot.after_report(note="a"), str)
    await bot.report_error(KeyboardInterrupt())
    assert_type(await bot.before_traced(), int)
    assert_type(await bot.before_traced_any(), int)
    assert_type(await bot.traced_error(error=ValueError()), str)
    assert_type(await bot.before_positional_only(), int)
    assert_type(await bot.positional_only_error(ValueError()), str)
    assert_type(await bot.before_anything(), int)
    assert_type(await bot.optional_error(), str)
    assert_type(await bot.optional_error(error=None, note="a"), str)
    assert_type(await HookedBot.work.before_loop(given)(bot), int)
    assert_type(await HookedBot.work.error(given_error)(bot, ValueError()), int)
    await bot.before_tick()
    await bot.before_both()
    await bot.after_shared()
    await HookedBot.after_shared()
    await bot.shared_error(ValueError())


async def use_hooks_from_outside(bot: HookedBot) -> None:
    """Hook into loops without a decorator."""
    assert_type(await HookedBot.work.before_loop(outside_before_self)(bot), int)
    assert_type(await HookedBot.work.after_loop(outside_before_parent)(bot), bytes)
    assert_type(await HookedBot.work.error(outside_error_self)(bot, ValueError()), float)
    assert_type(await HookedBot.work.error(outside_error_self)(bot, error=ValueError()), float)
    HookedBot.report.before_loop(outside_before_self)
    HookedBot.report.before_loop(outside_before)
    HookedBot.report.error(outside_error)
    HookedBot.report.error(outside_error_self)
    bot.report.before_loop(outside_before)
    bot.report.after_loop(outside_before)
    bot.report.error(outside_error)
    bot.work.before_loop(coro=outside_before)
    without_parameters.before_loop(coro=outside_before)
    without_parameters.after_loop(coro=outside_before)
    without_parameters.error(coro=outside_error)
    HookedBot.work.before_loop(coro=outside_before_self)
    HookedBot.work.error(coro=outside_error_self)
    bot.work.before_loop(bot.before_work)
    bot.work.after_loop(bot.after_work)
    bot.work.error(bot.work_error)
    without_parameters.before_loop(bot.before_work)
    without_parameters.after_loop(partial(two, "a", 1))
    without_parameters.error(bot.work_error)


def hook_any(a_loop: Loop) -> None:
    """Hook into some loop."""
    a_loop.before_loop(outside_before)
    a_loop.after_loop(outside_before)
    a_loop.error(outside_error)


# --- T4: when the loop runs ----------------------------------------------------------------------


class FullHours:
    """A schedule of the user's own."""

    def next_after(self, moment: datetime, /) -> datetime | None:
        """Tell the next full hour."""
        return moment.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)


@dataclass(frozen=True)
class Every:
    """One that is a dataclass, names the parameter otherwise and never ends."""

    step: timedelta

    def next_after(self, after: datetime) -> datetime:
        """Tell the next slot."""
        return after + self.step


@dataclass
class Given:
    """One that keeps the function that tells."""

    next_after: Callable[[datetime], datetime | None]


class Explicit(Schedule):
    """One that says so."""

    @override
    def next_after(self, moment: datetime, /) -> None:
        return None


class Stateless:
    """One without an object."""

    @staticmethod
    def next_after(moment: date, extra: int = 0) -> None:
        """Tell nothing, of more than a datetime."""


NOON = time(12, tzinfo=ZoneInfo("Europe/Paris"))

SCHEDULES: list[Schedule] = [FullHours(), Every(timedelta(days=1)), DailySchedule(NOON)]
MORE_SCHEDULES: list[Schedule] = [Given(FullHours().next_after), Explicit(), Stateless()]


def generate_times() -> Iterable[time]:
    """Generate times."""
    yield time(8)
    yield NOON


def optional_timings(
    a_time: time | None, times: Sequence[time] | None, schedule: Schedule | None, *, often: bool
) -> None:
    """Pass what may be ``None``, or one of several."""
    loop(time=a_time)
    loop(time=times)
    loop(schedule=schedule)
    loop(seconds=5 if often else 10)
    loop(time=time(8) if often else [time(9)])
    without_parameters.change_interval(time=a_time)
    without_parameters.change_interval(schedule=schedule)


def timings(number: int, maybe: float | None, event_loop: asyncio.AbstractEventLoop) -> None:
    """Pass each way of telling when a loop runs, and each other argument."""
    loop()
    loop(seconds=1, minutes=2.5, hours=number)
    loop(seconds=maybe, minutes=maybe, hours=None)
    loop(seconds=-1, minutes=1)
    loop(time=time(8))
    loop(time=[time(8), NOON])
    loop(time=(time(8), NOON))
    loop(time={time(8)})
    loop(time=generate_times())
    loop(time=time(8), seconds=0, minutes=0, hours=0)
    loop(time=time(8), seconds=None, minutes=None, hours=None)
    loop(time=[NOON], schedule=None)
    loop(time=None, seconds=5, schedule=None)
    loop(schedule=FullHours())
    loop(schedule=Every(timedelta(days=1)))
    loop(schedule=DailySchedule(NOON), time=None, seconds=0, minutes=None)
    loop(schedule=SCHEDULES[0], count=3)
    loop(count=3, reconnect=False, name="poller", loop=event_loop)
    loop(count=None, reconnect=None, name=None, loop=None)
    loop(seconds=None, minutes=None, hours=None, time=None, schedule=None)


def changes(a_loop: Loop, number: int, maybe: float | None) -> None:
    """Change when a loop runs."""
    a_loop.change_interval()
    a_loop.change_interval(seconds=1, minutes=2.5, hours=number)
    a_loop.change_interval(seconds=maybe, hours=None)
    a_loop.change_interval(time=time(8))
    a_loop.change_interval(time=[time(8), NOON])
    a_loop.change_interval(time=generate_times(), seconds=0, minutes=None)
    a_loop.change_interval(schedule=FullHours())
    a_loop.change_interval(schedule=DailySchedule([NOON]), seconds=0, time=None)
    a_loop.change_interval(seconds=3, time=None, schedule=None)
    assert_type(a_loop.change_interval(seconds=1), None)


def daily(times: Sequence[time], moment: datetime) -> None:
    """Use a schedule by itself."""
    schedule = DailySchedule(times)
    assert_type(schedule.next_after(moment), datetime | None)
    assert_type(schedule.times, Sequence[time])
    assert_type(SCHEDULES[0].next_after(moment), datetime | None)


# --- T5: what may be decorated -------------------------------------------------------------------


@overload
async def overloaded(value: int) -> int: ...
@overload
async def overloaded(value: str, *, twice: bool = False) -> str: ...
async def overloaded(value: int | str, *, twice: bool = False) -> int | str:
    """Take one of two sorts of arguments."""
    return value * 2 if twice else value


async def stream() -> AsyncIterator[int]:
    """Return an iterator: a coroutine function, no async generator."""

    async def numbers() -> AsyncIterator[int]:
        yield 1

    return numbers()


streaming = tasks.loop()(stream)
choosing = tasks.loop()(overloaded)


@tasks.loop()
async def generic(value: T) -> T:
    """Return what came."""
    return value


async def use_others() -> None:
    """Use them."""
    assert_type(await streaming(), AsyncIterator[int])
    choosing.start(1)
    generic.start(1)
    generic.start("a")
    text: str = await generic("a")
    positional.start(text, 1)
    mode: Literal["fast"] = "fast"
    positional.start(mode, 1)


# --- F1-F3: classes of one's own, and the names of the ancestors ----------------------------------

P_loop = ParamSpec("P_loop")
R_co = TypeVar("R_co", covariant=True)


class Reporting(tasks.Loop[P_loop, R_co]):
    """A loop with a default hook."""

    def __init__(
        self,
        coro: Callable[P_loop, Coroutine[Any, Any, R_co]],
        *,
        channel: str,
        seconds: float = 60,
    ) -> None:
        # zuban 0.10 finds `coro` itself incompatible with `coro` in a generic subclass.
        function: Callable[..., Coroutine[Any, Any, R_co]] = coro
        super().__init__(function, seconds=seconds, name=channel)
        self.channel = channel
        self.error(self.report)

    async def report(self, error: Exception) -> None:
        """Report to the channel."""


class ReportingDecorator(Protocol):
    """What a factory of decorators returns, so that all checkers follow it."""

    def __call__(self, callback: Callable[P, Coroutine[Any, Any, T]], /) -> Reporting[P, T]: ...


def reporting(*, channel: str, seconds: float = 60) -> ReportingDecorator:
    """Make a loop that reports."""

    def decorate(callback: Callable[P, Coroutine[Any, Any, T]], /) -> Reporting[P, T]:
        return Reporting(callback, channel=channel, seconds=seconds)

    return decorate


@reporting(channel="general")
async def reported(word: str, /) -> int:
    """Take a word."""
    return len(word)


class ReportingBot:
    """Has one in its class."""

    @reporting(channel="general", seconds=5)
    async def tick(self, word: str, /) -> int:
        """Take a word."""
        return len(word)

    async def again(self) -> int:
        """Call the function itself."""
        return await self.tick.coro(self, "word")


async def subclasses(bot: ReportingBot) -> None:
    """A subclass keeps the signature."""
    assert_type(reported, Reporting[[str], int])
    assert_type(reported.channel, str)
    assert_type(await reported("word"), int)
    assert_type(reported.start("word"), asyncio.Task[None])
    assert_type(ReportingBot.tick, Reporting[[ReportingBot, str], int])
    assert_type(bot.tick, Loop[[str], int])
    assert_type(await bot.tick("word"), int)
    bot.tick.restart("word")
    made = Loop(with_body, seconds=5, count=3)
    assert_type(made, Loop[[str], int])
    assert_type(await made("word"), int)
    at_times = tasks.Loop(with_body, time=[time(8, 30)], reconnect=False)
    by_schedule = tasks.Loop(with_body, schedule=DailySchedule(time(8, 30)))
    assert_type(at_times, Loop[[str], int])
    assert_type(by_schedule, Loop[[str], int])
    assert_type(made.loop, asyncio.AbstractEventLoop | None)
    assert_type(made.count, int | None)
    made.count = None
    made.reconnect = False
    made.loop = asyncio.get_running_loop()
    made.coro = with_body


async def with_body(word: str, /) -> int:
    """Take a word."""
    return len(word)


# --- W8-W15, I5: calendars ------------------------------------------------------------------------

LONDON = ZoneInfo("Europe/London")
HOLIDAYS = {date(2026, 12, 25)}


def works(day: date) -> bool:
    """Take a date."""
    return day not in HOLIDAYS


@tasks.loop(time=time(9, tzinfo=LONDON), on=tasks.Weekdays("mon-fri"))
async def on_weekdays(word: str, /) -> int:
    """Take a word."""
    return len(word)


@tasks.loop(time=[time(9)], on=HOLIDAYS)
async def on_holidays() -> None:
    """Take nothing."""


@tasks.loop(time=time(9), on=works, seconds=0, wait_first=False)
async def by_function() -> None:
    """Take nothing."""


@tasks.loop(time=time(9), on=lambda day: day.day == 1, wait_first=None)
async def by_lambda() -> None:
    """Take nothing."""


@tasks.loop(schedule=tasks.Cron("30 8 * * mon-fri", LONDON, on=works))
async def by_cron() -> None:
    """Take nothing."""


@tasks.loop(minutes=5, wait_first=True)
async def waits_first() -> None:
    """Take nothing."""


def calendars(moment: datetime, delta: timedelta, schedules: list[Schedule]) -> None:
    """Make schedules, and ask them."""
    assert_type(on_weekdays, Loop[[str], int])
    on_weekdays.change_interval(time=time(8), on=tasks.Weekdays("sat", "sun"))
    on_weekdays.change_interval(time=time(8), on=None)
    Loop(on_holidays.coro, time=time(8), on=HOLIDAYS)
    Loop(on_holidays.coro, hours=1, wait_first=True)
    daily = DailySchedule(time(8), on=works)
    assert_type(daily.next_after(moment), datetime | None)
    every = tasks.Every(minutes=15, anchor=moment)
    assert_type(every.next_after(moment), datetime)
    assert_type(tasks.At(moment).next_after(moment), datetime | None)
    cron = tasks.Cron("@daily")
    assert_type(cron.next_after(moment), datetime | None)
    assert_type(cron.expression, str)
    merged = tasks.merge(daily, every, cron, *schedules)
    assert_type(merged, Schedule)
    assert_type(tasks.shift(merged, delta), Schedule)
    assert_type(tasks.between(merged, moment, end=moment), Schedule)
    assert_type(tasks.upcoming(merged, n=3), list[datetime])
    assert_type(tasks.upcoming(on_weekdays, after=moment), list[datetime])
    assert_type(date(2026, 1, 1) in tasks.Weekdays("mon"), bool)


# --- V1, V5: observers ----------------------------------------------------------------------------


def statistics_of(loops: list[Loop], statistics: tasks.Statistics) -> None:
    """Ask what loops have done."""
    assert_type(tasks.observe(tasks.Statistics()), Callable[[], None])
    seen = statistics[on_weekdays]
    assert_type(seen, tasks.LoopStatistics)
    assert_type(statistics.get(by_cron), tasks.LoopStatistics | None)
    assert_type([statistics[each].runs for each in loops], list[int])
    assert_type([loop.name for loop in statistics], list[str])
    assert_type({loop.name: each.state for loop, each in statistics.items()}, dict[str, str])
    assert_type(on_weekdays in statistics, bool)
    assert_type((seen.failures, seen.retries, seen.skipped), tuple[int, int, int])
    assert_type(seen.last_slot, datetime | None)
    assert_type(seen.last_duration, timedelta | None)
    assert_type(seen.last_error, BaseException | None)
    assert_type(statistics.table(), str)


async def control(delta: timedelta) -> None:
    """List all loops, and shut them down."""
    assert_type(tasks.loops(), list[Loop[..., object]])
    assert_type([each.name for each in tasks.loops()], list[str])
    assert_type(await tasks.shutdown(), list[Loop[..., object]])
    await tasks.shutdown(*tasks.loops(), timeout=None)
    await tasks.shutdown(on_weekdays, waits_first, timeout=0)
    late: list[Loop] = await tasks.shutdown(on_weekdays, timeout=delta)
    for each in late:
        each.cancel()


class Watcher:
    """An observer that is an object, and one that is a method."""

    def __call__(self, event: tasks.Event) -> str:
        """Return something that nobody reads."""
        return event.loop.name

    def watch(self, event: tasks.Event, /, *, loud: bool = False) -> None:
        """Take an event."""


def watch_anything(event: object) -> None:
    """Take more than events."""


def describe(event: tasks.Event) -> str:
    """Tell the five apart; to checkers there is no sixth."""
    assert_type(event.loop, Loop)
    match event:
        case tasks.Started(slot=slot, late=late):
            assert_type((slot, late), tuple[datetime, timedelta])
        case tasks.Retrying(slot=slot, error=error, attempt=attempt, delay=delay):
            assert_type((slot, error), tuple[datetime, BaseException])
            assert_type((attempt, delay), tuple[int, timedelta])
        case tasks.Finished(took=took, error=error):
            assert_type((took, error), tuple[timedelta, BaseException | None])
        case tasks.Skipped(first=first, count=count, reason=reason):
            assert_type((first, count), tuple[datetime, int])
            assert_type(reason, Literal["late", "busy", "paused", "claimed", "unclaimed"])
        case tasks.Ended(ending=ending, error=error):
            assert_type(ending, Literal["completed", "stopped", "cancelled", "failed"])
            assert_type(error, BaseException | None)
        case _:
            assert_never(event)
    return event.loop.name


def describe_by_class(event: tasks.Event) -> datetime | None:
    """Tell them apart without ``match``."""
    if isinstance(event, tasks.Started | tasks.Retrying | tasks.Finished):
        return event.slot
    if isinstance(event, tasks.Skipped):
        return event.first
    assert_type(event, tasks.Ended)
    return None


def observers() -> None:
    """Observe by whatever can be called with an event."""
    tasks.observe(Watcher())
    tasks.observe(Watcher().watch)
    tasks.observe(watch_anything)
    tasks.observe(describe)
    tasks.observe(observer=print)
    tasks.observe(lambda event: event.loop.cancel())
    unobserve = tasks.observe(describe_by_class)
    unobserve()


# --- P1-P7, S2, S3: policies and control ----------------------------------------------------------

PATIENT = tasks.Policy(max_failures=None, timeout=timedelta(seconds=30))


@tasks.loop(minutes=5, policy=PATIENT)
async def with_policy(word: str, /) -> int:
    """Take a word."""
    return len(word)


@tasks.loop(time=NOON, on=HOLIDAYS, policy=tasks.Policy(missed="skip"))
async def at_noon() -> None:
    """Take nothing."""


@tasks.loop(schedule=tasks.Cron("@daily"), policy=None)
async def without_policy() -> None:
    """Take nothing."""


class Patient(tasks.Loop[P_loop, R_co]):
    """A subclass that has its policy by itself."""

    def __init__(
        self,
        coro: Callable[P_loop, Coroutine[Any, Any, R_co]],
        *,
        policy: tasks.Policy | None = PATIENT,
    ) -> None:
        # As for `Reporting`.
        function: Callable[..., Coroutine[Any, Any, R_co]] = coro
        super().__init__(function, minutes=5, policy=policy)


class PatientBot:
    """A class with such loops."""

    POLICY = tasks.Policy(retries=3)

    @tasks.loop(minutes=5, policy=POLICY)
    async def poll(self, channel: str) -> int:
        """Take a channel."""
        self.poll.trigger()
        return len(channel)

    def rest(self) -> None:
        """Steer it."""
        if not self.poll.is_paused():
            self.poll.pause()
        self.poll.policy = self.POLICY


def policies(
    word: Literal["one", "skip"],
    duration: float | timedelta | None,
    limit: int | None,
    *,
    yes: bool,
) -> None:
    """Make policies, and read them: a duration is seconds then."""
    tasks.Policy()
    tasks.Policy(
        missed="all",
        grace=1,
        overlap=True,
        timeout=2.5,
        retries=0,
        max_failures=10,
        jitter=timedelta(minutes=1),
        delivery="at_least_once",
    )
    tasks.Policy(
        missed="one", grace=timedelta(hours=1), overlap=4, jitter=0, delivery="at_most_once"
    )
    tasks.Policy(
        missed="skip", grace=None, timeout=None, retries=None, max_failures=None, jitter=0.5
    )
    policy = tasks.Policy(
        missed=word,
        grace=duration,
        overlap=2 if yes else False,
        timeout=duration,
        retries=limit,
        max_failures=limit,
    )
    assert_type(policy, tasks.Policy)
    assert_type(policy.missed, Literal["one", "all", "skip"])
    assert_type(policy.grace, float | None)
    assert_type(policy.overlap, bool | int)
    assert_type(policy.timeout, float | None)
    assert_type(policy.retries, int | None)
    assert_type(policy.max_failures, int | None)
    assert_type(policy.jitter, float)
    assert_type(policy.delivery, Literal["at_most_once", "at_least_once"])
    assert_type(replace(policy), tasks.Policy)
    assert_type(replace(policy, missed=word, grace=5, overlap=3), tasks.Policy)
    assert_type(replace(policy, timeout=30.5, retries=None, jitter=1), tasks.Policy)
    assert_type({policy: policy == PATIENT}, dict[tasks.Policy, bool])
    match policy:
        case tasks.Policy(missed="all", timeout=None, grace=grace):
            assert_type(grace, float | None)
        case _:
            pass


def steer(bot: PatientBot, a_loop: Loop, policy: tasks.Policy, maybe: tasks.Policy | None) -> None:
    """Set policies, and steer."""
    assert_type(with_policy, Loop[[str], int])
    assert_type(with_policy.policy, tasks.Policy | None)
    assert_type(bot.poll.policy, tasks.Policy | None)
    Loop(with_body, minutes=5, policy=policy).start("word")
    Loop(with_body, time=NOON, policy=maybe)
    Loop(with_body, schedule=tasks.Cron("@daily"), policy=None)
    assert_type(Patient(with_body), Patient[[str], int])
    Patient(with_body, policy=policy).restart("word")
    loop(policy=policy)(with_body).start("word")
    if a_loop.policy is not None:
        assert_type(a_loop.policy.timeout, float | None)
    with_policy.policy = policy
    with_policy.policy = maybe
    a_loop.policy = None
    bot.poll.policy = replace(policy, timeout=None)
    with_policy.pause()
    assert_type(with_policy.is_paused(), bool)
    with_policy.resume()
    with_policy.trigger()
    a_loop.trigger()
    bot.poll.pause()
    bot.poll.resume()
    PatientBot.poll.policy = PATIENT


# --- D1-D3, D12: ledgers --------------------------------------------------------------------------

LEDGER = SqliteLedger("ledger.db", lease=timedelta(seconds=10), keep=3600)


@tasks.loop(
    time=NOON,
    name="digest",
    ledger=LEDGER,
    policy=tasks.Policy(missed="all", delivery="at_least_once"),
)
async def digest(channel: str) -> None:
    """Take an argument, and ask about the iteration."""
    assert_type(tasks.current_slot(), datetime)
    claim = tasks.current_claim()
    assert_type(claim, Claim | None)
    if claim is not None:
        assert_type((claim.name, claim.slot, claim.fence), tuple[str, datetime, int])


@tasks.loop(schedule=tasks.Cron("@daily"), name="nightly", ledger=PostgresLedger("dbname=bot"))
async def nightly() -> None:
    """Take nothing."""


class Accountant:
    """A class whose instances share a ledger."""

    def __init__(self, ledger: Ledger) -> None:
        """Make a loop with it."""
        self.weekly = Loop(nightly, time=NOON, name="weekly", ledger=ledger)
        assert_type(self.weekly.ledger, Ledger | None)


async def with_ledgers() -> None:
    """Use ledgers."""
    assert_type(digest.start("general"), asyncio.Task[None])
    ledgers: list[Ledger] = [LEDGER, PostgresLedger("dbname=bot"), RedisLedger("redis://")]
    loop(ledger=None, minutes=5)
    async with RedisLedger("redis://localhost", keep=timedelta(days=1)) as ledger:
        assert_type(ledger, RedisLedger)
        Accountant(ledger)
        assert_type(await ledger.loops(), Sequence[KnownLoop])
        (known,) = await ledger.slots("digest")
        assert_type(known.state, Literal["claimed", "lapsed", "settled"])
    for each in ledgers:
        await each.close()
