"""The loops that live in a soak: what each is made of, and what its body and hooks do."""

from __future__ import annotations

import asyncio
import random
import weakref
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, Literal, NoReturn, Protocol, TypeAlias
from zoneinfo import ZoneInfo

import defectio_tasks as tasks
from defectio_tasks._loop.decorator import LoopDecorator
from defectio_tasks.testing import VirtualClock
from soak.account import Account, Outcome
from soak.slots import HOOKS, Flaky, Hook, Options
from soak.timings import Draw, Every, Timing
from soak.world import DAY, ZONES, Size

Numbered: TypeAlias = tasks.Loop[[int], None]
"""A loop that is started with a number, by which to tell its runs."""
Function: TypeAlias = Callable[..., Coroutine[Any, Any, None]]


class Actor(Protocol):
    """Who does what the functions of a loop do."""

    async def body(self, number: int) -> None:
        """Do what the body does."""

    async def hook(self, hook: Hook) -> None:
        """Do what a hook does."""


def make(options: Options, timing: Timing, actor: Actor) -> tuple[Numbered, object]:
    """Make a loop; tell it and its instance, if it is bound to one."""
    return (_make_bound if options.bound else _make_plain)(options, timing, actor)


def change(loop: Numbered, timing: Timing) -> None:
    """Change when a loop is due."""
    if isinstance(timing, Every):
        loop.change_interval(seconds=timing.seconds)
    elif timing.schedule is not None:
        loop.change_interval(schedule=timing.schedule)
    else:
        loop.change_interval(time=timing.times)


def _make_plain(options: Options, timing: Timing, actor: Actor) -> tuple[Numbered, None]:
    @_decorator(options, timing)
    async def tick(number: int) -> None:
        await actor.body(number)

    async def before() -> None:
        await actor.hook("before_loop")

    async def after() -> None:
        await actor.hook("after_loop")

    async def error(error: Exception) -> None:
        await actor.hook("error")

    _furnish(tick, options, before, after, error)
    return tick, None


def _make_bound(options: Options, timing: Timing, actor: Actor) -> tuple[Numbered, object]:
    class Home:
        @_decorator(options, timing)
        async def tick(self, number: int) -> None:
            await actor.body(number)

        async def before(self) -> None:
            await actor.hook("before_loop")

        async def after(self) -> None:
            await actor.hook("after_loop")

        async def error(self, error: Exception) -> None:
            await actor.hook("error")

        _furnish(tick, options, before, after, error)

    home = Home()
    return home.tick, home


def _decorator(options: Options, timing: Timing) -> LoopDecorator:
    name, count, reconnect = options.name, options.count, options.reconnect
    if isinstance(timing, Every):
        return tasks.loop(seconds=timing.seconds, count=count, reconnect=reconnect, name=name)
    if timing.schedule is not None:
        return tasks.loop(schedule=timing.schedule, count=count, reconnect=reconnect, name=name)
    return tasks.loop(time=timing.times, count=count, reconnect=reconnect, name=name)


def _furnish(
    loop: tasks.Loop[..., None],
    options: Options,
    before: Function,
    after: Function,
    error: Function,
) -> None:
    """Give a loop its hooks, and what else it tries again after."""
    if "before_loop" in options.hooks:
        loop.before_loop(before)
    if "after_loop" in options.hooks:
        loop.after_loop(after)
    if "error" in options.hooks:
        loop.error(error)
    if options.flaky:
        loop.add_exception_type(Flaky)


Deed: TypeAlias = Literal["start", "start twice", "stop", "cancel", "restart", "change", "replace"]
"""What can be done to a loop; to replace it is to let go of its instance for another."""


class Resident:
    """One loop, and all that happens to it."""

    def __init__(
        self,
        options: Options,
        pool: Sequence[Timing],
        rng: random.Random,
        clock: VirtualClock,
        complain: Callable[[str], None],
    ) -> None:
        """Make the loop.

        Args:
            options: What it is made of.
            pool: What it is changed to; at first it is set to the first.
            rng: Decides what its functions do.
            clock: The clock that it lives by.
            complain: Is told what goes wrong.
        """
        self._options, self._pool, self._rng = options, pool, rng
        self.account = Account(options, pool[0], clock, complain)
        # If it is set to an interval of 0 at times, no body may end without a wait.
        self._restless = Every(0) in pool
        # About how many seconds lie between two slots.
        self._spacing = (pool[0].seconds or 120) if isinstance(pool[0], Every) else DAY / 6
        # How many attempts are still to fail in a row.
        self._failures = 0
        self._number = 0
        self._watched: asyncio.Task[None] | None = None
        self._instance: object = None
        self.instances: list[weakref.ref[object]] = []
        """All instances that it ever had."""
        self._move_in()

    @property
    def name(self) -> str:
        """The name of the loop."""
        return self._options.name

    @property
    def is_bound(self) -> bool:
        """Whether the loop is an instance's."""
        return self._options.bound

    def let_go(self) -> None:
        """Keep neither the instance nor the last task."""
        self._instance = self._watched = None

    def do(self, deed: Deed) -> None:
        """Do something to the loop, and tell the account."""
        self._number += 1
        match deed:
            case "start":
                self.account.start(self._number)
                self._watch(self.loop.start(self._number))
            case "start twice":
                self._start_twice()
            case "stop":
                self.account.stop()
                self.loop.stop()
            case "cancel":
                self.account.cancel()
                self.loop.cancel()
            case "restart":
                self._restart()
            case "change":
                timing = self._rng.choice(self._pool)
                if self.account.is_changeable(timing):
                    self.account.change(timing)
                    change(self.loop, timing)
            case "replace":
                self.account.replace(self._pool[0])
                self._move_in()

    def _start_twice(self) -> None:
        try:
            self.loop.start(self._number)
        except RuntimeError:
            return
        message = f"{self._options.name} was started twice"
        raise AssertionError(message)

    def _restart(self) -> None:
        was_running = self.account.running
        self.account.restart(self._number)
        self.loop.restart(self._number)
        # Of a run that follows another there is no task yet.
        if not was_running:
            self._watch(self.loop.get_task())

    def _move_in(self) -> None:
        self.loop, self._instance = make(self._options, self._pool[0], self)
        if self._instance is not None:
            self.instances.append(weakref.ref(self._instance))

    def _watch(self, task: asyncio.Task[None] | None) -> None:
        """Have the account told of the end of a task."""
        if task is None or task is self._watched:
            return
        self._watched = task
        account, record = self.account, self.account.record

        def end(task: asyncio.Task[None]) -> None:
            outcome: Outcome = "ended"
            if task.cancelled() or task.exception():
                outcome = "cancelled" if task.cancelled() else "failed"
            account.end_task(record, outcome)

        task.add_done_callback(end)

    # What its functions do

    async def body(self, number: int) -> None:
        """Do what a body may do, and tell the account."""
        self.account.begin_body(number, self.loop.current_loop)
        self._watch(asyncio.current_task())
        try:
            await self._work()
        except asyncio.CancelledError:
            self.account.end_body("cancelled" if self.account.cancelled else "failed")
            raise
        except Exception as error:
            again = self._options.reconnect and isinstance(error, self._options.retried)
            self.account.end_body("retried" if again else "failed")
            raise
        self.account.end_body("fine")

    async def hook(self, hook: Hook) -> None:
        """Do what a hook may do, and tell the account."""
        self.account.begin_hook(hook)
        self._watch(asyncio.current_task())
        try:
            if self._rng.random() < 0.8:
                await asyncio.sleep(self._rng.uniform(0.01, 30) * self._rng.choice([0.01, 1, 20]))
        except asyncio.CancelledError:
            self.account.end_hook(hook, "cancelled")
            raise
        if hook == "before_loop" and self._rng.random() < 0.02:
            self.account.end_hook(hook, "failed")
            raise OSError
        self.account.end_hook(hook, "fine")

    async def _work(self) -> None:
        rng = self._rng
        if self._failures:
            self._failures -= 1
            await self._stumble()
        dice = rng.random()
        if dice < 0.88:
            if dice < 0.6 or self._restless:
                await self._rest(5)
        elif dice < 0.92:
            # It overruns, in most cases.
            await asyncio.sleep(self._spacing * rng.uniform(0.5, 4))
        elif dice < 0.97:
            self._failures = 11 if rng.random() < 0.1 else rng.randrange(4)
            await self._stumble()
        elif dice < 0.995:
            await self._meddle()
        elif dice < 0.999:
            await self._rest(3)
            raise LookupError
        else:
            # Something that it awaits is cancelled, and not the loop (L10).
            other = asyncio.ensure_future(asyncio.sleep(1))
            other.cancel()
            await other

    async def _rest(self, most: float) -> None:
        least = 0.5 if self._restless else 0.0
        await asyncio.sleep(self._rng.uniform(least, most))

    async def _stumble(self) -> NoReturn:
        """Fail with something that the loop tries again after, unless it is told not to."""
        await self._rest(3)
        raise self._rng.choice(self._options.retried)

    async def _meddle(self) -> None:
        """Have the body stop, change, restart or cancel its own loop."""
        if self._rng.random() < 0.5:
            await self._rest(5)
        deeds: tuple[Deed, ...] = ("stop", "change", "change", "change", "restart", "cancel")
        deed = self._rng.choice(deeds)
        self.do(deed)
        if deed == "change" and self._rng.random() < 0.5:
            await asyncio.sleep(self._spacing * self._rng.uniform(0.1, 2))
        elif deed != "cancel" or self._rng.random() < 0.5:
            await self._rest(5)


def populate(
    size: Size, seed: int, clock: VirtualClock, complain: Callable[[str], None]
) -> Sequence[Resident]:
    """Make all loops of a soak.

    Args:
        size: How much there is to it.
        seed: What decides.
        clock: The clock that they live by, of which no time has passed.
        complain: Is told what goes wrong.
    """
    begin = clock.now()
    residents: list[Resident] = []
    for index in range(size.loops):
        rng = random.Random(f"{seed} {index}")  # noqa: S311 -- it must come out the same again
        kinds = Draw(rng, ZoneInfo(ZONES[index % len(ZONES)]), begin, size).kinds()
        draw = kinds[index % len(kinds)]
        # It is changed within its kind, and to one other; only the last kind lets no time pass.
        pool = [draw(), draw(), rng.choice(kinds[:-1])()]
        residents.append(Resident(_options(index, rng), pool, rng, clock, complain))
    return residents


def _options(index: int, rng: random.Random) -> Options:
    # All varies with other periods than the kinds do, so that each comes with each.
    likely = (0, 0.7, 1)[index % 3]
    hooks: frozenset[Hook] = frozenset(hook for hook in HOOKS if rng.random() < likely)
    count = rng.randrange(3, 40) if index % 7 == 5 or index == 0 else None
    return Options(
        name=f"loop {index}",
        count=count,
        reconnect=index % 6 != 4,
        hooks=hooks,
        flaky=rng.random() < 0.5,
        bound=index % 4 == 1,
    )
