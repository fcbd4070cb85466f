"""Making real loops and changing them, as a user writes it.

A loop is made of a function, or in a class; with an interval, wall times or a schedule; and with
some of the hooks. Whatever it calls, an ``Actor`` does.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any, Protocol, TypeAlias

import defectio_tasks as tasks
from defectio_tasks._loop.decorator import LoopDecorator
from support.soak.options import Flaky, Hook, Options
from support.soak.timings import Every, Timing

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
