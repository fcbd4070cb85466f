"""What `start` and `restart` refuse: arguments that the function can't take (contract L1)."""

from __future__ import annotations

import asyncio
import copy
import functools
import pickle
import re
import sys
from collections.abc import Callable
from types import MethodType
from typing import Any, Final
from unittest.mock import AsyncMock

import pytest

import defectio_tasks as tasks

# Wrong arguments are passed on purpose: no checker is to look at them.
unchecked_decorator: Callable[[Any], Any] = tasks.loop(count=1, name="tick")


class Untouchable:
    """Something whose code must not run."""

    def __repr__(self) -> str:
        """Fail."""
        raise AssertionError

    def __get__(self, *_: object) -> object:
        """Fail."""
        raise AssertionError


UNTOUCHABLE: Any = Untouchable()


async def nothing() -> None:
    """Take nothing."""


async def one(x: object) -> None:
    """Take one argument."""


async def many(x: object, y: object = UNTOUCHABLE, *, z: object = UNTOUCHABLE) -> None:
    """Take some that may be left out."""


async def required(*, z: object) -> None:
    """Take one by its name."""


async def positional(x: object, /) -> None:
    """Take one that has no name."""


async def positional_or_anything(x: object = 1, /, **options: object) -> None:
    """Take one that has no name, and one of that name."""


async def anything(*arguments: object, **options: object) -> None:
    """Take what comes."""


class Methods:
    """Something with methods."""

    async def method(self, x: object) -> None:
        """Take one argument."""


class Poller:
    """A callable object."""

    async def __call__(self, x: object) -> None:
        """Take one argument."""


@functools.wraps(one)
async def wrapper(*arguments: object) -> None:
    """Take what comes, and look as if it were only one."""


async def signed(*arguments: object) -> None:
    """Take what comes, and say something else."""


signed.__signature__ = UNTOUCHABLE  # type: ignore[attr-defined]


ACCEPTED: Final = [
    (nothing, (), {}),
    (one, (1,), {}),
    (one, (), {"x": 1}),
    (many, (1,), {}),
    (many, (1, 2), {"z": 3}),
    (many, (), {"x": 1}),
    (required, (), {"z": 1}),
    (positional, (1,), {}),
    (positional_or_anything, (), {"x": 1}),
    (anything, (1, 2), {"z": 3}),
    (wrapper, (), {}),
    (wrapper, (1, 2), {}),
    (signed, (1, 2), {}),
    (Methods().method, (1,), {}),
    (Poller(), (1,), {}),
    (functools.partial(one, 1), (), {}),
    (functools.partial(many, y=1), (1,), {}),
    (functools.partial(Poller(), 1), (), {}),
]
TAKES_MANY: Final = "(its function takes `(x, y=..., *, z=...)`)"
REFUSED: Final = [
    (nothing, (1,), {}, "too many positional arguments (its function takes `()`)"),
    (nothing, (), {"x": 1}, "got an unexpected keyword argument 'x' (its function takes `()`)"),
    (one, (), {}, "missing a required argument: 'x' (its function takes `(x)`)"),
    (one, (1, 2), {}, "too many positional arguments (its function takes `(x)`)"),
    (many, (), {}, f"missing a required argument: 'x' {TAKES_MANY}"),
    (many, (1, 2, 3), {}, f"too many positional arguments {TAKES_MANY}"),
    (many, (1,), {"x": 1}, f"multiple values for argument 'x' {TAKES_MANY}"),
    (positional, (), {"x": 1}, "(its function takes `(x, /)`)"),
    (required, (), {}, "'z' (its function takes `(*, z)`)"),
    (Methods().method, (), {}, "missing a required argument: 'x' (its function takes `(x)`)"),
    (MethodType(nothing, 1), (), {}, "takes the instance first (write `(self)`)"),
    (functools.partial(one, 1), (2,), {}, "one() takes 1 positional argument but 2 were given"),
    (functools.partial(Methods().method), (), {}, "missing 1 required positional argument: 'x'"),
    (Poller(), (), {}, "__call__() missing 1 required positional argument: 'x'"),
    (functools.partial(Poller(), 1), (2,), {}, "takes 2 positional arguments but 3 were given"),
]


@pytest.mark.parametrize("way", ["start", "restart"])
@pytest.mark.parametrize(("function", "args", "kwargs"), ACCEPTED)
@pytest.mark.usefixtures("lazy_tasks")
async def test_l1_arguments_that_fit(
    way: str, function: object, args: tuple[object, ...], kwargs: dict[str, object]
) -> None:
    loop = unchecked_decorator(function)
    getattr(loop, way)(*args, **kwargs)
    await asyncio.wait([loop.get_task()])
    assert loop.ending == "completed"


@pytest.mark.parametrize("way", ["start", "restart"])
@pytest.mark.parametrize(("function", "args", "kwargs", "message"), REFUSED)
async def test_l1_arguments_that_do_not_fit(
    way: str,
    function: object,
    args: tuple[object, ...],
    kwargs: dict[str, object],
    message: str,
) -> None:
    """L1: a `TypeError` that says what is wrong and what is taken; nothing is started."""
    loop = unchecked_decorator(function)
    pattern = f"^loop 'tick' can't be started: .*{re.escape(message)}$"
    with pytest.raises(TypeError, match=pattern):
        getattr(loop, way)(*args, **kwargs)
    assert loop.get_task() is None
    assert not loop.is_running()


async def test_l1_a_restart_that_is_refused_leaves_the_run_alone() -> None:
    told: list[object] = []

    async def tick(x: object) -> None:
        told.append(x)

    loop: Any = tasks.loop(seconds=1, count=2)(tick)
    task = loop.start(1)
    await asyncio.sleep(0.5)
    with pytest.raises(TypeError, match="missing a required argument: 'x'"):
        loop.restart()
    assert not loop.is_being_cancelled()
    await task
    assert told == [1, 1]


class Bot:
    """A class with loops."""

    @tasks.loop(count=1)
    async def tick(self, x: object) -> None:
        """Take one argument."""

    # As if they were written here, without `self`.
    no_self = unchecked_decorator(nothing)
    option = unchecked_decorator(required)


@pytest.mark.parametrize("way", ["start", "restart"])
def test_l1_arguments_of_a_method(way: str) -> None:
    """L1: what comes after `self`."""
    bot: Any = Bot()
    message = "missing a required argument: 'x' (its function takes `(x)`)"
    with pytest.raises(TypeError, match=f"^loop 'Bot.tick' can't .*{re.escape(message)}$"):
        getattr(bot.tick, way)()
    with pytest.raises(TypeError, match=r"too many positional arguments \(.* `\(x\)`\)$"):
        getattr(bot.tick, way)(bot, 1)


def test_l1_a_method_that_is_started_on_its_class() -> None:
    """L1: `Bot.tick.start()` says where to start it."""
    loop: Any = Bot.tick
    message = (
        "loop 'Bot.tick' can't be started: missing a required argument: 'self' (its function takes "
        "`(self, x)`: start it on an instance, as in `instance.tick.start()`)"
    )
    with pytest.raises(TypeError, match=f"^{re.escape(message)}$"):
        loop.start()


@pytest.mark.parametrize(("name", "shown"), [("no_self", "(self)"), ("option", "(self, *, z)")])
def test_l1_a_body_without_self(name: str, shown: str) -> None:
    """L1: the message names the parameter."""
    bot = Bot()
    message = (
        "loop 'tick' can't be started: in a class, its function takes the instance first (write "
        f"`{shown}`)"
    )
    with pytest.raises(TypeError, match=f"^{re.escape(message)}$"):
        getattr(bot, name).start()


@pytest.mark.skipif(
    sys.version_info < (3, 14), reason="annotations are evaluated late since Python 3.14"
)
def test_l1_annotations_are_not_evaluated() -> None:
    source = "async def later(x: 1 / 0) -> 1 / 0: ..."
    functions: dict[str, Any] = {}
    exec(compile(source, "later", "exec", dont_inherit=True), functions)  # noqa: S102
    with pytest.raises(TypeError, match=r"missing a required argument: 'x' .*`\(x\)`\)$"):
        unchecked_decorator(functions["later"]).start()


@pytest.mark.parametrize(
    ("function", "ending"),
    [(AsyncMock(), "completed"), (AsyncMock(side_effect=nothing), "failed")],
    ids=["fits", "does not fit"],
)
async def test_l1_what_cannot_be_told_is_not_refused(function: object, ending: str) -> None:
    """L1: where only somebody's code knows, it is asked by the first iteration."""
    loop = unchecked_decorator(function)
    await asyncio.wait([loop.start("whatever")])
    assert loop.ending == ending


class Counted(functools.partial[Any]):
    """A partial of another kind: its calls may do anything."""

    calls = 0

    def __call__(self, /, *arguments: object) -> Any:
        """Count the calls."""
        self.calls += 1
        return super().__call__(*arguments)


@pytest.mark.usefixtures("lazy_tasks")
async def test_l1_nobodys_code_is_run_to_find_out() -> None:
    function = Counted(one)
    loop = unchecked_decorator(function)
    loop.start()
    assert function.calls == 0
    loop.cancel()


# What else a beginner meets.


@pytest.mark.usefixtures("lazy_tasks")
async def test_l1_a_second_start_names_restart() -> None:
    loop = unchecked_decorator(nothing)
    loop.start()
    message = (
        "loop 'tick' is running already, or not over yet (write `restart()`: it cancels, and "
        "starts again after that)"
    )
    with pytest.raises(RuntimeError, match=f"^{re.escape(message)}$"):
        loop.start()
    # As a bot does that knows a new time.
    loop.cancel()
    loop.change_interval(seconds=5)
    with pytest.raises(RuntimeError, match=re.escape("write `restart()`")):
        loop.start()


def test_l1_an_instance_that_is_gone() -> None:
    """L1: the message says what to write."""
    loop: Any = Bot().tick
    message = "is gone: keep it (write `c = C()` and `c.tick.start()`, not `C().tick.start()`)"
    with pytest.raises(RuntimeError, match=f"{re.escape(message)}$"):
        loop.start(1)


@pytest.mark.parametrize("loop", [unchecked_decorator(nothing), Bot.tick], ids=["loop", "class's"])
@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_loops_cannot_be_pickled(loop: object, protocol: int) -> None:
    message = (
        r"^loops can't be pickled, got loop '(Bot\.)?tick' \(leave it out in `__getstate__`\)$"
    )
    with pytest.raises(TypeError, match=message):
        pickle.dumps(loop, protocol)


def test_instances_with_loops_can_be_pickled_and_copied() -> None:
    bot = Bot()
    assert isinstance(bot.tick, tasks.Loop)
    for other in (
        pickle.loads(pickle.dumps(bot)),  # noqa: S301 -- our own
        copy.copy(bot),
        copy.deepcopy(bot),
    ):
        assert other.tick is not bot.tick
    assert copy.deepcopy(Bot.tick) is not Bot.tick
